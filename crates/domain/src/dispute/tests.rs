//! The workflow, rule by rule, as the office takes it in: each step goes through [`Intake`].

use super::{
    codes::{Consent, DisputeType, EndReason, Form, Mark, Side, Source},
    deadlines::Due,
    file::DisputeFile,
    papers::Paper,
    records::{Agreement, Dispute, DisputeStep, FollowUp, Party, Session, Signature, Term},
    steps::{self, Need, ROWS, State, Step},
};
use crate::{
    case::{
        Case, Offer, Step as _, StepRecord,
        book::CaseFile,
        deadline::{Deadline, Rung},
    },
    day, form,
    id::{DeviceId, OpId, RecordId},
    intake::{Intake, Past, Sender},
    record::{Channel, Class, DISPUTE as PARENT, Kind, Op, Record, WITHDRAWN, diff},
    rights::{Grant, Place, Role},
    stamp::Stamp,
    wire::{OpOutcome, OpResult},
};
use chrono::{Days, NaiveDate};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;

/// 2026-03-02 09:00 in China.
const START: u64 = 1_772_413_200_000;
const DAY_MS: u64 = 86_400_000;
const MEDIATOR: &str = "李强";
const LEAD: &str = "周兰";

fn day_of(text: &str) -> NaiveDate {
    day::read(text).expect("a day")
}

/// An office with one dispute, and the time there.
struct Office {
    records: HashMap<RecordId, (Record, u64)>,
    history: HashMap<OpId, Past>,
    now: u64,
    count: u64,
}

const DISPUTE: u64 = 1;

fn id(n: u64) -> RecordId {
    RecordId::new(n, [n as u8; 10])
}

fn channel() -> Channel {
    "411502001003-02/mediation".parse().expect("a channel")
}

fn grants(role: Role) -> Vec<Grant> {
    let place = match role {
        Role::VillageLead => "411502001003",
        Role::Township => "411502001000",
        Role::County => "411502000000",
        _ => "411502001003-02",
    };
    let place: Place = place.parse().expect("a place");
    vec![Grant::new(role, place, vec![Class::General, Class::Mediation]).expect("a grant")]
}

impl Office {
    fn new() -> Self {
        let mut office = Self { records: HashMap::new(), history: HashMap::new(), now: START, count: 10 };
        let dispute = Dispute {
            title: "界墙".into(),
            found_on: Some(day_of("2026-03-02")),
            source: Some(Source::Screening),
            matter: Some(DisputeType::Neighbours),
            summary: "为界墙争执".into(),
            ..Dispute::default()
        };
        office.put(DISPUTE, Kind::Dispute, &dispute);
        office
    }

    /// An office whose dispute has both parties.
    fn with_parties() -> Self {
        let mut office = Self::new();
        for (n, side, name) in [(2, Side::Applicant, "王建国"), (3, Side::Respondent, "张秀英")] {
            office.put(n, Kind::Party, &office.party(name, side, Consent::Agreed));
        }
        office
    }

    /// An office whose dispute is being mediated, the parties told their rights.
    fn mediating() -> Self {
        let mut office = Self::with_parties();
        office.must(Step::Register, Role::GridWorker, "王芳", |_| {});
        office.must(Step::Accept, Role::Mediator, MEDIATOR, |_| {});
        office.must(Step::Begin, Role::Mediator, MEDIATOR, |_| {});
        office.put(4, Kind::Session, &office.session(true));
        office
    }

    /// An office whose dispute has a written agreement on which everybody signed, and the seal.
    fn signed() -> Self {
        let mut office = Self::mediating();
        office.put(6, Kind::Agreement, &office.agreement(Form::Written, Some("2026-03-05")));
        office.put(7, Kind::Term, &office.term("张秀英拆除界墙", "2026-03-20"));
        for (n, party) in [(8, Some(id(2))), (9, Some(id(3))), (10, None)] {
            office.sign(n, party);
        }
        office
    }

    fn party(&self, name: &str, side: Side, consent: Consent) -> Party {
        let name = json!({PARENT: id(DISPUTE), "name": name});
        let party: Party = serde_json::from_value(name).expect("a party");
        Party { side: Some(side), consent: Some(consent), ..party }
    }

    fn session(&self, told: bool) -> Session {
        let session = json!({PARENT: id(DISPUTE), "on": "2026-03-04", "said": "各说各的理", "told": told});
        serde_json::from_value(session).expect("a session")
    }

    fn agreement(&self, form: Form, sealed: Option<&str>) -> Agreement {
        let agreement = json!({
            PARENT: id(DISPUTE), "form": form, "facts": "界墙占了公道", "manner": "当面履行", "on": "2026-03-05",
            "sealed_on": sealed,
        });
        serde_json::from_value(agreement).expect("an agreement")
    }

