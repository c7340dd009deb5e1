//! The steps of a dispute, as one table: from where to where, who may, what is required, by which law. The same rows
//! draw the line of steps, offer the next one, and are what the server checks.

use super::{
    codes::{Consent, EndReason, Form, Side},
    file::File,
    records::Taken,
};
use crate::{
    codes::code_table,
    form::{self, Field, Input},
    rights::Role,
};
use chrono::NaiveDate;

code_table! {
    /// 状态.
    State {
        Found = "found", "已发现";
        Registered = "registered", "已登记";
        Accepted = "accepted", "已受理";
        Assigned = "assigned", "已交办";
        Escalated = "escalated", "已上报";
        Returned = "returned", "不予受理";
        Mediating = "mediating", "调解中";
        Agreed = "agreed", "已达成协议";
        Terminated = "terminated", "已终止调解";
        Withdrawn = "withdrawn", "已撤回";
        Performing = "performing", "履行中";
        FollowedUp = "followed_up", "已回访";
        Verified = "verified", "已验证";
        Archived = "archived", "已归档";
    }
}

impl State {
    /// The line from the beginning to the archive that is drawn when all goes well.
    pub const LINE: [Self; 9] = [
        Self::Found,
        Self::Registered,
        Self::Accepted,
        Self::Mediating,
        Self::Agreed,
        Self::Performing,
        Self::FollowedUp,
        Self::Verified,
        Self::Archived,
    ];

    /// How far along [`State::LINE`] a dispute in this state is.
    pub fn place(self) -> usize {
        let on_line = match self {
            Self::Assigned | Self::Escalated => Self::Accepted,
            Self::Returned => Self::Registered,
            Self::Terminated | Self::Withdrawn => Self::Mediating,
            other => other,
        };
        Self::LINE.iter().position(|state| *state == on_line).unwrap_or_default()
    }

    /// Whether work is still to be done on it.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Returned | Self::Archived)
    }
}

code_table! {
    /// 步骤.
    Step {
        Register = "register", "登记";
        Accept = "accept", "受理";
        Return = "return", "不予受理";
        Assign = "assign", "交办";
        Escalate = "escalate", "上报上级";
        PassOn = "pass_on", "报告公安机关或有关部门";
        TakeBack = "take_back", "交回办理";
        Begin = "begin", "开始调解";
        Extend = "extend", "延长期限";
        AgreeWritten = "agree_written", "书面协议生效";
        AgreeOral = "agree_oral", "口头协议登记";
        Terminate = "terminate", "终止调解";
        Withdraw = "withdraw", "当事人撤回";
        Perform = "perform", "进入履行";
        FollowUp = "follow_up", "完成回访";
        Verify = "verify", "验证通过";
        Reopen = "reopen", "退回重办";
        Archive = "archive", "归档";
        Remind = "remind", "催办";
        LeadHandling = "lead_handling", "领办";
        Supervise = "supervise", "督办";
        Acknowledge = "acknowledge", "签收";
    }
}

/// Who may take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever works on disputes of the grid.
    Team,
    /// A mediator, or the village lead.
    Mediator,
    /// The village lead: who checks is not who did.
    Lead,
    /// The village lead, or an office above.
    Above,
    /// The township, or an office above.
    Township,
    /// The county, or an office above.
    County,
}

impl Who {
    /// Whether somebody with one of these roles may.
    pub fn is_one_of(self, roles: &[Role]) -> bool {
        roles.iter().any(|role| match self {
            Self::Team => matches!(role, Role::GridWorker | Role::Mediator | Role::VillageLead),
            Self::Mediator => matches!(role, Role::Mediator | Role::VillageLead),
            Self::Lead => *role == Role::VillageLead,
            Self::Above => matches!(role, Role::VillageLead | Role::Township | Role::County | Role::City),
            Self::Township => matches!(role, Role::Township | Role::County | Role::City),
            Self::County => matches!(role, Role::County | Role::City),
        })
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Team => "网格员、调解员或村负责人",
            Self::Mediator => "调解员或村负责人",
            Self::Lead => "村负责人",
            Self::Above => "村负责人或上级",
            Self::Township => "乡镇（街道）或上级",
            Self::County => "县（市、区）或上级",
        }
    }
}

