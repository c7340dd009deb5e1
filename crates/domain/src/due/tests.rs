//! Each deadline as a row: what was saved when, and on which day what is due.

use super::{
    AHEAD_DAYS, Item, KNOWN_DAYS, Records, Rung, User, Work,
    calendar::{first_of, month, weeks},
    due, numbers,
};
use crate::{
    care::{
        self, Cases,
        codes::Interval,
        records::{CareCase, CareStep, CareVisit},
    },
    case::StepRecord,
    codes::{Outcome, PutOff, Tag},
    day,
    dispute::{
        Disputes,
        codes::{DisputeType, Form, Side},
        records::{Agreement, Dispute, DisputeStep, Party, Term},
        steps::Step,
    },
    id::{DeviceId, OpId, RecordId},
    merge::merge,
    record::{Field, Kind, Op, diff},
    report::{
        self, Reports,
        codes::Grade,
        records::{Hazard, ReportStep, Request},
    },
    rights::Role,
    roster::{
        doors::Roster,
        household::{Household, Postponed},
    },
    stamp::Stamp,
    visit::Visit,
};
use chrono::{DateTime, Days, NaiveDate};
use serde::Serialize;
use serde_json::json;
use std::{collections::HashMap, sync::Arc};

const DISPUTE: u64 = 1;
const CASE: u64 = 2;
const DOOR: u64 = 3;
const REPORT: u64 = 4;

fn id(n: u64) -> RecordId {
    RecordId::new(n, [n as u8; 10])
}

fn on(text: &str) -> NaiveDate {
    day::read(text).expect("a day")
}

fn ms(at: &str) -> i64 {
    DateTime::parse_from_rfc3339(at).expect("a time").timestamp_millis()
}

/// A phone's records, as they are saved one after another.
#[derive(Default)]
struct Phone {
    roster: Roster,
    disputes: Disputes,
    cases: Cases,
    reports: Reports,
    saved: u64,
}

impl Phone {
    fn save(&mut self, record: RecordId, kind: Kind, at: &str, view: &impl Serialize) {
        self.saved += 1;
        let op = Op {
            id: OpId::new(self.saved, [0; 10]),
            record,
            kind,
            channel: "411502001003-01/general".parse().expect("a channel"),
            stamp: Stamp { ms: ms(at).cast_unsigned(), counter: self.saved as u16, device: DeviceId(1) },
            by: "王芳".into(),
            changes: diff(None, view),
        };
        let record = Arc::new(merge(None, &op).record);
        self.roster.put(&record);
        self.disputes.put(&record);
        self.cases.put(&record);
        self.reports.put(&record);
    }

    fn next(&self) -> RecordId {
        id(100 + self.saved)
    }

    fn dispute(steps: &[(Step, &str)]) -> Self {
        let mut phone = Self::default();
        let dispute = Dispute { matter: Some(DisputeType::Neighbours), ..Dispute::default() };
        phone.save(id(DISPUTE), Kind::Dispute, "2026-01-01T08:00:00+08:00", &dispute);
        for (side, name) in [(Side::Applicant, "王建国"), (Side::Respondent, "张秀英")] {
            let party = json!({"dispute": id(DISPUTE), "side": side, "name": name});
            let party: Party = serde_json::from_value(party).expect("a party");
            phone.save(phone.next(), Kind::Party, "2026-01-01T08:00:00+08:00", &party);
        }
        for (step, at) in steps {
            phone.take(*step, at);
        }
        phone
    }

    fn take(&mut self, step: Step, at: &str) {
        let taken: DisputeStep =
            serde_json::from_value(json!({"dispute": id(DISPUTE), "step": step})).expect("a step taken");
        self.save(self.next(), Kind::DisputeStep, at, &taken);
    }

