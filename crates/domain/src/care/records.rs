//! The records of a care case: the case, and what grows with it, each a record of its own that names its case.

use super::{
    codes::{Difficulty, Help, Interval, Reason, Referral, Way},
    steps::Step,
};
use crate::{case::StepRecord, field::MAX_INTERVAL, id::RecordId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// 关爱个案.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CareCase {
    /// Whom it is for.
    pub name: String,
    /// The resident, where they are on the roster.
    pub resident: Option<RecordId>,
    /// Their household.
    pub household: Option<RecordId>,
    /// The visit, or what a patrol found, that it came from.
    pub from: Option<RecordId>,
    /// Where to find them.
    pub place: String,
    /// The reason why care is given.
    pub reason: Option<Reason>,
    /// With what help is needed.
    pub difficulty: Option<Difficulty>,
    /// Why, in plain words that can be read to the person.
    pub why: String,
    /// The day it was opened.
    pub opened_on: Option<NaiveDate>,
    /// Who looks after it.
    pub carer: String,
    /// How often it is looked at.
    pub interval: Option<Interval>,
    /// The days, where they are chosen freely.
    pub days: Option<u32>,
    /// Why so often.
    pub interval_why: String,
    /// Whether the person is under 14 (个人信息保护法 31).
    pub child: bool,
    /// Their guardian.
    pub guardian: String,
    /// The day on which the guardian consented.
    pub guardian_agreed_on: Option<NaiveDate>,
}

impl CareCase {
    /// Days from one look to the next; none where nobody chose.
    pub fn interval_days(&self) -> Option<u64> {
        match self.interval? {
            Interval::Week => Some(7),
            Interval::Month => Some(30),
            Interval::Quarter => Some(90),
            Interval::Own => self.days.map(u64::from).filter(|days| (1..=MAX_INTERVAL).contains(days)),
        }
    }

    /// The name as a list row may show it.
    pub fn name_in_short(&self) -> String {
        crate::text::short_name(&self.name)
    }
}

/// 帮扶计划: something to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanItem {
    /// The case.
    pub case: RecordId,
    /// What, by whom.
    #[serde(default)]
    pub what: String,
    /// Until when.
    #[serde(default)]
    pub due: Option<NaiveDate>,
    /// The day it was done.
    #[serde(default)]
    pub done_on: Option<NaiveDate>,
}

/// 关爱回访.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CareVisit {
    /// The case.
    pub case: RecordId,
    /// 日期.
    #[serde(default)]
    pub on: Option<NaiveDate>,
    /// 方式.
    #[serde(default)]
    pub way: Option<Way>,
    /// How the person is, in plain words. No diagnosis.
    #[serde(default)]
    pub found: String,
    /// The needs, in words.
    #[serde(default)]
    pub needs: String,
    /// Which help was given.
    #[serde(default)]
    pub help: Option<Help>,
    /// The help that was given, in words.
    #[serde(default)]
    pub done: String,
    /// Whether the person agreed to counselling.
    #[serde(default)]
    pub consent: bool,
    /// How long counselling took, in minutes.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// Where else help is asked for.
    #[serde(default)]
    pub referral: Option<Referral>,
    /// The answer that came back from there.
    #[serde(default)]
    pub answer: String,
    /// 下次, where it is to be sooner or later than the interval says.
    #[serde(default)]
    pub next_on: Option<NaiveDate>,
}

/// A step that was taken. Who and when are the record's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CareStep {
    /// The case.
    pub case: RecordId,
    /// The step.
    pub step: Step,
    /// Why, in plain words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// To whom, where it is handed over.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// Until when it pauses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
}

impl StepRecord for CareStep {
    type Step = Step;

    fn of(head: RecordId, step: Step) -> Self {
        Self { case: head, step, why: String::new(), to: String::new(), until: None }
    }

    fn step(&self) -> Step {
        self.step
    }
}
