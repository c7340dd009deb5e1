//! A deadline on a file, and the ladder of those who are told when it passes (督办).

use crate::{codes::code_table, day};
use chrono::NaiveDate;

code_table! {
    /// How far a delay has come on the ladder of those who are told. \[P\]
    Rung {
        Ahead = "ahead", "未到期";
        Soon = "soon", "即将到期";
        Today = "today", "今天到期";
        Reminded = "reminded", "已逾期，催办";
        Lead = "lead", "逾期，报村负责人";
        Township = "township", "逾期，乡镇领办";
        County = "county", "逾期，县级督办";
    }
}

/// Days late from which on a rung is reached.
pub(crate) type Ladder = &'static [(i64, Rung)];

/// The ladder of disputes, hazards and requests.
pub(crate) const DISPUTES: Ladder = &[
    (15, Rung::County),
    (8, Rung::Township),
    (4, Rung::Lead),
    (1, Rung::Reminded),
    (0, Rung::Today),
    (-3, Rung::Soon),
];

/// The ladder of looks at a care case: nobody above the case's supervisor reads it.
pub(crate) const LOOKS: Ladder =
    &[(LEAD_AFTER_DAYS, Rung::Lead), (1, Rung::Reminded), (0, Rung::Today), (-3, Rung::Soon)];

/// The ladder of what nobody else is told of: doors, of which offices see how many are late, not which; a supervisor's
/// own word on a case; the word that a press is waiting for.
pub(crate) const OWN: Ladder = &[(1, Rung::Reminded), (0, Rung::Today), (-3, Rung::Soon)];

/// Days after which what is late on a care case is the village lead's to see, too. \[P\]
pub const LEAD_AFTER_DAYS: i64 = 4;

pub(crate) fn rung_of(ladder: Ladder, late: i64) -> Rung {
    ladder.iter().find(|(days, _)| late >= *days).map_or(Rung::Ahead, |(_, rung)| *rung)
}

/// Something that is due on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline<W> {
    /// What.
    pub what: W,
    /// Until when.
    pub by: NaiveDate,
}

impl<W: Copy + Into<&'static str>> Deadline<W> {
    /// Days late on a day; negative before.
    pub fn late(self, today: NaiveDate) -> i64 {
        (today - self.by).num_days()
    }

    /// How far up the ladder of disputes it is on a day.
    pub fn rung(self, today: NaiveDate) -> Rung {
        rung_of(DISPUTES, self.late(today))
    }

    /// In words: `调解 逾期2天`, `受理 今天到期`, `回访 还有5天`.
    pub fn words(self, today: NaiveDate) -> String {
        day::due_words(self.what.into(), self.late(today))
    }
}
