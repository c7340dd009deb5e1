//! The requirements of each step of a hazard or a request on its file, and whose work each step checks.

use super::{
    file::Report,
    records::ReportStep,
    steps::{Need, State, Step},
};
use crate::{
    case::{Case, TakenStep},
    id::RecordId,
};
use chrono::NaiveDate;

impl Case for Report {
    type Step = Step;
    type StepRecord = ReportStep;

    const OWN_WORK: &'static str = "验收要由整改人以外的人办理";

    fn id(&self) -> RecordId {
        self.id
    }

    fn steps(&self) -> &[TakenStep<ReportStep>] {
        &self.steps
    }

    fn steps_mut(&mut self) -> &mut [TakenStep<ReportStep>] {
        &mut self.steps
    }

    fn first_state(&self) -> State {
        State::first(&self.kind())
    }

    fn is_met(&self, need: Need, taken: &ReportStep, _: NaiveDate) -> bool {
        match need {
            Need::To => !taken.to.trim().is_empty(),
            Need::Result | Need::Words | Need::Why => !taken.why.trim().is_empty(),
            Need::Satisfied => taken.satisfied.is_some(),
        }
    }

    fn is_own_work(&self, step: Step, by: &str) -> bool {
        step == Step::Verify && self.is_done_by(by)
    }
}