    fn agreed(term: Option<&str>, done: Option<&str>) -> Self {
        let mut phone = Self::dispute(&[
            (Step::Register, "2026-01-02T08:00:00+08:00"),
            (Step::Accept, "2026-01-03T08:00:00+08:00"),
            (Step::Begin, "2026-01-04T08:00:00+08:00"),
        ]);
        let agreement = json!({"dispute": id(DISPUTE), "form": Form::Oral, "on": "2026-01-31"});
        let agreement: Agreement = serde_json::from_value(agreement).expect("an agreement");
        phone.save(phone.next(), Kind::Agreement, "2026-01-31T08:00:00+08:00", &agreement);
        let term = json!({"dispute": id(DISPUTE), "what": "拆墙", "due": term, "done_on": done});
        let term: Term = serde_json::from_value(term).expect("a term");
        phone.save(phone.next(), Kind::Term, "2026-01-31T08:10:00+08:00", &term);
        phone.take(Step::AgreeOral, "2026-01-31T09:00:00+08:00");
        phone
    }

    fn case(
        interval: Interval,
        opened: &str,
        steps: &[(care::steps::Step, &str)],
        looks: &[(&str, Option<&str>)],
    ) -> Self {
        let mut phone = Self::default();
        let case = CareCase {
            name: "赵桂兰".into(),
            carer: "孙丽".into(),
            opened_on: Some(on(opened)),
            interval: Some(interval),
            days: Some(10),
            ..CareCase::default()
        };
        phone.save(id(CASE), Kind::CareCase, "2026-01-01T08:00:00+08:00", &case);
        for (step, at) in steps {
            let taken: CareStep = serde_json::from_value(json!({"case": id(CASE), "step": step})).expect("a step");
            phone.save(phone.next(), Kind::CareStep, at, &taken);
        }
        for (day, next) in looks {
            let look = json!({"case": id(CASE), "on": day, "next_on": next});
            let look: CareVisit = serde_json::from_value(look).expect("a look");
            phone.save(phone.next(), Kind::CareVisit, &format!("{day}T12:00:00+08:00"), &look);
        }
        phone
    }

    fn door(tags: Vec<Tag>, visits: &[(&str, Outcome, Option<&str>)]) -> Self {
        let mut phone = Self::default();
        let household = Household { number: "007".into(), head: "李明".into(), tags, ..Household::default() };
        phone.save(id(DOOR), Kind::Household, "2026-01-01T08:00:00+08:00", &household);
        for (at, outcome, next) in visits {
            let mut visit = Visit::new(id(DOOR), ms(at), "王芳", *outcome);
            visit.next_on = next.map(on);
            phone.save(phone.next(), Kind::Visit, at, &visit);
        }
        phone
    }

    /// A hazard that 王芳 found, and steps with whom they are given to.
    fn hazard(grade: Grade, found: &str, steps: &[(report::steps::Step, &str, &str)]) -> Self {
        let hazard = Hazard { grade: Some(grade), found_on: Some(on(found)), ..Hazard::default() };
        Self::report(Kind::Hazard, Kind::HazardStep, &hazard, steps)
    }

    /// A request that 王芳 took down.
    fn request(received: &str, steps: &[(report::steps::Step, &str, &str)]) -> Self {
        let request = Request { received_on: Some(on(received)), ..Request::default() };
        Self::report(Kind::Request, Kind::RequestStep, &request, steps)
    }

    fn report(kind: Kind, of_step: Kind, view: &impl Serialize, steps: &[(report::steps::Step, &str, &str)]) -> Self {
        let mut phone = Self::default();
        phone.save(id(REPORT), kind, "2026-01-01T08:00:00+08:00", view);
        for (step, at, to) in steps {
            let outside = *to == "供电所";
            let taken = ReportStep { to: (*to).into(), outside, ..ReportStep::of(id(REPORT), *step) };
            phone.save(phone.next(), of_step.clone(), at, &taken);
        }
        phone
    }

    fn due(&self, user: &str, today: &str, ahead: u64) -> Vec<Item> {
        let roles = roles(user);
        due(self.records(), User { name: user, roles: &roles }, on(today), on(today) + Days::new(ahead))
    }

