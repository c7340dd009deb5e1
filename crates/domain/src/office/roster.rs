//! Rosters (花名册) taken in on the offices' pages. The server reads a file into rows and forgets it; the page keeps the rows,
//! has them planned grid by grid, lets the clerk mend and decide, and sends them again to be taken.

use super::staff::Attribution;
use crate::{area::GridCode, id::DeviceId, rights::Place};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The largest file, in bytes.
pub const MAX_ROSTER: usize = 32 * 1024 * 1024;

/// The most rows that are planned or taken at a time.
pub const MAX_PART: usize = 20_000;

/// The time within which an import can be undone, in milliseconds.
pub const UNDO_MS: u64 = 24 * 60 * 60 * 1_000;

/// A row's place in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Line {
    /// The sheet; nothing where the file has none, or one.
    pub sheet: String,
    /// Its number as the spreadsheet shows it.
    pub number: usize,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.sheet.is_empty() {
            write!(f, "表“{}”", self.sheet)?;
        }
        write!(f, "第 {} 行", self.number)
    }
}

/// What a cell holds. As JSON: `null`, a text, or an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Words or a number, as the sheet has them.
    Text(String),
    /// A day.
    Day {
        /// The day as `1968-03-05`.
        day: String,
    },
    /// An error of a formula.
    Error {
        /// The error, such as `#N/A`.
        error: String,
    },
    /// A formula whose value the file does not hold.
    NoValue {
        /// Nothing; its name tells this apart.
        formula: (),
    },
}

impl Cell {
    /// Returns the text; none of a cell that is empty or has a fault.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Day { day: text } => text,
            Self::Empty | Self::Error { .. } | Self::NoValue { .. } => "",
        }
    }

    /// Returns what the cell shows.
    pub fn shown(&self) -> &str {
        match self {
            Self::Error { error } => error,
            Self::NoValue { .. } => "（公式）",
            _ => self.text(),
        }
    }
}

/// A row of a roster: one resident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterRow {
    /// Where it stands.
    pub line: Line,
    /// Its cells, in the order of [`RosterFile::columns`].
    pub cells: Vec<Cell>,
}

/// The rows of one grid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterGroup {
    /// The code of the grid as the rows have it; empty where they have none.
    pub grid: String,
    /// The rows, in the order of the file.
    pub rows: Vec<RosterRow>,
}

/// `roster-read`: what a file holds. The request's body is the file's bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterFile {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, by grid.
    pub groups: Vec<RosterGroup>,
    /// What of the file was not read: hidden sheets, columns that are not used, sums.
    pub left_out: Vec<String>,
}

/// A row, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The row.
    pub line: Line,
    /// The fault or the doubt, in Chinese.
    pub words: String,
}

/// A difference between a row and the records that a person decides on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its name in [`RosterPart::answers`].
    pub key: String,
    /// The row.
    pub line: Line,
    /// What differs, in Chinese.
    pub words: String,
    /// What can be answered. The first is what happens without an answer.
    pub choices: Vec<Choice>,
}

/// An answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Its code.
    pub code: String,
    /// Its words.
    pub label: String,
}

/// How many households and residents an import made and changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterCounts {
    /// New households.
    pub households_added: usize,
    /// Households with something changed.
    pub households_changed: usize,
    /// New residents.
    pub residents_added: usize,
    /// Residents with something changed.
    pub residents_changed: usize,
    /// Households and residents that were there already.
    pub same: usize,
}

impl std::ops::AddAssign for RosterCounts {
    fn add_assign(&mut self, other: Self) {
        self.households_added += other.households_added;
        self.households_changed += other.households_changed;
        self.residents_added += other.residents_added;
        self.residents_changed += other.residents_changed;
        self.same += other.same;
    }
}

impl std::fmt::Display for RosterCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { households_added, households_changed, residents_added, residents_changed, same } = self;
        write!(f, "户：新增 {households_added}，更新 {households_changed}；")?;
        write!(f, "人：新增 {residents_added}，更新 {residents_changed}；不变 {same}")
    }
}

