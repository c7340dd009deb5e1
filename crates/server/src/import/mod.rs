//! Taking in files: area tables, rosters, and what a phone could not send.

pub mod areas;
pub mod grids;
mod ops;
pub mod roster;
mod sheet;
pub mod staff;
mod table;
mod template;

pub use ops::{Brought, TakenPhotos, ops, photos, read as read_ops};
pub use template::template;
