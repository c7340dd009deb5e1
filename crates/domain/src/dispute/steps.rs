//! The steps of a dispute, as one table: from where to where, who may, what is required, by which law. The same rows
//! draw the line of steps, offer the next one, and are what the server checks.

use super::codes::EndReason;
use crate::{
    case::{self, Row, Who},
    codes::code_table,
    field::{Field, Input},
    rights::Role,
};

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

/// Whoever works on disputes of the grid.
pub const TEAM: Who = Who {
    roles: &[Role::GridWorker, Role::Mediator, Role::VillageLead],
    words: "网格员、调解员或村负责人",
};

/// A mediator, or the village lead.
pub const MEDIATOR: Who = Who { roles: &[Role::Mediator, Role::VillageLead], words: "调解员或村负责人" };

/// The village lead: who checks is not who did.
pub const LEAD: Who = Who { roles: &[Role::VillageLead], words: "村负责人" };

/// The village lead, or an office above.
pub const ABOVE: Who =
    Who { roles: &[Role::VillageLead, Role::Township, Role::County, Role::City], words: "村负责人或上级" };

/// The township, or an office above.
pub const TOWNSHIP: Who =
    Who { roles: &[Role::Township, Role::County, Role::City], words: "乡镇（街道）或上级" };

/// The county, or an office above.
pub const COUNTY: Who = Who { roles: &[Role::County, Role::City], words: "县（市、区）或上级" };

/// The requirements of a step.
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

