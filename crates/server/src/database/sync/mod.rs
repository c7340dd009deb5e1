//! Sync in the database: taking in ops and handing out what changed.

pub(super) mod ground;
mod pull;
mod push;
pub(super) mod rows;

pub use push::{Incoming, Pushed};
pub use rows::Author;
