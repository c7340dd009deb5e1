use super::{
    CareFile,
    codes::{Interval, Reason},
    file::{Due, REVIEW_DAYS},
    records::{CareCase, CareStep, CareVisit, PlanItem},
    steps::{Need, ROWS, State, Step},
};
use crate::{
    case::{Case as _, Forbidden, Need as _, StepRecord, book::CaseFile},
    form,
    id::{DeviceId, OpId, RecordId},
    merge::merge,
    record::{Channel, Kind, Op, Record, diff},
    retention,
    rights::Role,
    stamp::Stamp,
};
use chrono::{Days, NaiveDate};
use serde::Serialize;
use serde_json::{Value, json};

const CASE: u8 = 1;
const LEAD: &[Role] = &[Role::VillageLead];
const CARER: &[Role] = &[Role::Carer];

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn id(n: u8) -> RecordId {
    RecordId::new(u64::from(n), [n; 10])
}

/// A case in the making: records with the day they were saved on.
struct Case {
    records: Vec<Record>,
    saves: u64,
}

impl Case {
    fn new(on: &str) -> Self {
        let mut case = Self { records: Vec::new(), saves: 0 };
        case.put(CASE, Kind::CareCase, on, "孙丽", &Self::facts(on));
        case
    }

    fn facts(on: &str) -> CareCase {
        CareCase {
            name: "赵桂兰".into(),
            reason: Some(Reason::Alone),
            why: "老伴今年过世，子女在外地".into(),
            opened_on: Some(day(on)),
            carer: "孙丽".into(),
            interval: Some(Interval::Month),
            interval_why: "腿脚不便，冬天要常去".into(),
            ..CareCase::default()
        }
    }

    /// Saves a record at noon of a day, China time.
    fn put(&mut self, n: u8, kind: Kind, on: &str, by: &str, view: &impl Serialize) {
        self.saves += 1;
        let ms = day(on).and_hms_opt(4, 0, 0).expect("a time").and_utc().timestamp_millis().cast_unsigned();
        let stamp = Stamp::zero(DeviceId(1)).next(ms + self.saves, DeviceId(1));
        let channel: Channel = "411502001003-02/care".parse().expect("a channel");
        let before = self.records.iter().position(|record| record.id == id(n));
        let changes = diff(before.map(|at| &self.records[at]), view);
        let op = Op { id: OpId::new(ms, [n; 10]), record: id(n), kind, channel, stamp, by: by.into(), changes };
        let record = merge(before.map(|at| &self.records[at]), &op).record;
        match before {
            Some(at) => self.records[at] = record,
            None => self.records.push(record),
        }
    }

    fn step(&mut self, n: u8, on: &str, by: &str, taken: &CareStep) {
        self.put(n, Kind::CareStep, on, by, taken);
    }

    fn look(&mut self, n: u8, on: &str) {
        let visit = json!({"case": id(CASE), "on": on, "way": "home", "found": "精神好"});
        self.put(n, Kind::CareVisit, on, "孙丽", &visit);
    }

    fn file(&self) -> CareFile {
        CareFile::gather(&self.records[0], &self.records[1..]).expect("a file")
    }

    fn due(&self, on: &str) -> Vec<(Due, String)> {
        self.file().deadlines(day(on)).iter().map(|due| (due.what, due.by.to_string())).collect()
    }
}

fn taken(step: Step) -> CareStep {
    CareStep { why: "情况有变".into(), to: "何磊".into(), ..CareStep::of(id(CASE), step) }
}

/// A case that a supervisor confirmed on a day.
fn confirmed(on: &str) -> Case {
    let mut case = Case::new(on);
    case.step(2, on, "周兰", &taken(Step::Confirm));
    case
}

#[test]
fn every_step_has_one_row_and_every_state_can_be_left() {
    for step in Step::ALL {
        assert_eq!(ROWS.iter().filter(|row| row.step == *step).count(), 1, "{step:?}");
    }
    for state in State::ALL {
        assert!(ROWS.iter().any(|row| row.from.contains(state) && row.to != Some(*state)), "{state:?}");
    }
}