    const fn records(&self) -> Records<'_> {
        Records { roster: &self.roster, disputes: &self.disputes, cases: &self.cases, reports: &self.reports }
    }
}

/// Who there is: 孙丽 looks after the case, 李强 mediates, 周兰 leads the village; 王芳 has no right to either. Hazards and
/// requests are everybody's to see.
fn roles(user: &str) -> HashMap<RecordId, Vec<Role>> {
    match user {
        "孙丽" => [CASE, REPORT].map(|one| (id(one), vec![Role::Carer])).into(),
        "李强" => [DISPUTE, REPORT].map(|one| (id(one), vec![Role::Mediator])).into(),
        "周兰" => [CASE, DISPUTE, REPORT].map(|one| (id(one), vec![Role::VillageLead])).into(),
        _ => HashMap::from([(id(REPORT), vec![Role::GridWorker])]),
    }
}

#[test]
fn each_thing_is_due_on_its_day() {
    let cared = &[(care::steps::Step::Confirm, "2026-01-31T10:00:00+08:00")];
    let met = Outcome::Met;
    let rows: Vec<(Phone, &str, &str, &str, &str)> = vec![
        // A dispute. The day is the one in China: a minute before midnight there, and a minute after.
        (Phone::dispute(&[(Step::Register, "2026-01-05T23:59:00+08:00")]), "李强", "受理", "2026-01-08", "3天内受理"),
        (Phone::dispute(&[(Step::Register, "2026-01-05T16:01:00Z")]), "李强", "受理", "2026-01-09", "1月6日 周二登记"),
        // Thirty days over the end of a month, in a year with and without a 29 February.
        (
            Phone::dispute(&[
                (Step::Register, "2026-01-29T08:00:00+08:00"),
                (Step::Accept, "2026-01-30T08:00:00+08:00"),
            ]),
            "李强",
            "调解",
            "2026-03-01",
            "30天内调解",
        ),
        (
            Phone::dispute(&[
                (Step::Register, "2028-01-29T08:00:00+08:00"),
                (Step::Accept, "2028-01-30T08:00:00+08:00"),
            ]),
            "李强",
            "调解",
            "2028-02-29",
            "1月30日",
        ),
        (Phone::agreed(Some("2026-02-28"), None), "李强", "履行协议", "2026-02-28", "协议约定"),
        (Phone::agreed(Some("2028-02-29"), Some("2028-02-28")), "李强", "回访", "2028-03-07", "7天后回访"),
        (Phone::agreed(None, Some("2026-02-01")), "李强", "回访", "2026-02-07", "7天后回访"),
        // A care case.
        (Phone::case(Interval::Month, "2026-02-27", &[], &[]), "周兰", "确认立案", "2026-03-02", "3天内确认"),
        (Phone::case(Interval::Week, "2026-01-30", cared, &[]), "孙丽", "看望", "2026-02-07", "还没看望过，每7天"),
        (Phone::case(Interval::Month, "2026-01-30", cared, &[]), "孙丽", "看望", "2026-03-02", "每30天"),
        (Phone::case(Interval::Quarter, "2026-01-30", cared, &[]), "孙丽", "看望", "2026-05-01", "每90天"),
        (
            Phone::case(Interval::Own, "2026-01-30", cared, &[("2026-02-19", None)]),
            "孙丽",
            "看望",
            "2026-03-01",
            "上次2月19日 周四，每10天",
        ),
        (
            Phone::case(Interval::Month, "2026-01-30", cared, &[("2026-02-19", Some("2026-02-22"))]),
            "孙丽",
            "看望",
            "2026-02-22",
            "约定",
        ),
        (
            Phone::case(Interval::Quarter, "2026-01-30", cared, &[("2026-07-20", None)]),
            "周兰",
            "复核",
            "2026-07-30",
            "每180天",
        ),
        // A hazard: for who found it, who it was given to, or who verifies it.
        (Phone::hazard(Grade::Serious, "2026-02-26", &[]), "王芳", "整改", "2026-03-01", "严重隐患3天内整改"),
        (Phone::hazard(Grade::Ordinary, "2028-02-15", &[]), "王芳", "整改", "2028-03-01", "一般隐患15天内整改"),
        (
            Phone::hazard(
                Grade::Serious,
                "2026-02-26",
                &[(report::steps::Step::Assign, "2026-02-27T08:00:00+08:00", "李强")],
            ),
            "李强",
            "整改",
            "2026-03-01",
            "3天内",
        ),
        (
            Phone::hazard(
                Grade::Ordinary,
                "2026-02-10",
                &[(report::steps::Step::PutRight, "2026-02-26T23:59:00+08:00", "")],
            ),
            "周兰",
            "验收",
            "2026-03-01",
            "由别人验收",
        ),
        (
            Phone::hazard(
                Grade::Serious,
                "2026-01-10",
                &[
                    (report::steps::Step::PutRight, "2026-02-01T08:00:00+08:00", ""),
                    (report::steps::Step::Rework, "2026-02-26T08:00:00+08:00", ""),
                ],
            ),
            "王芳",
            "整改",
            "2026-03-01",
            "3天内",
        ),
        // A request.
        (Phone::request("2026-02-14", &[]), "王芳", "告知", "2026-03-01", "15天内告知"),
        (
            Phone::request("2025-12-31", &[(report::steps::Step::Tell, "2026-01-02T08:00:00+08:00", "")]),
            "王芳",
            "答复",
            "2026-03-01",
            "60天内答复",
        ),
        (
            Phone::request(
                "2026-02-14",
                &[
                    (report::steps::Step::HandOver, "2026-02-15T08:00:00+08:00", "李强"),
                    (report::steps::Step::Answer, "2026-02-22T08:00:00+08:00", ""),
                ],
            ),
            "李强",
            "回访",
            "2026-03-01",
            "7天内回访",
        ),
        // A door.
        (Phone::door(vec![], &[("2026-01-31T08:00:00+08:00", met, None)]), "王芳", "走访", "2026-07-30", "每180天"),
        (
            Phone::door(vec![Tag::ElderAlone], &[("2028-01-30T08:00:00+08:00", met, None)]),
            "王芳",
            "走访",
            "2028-02-29",
            "重点户",
        ),
        (
            Phone::door(vec![], &[("2026-01-31T08:00:00+08:00", met, Some("2026-02-05"))]),
            "王芳",
            "走访",
            "2026-02-05",
            "记下这天",
        ),
        (
            Phone::door(
                vec![],
                &[
                    ("2026-01-31T08:00:00+08:00", met, None),
                    ("2026-02-01T08:00:00+08:00", Outcome::NobodyHome, Some("2026-02-02")),
                ],
            ),
            "王芳",
            "走访",
            "2026-02-02",
            "记下这天",
        ),
    ];
    for (phone, user, what, by, why) in rows {
        let found = phone.due(user, by, 0);
        let [item] = found.as_slice() else { panic!("{what} {by}: {found:?}") };
        assert_eq!((item.what, day::ledger(item.by).as_str(), item.late(on(by))), (what, by, 0));
        assert!(item.why.contains(why), "{what}: {} says not {why}", item.why);
        assert!(item.words(on(by)).ends_with("今天到期"));
        let before = day::ledger(on(by).pred_opt().expect("a day"));
        assert!(phone.due(user, &before, 0).is_empty(), "{what} is not due the day before {by}");
        assert_eq!(phone.due(user, &before, AHEAD_DAYS).len(), 1, "but is seen ahead");
    }
}

