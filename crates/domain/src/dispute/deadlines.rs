//! The deadlines of a dispute.

use super::{
    file::DisputeFile,
    records::DisputeStep,
    steps::{State, Step},
};
use crate::{
    case::{Case, TakenStep, deadline::Deadline},
    codes::code_table,
    day,
};
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
    /// The kinds of deadlines of a dispute.
    Due {
        Accept = "accept", "受理";
        Mediate = "mediate", "调解";
        Perform = "perform", "履行协议";
        FollowUp = "follow_up", "回访";
    }
}

impl DisputeFile {
    /// The step from which the days to mediate run, and until when the parties agreed to extend them.
    fn mediation(&self) -> Option<(&TakenStep<DisputeStep>, Option<NaiveDate>)> {
        let begun = self
            .history()
            .rev()
            .find(|done| matches!(done.taken.step, Step::Accept | Step::Reopen | Step::TakeBack))?;
        let extended = self.history().filter(|done| done.at > begun.at).filter_map(|done| done.taken.until).max();
        Some((begun, extended))
    }

    /// Until when it is to be mediated; none before it is accepted. An extension that the parties agreed to moves it.
    pub fn mediate_by(&self) -> Option<NaiveDate> {
        let (begun, extended) = self.mediation()?;
        Some(extended.unwrap_or(begun.on() + Days::new(MEDIATE_DAYS)))
    }

    /// Why something is due when it is, in plain words.
    pub fn why_due(&self, what: Due) -> String {
        let on = |done: &TakenStep<DisputeStep>| day::words(done.on());
        match what {
            Due::Accept => {
                let registered = self.last(Step::Register).map(on).unwrap_or_default();
                format!("{registered}登记，{ACCEPT_DAYS}天内受理")
            }
            Due::Mediate => match self.mediation() {
                Some((_, Some(_))) => "双方同意延期".to_owned(),
                Some((begun, None)) => {
                    format!("{}{}，{MEDIATE_DAYS}天内调解", on(begun), begun.taken.step.label())
                }
                None => String::new(),
            },
            Due::Perform => "协议约定的期限".to_owned(),
            Due::FollowUp if self.terms.iter().any(|(_, term)| term.due.is_some()) => {
                format!("履行期满{FOLLOW_UP_DAYS}天后回访")
            }
            Due::FollowUp => format!("协议生效{FOLLOW_UP_DAYS}天后回访"),
        }
    }

    /// Returns the next deadline; `None` where nothing is due.
    pub fn deadline(&self) -> Option<Deadline<Due>> {
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
