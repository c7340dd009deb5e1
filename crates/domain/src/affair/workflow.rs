//! The steps of hazards and requests, as one table: of which, from where to where, who may, what is required. The same
//! rows offer the next step, and are what the server checks.

use super::{codes::Satisfied, file::Affair, records::Taken};
use crate::{
    codes::code_table,
    form::{self, Field, Input},
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

    /// Where an affair of this kind begins.
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

/// What must be there before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To whom.
    To,
    /// What was done to put it right.
    Result,
    /// What was told or answered.
    Words,
    /// A reason.
    Why,
    /// What whoever asked says of it.
    Satisfied,
}

impl Need {
    /// What is missing, and what to do.
    pub const fn words(self) -> &'static str {
        match self {
            Self::To => "请写明交给谁",
            Self::Result => "请写明怎样整改的",
            Self::Words => "请写明告诉了对方什么",
            Self::Why => "请写明原因",
            Self::Satisfied => "请选择对方是否满意",
        }
    }

    const fn field(self) -> Field {
        let field = match self {
            Self::To => Field::new("to", "交给谁（姓名或单位）", Input::Line),
            Self::Result => Field::new("why", "怎样整改的", Input::Text),
            Self::Words => Field::new("why", "告诉了对方什么", Input::Text),
            Self::Why => Field::new("why", "原因", Input::Text),
            Self::Satisfied => Field::new("satisfied", "对方是否满意", Input::One(Satisfied::ROWS)),
        };
        field.wanted()
    }

    fn is_met(self, step: &Taken) -> bool {
        match self {
            Self::To => !step.to.trim().is_empty(),
            Self::Result | Self::Words | Self::Why => !step.why.trim().is_empty(),
            Self::Satisfied => step.satisfied.is_some(),
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
    /// What is required.
    pub needs: &'static [Need],
    /// Whether it is another's than who did the work: nobody verifies their own.
    pub by_another: bool,
}

use State as S;

const fn row(step: Step, from: &'static [State], to: Option<State>, needs: &'static [Need]) -> Row {
    Row { step, from, to, needs, by_another: false }
}

/// The table. In each state the first row that fits is the usual next step.
pub const ROWS: [Row; 9] = [
    row(Step::Assign, &[S::Found], Some(S::Assigned), &[Need::To]),
    row(Step::PutRight, &[S::Found, S::Assigned], Some(S::PutRight), &[Need::Result]),
    Row { by_another: true, ..row(Step::Verify, &[S::PutRight], Some(S::Verified), &[]) },
    row(Step::Rework, &[S::PutRight, S::Verified], Some(S::Assigned), &[Need::Why]),
    row(Step::Tell, &[S::Received], Some(S::Told), &[Need::Words]),
    row(Step::Answer, &[S::Received, S::Told], Some(S::Answered), &[Need::Words]),
    row(Step::Settle, &[S::Answered], Some(S::Settled), &[Need::Satisfied]),
    row(Step::Again, &[S::Answered, S::Settled], Some(S::Told), &[Need::Why]),
    row(Step::HandOver, &[S::Assigned, S::Received, S::Told], None, &[Need::To]),
];

impl Step {
    /// What is said with it, as fields of a form.
    pub fn fields(self) -> Vec<Field> {
        let row = self.row();
        let mut fields = form::of_step(row.needs.iter().map(|need| need.field()));
        if row.needs.contains(&Need::To) {
            fields.push(Field::new("outside", "不是本村（社区）的人", Input::Flag));
            fields.push(Field::new("phone", "对方电话", Input::Phone));
        }
        fields
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
    /// Something is missing.
    #[error("{}", .0.words())]
    Need(Need),
    /// Nobody verifies their own work.
    #[error("验收要由整改人以外的人办理")]
    OwnWork,
}

/// Whether somebody may take a step. Who may save in the grid's everyday records may take any, but not verify what they
/// put right themselves.
///
/// # Errors
/// The first thing against it.
pub fn check(affair: &Affair, taken: &Taken, by: &str) -> Result<(), Forbidden> {
    let row = taken.step.row();
    let state = affair.state();
    if !row.from.contains(&state) {
        return Err(Forbidden::State(state, taken.step));
    }
    if row.by_another && affair.is_done_by(by) {
        return Err(Forbidden::OwnWork);
    }
    match row.needs.iter().find(|need| !need.is_met(taken)) {
        Some(need) => Err(Forbidden::Need(*need)),
        None => Ok(()),
    }
}

/// The steps that somebody may take, the usual one first.
pub fn offers(affair: &Affair, by: &str) -> Vec<&'static Row> {
    let state = affair.state();
    let rows = ROWS.iter().filter(|row| row.from.contains(&state));
    rows.filter(|row| !(row.by_another && affair.is_done_by(by))).collect()
}