/// What must be there before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Title, type, source, day and a summary.
    Facts,
    /// At least one party of each side.
    BothSides,
    /// No party clearly refuses.
    NobodyRefuses,
    /// A session in which the parties were told their rights.
    RightsTold,
    /// A session.
    Session,
    /// A written agreement with facts, at least one term and how it is performed.
    WrittenAgreement,
    /// Every party's mark on the text as it is, and the mediator's.
    Signatures,
    /// The day of the committee's seal.
    Seal,
    /// An oral agreement, written down.
    OralAgreement,
    /// A follow-up.
    FollowUp,
    /// A step of somebody above that is not acknowledged yet.
    Pressed,
    /// Every document that the file must have.
    Documents,
    /// A reason in words.
    Why,
    /// To whom.
    To,
    /// Why it ends.
    EndReason,
    /// The new deadline, after the old.
    Until,
    /// That both parties agree.
    PartiesAgree,
    /// That the other ways were explained.
    OtherWays,
}

impl Need {
    /// What is missing, and what to do.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Facts => "请先填写名称、发现日、来源、类型和简要情况",
            Self::BothSides => "请先登记申请人和被申请人",
            Self::NobodyRefuses => "有当事人明确拒绝调解，不能调解；可以终止并告知其他途径",
            Self::RightsTold => "请先记一次调解，并告知双方权利义务",
            Self::Session => "请先记一次调解",
            Self::WrittenAgreement => "请先写好书面协议：事实与责任、至少一条协议内容、履行方式",
            Self::Signatures => "还差签名：各方当事人和调解员都要在现在的文本上签",
            Self::Seal => "请填写加盖调委会印章的日期",
            Self::OralAgreement => "请先登记口头协议：事实、协议内容和达成日期",
            Self::FollowUp => "请先记一次回访",
            Self::Pressed => "没有要签收的催办、领办、督办",
            Self::Documents => "卷宗还缺必备文书，请先补齐",
            Self::Why => "请写明原因",
            Self::To => "请写明交给谁",
            Self::EndReason => "请选择终止原因",
            Self::Until => "请填写新的期限，应晚于原来的期限",
            Self::PartiesAgree => "延长期限要双方当事人同意，请先征得同意",
            Self::OtherWays => "请先告知当事人还可以通过仲裁、行政、司法等途径解决",
        }
    }

    /// The field that it is given in with the step itself; none where it is found in the file.
    const fn field(self) -> Option<Field> {
        let field = match self {
            Self::Why => Field::new("why", "原因", Input::Text),
            Self::To => Field::new("to", "交给谁", Input::Line),
            Self::EndReason => Field::new("reason", "终止原因", Input::One(EndReason::ROWS)),
            Self::Until => Field::new("until", "新的期限", Input::Day),
            Self::PartiesAgree => Field::new("confirmed", "双方当事人都同意延长", Input::Flag),
            Self::OtherWays => Field::new("confirmed", "已告知还可以通过仲裁、行政、司法等途径解决", Input::Flag),
            _ => return None,
        };
        Some(field.wanted())
    }

    /// Whether it is given with the step itself, and not found in the file.
    pub const fn is_given(self) -> bool {
        self.field().is_some()
    }

    /// Whether it is met.
    fn is_met(self, file: &File, step: &Taken) -> bool {
        match self {
            Self::Facts => {
                let dispute = &file.dispute;
                let said = ![&dispute.title, &dispute.summary].iter().any(|text| text.trim().is_empty());
                said && dispute.found_on.is_some() && dispute.source.is_some() && dispute.matter.is_some()
            }
            Self::BothSides => [Side::Applicant, Side::Respondent]
                .iter()
                .all(|side| file.parties.iter().any(|(_, party)| party.side == Some(*side))),
            Self::NobodyRefuses => !file.parties.iter().any(|(_, party)| party.consent == Some(Consent::Refused)),
            Self::RightsTold => file.sessions.iter().any(|(_, session)| session.told),
            Self::Session => !file.sessions.is_empty(),
            Self::WrittenAgreement => file.agreement(Form::Written).is_some_and(|agreement| {
                let said = ![&agreement.facts, &agreement.manner].iter().any(|text| text.trim().is_empty());
                said && !file.terms.is_empty()
            }),
            Self::Signatures => file.unsigned().is_empty(),
            Self::Seal => file.agreement(Form::Written).is_some_and(|agreement| agreement.sealed_on.is_some()),
            Self::OralAgreement => file.agreement(Form::Oral).is_some_and(|agreement| {
                agreement.on.is_some() && !agreement.facts.trim().is_empty() && !file.terms.is_empty()
            }),
            Self::FollowUp => file.followed_up_since_last(),
            Self::Pressed => file.pressed().is_some_and(|(_, acknowledged)| !acknowledged),
            Self::Documents => file.missing_documents().is_empty(),
            Self::Why => !step.why.trim().is_empty(),
            Self::To => !step.to.trim().is_empty(),
            Self::EndReason => step.reason.is_some(),
            Self::Until => step.until.is_some_and(|until| file.mediate_by().is_none_or(|deadline| until > deadline)),
            Self::PartiesAgree | Self::OtherWays => step.confirmed,
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The step.
    pub step: Step,
    /// In which states it may be taken.
    pub from: &'static [State],
    /// The state after it; none where it stays.
    pub to: Option<State>,
    /// Who may.
    pub who: Who,
    /// What is required.
    pub needs: &'static [Need],
    /// The law it rests on; empty where it is usual practice.
    pub law: &'static str,
}

use State as S;

/// Before an agreement, while somebody works on it.
const IN_HAND: &[State] = &[S::Registered, S::Accepted, S::Assigned, S::Escalated, S::Mediating];

/// While something is due.
const DUE: &[State] = &[S::Registered, S::Accepted, S::Assigned, S::Escalated, S::Mediating, S::Agreed, S::Performing];

/// A step with which somebody above presses for another (督办), at any time while something is due. \[P\]
const fn pressing(step: Step, who: Who) -> Row {
    Row { step, from: DUE, to: None, who, needs: &[Need::Why], law: "" }
}

/// The table. In each state the first row that fits is the usual next step.
pub const ROWS: [Row; 22] = [
    Row {
        step: Step::Register,
        from: &[S::Found, S::Returned],
        to: Some(S::Registered),
        who: Who::Team,
        needs: &[Need::Facts],
        law: "",
    },
    Row {
        step: Step::Accept,
        from: &[S::Registered],
        to: Some(S::Accepted),
        who: Who::Mediator,
        needs: &[Need::BothSides, Need::NobodyRefuses],
        law: "人民调解法第十七条",
    },
    Row {
        step: Step::Begin,
        from: &[S::Accepted, S::Assigned],
        to: Some(S::Mediating),
        who: Who::Mediator,
        needs: &[Need::BothSides, Need::NobodyRefuses],
        law: "人民调解法第十七条",
    },
    Row {
        step: Step::TakeBack,
        from: &[S::Escalated],
        to: Some(S::Accepted),
        who: Who::Mediator,
        needs: &[Need::Why],
        law: "",
    },
    Row {
        step: Step::AgreeWritten,
        from: &[S::Mediating],
        to: Some(S::Agreed),
        who: Who::Mediator,
        needs: &[Need::NobodyRefuses, Need::RightsTold, Need::WrittenAgreement, Need::Signatures, Need::Seal],
        law: "人民调解法第二十三条、第二十九条",
    },
    Row {
        step: Step::AgreeOral,
        from: &[S::Mediating],
        to: Some(S::Agreed),
        who: Who::Mediator,
        needs: &[Need::NobodyRefuses, Need::RightsTold, Need::OralAgreement],
        law: "人民调解法第二十三条、第二十八条、第三十条",
    },
    Row {
        step: Step::Perform,
        from: &[S::Agreed],
        to: Some(S::Performing),
        who: Who::Team,
        needs: &[],
        law: "人民调解法第三十一条",
    },
    Row {
        step: Step::FollowUp,
        from: &[S::Performing],
        to: Some(S::FollowedUp),
        who: Who::Team,
        needs: &[Need::FollowUp],
        law: "人民调解法第三十一条",
    },
    Row {
        step: Step::Verify,
        from: &[S::FollowedUp, S::Terminated, S::Withdrawn],
        to: Some(S::Verified),
        who: Who::Lead,
        needs: &[],
        law: "",
    },
    Row {
        step: Step::Archive,
        from: &[S::Verified],
        to: Some(S::Archived),
        who: Who::Mediator,
        needs: &[Need::Documents],
        law: "",
    },
    Row {
        step: Step::Return,
        from: &[S::Registered],
        to: Some(S::Returned),
        who: Who::Mediator,
        needs: &[Need::Why],
        law: "",
    },
    Row {
        step: Step::Assign,
        from: &[S::Accepted, S::Assigned],
        to: Some(S::Assigned),
        who: Who::Lead,
        needs: &[Need::To],
        law: "人民调解法第十九条",
    },
    Row {
        step: Step::Extend,
        from: &[S::Accepted, S::Assigned, S::Mediating],
        to: None,
        who: Who::Mediator,
        needs: &[Need::Until, Need::PartiesAgree],
        law: "",
    },
    Row {
        step: Step::Terminate,
        from: &[S::Accepted, S::Assigned, S::Mediating],
        to: Some(S::Terminated),
        who: Who::Mediator,
        needs: &[Need::EndReason, Need::Why, Need::OtherWays],
        law: "人民调解法第二十六条",
    },
    Row {
        step: Step::Withdraw,
        from: IN_HAND,
        to: Some(S::Withdrawn),
        who: Who::Team,
        needs: &[Need::Why],
        law: "人民调解法第二十三条",
    },
    Row {
        step: Step::Escalate,
        from: &[S::Registered, S::Accepted, S::Assigned, S::Mediating],
        to: Some(S::Escalated),
        who: Who::Team,
        needs: &[Need::To, Need::Why],
        law: "",
    },
    Row {
        step: Step::PassOn,
        from: IN_HAND,
        to: None,
        who: Who::Team,
        needs: &[Need::To, Need::Why],
        law: "人民调解法第二十五条",
    },
    Row {
        step: Step::Reopen,
        from: &[S::FollowedUp, S::Terminated, S::Withdrawn, S::Verified],
        to: Some(S::Mediating),
        who: Who::Lead,
        needs: &[Need::Why],
        law: "",
    },
    pressing(Step::Remind, Who::Above),
    pressing(Step::LeadHandling, Who::Township),
    pressing(Step::Supervise, Who::County),
    Row { step: Step::Acknowledge, from: DUE, to: None, who: Who::Team, needs: &[Need::Pressed], law: "" },
];

impl Step {
    /// What is said with it, as fields of a form.
    pub fn fields(self) -> Vec<Field> {
        form::of_step(self.row().needs.iter().filter_map(|need| need.field()))
    }

    /// Whether somebody above presses with it for another step.
    pub const fn presses(self) -> bool {
        matches!(self, Self::Remind | Self::LeadHandling | Self::Supervise)
    }

    /// Its row.
    ///
    /// # Panics
    /// Never: every step has one, as a test makes sure.
    pub fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.step == self).expect("every step has a row")
    }
}

