//! The records of hazards, requests, patrols and outreach.

use super::{
    codes::{Danger, Grade, Satisfied, Subject, Team, Topic, Venue},
    steps::Step,
};
use crate::{case::TakenStep, day, id::RecordId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The name of the field with which a record names the visit or the finding that it came from.
pub const FROM: &str = "from";

/// 隐患.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hazard {
    /// What is wrong.
    pub what: String,
    /// 类型.
    pub danger: Option<Danger>,
    /// 等级.
    pub grade: Option<Grade>,
    /// 地点, in words.
    pub place: String,
    /// 发现日.
    #[serde(with = "day::iso")]
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
    /// What is asked for.
    pub what: String,
    /// 类别.
    pub subject: Option<Subject>,
    /// From whom; empty where they don't want to be named.
    pub asker: String,
    /// How to tell them.
    pub phone: String,
    /// 提出日.
    #[serde(with = "day::iso")]
    pub received_on: Option<NaiveDate>,
    /// The household where it was asked for.
    pub household: Option<RecordId>,
    /// The visit or the finding that it came from.
    pub from: Option<RecordId>,
}

/// A step that was taken on a hazard or a request. Who and when are the record's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// The hazard or request.
    pub affair: RecordId,
    /// The step.
    pub step: Step,
    /// What was done or said, or why.
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
    /// What whoever asked says of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfied: Option<Satisfied>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// 巡逻. There is no field for where anybody walked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Patrol {
    /// 队伍.
    pub team: Option<Team>,
    /// 队员: names.
    pub members: String,
    /// 巡逻地点, in words.
    pub places: String,
    /// When it began, Unix milliseconds.
    pub began: i64,
    /// When it ended; none while it is on.
    pub ended: Option<i64>,
    /// 处理: what was done on the spot.
    pub handled: String,
}

/// What a patrol found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The patrol.
    pub patrol: RecordId,
    /// What, and where.
    #[serde(default)]
    pub what: String,
}

/// 宣讲.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outreach {
    /// 内容.
    pub topic: Option<Topic>,
    /// Which of the 法律七进.
    pub venue: Option<Venue>,
    /// 日期.
    #[serde(with = "day::iso")]
    pub on: Option<NaiveDate>,
    /// 地点.
    pub place: String,
    /// 人数.
    pub reached: Option<u32>,
    /// How many people were talked out of a fraud. A number alone.
    pub saved: Option<u32>,
    /// 资料 given out.
    pub material: String,
    /// 备注.
    pub note: String,
}

impl TakenStep for Taken {
    type Step = Step;

    fn of(head: RecordId, step: Step) -> Self {
        Self {
            affair: head,
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
