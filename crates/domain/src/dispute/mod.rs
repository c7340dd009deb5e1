//! Disputes (矛盾纠纷), from the day they are found to the archive, by the People's Mediation Law (人民调解法).

mod closed;
pub mod codes;
pub mod deadlines;
pub mod file;
pub mod known;
pub mod papers;
pub mod records;
pub mod sheets;
pub mod steps;
pub mod strokes;
mod workflow;

pub use file::DisputeFile;

/// The disputes on the phone, each with the records that belong to it.
pub type Disputes = crate::case::book::Book<DisputeFile>;

#[cfg(test)]
mod tests;