#[test]
fn a_case_is_confirmed_by_somebody_else_than_who_opened_it_or_looks_after_it() {
    let case = Case::new("2026-03-01");
    let on = day("2026-03-02");
    let confirm = |roles: &[Role], by: &str| case.file().check(&taken(Step::Confirm), roles, by, on);
    assert_eq!(confirm(LEAD, "周兰"), Ok(()));
    assert!(matches!(confirm(CARER, "何磊"), Err(Forbidden::Who { step: "确认立案", .. })));
    assert_eq!(confirm(LEAD, "孙丽"), Err(Forbidden::OwnWork(CareFile::OWN_WORK)));
    assert!(case.file().offers(LEAD, "孙丽", on).iter().all(|offer| offer.step != Step::Confirm));
    assert_eq!(case.file().offers(LEAD, "周兰", on)[0].step, Step::Confirm);
}

#[test]
fn a_case_says_for_whom_why_how_often_and_why_so_before_it_is_confirmed() {
    type Change = fn(&mut CareCase);
    let changes: [Change; 6] = [
        |case| case.name = " ".into(),
        |case| case.reason = None,
        |case| case.why = String::new(),
        |case| case.carer = String::new(),
        |case| case.interval = None,
        |case| case.interval_why = String::new(),
    ];
    for change in changes {
        let mut case = Case::new("2026-03-01");
        let mut facts = Case::facts("2026-03-01");
        change(&mut facts);
        case.put(CASE, Kind::CareCase, "2026-03-01", "孙丽", &facts);
        let result = case.file().check(&taken(Step::Confirm), LEAD, "周兰", day("2026-03-02"));
        assert_eq!(result, Err(Forbidden::Need(Need::Facts.words())), "{facts:?}");
    }
}

/// 个人信息保护法 31.
#[test]
fn a_child_under_14_needs_a_guardians_consent() {
    let mut case = Case::new("2026-03-01");
    let mut facts = CareCase { child: true, ..Case::facts("2026-03-01") };
    case.put(CASE, Kind::CareCase, "2026-03-01", "孙丽", &facts);
    let confirm = |case: &Case| case.file().check(&taken(Step::Confirm), LEAD, "周兰", day("2026-03-02"));
    assert_eq!(confirm(&case), Err(Forbidden::Need(Need::Guardian.words())));
    let values =
        |facts: &CareCase| serde_json::to_value(facts).expect("an object").as_object().expect("an object").clone();
    assert_eq!(form::check(&Kind::CareCase, &values(&facts)).expect_err("no consent").field, "child");
    (facts.guardian, facts.guardian_agreed_on) = ("祖母 李秀英".into(), Some(day("2026-02-28")));
    case.put(CASE, Kind::CareCase, "2026-03-02", "孙丽", &facts);
    assert_eq!(confirm(&case), Ok(()));
    assert_eq!(form::check(&Kind::CareCase, &values(&facts)), Ok(()));
}

#[test]
fn the_next_look_is_due_by_the_interval_or_on_the_day_that_was_noted() {
    let mut case = confirmed("2026-01-31");
    assert_eq!(case.due("2026-02-01"), [(Due::Look, "2026-03-02".to_owned())], "over the end of February");
    case.look(3, "2026-02-10");
    assert_eq!(case.due("2026-02-11"), [(Due::Look, "2026-03-12".to_owned())]);
    let noted = json!({"case": id(CASE), "on": "2026-02-20", "way": "phone", "found": "住院", "next_on": "2026-02-25"});
    case.put(4, Kind::CareVisit, "2026-02-20", "孙丽", &noted);
    assert_eq!(case.due("2026-02-21"), [(Due::Look, "2026-02-25".to_owned())]);
    // A slip of the pen puts nobody off: neither a look in the future, nor a next one years away.
    case.look(5, "2027-02-20");
    assert_eq!(case.due("2026-02-21"), [(Due::Look, "2026-02-25".to_owned())]);
    let far = json!({"case": id(CASE), "on": "2026-02-24", "way": "home", "found": "好", "next_on": "2029-01-01"});
    case.put(6, Kind::CareVisit, "2026-02-24", "孙丽", &far);
    assert_eq!(case.due("2026-02-25"), [(Due::Look, "2026-03-26".to_owned())]);
    // In a leap year the day is another.
    assert_eq!(confirmed("2028-01-31").due("2028-02-01"), [(Due::Look, "2028-03-01".to_owned())]);
    let own = CareCase { interval: Some(Interval::Own), days: Some(10), ..Case::facts("2026-01-31") };
    let mut case = confirmed("2026-01-31");
    case.put(CASE, Kind::CareCase, "2026-01-31", "孙丽", &own);
    assert_eq!(case.due("2026-02-01"), [(Due::Look, "2026-02-10".to_owned())]);
}

