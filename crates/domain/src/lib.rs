//! The rules of field work: its records, the checks that they pass and how copies of them merge.
//!
//! Pure: no clock, no randomness, no IO. Time, identifiers and bytes come in as arguments, so the
//! phone, the server and a simulation run the same code.

pub mod area;
pub mod care;
pub mod case;
pub mod codes;
pub mod day;
pub mod dispute;
pub mod due;
pub mod engine;
pub mod field;
pub mod field_rights;
pub mod form;
pub mod help;
pub mod intake;
pub mod ledger;
pub mod office;
pub mod outreach;
pub mod patrol;
pub mod photo;
pub mod planted;
pub mod record;
pub mod report;
pub mod retention;
pub mod rights;
pub mod roster;
pub mod storage;
mod text;
pub mod visit;
pub mod wire;

pub use area::{AreaCode, AreaLevel, GridCode};
pub use record::{Channel, Class, Kind, Record};
pub use ruhu_sync::{DeviceId, OpId, RecordChannel, RecordId, RecordKind, Stamp, clock, id, merge, stamp, timeline};
