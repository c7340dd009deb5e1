//! The cells of a ledger.

use crate::day;
use chrono::NaiveDate;
use std::fmt;

/// The value of a cell, so that a table program can sort and add it up. [`fmt::Display`] gives it as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Words; may be empty.
    Text(String),
    /// A day.
    Day(NaiveDate),
    /// A count.
    Number(u32),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Day(day) => f.write_str(&day::ledger(*day)),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<NaiveDate> for Cell {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Number(u32::try_from(number).unwrap_or(u32::MAX))
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

/// An absent value makes an empty cell.
impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(|| Self::Text(String::new()), Into::into)
    }
}