    fn term(&self, what: &str, due: &str) -> Term {
        serde_json::from_value(json!({PARENT: id(DISPUTE), "what": what, "due": due})).expect("a term")
    }

    fn sign(&mut self, n: u64, party: Option<RecordId>) {
        let mark = Signature {
            dispute: id(DISPUTE),
            of: id(6),
            party,
            name: String::new(),
            mark: Some(Mark::Signature),
            strokes: "AA".into(),
            covers: self.file().digest_to_sign(),
        };
        self.put(n, Kind::Signature, &mark);
    }

    fn put<T: Serialize>(&mut self, n: u64, kind: Kind, view: &T) -> OpResult {
        self.save(id(n), kind, channel(), view, Role::Mediator, MEDIATOR)
    }

    fn save<T: Serialize>(
        &mut self,
        record: RecordId,
        kind: Kind,
        channel: Channel,
        view: &T,
        role: Role,
        by: &str,
    ) -> OpResult {
        self.count += 1;
        self.now += 1_000;
        let stored = self.records.get(&record).map(|(record, _)| record);
        let op = Op {
            id: OpId::new(self.now, [self.count as u8; 10]),
            record,
            kind,
            channel,
            stamp: Stamp { ms: self.now, counter: 0, device: DeviceId(7) },
            by: by.into(),
            changes: diff(stored, view),
        };
        self.take(op, role, by)
    }

    fn take(&mut self, op: Op, role: Role, by: &str) -> OpResult {
        let stored = self.records.get(&op.record).cloned();
        let files = self.records.values().map(|(record, _)| record.clone());
        let mut intake = Intake::new(self.history.clone(), stored, []).beside(files);
        let result = intake.take(op, &Sender { name: by, grants: &grants(role), now_ms: self.now });
        let (kept, channels) = intake.finish();
        self.history.extend(kept.into_iter().map(|kept| (kept.op.id, kept.past)));
        let changed = channels.into_values().flat_map(|changes| changes.records);
        self.records.extend(changed.map(|changed| (changed.record.id, (changed.record, 1))));
        result
    }

    fn step(&mut self, step: Step, role: Role, by: &str, say: impl FnOnce(&mut DisputeStep)) -> OpResult {
        let mut taken = DisputeStep::of(id(DISPUTE), step);
        say(&mut taken);
        let record = RecordId::new(self.now + 1_000, [self.count as u8 + 1; 10]);
        self.save(record, Kind::DisputeStep, channel(), &taken, role, by)
    }

    fn must(&mut self, step: Step, role: Role, by: &str, say: impl FnOnce(&mut DisputeStep)) {
        let result = self.step(step, role, by, say);
        assert_eq!(result.outcome, OpOutcome::Applied, "{step:?}: {result:?}");
    }

    /// The step waits for a supervisor, and why.
    fn refused(&mut self, step: Step, role: Role, by: &str, say: impl FnOnce(&mut DisputeStep)) -> String {
        let before = self.file().state;
        let result = self.step(step, role, by, say);
        assert_eq!(result.outcome, OpOutcome::Quarantined, "{step:?}");
        assert_eq!(self.file().state, before, "nothing has changed");
        result.reason.unwrap_or_default()
    }

    fn file(&self) -> DisputeFile {
        let (dispute, _) = &self.records[&id(DISPUTE)];
        DisputeFile::gather(dispute, self.records.values().map(|(record, _)| record)).expect("a file")
    }

    fn offers(&self, role: Role, by: &str) -> Vec<Offer<Step>> {
        self.file().offers(&[role], by, day::day(self.now.cast_signed()))
    }

    fn offered(&self, role: Role, by: &str) -> Vec<Step> {
        self.offers(role, by).iter().map(|offer| offer.step).collect()
    }
}

#[test]
fn every_step_has_one_row_and_every_state_is_reached_and_left_by_one() {
    for step in Step::ALL {
        assert_eq!(ROWS.iter().filter(|row| row.step == *step).count(), 1, "{step:?}");
    }
    for state in State::ALL {
        let reached = *state == State::Found || ROWS.iter().any(|row| row.to == Some(*state));
        let left = ROWS.iter().any(|row| row.from.contains(state));
        assert!(reached && left, "{state:?}");
    }
    assert!(State::LINE.windows(2).all(|pair| pair[0].place() < pair[1].place()));
}

