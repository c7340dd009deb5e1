//! The steps of a care case, as one table: from where to where, who may, what is required. The same rows offer the next
//! step, and are what the server checks.

use super::{file::CareFile, records::Taken};
use crate::{
    codes::code_table,
    form::{self, Field, Input},
    rights::Role,
};
use chrono::NaiveDate;

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

/// Who may take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever works on care cases of the grid.
    Team,
    /// The supervisor: the village lead. Who confirms is not who looks after it.
    Lead,
}

impl Who {
    /// Whether somebody with one of these roles may.
    pub fn is_one_of(self, roles: &[Role]) -> bool {
        roles.iter().any(|role| match self {
            Self::Team => matches!(role, Role::Carer | Role::VillageLead),
            Self::Lead => *role == Role::VillageLead,
        })
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Team => "关爱人员或村负责人",
            Self::Lead => "村负责人",
        }
    }
}

/// What must be there before a step.
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

impl Need {
    /// What is missing, and what to do.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Facts => "请先填写姓名、原因、立案理由、负责人、间隔和定这个间隔的理由",
            Self::Guardian => "不满14周岁，请先征得监护人同意并填写日期（个人信息保护法第三十一条）",
            Self::Looked => "上次确认以后还没有看望过，请先记一次看望",
            Self::Why => "请写明原因",
            Self::To => "请写明交给谁",
            Self::Until => "请填写恢复的日期，应在今天以后",
        }
    }

    /// The field that it is given in with the step itself; none where it is found in the file.
    const fn field(self) -> Option<Field> {
        let field = match self {
            Self::Why => Field::new("why", "原因", Input::Text),
            Self::To => Field::new("to", "交给谁（姓名）", Input::Line),
            Self::Until => Field::new("until", "什么时候恢复", Input::Day),
            Self::Facts | Self::Guardian | Self::Looked => return None,
        };
        Some(field.wanted())
    }

    /// Whether it is given with the step itself, and not found in the file.
    pub const fn is_given(self) -> bool {
        self.field().is_some()
    }

    fn is_met(self, file: &CareFile, step: &Taken, on: NaiveDate) -> bool {
        let case = &file.case;
        match self {
            Self::Facts => {
                let texts = [&case.name, &case.why, &case.carer, &case.interval_why];
                let said = !texts.iter().any(|text| text.trim().is_empty());
                said && case.reason.is_some() && case.interval_days().is_some()
            }
            Self::Guardian => !case.child || (!case.guardian.trim().is_empty() && case.guardian_agreed_on.is_some()),
            Self::Looked => file.looked_since_confirmed(on),
            Self::Why => !step.why.trim().is_empty(),
            Self::To => !step.to.trim().is_empty(),
            Self::Until => step.until.is_some_and(|until| until > on),
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
}

use State as S;

/// The table. In each state the first row that fits is the usual next step.
pub const ROWS: [Row; 8] = [
    Row {
        step: Step::Confirm,
        from: &[S::Opened],
        to: Some(S::InCare),
        who: Who::Lead,
        needs: &[Need::Facts, Need::Guardian],
    },
    Row { step: Step::Decline, from: &[S::Opened], to: Some(S::Closed), who: Who::Lead, needs: &[Need::Why] },
    Row {
        step: Step::Renew,
        from: &[S::InCare, S::Paused],
        to: None,
        who: Who::Lead,
        needs: &[Need::Facts, Need::Guardian, Need::Looked, Need::Why],
    },
    Row { step: Step::Resume, from: &[S::Paused], to: Some(S::InCare), who: Who::Team, needs: &[] },
    Row {
        step: Step::HandOver,
        from: &[S::Opened, S::InCare, S::Paused],
        to: None,
        who: Who::Team,
        needs: &[Need::To, Need::Why],
    },
    Row {
        step: Step::Pause,
        from: &[S::InCare],
        to: Some(S::Paused),
        who: Who::Team,
        needs: &[Need::Until, Need::Why],
    },
    Row { step: Step::Close, from: &[S::InCare, S::Paused], to: Some(S::Closed), who: Who::Team, needs: &[Need::Why] },
    Row { step: Step::Reopen, from: &[S::Closed, S::Lapsed], to: Some(S::Opened), who: Who::Team, needs: &[Need::Why] },
];

impl Step {
    /// What is said with it, as fields of a form.
    pub fn fields(self) -> Vec<Field> {
        form::of_step(self.row().needs.iter().filter_map(|need| need.field()))
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
    /// Who confirms is not who looks after it, or opened it.
    #[error("立案和复核要由负责人以外的人确认")]
    OwnWork,
}

fn is_own_work(file: &CareFile, step: Step, by: &str) -> bool {
    matches!(step, Step::Confirm | Step::Renew) && (file.carer() == by || file.opened_by == by)
}

/// Whether somebody with these roles may take a step on a day.
///
/// # Errors
/// The first thing against it.
pub fn check(file: &CareFile, taken: &Taken, roles: &[Role], by: &str, on: NaiveDate) -> Result<(), Forbidden> {
    let row = taken.step.row();
    let state = file.state(on);
    if !row.from.contains(&state) {
        return Err(Forbidden::State(state, taken.step));
    }
    if !row.who.is_one_of(roles) {
        return Err(Forbidden::Who(taken.step, row.who));
    }
    if is_own_work(file, taken.step, by) {
        return Err(Forbidden::OwnWork);
    }
    match row.needs.iter().find(|need| !need.is_met(file, taken, on)) {
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

/// The steps that somebody with these roles may take on a day, the usual one first.
pub fn offers(file: &CareFile, roles: &[Role], by: &str, on: NaiveDate) -> Vec<Offer> {
    let state = file.state(on);
    let rows = ROWS.iter().filter(|row| row.from.contains(&state) && row.who.is_one_of(roles));
    let offers = rows.filter(|row| !is_own_work(file, row.step, by)).map(|row| {
        let (asks, in_file): (Vec<Need>, Vec<Need>) = row.needs.iter().partition(|need| need.is_given());
        let empty = Taken::of(file.id, row.step);
        let missing = in_file.into_iter().filter(|need| !need.is_met(file, &empty, on)).collect();
        Offer { step: row.step, missing, asks }
    });
    offers.collect()
}