#[test]
fn a_door_that_was_never_visited_is_due_now() {
    let phone = Phone::door(vec![], &[("2026-01-31T08:00:00+08:00", Outcome::NobodyHome, None)]);
    let [item] = &phone.due("王芳", "2026-03-01", 0)[..] else { panic!("one door") };
    assert_eq!((item.by, item.why.as_str(), item.dated), (on("2026-03-01"), "还没走访过", false));
}

#[test]
fn what_is_due_is_for_those_whose_work_it_is() {
    let dispute = Phone::dispute(&[(Step::Register, "2026-01-05T08:00:00+08:00")]);
    let case = Phone::case(
        Interval::Week,
        "2026-01-30",
        &[(care::steps::Step::Confirm, "2026-01-31T10:00:00+08:00")],
        &[("2026-02-01", None)],
    );
    let count = |phone: &Phone, user, today| phone.due(user, today, 0).len();
    assert_eq!([count(&dispute, "李强", "2026-01-08"), count(&dispute, "王芳", "2026-01-08")], [1, 0]);
    assert_eq!([count(&case, "孙丽", "2026-02-08"), count(&case, "王芳", "2026-02-08")], [1, 0]);
    assert_eq!(count(&case, "周兰", "2026-02-11"), 0, "the lead is not told at once");
    assert_eq!(count(&case, "周兰", "2026-02-12"), 1, "but on the fourth day");
    let item = &case.due("孙丽", "2026-02-08", 0)[0];
    assert_eq!(item.name, "赵某", "a list shows no full name of somebody cared for");
}