#[test]
fn a_day_begins_at_midnight_in_china() {
    let case = Case::new("2026-03-01");
    // 2026-03-01 23:30 in China is 15:30 UTC; half an hour later it is the second of March there.
    for (n, minutes, expected) in [(2_u8, 0_u64, "2026-03-31"), (3, 30, "2026-04-01")] {
        let ms = 1_772_379_000_000 + minutes * 60_000;
        let stamp = Stamp::zero(DeviceId(1)).next(ms, DeviceId(1));
        let channel: Channel = "411502001003-02/care".parse().expect("a channel");
        let changes = diff(None, &taken(Step::Confirm));
        let op = Op {
            id: OpId::new(ms, [n; 10]),
            record: id(n),
            kind: Kind::CareStep,
            channel,
            stamp,
            by: "周兰".into(),
            changes,
        };
        let mut one = Case { records: case.records.clone(), saves: 0 };
        one.records.push(merge(None, &op).record);
        assert_eq!(one.due("2026-03-02")[0], (Due::Look, expected.to_owned()));
    }
}

#[test]
fn a_case_that_nobody_confirms_again_lapses_and_says_so_before() {
    let mut case = confirmed("2026-01-01");
    let by = day("2026-01-01") + Days::new(REVIEW_DAYS);
    case.look(3, "2026-06-20");
    assert_eq!(case.file().state(by), State::InCare);
    assert_eq!(case.file().state(by + Days::new(1)), State::Lapsed);
    assert_eq!(case.due(&by.to_string())[0], (Due::Renew, by.to_string()));
    assert!(case.due("2026-06-01").iter().all(|(due, _)| *due != Due::Renew), "not weeks before");
    let after = |days: u64| case.due(&(by + Days::new(days)).to_string());
    assert_eq!(after(1), [(Due::Renew, by.to_string())], "nobody is looked after without a reason, and it is seen");
    assert!(after(31).is_empty());
    let late = by + Days::new(1);
    assert_eq!(
        case.file().check(&taken(Step::Renew), LEAD, "周兰", late),
        Err(Forbidden::State { state: State::Lapsed.label(), step: Step::Renew.label() })
    );
    assert_eq!(case.file().check(&taken(Step::Reopen), CARER, "孙丽", late), Ok(()));
    // In time it goes on for as long again.
    case.step(4, "2026-06-25", "周兰", &taken(Step::Renew));
    assert_eq!(case.file().state(late), State::InCare);
    assert_eq!(case.file().review_by(), Some(day("2026-06-25") + Days::new(REVIEW_DAYS)));
}

#[test]
fn it_is_confirmed_again_only_after_a_look_and_with_a_reason() {
    let mut case = confirmed("2026-01-01");
    let renew = |case: &Case, why: &str| {
        let taken = CareStep { why: why.into(), ..taken(Step::Renew) };
        case.file().check(&taken, LEAD, "周兰", day("2026-06-01"))
    };
    assert_eq!(renew(&case, "仍独居"), Err(Forbidden::Need(Need::Looked.words())));
    case.look(3, "2026-05-01");
    assert_eq!(renew(&case, " "), Err(Forbidden::Need(Need::Why.words())));
    assert_eq!(renew(&case, "仍独居"), Ok(()));
}

