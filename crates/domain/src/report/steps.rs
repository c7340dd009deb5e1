//! The steps of hazards and requests, as one table: of which, from where to where, who may, what is required. The same
//! rows offer the next step, and are what the server checks.

use super::codes::Satisfied;
use crate::{
    case::{self, Need as _, Row, Who},
    codes::code_table,
    field::{self, Field, Input},
    record::Kind,
};

code_table! {
    /// 状态.
    State {
        Found = "found", "待交办";
        Assigned = "assigned", "整改中";
        PutRight = "put_right", "待验收";
        Verified = "verified", "已销号";
        Received = "received", "待告知";
        Told = "told", "办理中";
        Answered = "answered", "待回访";
        Settled = "settled", "已办结";
    }
}

impl State {
    /// Whether something is still to be done.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Verified | Self::Settled)
    }

    /// Where a report of this kind begins.
    pub const fn first(kind: &Kind) -> Self {
        if matches!(kind, Kind::Hazard) { Self::Found } else { Self::Received }
    }
}

code_table! {
    /// 步骤.
    Step {
        Assign = "assign", "交办";
        PutRight = "put_right", "已整改";
        Verify = "verify", "验收通过";
        Rework = "rework", "退回整改";
        Tell = "tell", "告知受理";
        HandOver = "hand_over", "转交办理";
        Answer = "answer", "答复";
        Settle = "settle", "回访办结";
        Again = "again", "重新办理";
    }
}

/// The requirements of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To whom.
    To,
    /// The result: how it was put right.
    Result,
    /// The words that were told or answered.
    Words,
    /// A reason.
    Why,
    /// The answer of the person who asked.
    Satisfied,
}

impl case::Need for Need {
    fn words(self) -> &'static str {
        match self {
            Self::To => "请写明交给谁",
            Self::Result => "请写明怎样整改的",
            Self::Words => "请写明告诉了对方什么",
            Self::Why => "请写明原因",
            Self::Satisfied => "请选择对方是否满意",
        }
    }

    fn field(self) -> Option<Field> {
        let field = match self {
            Self::To => Field::new("to", "交给谁（姓名或单位）", Input::Line),
            Self::Result => Field::new("why", "怎样整改的", Input::Text),
            Self::Words => Field::new("why", "告诉了对方什么", Input::Text),
            Self::Why => Field::new("why", "原因", Input::Text),
            Self::Satisfied => Field::new("satisfied", "对方是否满意", Input::One(Satisfied::ROWS)),
        };
        Some(field.wanted())
    }
}

use State as S;

const fn row(step: Step, from: &'static [State], to: Option<State>, needs: &'static [Need]) -> Row<Step> {
    Row { step, from, to, who: Who::ANYBODY, needs, law: "" }
}

/// The table. In each state the first row that fits is the usual next step.
pub const ROWS: [Row<Step>; 9] = [
    row(Step::Assign, &[S::Found], Some(S::Assigned), &[Need::To]),
    row(Step::PutRight, &[S::Found, S::Assigned], Some(S::PutRight), &[Need::Result]),
    row(Step::Verify, &[S::PutRight], Some(S::Verified), &[]),
    row(Step::Rework, &[S::PutRight, S::Verified], Some(S::Assigned), &[Need::Why]),
    row(Step::Tell, &[S::Received], Some(S::Told), &[Need::Words]),
    row(Step::Answer, &[S::Received, S::Told], Some(S::Answered), &[Need::Words]),
    row(Step::Settle, &[S::Answered], Some(S::Settled), &[Need::Satisfied]),
    row(Step::Again, &[S::Answered, S::Settled], Some(S::Told), &[Need::Why]),
    row(Step::HandOver, &[S::Assigned, S::Received, S::Told], None, &[Need::To]),
];

impl case::Step for Step {
    type State = State;
    type Need = Need;

    const ROWS: &'static [Row<Self>] = &ROWS;

    fn code(self) -> &'static str {
        Self::code(self)
    }

    fn fields(self) -> Vec<Field> {
        let needs = self.row().needs;
        let mut fields = field::of_step(needs.iter().filter_map(|need| need.field()));
        if needs.contains(&Need::To) {
            fields.push(Field::new("outside", "不是本村（社区）的人", Input::Flag));
            fields.push(Field::new("phone", "对方电话", Input::Phone));
        }
        fields
    }
}
