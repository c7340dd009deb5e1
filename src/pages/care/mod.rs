//! Care cases.

pub mod file;
pub mod list;
