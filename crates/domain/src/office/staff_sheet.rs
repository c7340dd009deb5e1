//! Accounts taken in from a sheet: one row a person and right. The server reads and checks the sheet; the page makes the
//! accounts one by one, with the messages that make a single one.

use super::{
    roster::{Line, Remark},
    staff::{PutAccount, Right},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A row of the sheet, read and compared with the accounts there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRow {
    /// Where it stands.
    pub line: Line,
    /// The account.
    pub account: PutAccount,
    /// Whether there is no such account yet.
    pub new: bool,
    /// Whether name, team or home are others than the account has.
    pub changed: bool,
    /// The right to give; none where the row names none, or the account has it.
    pub right: Option<Right>,
    /// The right's last day.
    pub until: Option<NaiveDate>,
}

/// `staff-read`: what a sheet holds. The request's body is the file's bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffFile {
    /// The rows that can be taken.
    pub rows: Vec<StaffRow>,
    /// Those that can't, and why.
    pub refused: Vec<Remark>,
    /// What should be looked at, in rows that can be taken.
    pub doubts: Vec<Remark>,
    /// What of the file was not read.
    pub left_out: Vec<String>,
}
