//! The views that cases of all sorts share: the form of a record, and taking a step.

pub mod form;
pub mod step;