#[test]
fn a_hazard_given_to_somebody_else_is_not_lost_sight_of() {
    let assign = (report::steps::Step::Assign, "2026-01-06T08:00:00+08:00", "李强");
    let inside = Phone::hazard(Grade::Serious, "2026-01-05", &[assign]);
    let outside = Phone::hazard(Grade::Serious, "2026-01-05", &[(report::steps::Step::Assign, assign.1, "供电所")]);
    let done = Phone::hazard(Grade::Serious, "2026-01-05", &[(report::steps::Step::PutRight, assign.1, "")]);
    let who = |phone: &Phone, today| {
        let told = |user: &&str| phone.due(user, today, 0).len() == 1;
        ["王芳", "李强", "孙丽", "周兰"].into_iter().filter(told).collect::<Vec<_>>()
    };
    assert_eq!(who(&inside, "2026-01-08"), ["李强"], "its owner");
    assert_eq!(who(&inside, "2026-01-09"), ["王芳", "李强"], "and who found it, when it is late");
    assert_eq!(who(&inside, "2026-01-12"), ["王芳", "李强", "周兰"], "and the lead, when it is four days late");
    assert_eq!(who(&outside, "2026-01-08"), ["王芳", "周兰"], "an owner who has no app is reminded by others");
    assert_eq!(who(&done, "2026-01-09"), ["李强", "孙丽", "周兰"], "nobody verifies their own work, but any other may");
}

#[test]
fn the_ladder_says_who_is_told_next_and_when() {
    let phone = Phone::dispute(&[(Step::Register, "2026-01-05T08:00:00+08:00")]);
    for (today, rung, next) in [
        ("2026-01-08", Rung::Today, Some((Rung::Reminded, "2026-01-09"))),
        ("2026-01-09", Rung::Reminded, Some((Rung::Lead, "2026-01-12"))),
        ("2026-01-12", Rung::Lead, Some((Rung::Township, "2026-01-16"))),
        ("2026-01-16", Rung::Township, Some((Rung::County, "2026-01-23"))),
        ("2026-01-23", Rung::County, None),
    ] {
        let item = &phone.due("李强", today, 0)[0];
        assert_eq!((item.rung(on(today)), item.next(on(today))), (rung, next.map(|(rung, day)| (rung, on(day)))));
    }
    let case =
        Phone::case(Interval::Week, "2026-01-30", &[(care::steps::Step::Confirm, "2026-01-31T10:00:00+08:00")], &[]);
    let item = &case.due("孙丽", "2026-03-20", 0)[0];
    assert_eq!((item.rung(on("2026-03-20")), item.next(on("2026-03-20"))), (Rung::Lead, None), "nobody above reads it");
}

