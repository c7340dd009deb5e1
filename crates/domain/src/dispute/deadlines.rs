//! What is due on a dispute and when, and who is told when it is late (督办). Computed from dates alone, so also offline.

use super::{
    file::File,
    workflow::{State, Step},
};
use crate::{codes::code_table, day};
use chrono::{Days, NaiveDate};

/// Days to accept or refuse a registered dispute. \[P\]
pub const ACCEPT_DAYS: u64 = 3;
/// Days to mediate, from its acceptance on; longer only if the parties agree. \[P\]
pub const MEDIATE_DAYS: u64 = 30;
/// Days for a joint application to a court to confirm an agreement, from when it took effect (人民调解法 33).
pub const CONFIRM_DAYS: u64 = 30;
/// Days after which an agreement is followed up, from when it was to be performed. \[P\]
pub const FOLLOW_UP_DAYS: u64 = 7;

code_table! {
    /// What is due.
    Due {
        Accept = "accept", "受理";
        Mediate = "mediate", "调解";
        Perform = "perform", "履行协议";
        FollowUp = "follow_up", "回访";
    }
}

/// Something that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What.
    pub what: Due,
    /// Until when.
    pub by: NaiveDate,
}

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
const LADDER: [(i64, Rung); 6] =
    [(15, Rung::County), (8, Rung::Township), (4, Rung::Lead), (1, Rung::Reminded), (0, Rung::Today), (-3, Rung::Soon)];

impl Deadline {
    /// Days late on a day; negative before.
    pub fn late(self, today: NaiveDate) -> i64 {
        (today - self.by).num_days()
    }

    /// How far up the ladder it is on a day.
    pub fn rung(self, today: NaiveDate) -> Rung {
        let late = self.late(today);
        LADDER.iter().find(|(days, _)| late >= *days).map_or(Rung::Ahead, |(_, rung)| *rung)
    }

    /// In words: `调解 逾期2天`, `受理 今天到期`, `回访 还有5天`.
    pub fn words(self, today: NaiveDate) -> String {
        day::due_words(self.what.label(), self.late(today))
    }
}

impl File {
    /// Until when it is to be mediated; none before it is accepted. An extension that the parties agreed to moves it.
    pub fn mediate_by(&self) -> Option<NaiveDate> {
        let begun = self
            .history()
            .rev()
            .find(|done| matches!(done.taken.step, Step::Accept | Step::Reopen | Step::TakeBack))?;
        let extended = self.history().filter(|done| done.at > begun.at).filter_map(|done| done.taken.until).max();
        Some(extended.unwrap_or(begun.on() + Days::new(MEDIATE_DAYS)))
    }

    /// What is due next; none where nothing is.
    pub fn deadline(&self) -> Option<Deadline> {
        let (what, by) = match self.state {
            State::Registered => (Due::Accept, self.last(Step::Register)?.on() + Days::new(ACCEPT_DAYS)),
            State::Accepted | State::Assigned | State::Mediating => (Due::Mediate, self.mediate_by()?),
            State::Agreed | State::Performing => {
                let open = self.terms.iter().filter(|(_, term)| term.done_on.is_none());
                match open.filter_map(|(_, term)| term.due).min() {
                    Some(due) => (Due::Perform, due),
                    None => (Due::FollowUp, self.follow_up_on()?),
                }
            }
            _ => return None,
        };
        Some(Deadline { what, by })
    }

    /// The day of the follow-up: some days after the last term is due, or after the agreement took effect.
    pub fn follow_up_on(&self) -> Option<NaiveDate> {
        let last = self.terms.iter().filter_map(|(_, term)| term.due).max();
        Some(last.or_else(|| self.effective_on())? + Days::new(FOLLOW_UP_DAYS))
    }

    /// Until when the parties may apply together to a court to confirm the agreement; none where no court does:
    /// agreements on a status, an adoption or a marriage.
    pub fn confirm_by(&self) -> Option<NaiveDate> {
        let (_, agreement) = self.last_agreement()?;
        (!agreement.status).then(|| Some(self.effective_on()? + Days::new(CONFIRM_DAYS))).flatten()
    }
}
