//! The requirements of each step of a dispute on its file, and whose work each step checks.

use super::{
    codes::{Consent, Form, Side},
    file::DisputeFile,
    records::DisputeStep,
    steps::{Need, State, Step},
};
use crate::{
    case::{Case, Step as _, TakenStep},
    id::RecordId,
};
use chrono::NaiveDate;

impl Case for DisputeFile {
    type Step = Step;
    type StepRecord = DisputeStep;

    const OWN_WORK: &'static str = "验证要由没有参加调解的人办理";

    fn id(&self) -> RecordId {
        self.id
    }

    fn steps(&self) -> &[TakenStep<DisputeStep>] {
        &self.steps
    }

    fn steps_mut(&mut self) -> &mut [TakenStep<DisputeStep>] {
        &mut self.steps
    }

    fn first_state(&self) -> State {
        State::Found
    }

    /// The state that the file was put together with: a dispute's does not change with the days.
    fn state_on(&self, _: NaiveDate) -> State {
        self.state
    }

    fn walk(&mut self) {
        for at in 0..self.steps.len() {
            self.steps[at].counts = self.steps[at].taken.step.row().from.contains(&self.state);
            self.state = self.reached();
        }
    }

    fn is_met(&self, need: Need, taken: &DisputeStep, _: NaiveDate) -> bool {
        match need {
            Need::Facts => {
                let dispute = &self.dispute;
                let said = ![&dispute.title, &dispute.summary].iter().any(|text| text.trim().is_empty());
                said && dispute.found_on.is_some() && dispute.source.is_some() && dispute.matter.is_some()
            }
            Need::BothSides => [Side::Applicant, Side::Respondent]
                .iter()
                .all(|side| self.parties.iter().any(|(_, party)| party.side == Some(*side))),
            Need::NobodyRefuses => !self.parties.iter().any(|(_, party)| party.consent == Some(Consent::Refused)),
            Need::RightsTold => self.sessions.iter().any(|(_, session)| session.told),
            Need::Session => !self.sessions.is_empty(),
            Need::WrittenAgreement => self.agreement(Form::Written).is_some_and(|agreement| {
                let said = ![&agreement.facts, &agreement.manner].iter().any(|text| text.trim().is_empty());
                said && !self.terms.is_empty()
            }),
            Need::Signatures => self.unsigned().is_empty(),
            // What was sent back is sealed anew.
            Need::Seal => self
                .agreement(Form::Written)
                .and_then(|agreement| agreement.sealed_on)
                .is_some_and(|on| self.last(Step::Reopen).is_none_or(|sent_back| on >= sent_back.on())),
            Need::OralAgreement => self.agreement(Form::Oral).is_some_and(|agreement| {
                agreement.on.is_some() && !agreement.facts.trim().is_empty() && !self.terms.is_empty()
            }),
            Need::FollowUp => self.followed_up_since_last(),
            Need::Pressed => self.pressed().is_some_and(|(_, acknowledged)| !acknowledged),
            Need::Documents => self.missing_documents().is_empty(),
            Need::Why => !taken.why.trim().is_empty(),
            Need::To => !taken.to.trim().is_empty(),
            Need::EndReason => taken.reason.is_some(),
            Need::Until => taken.until.is_some_and(|until| self.mediate_by().is_none_or(|deadline| until > deadline)),
            Need::PartiesAgree | Need::OtherWays => taken.confirmed,
        }
    }

    fn is_own_work(&self, step: Step, by: &str) -> bool {
        step == Step::Verify && self.mediated_by(by)
    }
}