#[test]
fn what_the_supervisor_decides_is_not_said_to_go_up_to_them() {
    let case = Phone::case(Interval::Week, "2026-01-30", &[], &[]);
    for today in ["2026-02-03", "2026-02-10"] {
        let item = &case.due("周兰", today, 0)[0];
        assert_eq!((item.what, item.rung(on(today)), item.next(on(today))), ("确认立案", Rung::Reminded, None));
    }
}

#[test]
fn a_press_waits_for_a_word_but_not_for_ever() {
    let mut phone = Phone::dispute(&[(Step::Register, "2026-01-05T08:00:00+08:00")]);
    let one = |phone: &Phone, today| {
        let due = phone.due("李强", today, 0);
        assert!(due.len() < 2);
        due.into_iter()
            .next()
            .map(|item| (item.what, day::ledger(item.by), item.why.clone(), item.next(on(today)).is_some()))
    };
    phone.take(Step::Remind, "2026-01-06T08:00:00+08:00");
    assert_eq!(one(&phone, "2026-01-06"), Some(("签收", "2026-01-06".into(), "上级已催办，请签收".into(), true)));
    phone.take(Step::Supervise, "2026-01-20T08:00:00+08:00");
    let (what, by, why, next) = one(&phone, "2026-01-20").expect("it is late");
    assert_eq!((what, by.as_str()), ("受理", "2026-01-08"), "the deadline stays what it is");
    assert!(why.starts_with("上级已督办，请签收；") && !next, "{why}");
    phone.take(Step::Acknowledge, "2026-01-21T08:00:00+08:00");
    assert!(!one(&phone, "2026-01-21").expect("it is late").2.contains("签收"));
    phone.take(Step::Supervise, "2026-01-22T08:00:00+08:00");
    phone.take(Step::Withdraw, "2026-01-23T08:00:00+08:00");
    assert_eq!(one(&phone, "2026-01-24"), None, "nobody can acknowledge it any more");
}

#[test]
fn the_longest_overdue_comes_first() {
    let mut phone = Phone::dispute(&[(Step::Register, "2026-01-05T08:00:00+08:00")]);
    let case = CareCase {
        carer: "周兰".into(),
        opened_on: Some(on("2026-01-01")),
        interval: Some(Interval::Week),
        ..CareCase::default()
    };
    phone.save(id(CASE), Kind::CareCase, "2026-01-01T08:00:00+08:00", &case);
    let taken: CareStep =
        serde_json::from_value(json!({"case": id(CASE), "step": care::steps::Step::Confirm})).expect("a step");
    phone.save(phone.next(), Kind::CareStep, "2026-01-02T08:00:00+08:00", &taken);
    phone.save(id(DOOR), Kind::Household, "2026-01-01T08:00:00+08:00", &Household::default());
    let works: Vec<Work> = phone.due("周兰", "2026-01-20", 0).iter().map(|item| item.work).collect();
    assert_eq!(works, [Work::Dispute(id(DISPUTE)), Work::Case(id(CASE)), Work::Door(id(DOOR))]);
}

/// 个人信息保护法 44.
#[test]
fn a_case_is_not_due_whose_persons_data_may_not_be_used() {
    let steps = [(care::steps::Step::Confirm, "2026-01-02T08:00:00+08:00")];
    let mut phone = Phone::case(Interval::Week, "2026-01-01", &steps, &[]);
    assert_eq!(phone.due("孙丽", "2026-01-20", 0).len(), 1);
    let resident = json!({"household": id(DOOR), "name": "赵桂兰"});
    phone.save(id(77), Kind::Resident, "2026-01-01T08:00:00+08:00", &resident);
    let mut case = phone.cases.heads().next().expect("a case").clone();
    let own = Field { value: json!(id(77)), stamp: Stamp::zero(DeviceId(1)) };
    case.fields.insert("resident".into(), own);
    phone.cases.put(&Arc::new(case));
    assert_eq!(phone.due("孙丽", "2026-01-20", 0).len(), 1, "known by the roster, and nothing against it");
    let restricted = json!({"household": id(DOOR), "name": "赵桂兰", "restricted": "本人要求"});
    phone.save(id(77), Kind::Resident, "2026-01-03T08:00:00+08:00", &restricted);
    assert!(phone.due("孙丽", "2026-01-20", 0).is_empty());
}