#[test]
fn who_is_above_presses_for_a_step_and_it_is_acknowledged() {
    let mut office = Office::mediating();
    let why = |taken: &mut DisputeStep| taken.why = "已逾期两天".into();
    assert!(!office.offered(Role::Mediator, MEDIATOR).contains(&Step::Acknowledge), "there is nothing to acknowledge");
    assert!(office.refused(Step::Remind, Role::Mediator, MEDIATOR, why).contains("村负责人或上级"));
    assert!(office.refused(Step::Supervise, Role::Township, "陈明", why).contains("县"));
    assert!(office.refused(Step::LeadHandling, Role::Township, "陈明", |_| {}).contains("原因"));
    office.must(Step::Remind, Role::VillageLead, LEAD, why);
    office.must(Step::LeadHandling, Role::Township, "陈明", why);
    office.must(Step::Supervise, Role::County, "刘洋", why);
    let pressed =
        |office: &Office| office.file().pressed().map(|(done, seen)| (done.taken.step, done.by.to_string(), seen));
    assert_eq!(pressed(&office), Some((Step::Supervise, "刘洋".to_owned(), false)));
    assert_eq!(office.file().state, State::Mediating, "the work goes on where it was");
    assert!(office.offered(Role::Mediator, MEDIATOR).contains(&Step::Acknowledge));
    office.must(Step::Acknowledge, Role::Mediator, MEDIATOR, |_| {});
    assert_eq!(pressed(&office), Some((Step::Supervise, "刘洋".to_owned(), true)));
    assert!(office.refused(Step::Acknowledge, Role::Mediator, MEDIATOR, |_| {}).contains("没有要签收的"));
    // From above nothing else is saved.
    let changed = office.save(id(4), Kind::Session, channel(), &office.session(false), Role::Township, "陈明");
    assert_eq!(changed.outcome, OpOutcome::Quarantined);
    assert_eq!(office.step(Step::PassOn, Role::Township, "陈明", why).outcome, OpOutcome::Quarantined);
}

#[test]
fn every_row_is_offered_and_taken_where_it_says_and_nowhere_else() {
    for row in &ROWS {
        for state in State::ALL {
            let mut office = Office::signed();
            office.must(Step::Remind, Role::VillageLead, LEAD, |taken| taken.why = "快到期了".into());
            let mut file = office.file();
            file.state = *state;
            let roles = [Role::Mediator, Role::VillageLead, Role::Township, Role::County];
            let offered = file
                .offers(&roles, "旁人", day::day(office.now.cast_signed()))
                .iter()
                .any(|offer| offer.step == row.step);
            assert_eq!(offered, row.from.contains(state), "{:?} in {state:?}", row.step);
        }
    }
}

#[test]
fn who_may_take_a_step_is_in_its_row() {
    for (who, role, may) in [
        (steps::TEAM, Role::GridWorker, true),
        (steps::TEAM, Role::PatrolMember, false),
        (steps::MEDIATOR, Role::GridWorker, false),
        (steps::MEDIATOR, Role::Mediator, true),
        (steps::LEAD, Role::Mediator, false),
        (steps::LEAD, Role::VillageLead, true),
        (steps::LEAD, Role::Township, false),
    ] {
        assert_eq!(who.includes(&[role]), may, "{who:?} {role:?}");
    }
    let mut office = Office::with_parties();
    office.must(Step::Register, Role::GridWorker, "王芳", |_| {});
    assert!(office.refused(Step::Accept, Role::GridWorker, "王芳", |_| {}).contains("由调解员或村负责人办理"));
    assert!(!office.offered(Role::GridWorker, "王芳").contains(&Step::Accept));
}

/// 人民调解法第四条: mediation is free.
#[test]
fn article_4_there_is_no_field_for_a_fee() {
    for kind in [Kind::Dispute, Kind::Party, Kind::Session, Kind::Agreement, Kind::Term, Kind::FollowUp] {
        for field in form::fields(&kind) {
            assert!(!field.label.contains('费') && !field.name.contains("fee"), "{kind:?} {}", field.name);
        }
    }
}

/// 人民调解法第十七条: nobody is mediated who clearly refuses.
#[test]
fn article_17_a_party_who_clearly_refuses_ends_it() {
    let mut office = Office::mediating();
    office.put(3, Kind::Party, &office.party("张秀英", Side::Respondent, Consent::Refused));
    let offered = office.offered(Role::Mediator, MEDIATOR);
    assert!(!offered.contains(&Step::AgreeWritten) && !offered.contains(&Step::AgreeOral));
    assert!(offered.contains(&Step::Terminate));
    let mut office = Office::new();
    office.put(2, Kind::Party, &office.party("王建国", Side::Applicant, Consent::Agreed));
    office.put(3, Kind::Party, &office.party("张秀英", Side::Respondent, Consent::Refused));
    office.must(Step::Register, Role::GridWorker, "王芳", |_| {});
    assert!(office.refused(Step::Accept, Role::Mediator, MEDIATOR, |_| {}).contains("明确拒绝"));
}