/// Somebody who is in the records and not on the roster. Nothing is changed for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The grid.
    pub grid: GridCode,
    /// The household's number.
    pub number: String,
    /// The names: of the household's head where nobody of it is listed, else of its members who are not.
    pub names: Vec<String>,
    /// Whether nobody of the household is listed.
    pub whole: bool,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { grid, number, names, whole } = self;
        let names = names.join("、");
        let of = if *whole { format!("（{names}）整户") } else { format!("的{names}") };
        write!(f, "网格 {grid} 户号 {number}{of}")
    }
}

/// `roster-plan`, `roster-take`: rows to plan or to take, up to [`MAX_PART`]. All rows of a household are sent together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterPart {
    /// The file's name, for the list of imports.
    pub file: String,
    /// The import that these rows belong to; none for its first. Planning does not look at it.
    pub import: Option<DeviceId>,
    /// The rows.
    pub rows: Vec<RosterRow>,
    /// The answers given, by [`Question::key`].
    pub answers: BTreeMap<String, String>,
}

/// The answer to [`RosterPart`]: what rows change, or have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterPlan {
    /// The import; none while it is planned.
    pub import: Option<DeviceId>,
    /// The grids of the rows that can be taken.
    pub grids: Vec<GridCode>,
    /// What is taken.
    pub counts: RosterCounts,
    /// Rows that can't be taken.
    pub refused: Vec<Remark>,
    /// What is left open, or should be looked at, in rows that are taken.
    pub doubts: Vec<Remark>,
    /// What a person decides on.
    pub questions: Vec<Question>,
    /// Who is in the records and not among the rows.
    pub missing: Vec<Missing>,
}

/// `imports`: an import of the last year, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastImport {
    /// The import.
    pub id: DeviceId,
    /// The file's name.
    pub file: String,
    /// Who and when.
    pub done: Attribution,
    /// The grids, with whether each was undone.
    pub grids: Vec<(GridCode, bool)>,
    /// What was taken.
    pub counts: RosterCounts,
    /// Whether it can be undone: a day has not passed, and something is left to undo.
    pub undoable: bool,
}

/// `roster-undo`: an import in one grid, to be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoImport {
    /// The import.
    pub id: DeviceId,
    /// The grid.
    pub grid: GridCode,
}

/// The answer to [`UndoImport`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// How many households and residents are as they were before.
    pub undone: usize,
    /// What stays, and why, in Chinese.
    pub kept: Vec<String>,
}

/// `roster-report`: rows with the reasons beside them, as a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterReport {
    /// The rows, each with its words.
    pub rows: Vec<(RosterRow, String)>,
    /// What was not read, and who is not listed.
    pub others: Vec<String>,
}

/// `roster-export`: the households and residents of a place, as a sheet of the same shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedRoster {
    /// A township, a village or a grid.
    pub place: Place,
    /// What it is for: on record, and not empty.
    pub purpose: String,
}

/// A file made by the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetFile {
    /// How many rows it has.
    pub rows: usize,
    /// An `.xlsx` file, in base64.
    pub xlsx: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_short_as_json_and_is_read_back() {
        let row = RosterRow {
            line: Line { sheet: "一组".to_owned(), number: 3 },
            cells: vec![
                Cell::Empty,
                Cell::Text("081".to_owned()),
                Cell::Day { day: "1968-03-05".to_owned() },
                Cell::Error { error: "#N/A".to_owned() },
                Cell::NoValue { formula: () },
            ],
        };
        let json = serde_json::to_string(&row).expect("it is written");
        assert_eq!(
            json,
            r##"{"line":{"sheet":"一组","number":3},"cells":[null,"081",{"day":"1968-03-05"},{"error":"#N/A"},{"formula":null}]}"##
        );
        assert_eq!(serde_json::from_str::<RosterRow>(&json).expect("it is read"), row);
    }
}
