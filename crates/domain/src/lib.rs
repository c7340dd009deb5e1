//! What Ruhu knows: the records of field work, the rules they follow and how copies of them merge.
//!
//! Pure: no clock, no randomness, no IO. Time, identifiers and bytes come in as arguments, so the
//! phone, the server and a simulation run the same code.

pub mod affair;
pub mod area;
pub mod book;
pub mod care;
pub mod case;
pub mod codes;
pub mod contact;
pub mod day;
pub mod deadline;
pub mod dispute;
pub mod due;
pub mod duties;
pub mod engine;
pub mod field;
pub mod form;
pub mod handbook;
pub mod household;
pub mod id_number;
pub mod intake;
pub mod labels;
pub mod ledger;
pub mod merged;
pub mod notice;
pub mod office;
pub mod photo;
pub mod planted;
pub mod record;
pub mod resident;
pub mod retention;
pub mod rights;
pub mod round;
pub mod search;
pub mod storage;
mod text;
pub mod twins;
pub mod visit;
pub mod walking;
pub mod wire;

pub use area::{AreaCode, AreaLevel, GridCode};
pub use record::{Channel, Class, Kind, Record};
pub use ruhu_sync::{DeviceId, OpId, RecordChannel, RecordId, RecordKind, Stamp, id, merge, stamp};