/// 人民调解法第二十三条: the parties' rights; they may also end it.
#[test]
fn article_23_no_agreement_without_the_parties_having_been_told_their_rights() {
    let mut office = Office::signed();
    office.put(4, Kind::Session, &office.session(false));
    assert!(office.refused(Step::AgreeWritten, Role::Mediator, MEDIATOR, |_| {}).contains("权利义务"));
    assert!(Office::mediating().offered(Role::GridWorker, "王芳").contains(&Step::Withdraw));
}

/// 人民调解法第二十五条: what may turn violent or criminal is reported, at any time before the end.
#[test]
fn article_25_danger_is_reported_from_every_open_state_and_the_mediation_goes_on() {
    for state in [State::Registered, State::Accepted, State::Assigned, State::Escalated, State::Mediating] {
        let office = Office::mediating();
        let mut file = office.file();
        file.state = state;
        assert!(
            file.offers(&[Role::GridWorker], "王芳", day::day(office.now.cast_signed()))
                .iter()
                .any(|offer| offer.step == Step::PassOn),
            "{state:?}"
        );
    }
    let mut office = Office::mediating();
    assert!(office.refused(Step::PassOn, Role::Mediator, MEDIATOR, |_| {}).contains("交给谁"));
    office.must(Step::PassOn, Role::Mediator, MEDIATOR, |taken| {
        (taken.to, taken.why) = ("派出所".into(), "扬言动手".into());
    });
    assert_eq!(office.file().state, State::Mediating);
}

/// 人民调解法第二十六条: on failure the other ways are explained, and that is on record.
#[test]
fn article_26_on_failure_the_other_ways_are_explained() {
    let mut office = Office::mediating();
    let end = |taken: &mut DisputeStep| {
        (taken.reason, taken.why) = (Some(EndReason::NoAgreement), "差距太大".into());
    };
    assert!(office.refused(Step::Terminate, Role::Mediator, MEDIATOR, end).contains("仲裁、行政、司法"));
    office.must(Step::Terminate, Role::Mediator, MEDIATOR, |taken| {
        end(taken);
        taken.confirmed = true;
    });
    assert_eq!(office.file().state, State::Terminated);
}

/// 人民调解法第二十九条: a written agreement takes effect with everybody's mark and the committee's seal.
#[test]
fn article_29_a_written_agreement_takes_effect_with_all_marks_and_the_seal() {
    let mut office = Office::signed();
    let missing = |office: &Office| {
        let offers = office.offers(Role::Mediator, MEDIATOR);
        offers.into_iter().find(|offer| offer.step == Step::AgreeWritten).map(|offer| offer.missing)
    };
    office.put(6, Kind::Agreement, &office.agreement(Form::Written, None));
    assert_eq!(missing(&office), Some(vec![Need::Seal]));
    assert!(office.refused(Step::AgreeWritten, Role::Mediator, MEDIATOR, |_| {}).contains("印章"));
    // A later change of the text: the marks do not cover it any more.
    office.put(6, Kind::Agreement, &office.agreement(Form::Written, Some("2026-03-06")));
    office.put(7, Kind::Term, &office.term("张秀英拆除界墙并清运", "2026-03-20"));
    assert_eq!(missing(&office), Some(vec![Need::Signatures]));
    assert_eq!(office.file().unsigned().len(), 3);
    for (n, party) in [(18, Some(id(2))), (19, Some(id(3)))] {
        office.sign(n, party);
    }
    assert_eq!(office.file().unsigned(), [None], "the mediator signs too");
    office.sign(20, None);
    office.must(Step::AgreeWritten, Role::Mediator, MEDIATOR, |_| {});
    assert_eq!(office.file().effective_on(), Some(day_of("2026-03-06")));
}

/// 人民调解法第二十八条、第三十条: an oral agreement is written down, and holds from when it was reached.
#[test]
fn article_30_an_oral_agreement_holds_from_when_it_was_reached() {
    let mut office = Office::mediating();
    assert!(office.refused(Step::AgreeOral, Role::Mediator, MEDIATOR, |_| {}).contains("口头协议"));
    office.put(6, Kind::Agreement, &office.agreement(Form::Oral, None));
    office.put(7, Kind::Term, &office.term("张秀英拆除界墙", "2026-03-20"));
    office.must(Step::AgreeOral, Role::Mediator, MEDIATOR, |_| {});
    assert_eq!(office.file().effective_on(), Some(day_of("2026-03-05")));
}