/// Why a step can't be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// It does not follow from the state.
    #[error("现在是“{}”，不能“{}”", .0.label(), .1.label())]
    State(State, Step),
    /// It is another's.
    #[error("“{}”由{}办理", .0.label(), .1.words())]
    Who(Step, Who),
    /// Something is missing.
    #[error("{}", .0.words())]
    Need(Need),
    /// Who checks is not who did.
    #[error("验证要由没有参加调解的人办理")]
    OwnWork,
}

/// Whether somebody with these roles may take a step now.
///
/// # Errors
/// The first thing against it.
pub fn check(file: &File, taken: &Taken, roles: &[Role], by: &str) -> Result<(), Forbidden> {
    let row = taken.step.row();
    if !row.from.contains(&file.state) {
        return Err(Forbidden::State(file.state, taken.step));
    }
    if !row.who.is_one_of(roles) {
        return Err(Forbidden::Who(taken.step, row.who));
    }
    if taken.step == Step::Verify && file.mediated_by(by) {
        return Err(Forbidden::OwnWork);
    }
    match row.needs.iter().find(|need| !need.is_met(file, taken)) {
        Some(need) => Err(Forbidden::Need(*need)),
        None => Ok(()),
    }
}

/// A step that may be offered: what of it is not in the file yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The step.
    pub step: Step,
    /// What is missing in the file; empty where it can be taken now.
    pub missing: Vec<Need>,
    /// What is asked for with the step.
    pub asks: Vec<Need>,
}

