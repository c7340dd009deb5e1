//! The records of hazards and requests.

use super::{
    codes::{Danger, Grade, Satisfied, Subject},
    steps::Step,
};
use crate::{case::StepRecord, id::RecordId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The name of the field with which a record names the visit or the finding that it came from.
pub const FROM: &str = "from";

/// 隐患.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hazard {
    /// The hazard, in words.
    pub what: String,
    /// 类型.
    pub danger: Option<Danger>,
    /// 等级.
    pub grade: Option<Grade>,
    /// 地点, in words.
    pub place: String,
    /// 发现日.
    pub found_on: Option<NaiveDate>,
    /// The household where it is.
    pub household: Option<RecordId>,
    /// The visit or the finding that it came from.
    pub from: Option<RecordId>,
}

/// 诉求.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// The request, in words.
    pub what: String,
    /// 类别.
    pub subject: Option<Subject>,
    /// From whom; empty where they don't want to be named.
    pub asker: String,
    /// How to tell them.
    pub phone: String,
    /// 提出日.
    pub received_on: Option<NaiveDate>,
    /// The household where it was asked for.
    pub household: Option<RecordId>,
    /// The visit or the finding that it came from.
    pub from: Option<RecordId>,
}

/// A step that was taken on a hazard or a request. Who and when are the record's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportStep {
    /// The hazard or request; `affair` on the wire.
    #[serde(rename = "affair")]
    pub report: RecordId,
    /// The step.
    pub step: Step,
    /// The words of the step: a result, an answer or a reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// To whom it is given: a name, of a person or an authority.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// Whether that is nobody of the village.
    #[serde(default, skip_serializing_if = "is_false")]
    pub outside: bool,
    /// Their phone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// Whether the person who asked is satisfied with the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfied: Option<Satisfied>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl StepRecord for ReportStep {
    type Step = Step;

    fn of(head: RecordId, step: Step) -> Self {
        Self {
            report: head,
            step,
            why: String::new(),
            to: String::new(),
            outside: false,
            phone: String::new(),
            satisfied: None,
        }
    }

    fn step(&self) -> Step {
        self.step
    }
}
