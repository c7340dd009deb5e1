//! Sync in the database: taking in ops and handing out what changed.

pub(super) mod ground;
mod pull;
mod push;
pub(super) mod rows;
mod turns;

pub use push::{Incoming, Pushed};
pub use rows::Author;
pub(super) use turns::Turns;
