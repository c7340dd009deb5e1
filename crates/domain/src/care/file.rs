//! A care case with what belongs to it, and what follows from its dates: when the next look is due, and until when it
//! has to be confirmed again.

use super::{
    records::{CareCase, CareStep, CareVisit, PlanItem},
    steps::{State, Step},
};
use crate::{
    case::{
        self, Case, TakenStep,
        book::CaseFile,
        deadline::{Deadline, LEAD_AFTER_DAYS},
    },
    codes::code_table,
    day,
    field::MAX_INTERVAL,
    id::RecordId,
    record::{Kind, Name, Record},
    rights::Role,
    text,
};
use chrono::{Days, NaiveDate};

/// Days after which a case has to be confirmed again, or lapses. \[P\]
pub const REVIEW_DAYS: u64 = 180;

/// Days before the end of that time from which it is shown as due.
pub const REVIEW_AHEAD_DAYS: i64 = 14;

/// Days for which it is shown that a case has lapsed.
const LAPSED_SHOWN_DAYS: i64 = 30;

/// Days in which a supervisor confirms a case or declines it. \[P\]
pub const CONFIRM_DAYS: u64 = 3;

/// A case with what belongs to it. Lists are in the order in which they were begun.
#[derive(Clone, Debug, PartialEq)]
pub struct CareFile {
    /// The case's identity.
    pub id: RecordId,
    /// The case.
    pub case: CareCase,
    /// Who opened it.
    pub opened_by: Name,
    /// 帮扶计划.
    pub plan: Vec<(RecordId, PlanItem)>,
    /// 看望.
    pub visits: Vec<(RecordId, CareVisit)>,
    /// 步骤.
    pub steps: Vec<TakenStep<CareStep>>,
}

code_table! {
    /// The kinds of deadlines of a case.
    Due {
        /// A look.
        Look = "look", "看望";
        /// A supervisor's word on a new case.
        Confirm = "confirm", "确认立案";
        /// A supervisor's word that it goes on; without it the case lapses.
        Renew = "renew", "复核";
        /// A pause that ends.
        Resume = "resume", "恢复";
        /// An item of the plan.
        Plan = "plan", "帮扶计划";
    }
}

impl CaseFile for CareFile {
    const HEADS: &'static [Kind] = &[Kind::CareCase];

    fn gather<'a>(case: &Record, others: impl IntoIterator<Item = &'a Record>) -> Option<Self> {
        let mut file = Self {
            id: case.id,
            case: case.view()?,
            opened_by: case.created.by.clone(),
            plan: Vec::new(),
            visits: Vec::new(),
            steps: Vec::new(),
        };
        for record in case::in_order(case, others) {
            match record.kind {
                Kind::PlanItem => file.plan.extend(record.view().map(|view| (record.id, view))),
                Kind::CareVisit => file.visits.extend(record.view().map(|view| (record.id, view))),
                Kind::CareStep => file.steps.extend(TakenStep::read(record)),
                _ => {}
            }
        }
        file.walk();
        Some(file)
    }
}

impl CareFile {
    /// 编号, derived from the day it was opened and its identity.
    pub fn number(&self) -> String {
        text::number(self.case.opened_on, self.id)
    }

    /// The day on which the case ended, as seen on a day: closed, or lapsed; none while it is open.
    pub fn ended_on(&self, on: NaiveDate) -> Option<NaiveDate> {
        match self.state(on) {
            State::Closed => self.history().next_back().map(TakenStep::on),
            State::Lapsed => self.review_by(),
            _ => None,
        }
    }

    /// The state on a day: a case that was not confirmed again in time has lapsed.
    pub fn state(&self, on: NaiveDate) -> State {
        let state = self.reached();
        let lapsed = matches!(state, State::InCare | State::Paused) && self.review_by().is_some_and(|by| by < on);
        if lapsed { State::Lapsed } else { state }
    }

    /// The last time that a supervisor confirmed it.
    fn confirmed(&self) -> Option<&TakenStep<CareStep>> {
        self.history().rev().find(|done| matches!(done.taken.step, Step::Confirm | Step::Renew))
    }

    /// The last day before which it has to be confirmed again; none while it is not confirmed.
    pub fn review_by(&self) -> Option<NaiveDate> {
        self.confirmed().map(|done| done.on() + Days::new(REVIEW_DAYS))
    }

    /// Who looks after it.
    pub fn carer(&self) -> &str {
        let handed = self.history().rev().find(|done| done.taken.step == Step::HandOver);
        handed.map_or(self.case.carer.as_str(), |done| done.taken.to.as_str()).trim()
    }

    /// The looks up to a day: one with a later date is a slip of the pen, and counts on no day before it.
    fn looks(&self, today: NaiveDate) -> impl Iterator<Item = (NaiveDate, &CareVisit)> {
        let dated = self.visits.iter().filter_map(|(_, visit)| Some((visit.on?, visit)));
        dated.filter(move |(on, _)| *on <= today)
    }

