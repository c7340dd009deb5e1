//! A dispute's file (卷): the dispute with its parties, sessions, agreement, marks, follow-ups and steps, and what
//! follows from them.

use super::{
    codes::{Consent, Form, Side},
    records::{Agreement, Dispute, DisputeStep, FollowUp, Party, Session, Signature, Term},
    steps::{State, Step},
};
use crate::{
    case::{self, Case, TakenStep, book::CaseFile},
    day,
    id::RecordId,
    record::{Kind, Op, Record},
    text,
};
use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// A file. Lists are in the order in which they were begun.
#[derive(Clone, Debug, PartialEq)]
pub struct DisputeFile {
    /// The dispute's identity.
    pub id: RecordId,
    /// The dispute.
    pub dispute: Dispute,
    /// 当事人.
    pub parties: Vec<(RecordId, Party)>,
    /// 调解.
    pub sessions: Vec<(RecordId, Session)>,
    /// The agreements; the last is the one that counts.
    pub agreements: Vec<(RecordId, Agreement)>,
    /// 协议内容.
    pub terms: Vec<(RecordId, Term)>,
    /// 签名.
    pub signatures: Vec<(RecordId, Signature)>,
    /// 回访.
    pub follow_ups: Vec<(RecordId, FollowUp)>,
    /// 步骤.
    pub steps: Vec<TakenStep<DisputeStep>>,
    /// 状态, as the steps make it.
    pub state: State,
}

/// Whether an op is a new step with which somebody above presses for another.
pub fn presses(op: &Op) -> bool {
    let step = op.changes.get("step").and_then(|change| change.value.as_str()).and_then(Step::find);
    op.kind == Kind::DisputeStep && step.is_some_and(Step::presses)
}

impl CaseFile for DisputeFile {
    const HEADS: &'static [Kind] = &[Kind::Dispute];

    fn gather<'a>(dispute: &Record, others: impl IntoIterator<Item = &'a Record>) -> Option<Self> {
        let mut file = Self {
            id: dispute.id,
            dispute: dispute.view()?,
            parties: Vec::new(),
            sessions: Vec::new(),
            agreements: Vec::new(),
            terms: Vec::new(),
            signatures: Vec::new(),
            follow_ups: Vec::new(),
            steps: Vec::new(),
            state: State::Found,
        };
        for record in case::in_order(dispute, others) {
            match record.kind {
                Kind::Party => push(&mut file.parties, record),
                Kind::Session => push(&mut file.sessions, record),
                Kind::Agreement => push(&mut file.agreements, record),
                Kind::Term => push(&mut file.terms, record),
                Kind::Signature => push(&mut file.signatures, record),
                Kind::FollowUp => push(&mut file.follow_ups, record),
                Kind::DisputeStep => file.steps.extend(TakenStep::read(record)),
                _ => {}
            }
        }
        file.walk();
        Some(file)
    }
}

impl DisputeFile {
    /// The last time a step was taken.
    pub fn last(&self, step: Step) -> Option<&TakenStep<DisputeStep>> {
        self.last_of(&[step])
    }

    /// The last step with which somebody above pressed for another (催办、领办、督办), and whether it was acknowledged.
    pub fn pressed(&self) -> Option<(&TakenStep<DisputeStep>, bool)> {
        let mut later = self.history().rev();
        let mut acknowledged = false;
        later.find_map(|done| {
            acknowledged |= done.taken.step == Step::Acknowledge;
            done.taken.step.presses().then_some((done, acknowledged))
        })
    }

    /// 编号: the day it was found and the end of its identity, the same on every phone.
    pub fn number(&self) -> String {
        text::number(self.dispute.found_on, self.id)
    }

    /// The parties as a list row may show them: family names alone.
    pub fn parties_in_short(&self) -> String {
        let short = |(_, party): &(RecordId, Party)| text::short_name(&party.name);
        let side = |side: Side| {
            let of_side = self.parties.iter().filter(|(_, party)| party.side == Some(side));
            of_side.map(short).collect::<Vec<_>>().join("、")
        };
        match (side(Side::Applicant), side(Side::Respondent)) {
            (one, other) if one.is_empty() || other.is_empty() => format!("{one}{other}"),
            (one, other) => format!("{one} 与 {other}"),
        }
    }

    /// The agreement that counts.
    pub fn last_agreement(&self) -> Option<&(RecordId, Agreement)> {
        self.agreements.last()
    }

