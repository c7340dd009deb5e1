//! Open disputes, hazards and requests; ledgers; pressing for a step.

use super::{data_rights::OfRecord, staff::Attribution};
use crate::{
    area::GridCode,
    case::deadline::Deadline,
    dispute,
    id::RecordId,
    ledger::Ledger,
    record::{Kind, Record},
    report,
    rights::Place,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The files at an office's places that are not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenFiles<T> {
    /// Those that can be read.
    pub files: Vec<T>,
    /// How many records of such files can't be read: they may be of one that is not done, and late.
    pub unreadable: usize,
}

/// `matters`: a dispute as an office sees it that presses for what is late: its owner, no party, and nothing of what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDispute {
    /// The dispute.
    pub of: OfRecord,
    /// 编号.
    pub number: String,
    /// 类型.
    pub matter: Option<dispute::codes::DisputeType>,
    /// 预警色.
    pub colour: Option<dispute::codes::Colour>,
    /// 责任人: the mediators, or who took it up; empty where nobody did. No party is one.
    #[serde(default)]
    pub owner: String,
    /// 状态.
    pub state: dispute::steps::State,
    /// The kind of the next deadline.
    pub due: Option<dispute::deadlines::Due>,
    /// Until when.
    pub by: Option<NaiveDate>,
    /// The last time that somebody above pressed.
    pub pressed: Option<Pressed>,
    /// Whether the caller may read the file.
    pub readable: bool,
}

impl OpenDispute {
    /// Returns the next deadline; `None` where nothing is due.
    pub fn deadline(&self) -> Option<Deadline<dispute::deadlines::Due>> {
        Some(Deadline { what: self.due?, by: self.by? })
    }
}

/// A line of the answer to `affairs`: a hazard or a request that is not done, without what it says, where exactly it is,
/// and who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenReport {
    /// The record.
    pub record: RecordId,
    /// Hazard or request.
    pub kind: Kind,
    /// Its grid.
    pub grid: GridCode,
    /// 编号.
    pub number: String,
    /// Of which sort, and how grave, in words.
    pub sort: String,
    /// 责任人: who puts it right, or answers.
    #[serde(default)]
    pub owner: String,
    /// 状态.
    pub state: report::steps::State,
    /// The kind of the next deadline.
    pub due: Option<report::file::Due>,
    /// Until when.
    pub by: Option<NaiveDate>,
}

impl OpenReport {
    /// Returns the next deadline; `None` where nothing is due.
    pub fn deadline(&self) -> Option<Deadline<report::file::Due>> {
        Some(Deadline { what: self.due?, by: self.by? })
    }
}

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

/// How somebody above pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    /// 催办, 领办 or 督办.
    pub step: dispute::steps::Step,
    /// Who, and when.
    pub done: Attribution,
    /// Whether it was acknowledged.
    pub acknowledged: bool,
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
