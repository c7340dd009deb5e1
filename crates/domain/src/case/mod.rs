//! The frame of cases: files whose state follows from the steps that were taken, one after another. A dispute, a care case,
//! a hazard and a request are each a table of steps ([`Row`]) with particulars ([`Case`]); the rules that hold for all of
//! them are here. The same rows offer the next step on the phone, and are what the server checks.

pub mod book;
pub mod deadline;

use crate::{
    case::book::CaseFile,
    day,
    field::{self, Field},
    id::RecordId,
    record::{Name, Record},
    rights::Role,
};
use chrono::NaiveDate;
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// Who may take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    /// The roles of which one is needed; empty where anybody may who works in the grid.
    pub roles: &'static [Role],
    /// The roles in words.
    pub words: &'static str,
}

impl Who {
    /// Whoever works in the grid.
    pub const ANYBODY: Self = Self { roles: &[], words: "本网格的人员" };

    /// Whether somebody with these roles may.
    pub fn includes(self, roles: &[Role]) -> bool {
        self.roles.is_empty() || roles.iter().any(|role| self.roles.contains(role))
    }
}

/// The requirements of a step.
pub trait Need: Copy + Debug + Eq + 'static {
    /// Returns the missing thing and what to do, in Chinese.
    fn words(self) -> &'static str;

    /// The field in which it is given with the step itself; none where it is found in the file.
    fn field(self) -> Option<Field>;

    /// Whether a step is not even offered while this is not met.
    fn rules_out(self) -> bool {
        false
    }
}

/// A step of a case, with the table that it stands in.
pub trait Step: Copy + Debug + Eq + Into<&'static str> + 'static {
    /// The states that steps lead from and to.
    type State: Copy + Debug + Eq + Into<&'static str> + 'static;
    /// The requirements of steps.
    type Need: Need;

    /// The table: every step has one row. In each state the first row that fits is the usual next step.
    const ROWS: &'static [Row<Self>];

    /// The code that is stored.
    fn code(self) -> &'static str;

    /// Its row.
    ///
    /// # Panics
    /// Never: every step has one, as a test of each table makes sure.
    fn row(self) -> &'static Row<Self> {
        Self::ROWS.iter().find(|row| row.step == self).expect("every step has a row")
    }

    /// Returns the fields of the form that the step asks for.
    fn fields(self) -> Vec<Field> {
        field::of_step(self.row().needs.iter().filter_map(|need| need.field()))
    }
}

/// A row of a table of steps.
#[derive(Clone, Copy, Debug)]
pub struct Row<S: Step> {
    /// The step.
    pub step: S,
    /// In which states it may be taken.
    pub from: &'static [S::State],
    /// The state after it; none where it stays.
    pub to: Option<S::State>,
    /// Who may.
    pub who: Who,
    /// The requirements.
    pub needs: &'static [S::Need],
    /// The law it rests on; empty where it is usual practice.
    pub law: &'static str,
}

/// The record of a step that was taken. Who took it and when are the record's own.
pub trait StepRecord: Serialize + DeserializeOwned {
    /// The sort of step.
    type Step: Step;

    /// A step with nothing said about it.
    fn of(head: RecordId, step: Self::Step) -> Self;

    /// The step.
    fn step(&self) -> Self::Step;
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenStep<T> {
    /// The record.
    pub id: RecordId,
    /// The content.
    pub taken: T,
    /// When, Unix milliseconds.
    pub at: u64,
    /// Who.
    pub by: Name,
    /// Whether it counts: not where another's step came before it that it does not follow from.
    pub counts: bool,
}

impl<T> TakenStep<T> {
    /// The day.
    pub fn on(&self) -> NaiveDate {
        day::day(self.at.cast_signed())
    }
}

impl<T: DeserializeOwned> TakenStep<T> {
    /// Reads a step's record; none where it can't be read.
    pub fn read(record: &Record) -> Option<Self> {
        let (at, by) = (record.created.at, record.created.by.clone());
        Some(Self { id: record.id, taken: record.view()?, at, by, counts: false })
    }
}

/// The records of a file that count, in the order in which they were begun: those that were not withdrawn, and are where
/// the head is.
pub fn in_order<'a>(head: &Record, others: impl IntoIterator<Item = &'a Record>) -> Vec<&'a Record> {
    let counts = |record: &&Record| !record.withdrawn() && record.channel == head.channel;
    let mut others: Vec<&Record> = others.into_iter().filter(counts).collect();
    others.sort_by_key(|record| (record.created.at, record.id));
    others
}