/// 人民调解法第三十一条: the committee watches that an agreement is kept.
#[test]
fn article_31_an_agreement_is_followed_up_before_the_end() {
    let mut office = Office::signed();
    office.must(Step::AgreeWritten, Role::Mediator, MEDIATOR, |_| {});
    office.must(Step::Perform, Role::Mediator, MEDIATOR, |_| {});
    assert!(office.refused(Step::FollowUp, Role::Mediator, MEDIATOR, |_| {}).contains("回访"));
    assert_eq!(office.file().deadline(), Some(Deadline { what: Due::Perform, by: day_of("2026-03-20") }));
    let done = Term { done_on: Some(day_of("2026-03-18")), ..office.term("张秀英拆除界墙", "2026-03-20") };
    office.put(7, Kind::Term, &done);
    assert_eq!(office.file().deadline(), Some(Deadline { what: Due::FollowUp, by: day_of("2026-03-27") }));
    let visit = json!({PARENT: id(DISPUTE), "on": "2026-03-26", "performed": "full", "content": true});
    office.put(21, Kind::FollowUp, &serde_json::from_value::<FollowUp>(visit).expect("a follow-up"));
    office.must(Step::FollowUp, Role::GridWorker, "王芳", |_| {});
    assert!(office.file().deadline().is_none());
}

/// 人民调解法第三十三条、最高人民法院关于人民调解协议司法确认程序的若干规定第四条.
#[test]
fn article_33_thirty_days_for_the_court_and_never_on_a_status() {
    let mut office = Office::signed();
    office.must(Step::AgreeWritten, Role::Mediator, MEDIATOR, |_| {});
    assert_eq!(office.file().confirm_by(), Some(day_of("2026-04-04")));
    let mut agreement = office.agreement(Form::Written, Some("2026-03-05"));
    agreement.status = true;
    assert_eq!(office.put(6, Kind::Agreement, &agreement).outcome, OpOutcome::Applied);
    assert_eq!(office.file().confirm_by(), None);
    agreement.applied_on = Some(day_of("2026-03-10"));
    let result = office.put(6, Kind::Agreement, &agreement);
    assert_eq!(result.outcome, OpOutcome::Quarantined);
    assert!(result.reason.is_some_and(|words| words.contains("不予司法确认")));
}

#[test]
fn a_deadline_is_extended_only_by_both_parties_agreement() {
    let mut office = Office::mediating();
    assert_eq!(office.file().mediate_by(), Some(day_of("2026-04-01")));
    let until = |day: &'static str, agreed| {
        move |taken: &mut DisputeStep| {
            (taken.until, taken.confirmed) = (Some(day_of(day)), agreed);
        }
    };
    assert!(office.refused(Step::Extend, Role::Mediator, MEDIATOR, until("2026-04-20", false)).contains("同意"));
    assert!(office.refused(Step::Extend, Role::Mediator, MEDIATOR, until("2026-03-20", true)).contains("晚于"));
    office.must(Step::Extend, Role::Mediator, MEDIATOR, until("2026-04-20", true));
    assert_eq!((office.file().mediate_by(), office.file().state), (Some(day_of("2026-04-20")), State::Mediating));
}

#[test]
fn who_mediated_does_not_verify_and_a_failed_check_opens_it_again() {
    let mut office = Office::mediating();
    office.must(Step::Terminate, Role::Mediator, LEAD, |taken| {
        (taken.reason, taken.why, taken.confirmed) = (Some(EndReason::Other), "谈不拢".into(), true);
    });
    assert!(office.refused(Step::Verify, Role::VillageLead, LEAD, |_| {}).contains("没有参加"));
    assert!(!office.offered(Role::VillageLead, LEAD).contains(&Step::Verify));
    office.now += 40 * DAY_MS;
    office.must(Step::Reopen, Role::VillageLead, "吴支书", |taken| taken.why = "还可以再谈".into());
    assert_eq!(office.file().state, State::Mediating);
    assert_eq!(office.file().mediate_by(), Some(day_of("2026-05-11")), "thirty days again");
}

#[test]
fn archiving_takes_the_documents() {
    let mut office = Office::mediating();
    office.must(Step::Terminate, Role::Mediator, MEDIATOR, |taken| {
        (taken.reason, taken.why, taken.confirmed) = (Some(EndReason::Refused), "不谈了".into(), true);
    });
    office.must(Step::Verify, Role::VillageLead, LEAD, |_| {});
    office.put(4, Kind::Session, &json!({WITHDRAWN: "记错"}));
    assert_eq!(office.file().missing_documents(), [Paper::Rights, Paper::Mediation]);
    assert!(office.refused(Step::Archive, Role::Mediator, MEDIATOR, |_| {}).contains("文书"));
    office.put(14, Kind::Session, &office.session(true));
    office.must(Step::Archive, Role::Mediator, MEDIATOR, |_| {});
    assert!(!office.file().state.is_open());
}

