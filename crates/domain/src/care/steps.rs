//! The steps of a care case, as one table: from where to where, who may, what is required. The same rows offer the next
//! step, and are what the server checks.

use crate::{
    case::{self, Row, Who},
    codes::code_table,
    field::{Field, Input},
    rights::Role,
};

code_table! {
    /// 状态.
    State {
        Opened = "opened", "待确认";
        InCare = "in_care", "关爱中";
        Paused = "paused", "已暂停";
        Closed = "closed", "已结案";
        Lapsed = "lapsed", "已失效";
    }
}

impl State {
    /// Whether somebody is to be looked after.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Opened | Self::InCare | Self::Paused)
    }
}

code_table! {
    /// 步骤.
    Step {
        Confirm = "confirm", "确认立案";
        Decline = "decline", "不予立案";
        Renew = "renew", "复核继续";
        HandOver = "hand_over", "更换负责人";
        Pause = "pause", "暂停";
        Resume = "resume", "恢复";
        Close = "close", "结案";
        Reopen = "reopen", "重新申请";
    }
}

/// Whoever works on care cases of the grid.
pub const TEAM: Who = Who { roles: &[Role::Carer, Role::VillageLead], words: "关爱人员或村负责人" };

/// The supervisor: the village lead. Who confirms is not who looks after it.
pub const LEAD: Who = Who { roles: &[Role::VillageLead], words: "村负责人" };

/// The requirements of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// For whom, what for and why, who looks after it, how often and why so.
    Facts,
    /// A guardian's consent, for a child under 14 (个人信息保护法 31).
    Guardian,
    /// A look since it was last confirmed.
    Looked,
    /// A reason in words.
    Why,
    /// To whom.
    To,
    /// Until when, after today.
    Until,
}

impl case::Need for Need {
    fn words(self) -> &'static str {
        match self {
            Self::Facts => "请先填写姓名、原因、立案理由、负责人、间隔和定这个间隔的理由",
            Self::Guardian => "不满14周岁，请先征得监护人同意并填写日期（个人信息保护法第三十一条）",
            Self::Looked => "上次确认以后还没有看望过，请先记一次看望",
            Self::Why => "请写明原因",
            Self::To => "请写明交给谁",
            Self::Until => "请填写恢复的日期，应在今天以后",
        }
    }

    fn field(self) -> Option<Field> {
        let field = match self {
            Self::Why => Field::new("why", "原因", Input::Text),
            Self::To => Field::new("to", "交给谁（姓名）", Input::Line),
            Self::Until => Field::new("until", "什么时候恢复", Input::Day),
            Self::Facts | Self::Guardian | Self::Looked => return None,
        };
        Some(field.wanted())
    }
}

use State as S;

/// The table. In each state the first row that fits is the usual next step.
pub const ROWS: [Row<Step>; 8] = [
    Row {
        step: Step::Confirm,
        from: &[S::Opened],
        to: Some(S::InCare),
        who: LEAD,
        needs: &[Need::Facts, Need::Guardian],
        law: "",
    },
    Row { step: Step::Decline, from: &[S::Opened], to: Some(S::Closed), who: LEAD, needs: &[Need::Why], law: "" },
    Row {
        step: Step::Renew,
        from: &[S::InCare, S::Paused],
        to: None,
        who: LEAD,
        needs: &[Need::Facts, Need::Guardian, Need::Looked, Need::Why],
        law: "",
    },
    Row { step: Step::Resume, from: &[S::Paused], to: Some(S::InCare), who: TEAM, needs: &[], law: "" },
    Row {
        step: Step::HandOver,
        from: &[S::Opened, S::InCare, S::Paused],
        to: None,
        who: TEAM,
        needs: &[Need::To, Need::Why],
        law: "",
    },
    Row {
        step: Step::Pause,
        from: &[S::InCare],
        to: Some(S::Paused),
        who: TEAM,
        needs: &[Need::Until, Need::Why],
        law: "",
    },
    Row {
        step: Step::Close,
        from: &[S::InCare, S::Paused],
        to: Some(S::Closed),
        who: TEAM,
        needs: &[Need::Why],
        law: "",
    },
    Row {
        step: Step::Reopen,
        from: &[S::Closed, S::Lapsed],
        to: Some(S::Opened),
        who: TEAM,
        needs: &[Need::Why],
        law: "",
    },
];

impl case::Step for Step {
    type State = State;
    type Need = Need;

    const ROWS: &'static [Row<Self>] = &ROWS;

    fn code(self) -> &'static str {
        Self::code(self)
    }
}
