//! Hazards, requests and outreach.

pub mod file;
pub mod list;