#[test]
fn the_first_of_two_steps_counts_and_the_other_shows_that_it_does_not() {
    let mut office = Office::with_parties();
    office.must(Step::Register, Role::GridWorker, "王芳", |_| {});
    office.must(Step::Accept, Role::Mediator, MEDIATOR, |_| {});
    assert!(
        office.refused(Step::Return, Role::Mediator, "赵敏", |taken| taken.why = "不归我们".into()).contains("已受理")
    );
    // A supervisor who accepts it all the same does not undo what came before.
    let late = DisputeStep { why: "不归我们".into(), ..DisputeStep::of(id(DISPUTE), Step::Return) };
    let record = RecordId::new(1, [99; 10]);
    let op = Op {
        id: OpId::new(1, [98; 10]),
        record,
        kind: Kind::DisputeStep,
        channel: channel(),
        stamp: Stamp { ms: office.now + 5, counter: 0, device: DeviceId(9) },
        by: "赵敏".into(),
        changes: diff(None, &late),
    };
    let mut intake = Intake::default();
    intake.accept(&op, &Sender { name: "赵敏", grants: &[], now_ms: office.now + 5 }).expect("accepted");
    let changed = intake.finish().1.into_values().flat_map(|changes| changes.records);
    office.records.extend(changed.map(|changed| (changed.record.id, (changed.record, 1))));
    let file = office.file();
    assert_eq!((file.state, file.steps.len(), file.history().count()), (State::Accepted, 3, 2));
}

#[test]
fn the_last_step_can_be_taken_back_and_no_other_is_changed() {
    let mut office = Office::with_parties();
    office.must(Step::Register, Role::GridWorker, "王芳", |_| {});
    office.must(Step::Accept, Role::Mediator, MEDIATOR, |_| {});
    let steps: Vec<RecordId> = office.file().steps.iter().map(|done| done.id).collect();
    let withdrawn = json!({WITHDRAWN: "误点撤销"});
    let first = office.save(steps[0], Kind::DisputeStep, channel(), &withdrawn, Role::Mediator, MEDIATOR);
    assert_eq!(first.outcome, OpOutcome::Quarantined);
    let changed =
        office.save(steps[1], Kind::DisputeStep, channel(), &json!({"step": "return"}), Role::Mediator, MEDIATOR);
    assert_eq!(changed.outcome, OpOutcome::Quarantined);
    let last = office.save(steps[1], Kind::DisputeStep, channel(), &withdrawn, Role::Mediator, MEDIATOR);
    assert_eq!(last.outcome, OpOutcome::Applied);
    assert_eq!(office.file().state, State::Registered);
}

#[test]
fn a_step_belongs_to_a_dispute_of_its_own_grid_and_records_to_their_class() {
    let mut office = Office::with_parties();
    let elsewhere: Channel = "411502001003-03/mediation".parse().expect("a channel");
    let taken = DisputeStep::of(id(DISPUTE), Step::Register);
    let place: Place = "411502001003".parse().expect("a village");
    let both = [Grant::new(Role::VillageLead, place, vec![Class::Mediation]).expect("a grant")];
    let op = |channel: Channel, kind: Kind, n: u64, changes| Op {
        id: OpId::new(n, [97; 10]),
        record: RecordId::new(n, [97; 10]),
        kind,
        channel,
        stamp: Stamp { ms: START, counter: 0, device: DeviceId(9) },
        by: LEAD.into(),
        changes,
    };
    let files = office.records.values().map(|(record, _)| record.clone());
    let mut intake = Intake::default().beside(files);
    let sender = Sender { name: LEAD, grants: &both, now_ms: START };
    let stray = intake.take(op(elsewhere, Kind::DisputeStep, 1, diff(None, &taken)), &sender);
    assert!(stray.reason.is_some_and(|words| words.contains("所属的卷宗")));
    let lost = DisputeStep::of(id(77), Step::Register);
    let lost = intake.take(op(channel(), Kind::DisputeStep, 2, diff(None, &lost)), &sender);
    assert!(lost.reason.is_some_and(|words| words.contains("所属的卷宗")));
    let general = "411502001003-02/general".parse().expect("a channel");
    let misplaced = office.save(id(40), Kind::Dispute, general, &Dispute::default(), Role::Mediator, MEDIATOR);
    assert!(misplaced.reason.is_some_and(|words| words.contains("类别")));
}

