use super::{
    Report,
    codes::{Grade, Satisfied},
    records::{Hazard, ReportStep, Request},
    steps::{Need, ROWS, State, Step},
};
use crate::{
    case::{Case, Forbidden, Need as _, Step as _, StepRecord, book::CaseFile},
    id::{DeviceId, OpId, RecordId},
    merge::merge,
    record::{Kind, Op, Record, diff},
    stamp::Stamp,
};
use chrono::NaiveDate;
use serde::Serialize;

const ID: u64 = 7;

fn id(n: u64) -> RecordId {
    RecordId::new(n, [n as u8; 10])
}

fn record(n: u64, kind: Kind, by: &str, view: &impl Serialize) -> Record {
    let op = Op {
        id: OpId::new(n, [0; 10]),
        record: id(n),
        kind,
        channel: "411502001003-01/general".parse().expect("a channel"),
        stamp: Stamp { ms: 1_795_406_400_000 + n, counter: 0, device: DeviceId(1) },
        by: by.into(),
        changes: diff(None, view),
    };
    merge(None, &op).record
}

/// A report of 王芳's with steps by others, one after another.
fn report(kind: &Kind, steps: &[(Step, &str)]) -> Report {
    let (head, of_step) = match kind {
        Kind::Hazard => {
            let hazard = Hazard { what: "井盖坏了".into(), grade: Some(Grade::Serious), ..Hazard::default() };
            (record(ID, Kind::Hazard, "王芳", &hazard), Kind::HazardStep)
        }
        _ => (record(ID, Kind::Request, "王芳", &Request::default()), Kind::RequestStep),
    };
    let said = |step| ReportStep {
        why: "说明".into(),
        to: "李强".into(),
        satisfied: Some(Satisfied::Yes),
        ..ReportStep::of(id(ID), step)
    };
    let steps = (ID + 1..).zip(steps).map(|(n, (step, by))| record(n, of_step.clone(), by, &said(*step)));
    let steps: Vec<Record> = steps.collect();
    Report::gather(&head, &steps).expect("an affair")
}

#[test]
fn every_step_has_a_row_and_leads_where_something_follows() {
    for step in Step::ALL {
        let row = step.row();
        assert_eq!(row.step, *step);
        for state in row.from {
            let hazard = matches!(state, State::Found | State::Assigned | State::PutRight | State::Verified);
            let to = row.to.unwrap_or(*state);
            let same = matches!(to, State::Found | State::Assigned | State::PutRight | State::Verified);
            assert_eq!(hazard, same, "{step:?}: a hazard does not become a request");
        }
    }
    for state in State::ALL {
        assert!(ROWS.iter().any(|row| row.from.contains(state)), "{state:?} has a way on");
    }
}

#[test]
fn a_hazard_is_assigned_put_right_and_verified_by_another() {
    let hazard = |steps: &[(Step, &str)]| report(&Kind::Hazard, steps);
    let found = hazard(&[]);
    assert_eq!((found.state(), found.owner()), (State::Found, "王芳"));
    let assigned = hazard(&[(Step::Assign, "王芳")]);
    assert_eq!((assigned.state(), assigned.owner()), (State::Assigned, "李强"));
    let done = hazard(&[(Step::Assign, "王芳"), (Step::PutRight, "李强")]);
    assert_eq!(done.state(), State::PutRight);
    let verify = ReportStep::of(id(ID), Step::Verify);
    assert_eq!(done.check(&verify, &[], "李强", NaiveDate::default()), Err(Forbidden::OwnWork(Report::OWN_WORK)));
    assert_eq!(done.check(&verify, &[], "王芳", NaiveDate::default()), Ok(()));
    let first = |report: &Report, by| report.offers(&[], by, NaiveDate::default()).first().map(|row| row.step);
    assert_eq!((first(&done, "李强"), first(&done, "王芳")), (Some(Step::Rework), Some(Step::Verify)));
    let ended = hazard(&[(Step::PutRight, "李强"), (Step::Verify, "王芳")]);
    assert_eq!((ended.state(), ended.deadline()), (State::Verified, None));
    let again = hazard(&[(Step::PutRight, "李强"), (Step::Verify, "王芳"), (Step::Rework, "周兰")]);
    assert_eq!(again.state(), State::Assigned);
}

#[test]
fn a_request_is_told_answered_and_settled() {
    let request = |steps: &[(Step, &str)]| report(&Kind::Request, steps);
    let told = request(&[(Step::Tell, "王芳"), (Step::HandOver, "王芳")]);
    assert_eq!((told.state(), told.owner()), (State::Told, "李强"));
    let settled = request(&[(Step::Answer, "李强"), (Step::Settle, "王芳")]);
    assert_eq!((settled.state(), settled.state().is_open()), (State::Settled, false));
    let taken = ReportStep::of(id(ID), Step::Settle);
    let answered = request(&[(Step::Answer, "李强")]);
    assert_eq!(
        answered.check(&taken, &[], "王芳", NaiveDate::default()),
        Err(Forbidden::Need(Need::Satisfied.words()))
    );
    assert_eq!(
        told.check(&taken, &[], "王芳", NaiveDate::default()),
        Err(Forbidden::State { state: State::Told.label(), step: Step::Settle.label() })
    );
    assert_eq!(told.name(), "未分类", "a list does not say whose it is");
}

#[test]
fn of_two_steps_taken_apart_the_one_that_does_not_follow_does_not_count() {
    let hazard = report(&Kind::Hazard, &[(Step::PutRight, "李强"), (Step::Assign, "王芳")]);
    assert_eq!(hazard.state(), State::PutRight);
    assert_eq!(hazard.steps.iter().map(|done| done.counts).collect::<Vec<_>>(), [true, false]);
}