#[test]
fn a_pause_ends_by_a_day_and_what_is_closed_is_not_due() {
    let mut case = confirmed("2026-01-01");
    let on = day("2026-01-10");
    let pause = CareStep { until: Some(on), ..taken(Step::Pause) };
    assert_eq!(case.file().check(&pause, CARER, "孙丽", on), Err(Forbidden::Need(Need::Until.words())));
    let pause = CareStep { until: Some(day("2026-02-01")), ..pause };
    assert_eq!(case.file().check(&pause, CARER, "孙丽", on), Ok(()));
    case.step(3, "2026-01-10", "孙丽", &pause);
    assert_eq!(case.due("2026-01-11"), [(Due::Resume, "2026-02-01".to_owned())]);
    assert_eq!(
        case.file().check(&taken(Step::Renew), LEAD, "周兰", on),
        Err(Forbidden::Need(Need::Looked.words())),
        "a pause does not keep it from being confirmed again"
    );
    case.step(4, "2026-02-02", "孙丽", &taken(Step::Resume));
    assert_eq!(case.due("2026-02-03"), [(Due::Look, "2026-03-04".to_owned())], "the interval begins again");
    case.step(5, "2026-02-10", "孙丽", &taken(Step::Close));
    assert_eq!((case.file().state(day("2026-02-11")), case.due("2026-02-11").len()), (State::Closed, 0));
}

#[test]
fn another_looks_after_it_from_the_hand_over_on() {
    let mut case = confirmed("2026-01-01");
    assert!(case.file().is_work_of("孙丽") && !case.file().is_work_of("何磊"));
    case.step(3, "2026-01-05", "孙丽", &taken(Step::HandOver));
    assert_eq!(case.file().carer(), "何磊");
    assert!(case.file().is_work_of("何磊"));
    assert_eq!(
        case.file().check(&taken(Step::Renew), LEAD, "何磊", day("2026-02-01")),
        Err(Forbidden::OwnWork(CareFile::OWN_WORK)),
        "who looks after it now does not confirm it"
    );
}

#[test]
fn what_is_due_is_shown_to_whom_it_concerns() {
    let opened = Case::new("2026-01-01");
    let due = |case: &Case, roles: &[Role], name: &str, on: &str| {
        case.file().due_for(roles, name, day(on)).map(|deadline| deadline.what)
    };
    assert_eq!(due(&opened, CARER, "孙丽", "2026-01-02"), None, "not one's own to confirm");
    assert_eq!(due(&opened, LEAD, "周兰", "2026-01-02"), Some(Due::Confirm));
    let case = confirmed("2026-01-01");
    assert_eq!(due(&case, CARER, "孙丽", "2026-02-01"), Some(Due::Look));
    assert_eq!(due(&case, CARER, "何磊", "2026-02-01"), None, "another's");
    assert_eq!(due(&case, LEAD, "周兰", "2026-02-03"), None);
    assert_eq!(due(&case, LEAD, "周兰", "2026-02-04"), Some(Due::Look), "four days late");
}

#[test]
fn the_plan_is_due_item_by_item() {
    let mut case = confirmed("2026-01-01");
    let mut item =
        PlanItem { case: id(CASE), what: "联系民政办".into(), due: Some(day("2026-01-08")), done_on: None };
    case.put(3, Kind::PlanItem, "2026-01-02", "孙丽", &item);
    assert_eq!(case.due("2026-01-03")[0], (Due::Plan, "2026-01-08".to_owned()));
    item.done_on = Some(day("2026-01-07"));
    case.put(3, Kind::PlanItem, "2026-01-07", "孙丽", &item);
    assert_eq!(case.due("2026-01-08"), [(Due::Look, "2026-01-31".to_owned())]);
}

#[test]
fn counselling_wants_the_persons_consent() {
    let visit = |consent: bool| {
        let visit =
            json!({"on": "2026-03-01", "way": "home", "found": "睡不好", "help": "counselling", "consent": consent});
        form::check(&Kind::CareVisit, visit.as_object().expect("an object"))
    };
    assert_eq!(visit(false).expect_err("no consent").field, "consent");
    assert_eq!(visit(true), Ok(()));
}

