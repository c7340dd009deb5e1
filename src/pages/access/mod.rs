//! Coming in: log-in, lock, and what is shown where the notebook can't be opened.

pub mod broken;
pub mod install;
pub mod locked;
pub mod login;