#[test]
fn a_door_put_off_says_why_and_counts_on_its_day() {
    let mut phone = Phone::door(vec![Tag::Hardship], &[("2026-01-20T08:00:00+08:00", Outcome::Met, None)]);
    let why =
        |phone: &Phone| phone.due("王芳", "2026-02-28", 30).iter().map(|item| item.why.clone()).collect::<Vec<_>>();
    let numbers = |phone: &Phone, today: &str| {
        numbers(&phone.due("王芳", today, KNOWN_DAYS), on(today))
            .into_iter()
            .map(|(day, count)| format!("{day} {count}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(why(&phone), ["重点户，每30天走访"]);
    assert_eq!(numbers(&phone, "2026-02-18"), ["2026-02-18 0", "2026-02-19 1"]);
    let postponed = Postponed::by(7, PutOff::Harvest, on("2026-02-26"), ms("2026-02-26T08:00:00+08:00"));
    let household = Household { head: "李明".into(), postponed: Some(postponed), ..Household::default() };
    phone.save(id(DOOR), Kind::Household, "2026-02-26T08:00:00+08:00", &household);
    assert_eq!(why(&phone), ["改期：农忙"]);
    assert_eq!(numbers(&phone, "2026-02-28"), ["2026-02-28 0", "2026-03-05 1"], "over the end of a short month");
    assert_eq!(numbers(&phone, "2026-03-09"), ["2026-03-09 1"], "what is late is still to be done");
}

#[test]
fn a_month_shows_what_was_done_and_what_is_due() {
    let met = Outcome::Met;
    let visits = &[("2026-01-31T23:30:00+08:00", met, None), ("2026-02-10T08:00:00+08:00", met, Some("2026-02-27"))];
    let phone = Phone::door(vec![], visits);
    let none = HashMap::new();
    let of = |today: &str, first: &str| {
        let days = month(phone.records(), User { name: "王芳", roles: &none }, on(first), on(today));
        days.into_iter().map(|(day, what)| (day::ledger(day), what.done.len(), what.due.len())).collect::<Vec<_>>()
    };
    let row = |day: &str, done, due| (day.to_owned(), done, due);
    assert_eq!(of("2026-02-12", "2026-02-01"), [row("2026-02-10", 1, 0), row("2026-02-27", 0, 1)]);
    assert_eq!(of("2026-02-12", "2026-01-01"), [row("2026-01-31", 1, 0)]);
    assert_eq!(of("2026-03-02", "2026-03-01"), [row("2026-03-02", 0, 1)], "what is overdue stands on today");
    assert_eq!(of("2026-03-02", "2026-02-01"), [row("2026-02-10", 1, 0)]);
}

#[test]
fn weeks_begin_on_monday_and_have_every_day_once() {
    for (first, days, count) in
        [("2026-02-01", 28, 5), ("2027-02-01", 28, 4), ("2028-02-01", 29, 5), ("2026-08-01", 31, 6)]
    {
        let weeks = weeks(first_of(on(first) + Days::new(20)));
        let all: Vec<NaiveDate> = weeks.iter().flatten().flatten().copied().collect();
        assert_eq!((weeks.len(), all.len()), (count, days), "{first}");
        assert!(all.iter().zip(on(first).iter_days()).all(|(day, expected)| *day == expected));
        assert!(weeks.iter().flat_map(|week| week[0]).all(|day| day::words(day).ends_with("周一")));
    }
}
