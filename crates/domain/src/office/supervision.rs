//! Files that an office reads, ledgers, and pressing for a step.

use super::data_rights::OfRecord;
use crate::{dispute, ledger::Ledger, record::Record, rights::Place};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The answer to `file`: a dispute's file, for those who may look at mediation there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WholeFile {
    /// The dispute.
    pub dispute: Record,
    /// The records that name it.
    pub others: Vec<Record>,
    /// The name of its grid.
    pub grid: String,
}

/// `ledger`: a ledger of a place as a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedLedger {
    /// Which.
    pub ledger: Ledger,
    /// Of where.
    pub place: Place,
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
    /// The purpose that needs full names; family names alone are shown where it is empty.
    #[serde(default)]
    pub purpose: String,
}

/// The answer to `ledger`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFile {
    /// Rows in it.
    pub rows: usize,
    /// The `.xlsx` in Base64.
    pub xlsx: String,
    /// The words for records that can't be read and are not in it; `None` where there are none.
    #[serde(default)]
    pub lacks: Option<String>,
}

/// `press`: 催办, 领办 or 督办 of a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Press {
    /// The dispute.
    pub of: OfRecord,
    /// Which.
    pub step: dispute::steps::Step,
    /// Why: the mediator reads it.
    pub why: String,
}