impl case::Need for Need {
    fn words(self) -> &'static str {
        match self {
            Self::Facts => "请先填写名称、发现日、来源、类型和简要情况",
            Self::BothSides => "请先登记申请人和被申请人",
            Self::NobodyRefuses => "有当事人明确拒绝调解，不能调解；可以终止并告知其他途径",
            Self::RightsTold => "请先记一次调解，并告知双方权利义务",
            Self::Session => "请先记一次调解",
            Self::WrittenAgreement => "请先写好书面协议：事实与责任、至少一条协议内容、履行方式",
            Self::Signatures => "还差签名：各方当事人和调解员都要在现在的文本上签",
            Self::Seal => "请填写加盖调委会印章的日期；退回重办过的，要重新盖章",
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

    fn field(self) -> Option<Field> {
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

    /// Where a party clearly refuses, mediation is not offered, only its end (人民调解法 17).
    fn rules_out(self) -> bool {
        matches!(self, Self::NobodyRefuses | Self::Pressed)
    }
}

use State as S;

/// Before an agreement, while somebody works on it.
const IN_HAND: &[State] = &[S::Registered, S::Accepted, S::Assigned, S::Escalated, S::Mediating];

/// While something is due.
const DUE: &[State] = &[S::Registered, S::Accepted, S::Assigned, S::Escalated, S::Mediating, S::Agreed, S::Performing];

/// A step with which somebody above presses for another (督办), at any time while something is due. \[P\]
const fn pressing(step: Step, who: Who) -> Row<Step> {
    Row { step, from: DUE, to: None, who, needs: &[Need::Why], law: "" }
}

/// The table. In each state the first row that fits is the usual next step.
pub const ROWS: [Row<Step>; 22] = [
    Row {
        step: Step::Register,
        from: &[S::Found, S::Returned],
        to: Some(S::Registered),
        who: TEAM,
        needs: &[Need::Facts],
        law: "",
    },
    Row {
        step: Step::Accept,
        from: &[S::Registered],
        to: Some(S::Accepted),
        who: MEDIATOR,
        needs: &[Need::BothSides, Need::NobodyRefuses],
        law: "人民调解法第十七条",
    },
    Row {
        step: Step::Begin,
        from: &[S::Accepted, S::Assigned],
        to: Some(S::Mediating),
        who: MEDIATOR,
        needs: &[Need::BothSides, Need::NobodyRefuses],
        law: "人民调解法第十七条",
    },
    Row {
        step: Step::TakeBack,
        from: &[S::Escalated],
        to: Some(S::Accepted),
        who: MEDIATOR,
        needs: &[Need::Why],
        law: "",
    },
    Row {
        step: Step::AgreeWritten,
        from: &[S::Mediating],
        to: Some(S::Agreed),
        who: MEDIATOR,
        needs: &[Need::NobodyRefuses, Need::RightsTold, Need::WrittenAgreement, Need::Signatures, Need::Seal],
        law: "人民调解法第二十三条、第二十九条",
    },
    Row {
        step: Step::AgreeOral,
        from: &[S::Mediating],
        to: Some(S::Agreed),
        who: MEDIATOR,
        needs: &[Need::NobodyRefuses, Need::RightsTold, Need::OralAgreement],
        law: "人民调解法第二十三条、第二十八条、第三十条",
    },
    Row {
        step: Step::Perform,
        from: &[S::Agreed],
        to: Some(S::Performing),
        who: TEAM,
        needs: &[],
        law: "人民调解法第三十一条",
    },
    Row {
        step: Step::FollowUp,
        from: &[S::Performing],
        to: Some(S::FollowedUp),
        who: TEAM,
        needs: &[Need::FollowUp],
        law: "人民调解法第三十一条",
    },
    Row {
        step: Step::Verify,
        from: &[S::FollowedUp, S::Terminated, S::Withdrawn],
        to: Some(S::Verified),
        who: LEAD,
        needs: &[],
        law: "",
    },
    Row {
        step: Step::Archive,
        from: &[S::Verified],
        to: Some(S::Archived),
        who: MEDIATOR,
        needs: &[Need::Documents],
        law: "",
    },
    Row {
        step: Step::Return,
        from: &[S::Registered],
        to: Some(S::Returned),
        who: MEDIATOR,
        needs: &[Need::Why],
        law: "",
    },
    Row {
        step: Step::Assign,
        from: &[S::Accepted, S::Assigned],
        to: Some(S::Assigned),
        who: LEAD,
        needs: &[Need::To],
        law: "人民调解法第十九条",
    },
    Row {
        step: Step::Extend,
        from: &[S::Accepted, S::Assigned, S::Mediating],
        to: None,
        who: MEDIATOR,
        needs: &[Need::Until, Need::PartiesAgree],
        law: "",
    },
    Row {
        step: Step::Terminate,
        from: &[S::Accepted, S::Assigned, S::Mediating],
        to: Some(S::Terminated),
        who: MEDIATOR,
        needs: &[Need::EndReason, Need::Why, Need::OtherWays],
        law: "人民调解法第二十六条",
    },
    Row {
        step: Step::Withdraw,
        from: IN_HAND,
        to: Some(S::Withdrawn),
        who: TEAM,
        needs: &[Need::Why],
        law: "人民调解法第二十三条",
    },
    Row {
        step: Step::Escalate,
        from: &[S::Registered, S::Accepted, S::Assigned, S::Mediating],
        to: Some(S::Escalated),
        who: TEAM,
        needs: &[Need::To, Need::Why],
        law: "",
    },
    Row {
        step: Step::PassOn,
        from: IN_HAND,
        to: None,
        who: TEAM,
        needs: &[Need::To, Need::Why],
        law: "人民调解法第二十五条",
    },
    Row {
        step: Step::Reopen,
        from: &[S::Agreed, S::Performing, S::FollowedUp, S::Terminated, S::Withdrawn, S::Verified, S::Archived],
        to: Some(S::Mediating),
        who: LEAD,
        needs: &[Need::Why],
        law: "",
    },
    pressing(Step::Remind, ABOVE),
    pressing(Step::LeadHandling, TOWNSHIP),
    pressing(Step::Supervise, COUNTY),
    Row { step: Step::Acknowledge, from: DUE, to: None, who: TEAM, needs: &[Need::Pressed], law: "" },
];

impl case::Step for Step {
    type State = State;
    type Need = Need;

    const ROWS: &'static [Row<Self>] = &ROWS;

    fn code(self) -> &'static str {
        Self::code(self)
    }
}

impl Step {
    /// Whether somebody above presses with it for another step.
    pub const fn presses(self) -> bool {
        matches!(self, Self::Remind | Self::LeadHandling | Self::Supervise)
    }
}
