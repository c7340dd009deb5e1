//! Care cases (关爱个案): somebody in difficulty is looked after for a reason in plain words, at an interval that a person
//! chose, until a day on which it is confirmed again or lapses. Nothing is computed about the person: no score, no
//! rank, no level, no diagnosis.

pub mod codes;
pub mod file;
pub mod records;
pub mod steps;
mod workflow;

pub use file::CareFile;

/// The care cases on the phone, each with the records that belong to it.
pub type Cases = crate::case::book::Book<CareFile>;

#[cfg(test)]
mod tests;