    /// The agreement that counts, if it has this form.
    pub fn agreement(&self, form: Form) -> Option<&Agreement> {
        self.last_agreement().map(|(_, agreement)| agreement).filter(|agreement| agreement.form == Some(form))
    }

    /// The step with which the agreement in force was reached; none before one is, and after the file was sent back.
    pub fn agreed(&self) -> Option<&TakenStep<DisputeStep>> {
        let last = self.last_of(&[Step::AgreeWritten, Step::AgreeOral, Step::Reopen]);
        last.filter(|done| done.taken.step != Step::Reopen)
    }

    /// The day on which the agreement in force took effect: a written one when all had signed and the seal was affixed, an
    /// oral one when it was reached (人民调解法 29, 30).
    pub fn effective_on(&self) -> Option<NaiveDate> {
        match self.agreed()?.taken.step {
            Step::AgreeWritten => self.agreement(Form::Written)?.sealed_on,
            _ => self.agreement(Form::Oral)?.on,
        }
    }

    /// The text that the parties sign: names, facts, terms and how they are performed.
    pub fn text_to_sign(&self) -> String {
        let Some((_, agreement)) = self.last_agreement() else { return String::new() };
        let parties = self
            .parties
            .iter()
            .map(|(_, party)| format!("{}：{}", party.side.map_or("当事人", Side::label), party.name));
        let term = |(at, (_, term)): (usize, &(RecordId, Term))| {
            let due = term.due.map(|due| format!("（{}前）", day::ledger(due))).unwrap_or_default();
            format!("{}. {}{due}", at + 1, term.what)
        };
        let lines = parties
            .chain([format!("事实和责任：{}", agreement.facts)])
            .chain(self.terms.iter().enumerate().map(term))
            .chain([format!("履行方式：{}", agreement.manner)]);
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The SHA-256 of [`DisputeFile::text_to_sign`], in hexadecimal digits.
    pub fn digest_to_sign(&self) -> String {
        Sha256::digest(self.text_to_sign()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The last mark of a party, or of the mediator, on the agreement, and whether it covers the text as it is.
    pub fn signed(&self, party: Option<RecordId>) -> Option<(&Signature, bool)> {
        let (agreement, _) = self.last_agreement()?;
        let of_party = |(_, mark): &&(RecordId, Signature)| mark.of == *agreement && mark.party == party;
        let (_, mark) = self.signatures.iter().rev().find(of_party)?;
        Some((mark, mark.covers == self.digest_to_sign()))
    }

    /// Who has not signed the text as it is: parties by their record, the mediator as none.
    pub fn unsigned(&self) -> Vec<Option<RecordId>> {
        let all = self.parties.iter().map(|(id, _)| Some(*id)).chain([None]);
        all.filter(|party| !self.signed(*party).is_some_and(|(_, covers)| covers)).collect()
    }

    /// Whether there is a follow-up since the agreement was last reached.
    pub fn followed_up_since_last(&self) -> bool {
        let since = self.last(Step::Perform).map(TakenStep::on);
        self.follow_ups.iter().any(|(_, visit)| visit.on.is_some_and(|on| since.is_none_or(|since| on >= since)))
    }

    /// Whether a person took part in the mediation.
    pub fn mediated_by(&self, name: &str) -> bool {
        let steps = [Step::Begin, Step::AgreeWritten, Step::AgreeOral, Step::Terminate];
        let named = self.dispute.mediators.split(['、', ',', '，', ' ']).any(|mediator| mediator == name);
        named || self.history().any(|done| steps.contains(&done.taken.step) && done.by == name)
    }

    /// Whether it is somebody's work: they are named as a mediator, or took a step of it.
    pub fn is_work_of(&self, name: &str) -> bool {
        self.mediated_by(name) || self.history().any(|done| done.by == name && !done.taken.step.presses())
    }

    /// 责任人: the mediators who are named, or else who began or accepted, or registered it.
    pub fn handler(&self) -> String {
        let steps = [Step::Begin, Step::Accept, Step::Register];
        let took = || steps.iter().find_map(|step| self.last(*step)).map(|done| done.by.to_string());
        let named = Some(self.dispute.mediators.clone()).filter(|names| !names.trim().is_empty());
        named.or_else(took).unwrap_or_default()
    }

    /// Whether a party clearly refuses.
    pub fn refused(&self) -> bool {
        self.parties.iter().any(|(_, party)| party.consent == Some(Consent::Refused))
    }
}

fn push<T: DeserializeOwned>(list: &mut Vec<(RecordId, T)>, record: &Record) {
    list.extend(record.view().map(|view| (record.id, view)));
}