/// Why a step can't be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// It does not follow from the state.
    #[error("现在是“{state}”，不能“{step}”")]
    State {
        /// The state in words.
        state: &'static str,
        /// The step in words.
        step: &'static str,
    },
    /// It is another's.
    #[error("“{step}”由{who}办理")]
    Who {
        /// The step in words.
        step: &'static str,
        /// Whose it is, in words.
        who: &'static str,
    },
    /// Something is missing: what, and what to do.
    #[error("{0}")]
    Need(&'static str),
    /// Who checks is not who did: what to do.
    #[error("{0}")]
    OwnWork(&'static str),
}

/// A step that may be offered: what of it is not in the file yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer<S: Step> {
    /// The step.
    pub step: S,
    /// The requirements that the file does not meet; empty where the step can be taken now.
    pub missing: Vec<S::Need>,
    /// The requirements that are asked for with the step.
    pub asks: Vec<S::Need>,
}

/// A file whose state follows from its steps.
pub trait Case: CaseFile {
    /// Its sort of step.
    type Step: Step;
    /// The record of a step.
    type StepRecord: StepRecord<Step = Self::Step>;

    /// The message for somebody who may not take a step because the work that it checks is their own.
    const OWN_WORK: &'static str;

    /// The head's identity.
    fn id(&self) -> RecordId;

    /// Every step, in the order in which they were taken.
    fn steps(&self) -> &[TakenStep<Self::StepRecord>];

    /// Every step, to be changed.
    fn steps_mut(&mut self) -> &mut [TakenStep<Self::StepRecord>];

    /// The state before the first step.
    fn first_state(&self) -> StateOf<Self>;

    /// The state as seen on a day.
    fn state_on(&self, _: NaiveDate) -> StateOf<Self> {
        self.reached()
    }

    /// Whether something that a step requires is there on a day.
    fn is_met(&self, need: NeedOf<Self>, taken: &Self::StepRecord, on: NaiveDate) -> bool;

    /// Whether a step checks work that is somebody's own.
    fn is_own_work(&self, step: Self::Step, by: &str) -> bool;

    /// The steps that count.
    fn history<'a>(&'a self) -> impl DoubleEndedIterator<Item = &'a TakenStep<Self::StepRecord>>
    where
        Self::StepRecord: 'a,
    {
        self.steps().iter().filter(|done| done.counts)
    }

    /// The last time that one of these steps was taken.
    fn last_of(&self, steps: &[Self::Step]) -> Option<&TakenStep<Self::StepRecord>> {
        self.history().rev().find(|done| steps.contains(&done.taken.step()))
    }

    /// The state that the steps lead to.
    fn reached(&self) -> StateOf<Self> {
        self.history().fold(self.first_state(), |state, done| done.taken.step().row().to.unwrap_or(state))
    }

    /// Takes the steps one after another. One that does not follow from where the others led, or that came after the case
    /// had lapsed, does not count.
    fn walk(&mut self) {
        for at in 0..self.steps().len() {
            let done = &self.steps()[at];
            let counts = done.taken.step().row().from.contains(&self.state_on(done.on()));
            self.steps_mut()[at].counts = counts;
        }
    }

    /// Decides whether somebody with these roles may take a step on a day.
    ///
    /// # Errors
    /// The first thing against it.
    fn check(&self, taken: &Self::StepRecord, roles: &[Role], by: &str, on: NaiveDate) -> Result<(), Forbidden> {
        let (step, state) = (taken.step(), self.state_on(on));
        let row = step.row();
        if !row.from.contains(&state) {
            return Err(Forbidden::State { state: state.into(), step: step.into() });
        }
        if !row.who.includes(roles) {
            return Err(Forbidden::Who { step: step.into(), who: row.who.words });
        }
        if self.is_own_work(step, by) {
            return Err(Forbidden::OwnWork(Self::OWN_WORK));
        }
        match row.needs.iter().find(|need| !self.is_met(**need, taken, on)) {
            Some(need) => Err(Forbidden::Need(need.words())),
            None => Ok(()),
        }
    }

    /// The steps that somebody with these roles may take on a day, the usual one first.
    fn offers(&self, roles: &[Role], by: &str, on: NaiveDate) -> Vec<Offer<Self::Step>> {
        let state = self.state_on(on);
        let rows = Self::Step::ROWS.iter().filter(|row| row.from.contains(&state) && row.who.includes(roles));
        let offers = rows.filter(|row| !self.is_own_work(row.step, by)).map(|row| {
            let (asks, in_file): (Vec<_>, Vec<_>) = row.needs.iter().partition(|need| need.field().is_some());
            let nothing_said = Self::StepRecord::of(self.id(), row.step);
            let missing = in_file.into_iter().filter(|need| !self.is_met(*need, &nothing_said, on)).collect();
            Offer { step: row.step, missing, asks }
        });
        offers.filter(|offer| !offer.missing.iter().any(|need| need.rules_out())).collect()
    }
}

/// The states of a sort of case.
pub type StateOf<C> = <<C as Case>::Step as Step>::State;

/// The type of the requirements of a case's steps.
pub type NeedOf<C> = <<C as Case>::Step as Step>::Need;
