//! 隐患 and 诉求: what was found or asked for, and somebody has to put right or answer by a day. Both are affairs: a head
//! and the steps that were taken on it. And the records of the teams that find them: 巡逻 and 宣讲.
//!
//! A request is tracked so that it gets answered in time. There is no list of who asks.

pub mod codes;
pub mod file;
pub mod records;
pub mod steps;
mod workflow;

pub use file::Affair;

/// The affairs on the phone, each with its steps.
pub type Affairs = crate::book::Book<Affair>;

#[cfg(test)]
mod tests;