#[test]
fn each_deadline_climbs_the_ladder_by_the_day() {
    let deadline = Deadline { what: Due::Mediate, by: day_of("2026-02-28") };
    for (day, rung, words) in [
        ("2026-02-20", Rung::Ahead, "调解 还有8天"),
        ("2026-02-25", Rung::Soon, "调解 还有3天"),
        ("2026-02-28", Rung::Today, "调解 今天到期"),
        ("2026-03-01", Rung::Reminded, "调解 逾期1天"),
        ("2026-03-04", Rung::Lead, "调解 逾期4天"),
        ("2026-03-08", Rung::Township, "调解 逾期8天"),
        ("2026-03-15", Rung::County, "调解 逾期15天"),
    ] {
        assert_eq!((deadline.rung(day_of(day)), deadline.words(day_of(day)).as_str()), (rung, words), "{day}");
    }
    let mut office = Office::with_parties();
    assert!(office.file().deadline().is_none(), "nothing runs before it is registered");
    office.must(Step::Register, Role::GridWorker, "王芳", |_| {});
    assert_eq!(office.file().deadline(), Some(Deadline { what: Due::Accept, by: day_of("2026-03-05") }));
}

#[test]
fn a_list_row_shows_family_names_alone() {
    let mut office = Office::with_parties();
    assert_eq!(office.file().parties_in_short(), "王某 与 张某");
    office.put(2, Kind::Party, &office.party("欧阳秀英", Side::Applicant, Consent::Agreed));
    assert_eq!(office.file().parties_in_short(), "欧阳某 与 张某");
    assert!(office.file().number().starts_with("20260302-"));
}

/// 300 disputes, each by dice: whatever people try, in whatever order it is read back, no state is reached that the
/// table does not lead to, and what a row forbids changes nothing.
#[test]
fn generated_disputes_never_reach_a_state_that_the_table_does_not_lead_to() {
    let mut archived = 0;
    for seed in 0..300 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut office = if rng.random_bool(0.5) { Office::signed() } else { Office::with_parties() };
        let visit = json!({PARENT: id(DISPUTE), "on": "2026-12-26", "performed": "full", "content": true});
        office.put(21, Kind::FollowUp, &serde_json::from_value::<FollowUp>(visit).expect("a follow-up"));
        for _ in 0..60 {
            let before = office.file();
            let role = *[Role::GridWorker, Role::Mediator, Role::VillageLead].choose(&mut rng).expect("a role");
            let by = *[MEDIATOR, LEAD, "王芳"].choose(&mut rng).expect("a person");
            let usual = office.offered(role, by).first().copied().filter(|_| rng.random_bool(0.7));
            let step = usual.unwrap_or(*Step::ALL.choose(&mut rng).expect("a step"));
            let say = |taken: &mut DisputeStep| {
                taken.why = if rng.random_bool(0.7) { "有原因".into() } else { String::new() };
                taken.to = if rng.random_bool(0.7) { "某人".into() } else { String::new() };
                taken.reason = rng.random_bool(0.7).then_some(EndReason::Other);
                taken.until = rng.random_bool(0.5).then(|| day_of("2026-04-01") + Days::new(rng.random_range(0..90)));
                taken.confirmed = rng.random_bool(0.7);
            };
            let result = office.step(step, role, by, say);
            let (row, after) = (step.row(), office.file());
            if result.outcome == OpOutcome::Applied {
                assert!(row.from.contains(&before.state) && row.who.includes(&[role]), "seed {seed}: {step:?}");
                assert_eq!(after.state, row.to.unwrap_or(before.state), "seed {seed}: {step:?}");
            } else {
                assert_eq!(after.state, before.state, "seed {seed}: {step:?}");
            }
        }
        let file = office.file();
        archived += usize::from(file.state == State::Archived);
        let mut backwards: Vec<&Record> = office.records.values().map(|(record, _)| record).collect();
        backwards.sort_by_key(|record| std::cmp::Reverse(record.id));
        let again = DisputeFile::gather(&office.records[&id(DISPUTE)].0, backwards).expect("a file");
        assert_eq!(again, file, "seed {seed}");
    }
    assert!(archived > 20, "only {archived} came to the archive: the dice are too harsh to show much");
}

