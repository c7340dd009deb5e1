//! Taking in files: area tables, rosters, and what a phone could not send.

pub mod areas;
mod ops;
pub mod roster;
mod sheet;
mod template;

pub use ops::{Brought, TakenPictures, ops, pictures, read as read_ops};
pub use template::template;
