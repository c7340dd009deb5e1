//! The messages between the offices' pages and the server, as JSON under `/api/v1/office/`. Times are Unix milliseconds.

mod case_line;
mod data_rights;
pub mod duties;
mod grids;
mod handbook;
mod login;
mod operation;
mod quarantine;
mod roster;
mod staff;
mod staff_sheet;
mod supervision;

pub use case_line::*;
pub use data_rights::*;
pub use grids::*;
pub use handbook::*;
pub use login::*;
pub use operation::*;
pub use quarantine::*;
pub use roster::*;
pub use staff::*;
pub use staff_sheet::*;
pub use supervision::*;
