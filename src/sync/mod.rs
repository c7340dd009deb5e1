//! Carrying ops to the office and records back: the transport and when to use it. How edits merge is
//! the domain's matter.

pub mod transport;
pub mod tus;