/// The steps that somebody with these roles may take from here, the usual one first. Where a party clearly refuses,
/// mediation is not offered, only its end (人民调解法 17).
pub fn offers(file: &File, roles: &[Role], by: &str) -> Vec<Offer> {
    let rows = ROWS.iter().filter(|row| row.from.contains(&file.state) && row.who.is_one_of(roles));
    let offers = rows.filter(|row| !(row.step == Step::Verify && file.mediated_by(by))).map(|row| {
        let (asks, in_file): (Vec<Need>, Vec<Need>) = row.needs.iter().partition(|need| need.is_given());
        let empty = Taken::of(file.id, row.step);
        let missing = in_file.into_iter().filter(|need| !need.is_met(file, &empty)).collect();
        Offer { step: row.step, missing, asks }
    });
    let hopeless = [Need::NobodyRefuses, Need::Pressed];
    offers.filter(|offer| !hopeless.iter().any(|need| offer.missing.contains(need))).collect()
}

impl Taken {
    /// A step with nothing said about it.
    pub fn of(dispute: crate::RecordId, step: Step) -> Self {
        Self {
            dispute,
            step,
            why: String::new(),
            to: String::new(),
            until: None::<NaiveDate>,
            reason: None::<EndReason>,
            confirmed: false,
        }
    }
}
