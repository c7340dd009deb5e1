//! Visits (入户走访): the record a worker makes at each door.

use crate::{
    codes::{Outcome, Purpose},
    id::RecordId,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The household visited.
    pub household: RecordId,
    /// When, in Unix milliseconds.
    pub at: i64,
    /// 走访人: names as people know them.
    #[serde(default)]
    pub workers: Vec<String>,
    /// 走访结果.
    pub outcome: Outcome,
    /// Who was met: names of members, or words.
    #[serde(default)]
    pub met: Vec<String>,
    /// 走访事由.
    #[serde(default)]
    pub purposes: Vec<Purpose>,
    /// 走访情况: what was found.
    #[serde(default)]
    pub found: String,
    /// 反映问题: what the family asked for.
    #[serde(default)]
    pub requests: String,
    /// 处理: what was done about it.
    #[serde(default)]
    pub done: String,
    /// 下次走访.
    #[serde(default)]
    pub next_on: Option<NaiveDate>,
}

impl Visit {
    /// A visit to `household` at `at` (Unix ms) with the outcome given and all else empty.
    pub fn new(household: RecordId, at: i64, worker: &str, outcome: Outcome) -> Self {
        Self {
            household,
            at,
            workers: vec![worker.to_owned()],
            outcome,
            met: Vec::new(),
            purposes: Vec::new(),
            found: String::new(),
            requests: String::new(),
            done: String::new(),
            next_on: None,
        }
    }
}

impl Outcome {
    /// Whether the round may go on without coming back: only an unanswered door stays to be visited.
    pub const fn reached(self) -> bool {
        !matches!(self, Self::NobodyHome)
    }
}