#[test]
fn what_is_in_force_or_in_the_archive_is_changed_only_after_it_was_sent_back() {
    let mut office = Office::signed();
    let said = |result: OpResult| (result.outcome, result.reason.unwrap_or_default());
    let term = |office: &Office, what: &str| office.term(what, "2026-03-20");
    assert_eq!(office.file().marks_at_risk(&Kind::Term).len(), 3, "both parties and the mediator");
    assert!(office.file().marks_at_risk(&Kind::FollowUp).is_empty());
    office.must(Step::AgreeWritten, Role::Mediator, MEDIATOR, |_| {});
    for (n, kind, view) in [
        (7, Kind::Term, json!(term(&office, "张秀英不拆了"))),
        (50, Kind::Term, json!(term(&office, "再加一条"))),
        (7, Kind::Term, json!({WITHDRAWN: "不要了"})),
        (2, Kind::Party, json!({"name": "换了人"})),
        (6, Kind::Agreement, json!({"facts": "另一回事"})),
    ] {
        let (outcome, why) = said(office.put(n, kind, &view));
        assert!(outcome == OpOutcome::Quarantined && why.contains("协议已生效"), "{view}: {why}");
    }
    assert!(office.file().unsigned().is_empty(), "every mark stands");
    assert_eq!(said(office.put(7, Kind::Term, &json!({"done_on": "2026-03-18"}))).0, OpOutcome::Applied);
    assert_eq!(said(office.put(2, Kind::Party, &json!({"phone": "13800000001"}))).0, OpOutcome::Applied);
    office.must(Step::Perform, Role::GridWorker, "王芳", |_| {});
    let visit = json!({PARENT: id(DISPUTE), "on": "2026-12-01", "performed": "full"});
    assert_eq!(said(office.put(12, Kind::FollowUp, &visit)).0, OpOutcome::Applied);
    office.must(Step::FollowUp, Role::GridWorker, "王芳", |_| {});
    office.must(Step::Verify, Role::VillageLead, LEAD, |_| {});
    office.must(Step::Archive, Role::Mediator, MEDIATOR, |_| {});
    for (n, kind, view) in [
        (DISPUTE, Kind::Dispute, json!({"summary": "改一改"})),
        (12, Kind::FollowUp, json!({"risk": "补记"})),
        (51, Kind::Session, json!(office.session(true))),
        (2, Kind::Party, json!({"phone": "13800000002"})),
    ] {
        let (outcome, why) = said(office.put(n, kind, &view));
        assert!(outcome == OpOutcome::Quarantined && why.contains("已归档"), "{view}: {why}");
    }
    assert!(office.file().marks_at_risk(&Kind::Term).is_empty(), "nothing can fall: the text is closed");
    assert!(office.file().effective_on().is_some());
    office.must(Step::Reopen, Role::VillageLead, LEAD, |taken| taken.why = "履行期限写错了".into());
    assert_eq!(office.file().effective_on(), None, "what was sent back is not in force");
    assert_eq!(said(office.put(7, Kind::Term, &json!(term(&office, "张秀英四月底前拆除")))).0, OpOutcome::Applied);
    assert_eq!(office.file().unsigned().len(), 3, "all sign again");
    // It ends without an agreement this time: the one of before is not in force again.
    office.must(Step::Terminate, Role::Mediator, MEDIATOR, |taken| {
        taken.reason = Some(EndReason::NoAgreement);
        taken.why = "谈不拢".into();
        taken.confirmed = true;
    });
    office.must(Step::Verify, Role::VillageLead, LEAD, |_| {});
    assert_eq!(office.file().effective_on(), None);
    assert_eq!(office.file().closed_to_new(&Kind::Term), None);
    assert_eq!(said(office.put(7, Kind::Term, &json!(term(&office, "另写")))).0, OpOutcome::Applied);
}

#[test]
fn an_agreement_that_was_sent_back_is_sealed_anew() {
    let mut office = Office::signed();
    office.put(6, Kind::Agreement, &json!({"sealed_on": "2026-03-01"}));
    office.must(Step::AgreeWritten, Role::Mediator, MEDIATOR, |_| {});
    office.must(Step::Reopen, Role::VillageLead, LEAD, |taken| taken.why = "期限写错了".into());
    let missing = |office: &Office| {
        let offers = office.file().offers(&[Role::Mediator], MEDIATOR, day_of("2026-12-01"));
        offers.into_iter().find(|offer| offer.step == Step::AgreeWritten).map(|offer| offer.missing)
    };
    let missing_before = missing(&office);
    assert_eq!(missing_before, Some(vec![Need::Seal]), "the seal is older than the sending back");
    let sealed = office.file().last(Step::Reopen).map(|done| day::ledger(done.on()));
    office.put(6, Kind::Agreement, &json!({"sealed_on": sealed}));
    assert_eq!(missing(&office), Some(Vec::new()));
}
