//! Disputes.

pub mod file;
pub mod form;
pub mod list;
pub mod papers;
pub mod sign;
