//! Visits (入户走访): the record a worker makes at each door.

use crate::{
    codes::{Outcome, Purpose},
    day,
    id::RecordId,
    record::WITHDRAWN,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest free text of one field, in characters.
pub const MAX_TEXT: usize = 2_000;

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

/// What a field of a visit is called on the form; none for those that have no words of their own.
pub fn field_label(name: &str) -> Option<&'static str> {
    Some(match name {
        "at" => "走访时间",
        "workers" => "走访人",
        "outcome" => "走访结果",
        "met" => "见到谁",
        "purposes" => "走访事由",
        "found" => "走访情况",
        "requests" => "反映问题",
        "done" => "处理",
        "next_on" => "下次走访",
        WITHDRAWN => "作废",
        _ => return None,
    })
}

/// A field's value in words, as the form shows it.
pub fn field_words(name: &str, value: &Value) -> String {
    let words = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        let outcome = || Outcome::find(text).filter(|_| name == "outcome").map(Outcome::label);
        let purpose = || Purpose::find(text).filter(|_| name == "purposes").map(Purpose::label);
        outcome().or_else(purpose).unwrap_or(text).to_owned()
    };
    let text = match value {
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join("、"),
        Value::Number(at) if name == "at" => day::words(day::day(at.as_i64().unwrap_or_default())),
        other => words(other),
    };
    if text.is_empty() { "（空）".to_owned() } else { text }
}

/// What is wrong with a visit, with the field it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVisit {
    /// Met somebody, but nothing is said about it.
    #[error("请写几个字：见到了谁、家里怎样")]
    NothingFound,
    /// A text is longer than [`MAX_TEXT`].
    #[error("文字太长，请控制在 2000 字以内")]
    TooLong,
    /// The next visit would be before this one.
    #[error("下次走访应在今天之后")]
    NextInThePast,
    /// The visit is in the future by more than a day: the phone's clock is wrong.
    #[error("走访时间晚于现在，请检查手机时间")]
    InTheFuture,
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

    /// Whether the visit can be saved at `now` (Unix ms).
    ///
    /// # Errors
    /// The first thing that is wrong, in the order of the form.
    pub fn check(&self, now: i64) -> Result<(), BadVisit> {
        const DAY_MS: i64 = 86_400_000;
        if self.at > now + DAY_MS {
            return Err(BadVisit::InTheFuture);
        }
        if self.outcome == Outcome::Met && self.found.trim().is_empty() {
            return Err(BadVisit::NothingFound);
        }
        if [&self.found, &self.requests, &self.done].into_iter().any(|text| text.chars().count() > MAX_TEXT) {
            return Err(BadVisit::TooLong);
        }
        match self.next_on {
            Some(next) if next <= day::day(self.at) => Err(BadVisit::NextInThePast),
            _ => Ok(()),
        }
    }
}

impl Outcome {
    /// Whether the round may go on without coming back: only an unanswered door stays to be visited.
    pub const fn reached(self) -> bool {
        !matches!(self, Self::NobodyHome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(outcome: Outcome, found: &str) -> Visit {
        let mut visit = Visit::new(RecordId::new(1, [0; 10]), 1_700_000_000_000, "王芳", outcome);
        visit.found = found.into();
        visit
    }

    #[test]
    fn a_visit_says_what_is_wrong_with_it() {
        let now = 1_700_000_000_000;
        assert_eq!(visit(Outcome::Met, "都好").check(now), Ok(()));
        assert_eq!(visit(Outcome::Met, "  ").check(now), Err(BadVisit::NothingFound));
        assert_eq!(visit(Outcome::NobodyHome, "").check(now), Ok(()), "one tap is enough when nobody is home");
        assert_eq!(visit(Outcome::Met, &"长".repeat(2_001)).check(now), Err(BadVisit::TooLong));
        assert_eq!(visit(Outcome::Met, "都好").check(now - 2 * 86_400_000), Err(BadVisit::InTheFuture));
        let mut early = visit(Outcome::Met, "都好");
        early.next_on = Some(day::day(early.at));
        assert_eq!(early.check(now), Err(BadVisit::NextInThePast));
    }
}
