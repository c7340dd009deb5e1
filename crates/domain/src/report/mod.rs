//! Reports: a hazard (隐患) that somebody has to put right, or a request (诉求) that somebody has to answer, by a day. A report
//! is a head and the steps that were taken on it.
//!
//! A request is tracked so that it gets answered in time. There is no list of who asks.

pub mod codes;
pub mod file;
pub mod records;
pub mod steps;
mod workflow;

pub use file::Report;

/// The reports on the phone, each with its steps.
pub type Reports = crate::case::book::Book<Report>;

#[cfg(test)]
mod tests;
