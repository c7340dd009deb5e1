//! Taking in what offices send: area tables and rosters.

pub mod areas;
pub mod roster;
mod sheet;
mod template;

pub use template::template;
