//! What the offices' pages and the server say to each other, as JSON under `/api/v1/office/`. Times are Unix
//! milliseconds.

mod data_rights;
pub mod duties;
mod handbook;
mod login;
mod matters;
mod quarantine;
mod staff;

pub use data_rights::*;
pub use handbook::*;
pub use login::*;
pub use matters::*;
pub use quarantine::*;
pub use staff::*;