    /// Whether there was a look on or after the day it was last confirmed.
    pub fn looked_since_confirmed(&self, today: NaiveDate) -> bool {
        let since = self.confirmed().map(TakenStep::on);
        self.looks(today).any(|(on, _)| since.is_none_or(|since| on >= since))
    }

    /// The step from which looks are counted.
    fn begun(&self) -> Option<&TakenStep<CareStep>> {
        self.history().rev().find(|done| matches!(done.taken.step, Step::Confirm | Step::Resume))
    }

    /// When the next look is due: by the interval from the last one, or from when it was confirmed or went on, or on the
    /// day that was noted at the last look, where that is not further off than any interval may be.
    pub fn look_by(&self, today: NaiveDate) -> Option<NaiveDate> {
        let begun = self.begun()?.on();
        let every = Days::new(self.case.interval_days()?);
        match self.looks(today).max_by_key(|(on, _)| *on).filter(|(on, _)| *on >= begun) {
            Some((on, visit)) => {
                let noted = visit.next_on.filter(|next| *next <= on + Days::new(MAX_INTERVAL));
                Some(noted.unwrap_or(on + every))
            }
            None => Some(begun + every),
        }
    }

    /// Returns the deadlines, the earliest first. A review is due some days before the case would lapse.
    pub fn deadlines(&self, today: NaiveDate) -> Vec<Deadline<Due>> {
        let mut due = Vec::new();
        let mut add = |what: Due, by: Option<NaiveDate>| due.extend(by.map(|by| Deadline { what, by }));
        match self.state(today) {
            State::Opened => {
                let reopened = self.history().rev().find(|done| done.taken.step == Step::Reopen).map(TakenStep::on);
                add(Due::Confirm, reopened.or(self.case.opened_on).map(|on| on + Days::new(CONFIRM_DAYS)));
            }
            State::InCare => {
                add(Due::Look, self.look_by(today));
                add(Due::Renew, self.review_by().filter(|by| (*by - today).num_days() <= REVIEW_AHEAD_DAYS));
                let open = self.plan.iter().filter(|(_, item)| item.done_on.is_none());
                add(Due::Plan, open.filter_map(|(_, item)| item.due).min());
            }
            State::Paused => {
                let paused = self.history().rev().find(|done| done.taken.step == Step::Pause);
                add(Due::Resume, paused.and_then(|done| done.taken.until));
                add(Due::Renew, self.review_by().filter(|by| (*by - today).num_days() <= REVIEW_AHEAD_DAYS));
            }
            // That it lapsed is seen for a while: somebody may still need help.
            State::Lapsed => {
                add(Due::Renew, self.review_by().filter(|by| (today - *by).num_days() <= LAPSED_SHOWN_DAYS));
            }
            State::Closed => {}
        }
        due.sort_by_key(|deadline| (deadline.by, deadline.what));
        due
    }

    /// Returns the deadlines for somebody with these roles: looks, pauses and the plan for who looks after it, and for the lead
    /// when they are late; confirmations for the lead who may give them; reviews for both.
    pub fn due_for(&self, roles: &[Role], name: &str, today: NaiveDate) -> Option<Deadline<Due>> {
        let (carer, lead) = (self.carer() == name, roles.contains(&Role::VillageLead));
        let concerns = |deadline: &Deadline<Due>| match deadline.what {
            Due::Confirm => lead && !self.is_work_of(name),
            Due::Renew => carer || lead,
            Due::Look | Due::Resume | Due::Plan => carer || (lead && deadline.late(today) >= LEAD_AFTER_DAYS),
        };
        self.deadlines(today).into_iter().find(concerns)
    }

    /// Why something is due when it is, in plain words that tell nothing of the person.
    pub fn why_due(&self, what: Due, today: NaiveDate) -> String {
        match what {
            Due::Look => {
                let every = self.case.interval_days().unwrap_or_default();
                let begun = self.begun().map(TakenStep::on);
                let looks = self.looks(today).filter(|(on, _)| begun.is_none_or(|begun| *on >= begun));
                match looks.max_by_key(|(on, _)| *on) {
                    Some((_, visit)) if visit.next_on.is_some() && self.look_by(today) == visit.next_on => {
                        "上次看望时约定".to_owned()
                    }
                    Some((on, _)) => format!("上次{}，每{every}天一次", day::words(on)),
                    None => match begun {
                        Some(begun) => format!("{}起还没看望过，每{every}天一次", day::words(begun)),
                        None => String::new(),
                    },
                }
            }
            Due::Confirm => format!("立案后{CONFIRM_DAYS}天内确认"),
            Due::Renew if self.state(today) == State::Lapsed => "已失效；仍需帮扶请复核".to_owned(),
            Due::Renew => format!("每{REVIEW_DAYS}天复核，逾期失效"),
            Due::Resume => "暂停期满".to_owned(),
            Due::Plan => "计划里写明的日期".to_owned(),
        }
    }

    /// Whether it is somebody's work: they look after it or opened it.
    pub fn is_work_of(&self, name: &str) -> bool {
        self.carer() == name || self.opened_by == name
    }
}