#[test]
fn a_row_shows_the_family_name_alone() {
    let short = |name: &str| CareCase { name: name.into(), ..CareCase::default() }.name_in_short();
    assert_eq!([short("赵桂兰"), short("欧阳改莲"), short("")], ["赵某", "欧阳某", "某"]);
}

/// `mission.md`, “What it is not for”: no score, rank or level of a person, and no trail of where anyone was.
#[test]
fn no_record_about_a_person_has_a_field_that_grades_or_tracks_them() {
    const FORBIDDEN: [&str; 22] = [
        "score", "rank", "level", "risk", "grade", "rating", "points", "index", "diagnos", "label", "lat", "lng",
        "lon", "geo", "coord", "track", "trail", "gps", "评分", "等级", "分数", "轨迹",
    ];
    // Words that have one of these in them and mean something else.
    const INNOCENT: [&str; 2] = ["relation", "related"];
    let kinds = [Kind::Party, Kind::CareCase, Kind::PlanItem, Kind::CareVisit];
    let mut names: Vec<String> = Vec::new();
    for kind in &kinds {
        names.extend(form::fields(kind).iter().flat_map(|field| [field.name.to_owned(), field.label.to_owned()]));
    }
    let visit: CareVisit = serde_json::from_value(json!({"case": id(CASE)})).expect("a visit");
    let resident: crate::roster::resident::Resident =
        serde_json::from_value(json!({"household": id(9), "name": "赵桂兰"})).expect("a resident");
    let views = [
        serde_json::to_value(CareCase::default()),
        serde_json::to_value(visit),
        serde_json::to_value(resident),
        serde_json::to_value(crate::roster::household::Household::default()),
        serde_json::to_value(crate::visit::Visit::new(id(9), 0, "孙丽", crate::codes::Outcome::Met)),
    ];
    for view in views {
        let Ok(Value::Object(fields)) = view else { panic!("a view is an object") };
        names.extend(fields.keys().cloned());
    }
    assert!(names.len() > 60, "{}", names.len());
    for name in names.iter().filter(|name| !INNOCENT.contains(&name.as_str())) {
        for word in FORBIDDEN {
            assert!(!name.to_lowercase().contains(word), "“{name}” has “{word}” in it");
        }
    }
}

/// 个人信息保护法 19.
#[test]
fn an_ended_case_is_kept_for_three_years_and_no_longer() {
    let today = day("2030-01-01");
    let over_on = |case: &Case, arrived: u64| {
        let (head, others) = case.records.split_first().expect("a head");
        retention::file_erased_on(head, others, arrived)
    };
    let mut closed = confirmed("2026-03-01");
    assert_eq!(over_on(&closed, 0), Some(day("2029-08-28")), "where nobody confirms it again it lapses after 180 days");
    closed.look(3, "2026-03-05");
    closed.step(4, "2026-05-31", "周兰", &taken(Step::Close));
    assert_eq!(closed.file().state(today), State::Closed);
    assert_eq!(over_on(&closed, 0), Some(day("2029-05-31")));
    let late = day("2027-02-28").and_hms_opt(4, 0, 0).expect("a time").and_utc().timestamp_millis().cast_unsigned();
    assert_eq!(over_on(&closed, late), Some(day("2030-02-28")), "what came late is kept as long");
    closed.step(5, "2026-06-30", "孙丽", &taken(Step::Reopen));
    assert_eq!(closed.file().state(today), State::Opened);
    assert_eq!(over_on(&closed, 0), Some(day("2029-06-30")), "it was confirmed once: asking again makes it no shorter");
    let mut asked = Case::new("2026-02-28");
    assert_eq!(over_on(&asked, 0), Some(day("2027-02-28")), "no supervisor decided that it may be kept");
    asked.put(CASE, Kind::CareCase, "2026-05-31", "孙丽", &json!({"withdrawn": "重复"}));
    assert_eq!(over_on(&asked, 0), Some(day("2027-05-31")));
}
