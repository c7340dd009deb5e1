//! The records of a dispute's file: the dispute, and what grows with it, each a record of its own that names its
//! dispute. There is no field for a fee: mediation is free (人民调解法 4).

use super::{
    codes::{Colour, Consent, DisputeType, EndReason, Form, Mark, Performance, Side, Sitting, Size, Source},
    steps::Step,
};
use crate::{case::StepRecord, codes::Sex, id::RecordId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The name of the field with which a party names the resident that they are.
pub const RESIDENT: &str = "resident";

/// 矛盾纠纷.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dispute {
    /// The name that those who work on it use.
    pub title: String,
    /// 发现日.
    pub found_on: Option<NaiveDate>,
    /// 地点.
    pub place: String,
    /// 来源.
    pub source: Option<Source>,
    /// 类型.
    pub matter: Option<DisputeType>,
    /// 规模.
    pub size: Option<Size>,
    /// 涉及人数.
    pub people: Option<u32>,
    /// 预警色.
    pub colour: Option<Colour>,
    /// Why this colour.
    pub colour_why: String,
    /// 简要情况.
    pub summary: String,
    /// 调解员: names.
    pub mediators: String,
    /// Whether the parties chose the mediators (人民调解法 19).
    pub chosen: bool,
    /// Whether it is mediated in the open (人民调解法 19, 23): the parties decide.
    pub open: bool,
    /// The household whose visit it came from.
    pub household: Option<RecordId>,
    /// The visit it came from.
    pub visit: Option<RecordId>,
    /// An earlier dispute between the same parties.
    pub earlier: Option<RecordId>,
    /// The visit, or what a patrol found, that it came from.
    pub from: Option<RecordId>,
}

impl Default for Dispute {
    fn default() -> Self {
        Self {
            title: String::new(),
            found_on: None,
            place: String::new(),
            source: None,
            matter: None,
            size: None,
            people: None,
            colour: None,
            colour_why: String::new(),
            summary: String::new(),
            mediators: String::new(),
            chosen: false,
            open: true,
            household: None,
            visit: None,
            earlier: None,
            from: None,
        }
    }
}

/// 当事人.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Party {
    /// The dispute.
    pub dispute: RecordId,
    /// 姓名 or what an organisation is called.
    #[serde(default)]
    pub name: String,
    /// 地位.
    #[serde(default)]
    pub side: Option<Side>,
    /// 性别.
    #[serde(default)]
    pub sex: Option<Sex>,
    /// 出生年份.
    #[serde(default)]
    pub born: Option<u32>,
    /// 电话.
    #[serde(default)]
    pub phone: String,
    /// 住址.
    #[serde(default)]
    pub address: String,
    /// 身份证号: off unless the agreement needs it.
    #[serde(default)]
    pub id_number: String,
    /// 代理人.
    #[serde(default)]
    pub representative: String,
    /// Whether the party agrees to mediation.
    #[serde(default)]
    pub consent: Option<Consent>,
    /// The resident that the party is, where the roster knows them.
    #[serde(default)]
    pub resident: Option<RecordId>,
}

/// 调解(场次), or an inquiry before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The dispute.
    pub dispute: RecordId,
    /// The purpose of the meeting; mediation where nothing is said.
    #[serde(default)]
    pub sort: Option<Sitting>,
    /// 日期.
    #[serde(default)]
    pub on: Option<NaiveDate>,
    /// 地点.
    #[serde(default)]
    pub place: String,
    /// 参加人.
    #[serde(default)]
    pub present: String,
    /// Whether the parties were told their rights and duties (人民调解法 23, 24).
    #[serde(default)]
    pub told: bool,
    /// The statements of each side.
    #[serde(default)]
    pub said: String,
    /// 调解意见.
    #[serde(default)]
    pub proposals: String,
    /// 结果.
    #[serde(default)]
    pub result: String,
}

impl Session {
    /// Returns the purpose of the meeting; mediation where none is said.
    pub fn sort(&self) -> Sitting {
        self.sort.unwrap_or(Sitting::Mediation)
    }
}

/// 调解协议.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// The dispute.
    pub dispute: RecordId,
    /// 形式.
    #[serde(default)]
    pub form: Option<Form>,
    /// 编号.
    #[serde(default)]
    pub number: String,
    /// 主要事实和各方责任 (人民调解法 29).
    #[serde(default)]
    pub facts: String,
    /// 履行方式.
    #[serde(default)]
    pub manner: String,
    /// The day an oral one was reached, or a written one was signed.
    #[serde(default)]
    pub on: Option<NaiveDate>,
    /// The day the committee's seal was affixed.
    #[serde(default)]
    pub sealed_on: Option<NaiveDate>,
    /// Whether it decides on a status, an adoption or a marriage: then no court confirms it (最高法规定).
    #[serde(default)]
    pub status: bool,
    /// 申请司法确认.
    #[serde(default)]
    pub applied_on: Option<NaiveDate>,
    /// 司法确认.
    #[serde(default)]
    pub confirmed_on: Option<NaiveDate>,
}

/// A term of an agreement (协议条款).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The dispute.
    pub dispute: RecordId,
    /// The obligation: who does what.
    #[serde(default)]
    pub what: String,
    /// 履行期限.
    #[serde(default)]
    pub due: Option<NaiveDate>,
    /// The day it was done.
    #[serde(default)]
    pub done_on: Option<NaiveDate>,
}

/// 回访 of an agreement (人民调解法 31).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FollowUp {
    /// The dispute.
    pub dispute: RecordId,
    /// 日期.
    #[serde(default)]
    pub on: Option<NaiveDate>,
    /// 履行情况.
    #[serde(default)]
    pub performed: Option<Performance>,
    /// Whether the parties are content.
    #[serde(default)]
    pub content: bool,
    /// Whether one of them has gone to court.
    #[serde(default)]
    pub court: bool,
    /// The risks that remain.
    #[serde(default)]
    pub risk: String,
    /// The measures taken about the risk.
    #[serde(default)]
    pub measures: String,
}

/// A signature or thumb mark, drawn on the screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// The dispute.
    pub dispute: RecordId,
    /// The record that is signed: an agreement or a session.
    pub of: RecordId,
    /// The party; none for the mediator.
    #[serde(default)]
    pub party: Option<RecordId>,
    /// The name of who signed.
    #[serde(default)]
    pub name: String,
    /// How.
    #[serde(default)]
    pub mark: Option<Mark>,
    /// The strokes ([`super::strokes`]).
    #[serde(default)]
    pub strokes: String,
    /// The SHA-256 of the text that was signed, in hexadecimal digits.
    #[serde(default)]
    pub covers: String,
}

/// A step that was taken. Who and when are the record's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DisputeStep {
    /// The dispute.
    pub dispute: RecordId,
    /// The step.
    pub step: Step,
    /// Why, in plain words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// To whom: where it is assigned, escalated or passed on.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// The new deadline of an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// Why the mediation ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<EndReason>,
    /// Whether the worker confirmed what the step asks for: that the parties agreed, that the other ways were explained.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
}

impl StepRecord for DisputeStep {
    type Step = Step;

    fn of(head: RecordId, step: Step) -> Self {
        Self { dispute: head, step, why: String::new(), to: String::new(), until: None, reason: None, confirmed: false }
    }

    fn step(&self) -> Step {
        self.step
    }
}
