//! The requirements of each step of a care case on its file, and whose work each step checks.

use super::{
    file::CareFile,
    records::CareStep,
    steps::{Need, State, Step},
};
use crate::{
    case::{Case, TakenStep},
    id::RecordId,
};
use chrono::NaiveDate;

impl Case for CareFile {
    type Step = Step;
    type StepRecord = CareStep;

    const OWN_WORK: &'static str = "立案和复核要由负责人以外的人确认";

    fn id(&self) -> RecordId {
        self.id
    }

    fn steps(&self) -> &[TakenStep<CareStep>] {
        &self.steps
    }

    fn steps_mut(&mut self) -> &mut [TakenStep<CareStep>] {
        &mut self.steps
    }

    fn first_state(&self) -> State {
        State::Opened
    }

    fn state_on(&self, on: NaiveDate) -> State {
        self.state(on)
    }

    fn is_met(&self, need: Need, taken: &CareStep, on: NaiveDate) -> bool {
        let case = &self.case;
        match need {
            Need::Facts => {
                let texts = [&case.name, &case.why, &case.carer, &case.interval_why];
                let said = !texts.iter().any(|text| text.trim().is_empty());
                said && case.reason.is_some() && case.interval_days().is_some()
            }
            Need::Guardian => !case.child || (!case.guardian.trim().is_empty() && case.guardian_agreed_on.is_some()),
            Need::Looked => self.looked_since_confirmed(on),
            Need::Why => !taken.why.trim().is_empty(),
            Need::To => !taken.to.trim().is_empty(),
            Need::Until => taken.until.is_some_and(|until| until > on),
        }
    }

    fn is_own_work(&self, step: Step, by: &str) -> bool {
        matches!(step, Step::Confirm | Step::Renew) && self.is_work_of(by)
    }
}
