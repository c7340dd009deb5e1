//! Hazards, requests, patrols and outreach at the office: steps are checked, ledgers tell what was done, and all of it is
//! erased when its time is over.

use crate::world::{Base, PASSWORD, Phone, World, address, channel, desk::Desk, sql};
use calamine::{Reader, Xlsx};
use ruhu_domain::{
    Kind, OpId, RecordId, Stamp, day,
    id::DeviceId,
    ledger::Ledger,
    office::{CasePage, OpenCase, WantedCases},
    record::{Class, Op, diff},
    report::file::Due,
    rights::{Grant, Place, Role},
    wire::{OpOutcome, SyncResponse},
};
use ruhu_server::{
    database::OPERATOR,
    export::{self, Wanted},
    random,
};
use serde_json::{Value, json};

const VILLAGE: &str = "411502001003";

fn id(n: u8) -> RecordId {
    RecordId::new(u64::from(n), [n; 10])
}

fn op(record: RecordId, kind: Kind, n: u64, view: &Value) -> Op {
    let at = random::now_ms() - 60_000 + n;
    Op {
        id: OpId::new(at, random::bytes()),
        record,
        kind,
        channel: channel(),
        stamp: Stamp { ms: at, counter: 0, device: DeviceId(1) },
        by: "王芳".into(),
        changes: diff(None, view),
    }
}

/// Saves one thing; why it was set aside, or none.
async fn save(phone: &mut Phone<'_>, op: Op) -> Option<String> {
    let SyncResponse { results, .. } = phone.sync(vec![op]).await;
    let applied = results[0].outcome == OpOutcome::Applied;
    if applied { None } else { Some(results[0].reason.clone().unwrap_or_default()) }
}

async fn lead(world: &World) -> Phone<'_> {
    world.database.put_account("zhoulan", "周兰", PASSWORD, &[]).await.expect("an account");
    let at: Place = VILLAGE.parse().expect("a place");
    let grant = Grant::new(Role::VillageLead, at, vec![Class::General]).expect("a grant");
    world.database.give("zhoulan", &grant, OPERATOR, None).await.expect("given");
    world.log_in_as("zhoulan", 2).await
}

/// The rows of a ledger of the village for today, without its title and its columns.
async fn rows(world: &World, ledger: Ledger) -> Vec<Vec<String>> {
    rows_for(world, ledger, "核对").await
}

async fn rows_for(world: &World, ledger: Ledger, purpose: &str) -> Vec<Vec<String>> {
    let today = day::day(random::now_ms().cast_signed());
    let place = VILLAGE.parse().expect("a place");
    let wanted = Wanted { ledger, place, from: today, to: today, purpose: purpose.into(), by: "周兰".into() };
    let export::Sheet { xlsx: table, rows: count, .. } =
        export::ledger(&world.database, &wanted).await.expect("a ledger");
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(table)).expect("an xlsx");
    let range = book.worksheet_range(ledger.title()).expect("the sheet");
    let mut rows: Vec<Vec<String>> =
        range.rows().skip(3).map(|row| row.iter().map(ToString::to_string).collect()).collect();
    // A line to sign, after a gap; and a row that says so where there is nothing.
    rows.truncate(rows.len() - 2);
    if count == 0 {
        assert_eq!(rows.pop().expect("a row")[0], "这段时间没有记录");
    }
    assert_eq!(rows.len(), count);
    rows
}

async fn nobody_verifies_their_own_work_and_steps_follow_each_other(base: Base) {
    let world = World::new(base).await;
    let (mut worker, mut lead) = (world.log_in(1).await, lead(&world).await);
    let today = day::ledger(day::day(random::now_ms().cast_signed()));
    let hazard =
        json!({"what": "井盖塌了", "danger": "traffic", "grade": "serious", "place": "小学门口", "found_on": today});
    assert_eq!(save(&mut worker, op(id(1), Kind::Hazard, 0, &hazard)).await, None);
    let step = |n: u8, step: &str, why: &str| {
        op(id(n), Kind::HazardStep, u64::from(n), &json!({"affair": id(1), "step": step, "why": why}))
    };
    let early = save(&mut lead, step(2, "verify", "")).await;
    assert!(early.as_deref().is_some_and(|why| why.contains("现在是“待交办”")), "{early:?}");
    let silent = save(&mut worker, step(3, "put_right", "")).await;
    assert!(silent.is_some(), "what was done is said");
    assert_eq!(save(&mut worker, step(4, "put_right", "换了新盖")).await, None);
    let own = save(&mut worker, step(5, "verify", "")).await;
    assert!(own.as_deref().is_some_and(|why| why.contains("整改人以外")), "{own:?}");
    assert_eq!(save(&mut lead, step(6, "verify", "")).await, None);
    let table = rows(&world, Ledger::Hazards).await;
    assert_eq!(table.len(), 1);
    for (column, words) in [(6, "小学门口"), (11, "已销号"), (12, "换了新盖"), (13, "周兰")] {
        assert!(table[0][column].contains(words), "{column}: {:?}", table[0]);
    }
}

async fn ledgers_tell_of_patrols_outreach_and_requests_and_not_who_asked(base: Base) {
    let world = World::new(base).await;
    let mut worker = world.log_in(1).await;
    let now = random::now_ms().cast_signed();
    let today = day::ledger(day::day(now));
    let patrol = json!({"team": "volunteers", "members": "王芳、李强", "places": "河堤", "began": now, "handled": "劝离钓鱼的人"});
    let records = [
        (1, Kind::Patrol, patrol),
        (2, Kind::Finding, json!({"patrol": id(1), "what": "河堤缺口"})),
        (3, Kind::Finding, json!({"patrol": id(1), "what": "路灯灭了"})),
        (
            4,
            Kind::Outreach,
            json!({"topic": "fraud", "venue": "village", "on": today, "place": "文化广场", "reached": 36, "saved": 1}),
        ),
        (
            5,
            Kind::Request,
            json!({"what": "路灯坏了", "subject": "other", "asker": "赵桂兰", "phone": "13800000000", "received_on": today}),
        ),
    ];
    for (n, kind, view) in records {
        assert_eq!(save(&mut worker, op(id(n), kind, u64::from(n), &view)).await, None, "{view}");
    }
    let patrols = rows(&world, Ledger::Patrols).await;
    assert_eq!(
        (patrols.len(), patrols[0][8].as_str(), patrols[0][9].as_str()),
        (1, "河堤缺口；路灯灭了", "劝离钓鱼的人")
    );
    let outreach = rows(&world, Ledger::Outreach).await;
    assert_eq!([&outreach[0][5], &outreach[0][6], &outreach[0][7]], ["文化广场", "36", "1"]);
    let requests = rows(&world, Ledger::Requests).await;
    assert_eq!(requests[0][5], "路灯坏了");
    assert!(!requests[0].iter().any(|text| text.contains('赵') || text.contains("138")), "{requests:?}");
    assert!(rows(&world, Ledger::Hazards).await.is_empty(), "a request is no hazard");
    for (ledger, words) in [(Ledger::Patrols, "河堤缺口"), (Ledger::Patrols, "劝离"), (Ledger::Requests, "路灯坏了")]
    {
        let short = rows_for(&world, ledger, "").await;
        assert_eq!(short.len(), 1);
        assert!(!short.concat().concat().contains(words), "without a purpose: {short:?}");
    }
}

async fn an_office_sees_what_is_open_by_dates_alone(base: Base) {
    let world = World::new(base).await;
    let (mut worker, mut lead) = (world.log_in(1).await, lead(&world).await);
    let today = day::day(random::now_ms().cast_signed());
    let ago = |days: u64| day::ledger(today - chrono::Days::new(days));
    let hazard = |what: &str, days: u64| json!({"what": what, "danger": "fire", "grade": "serious", "place": "赵桂兰家", "found_on": ago(days)});
    let request = json!({"what": "路灯坏了", "subject": "other", "asker": "赵桂兰", "phone": "13800000000", "received_on": ago(1)});
    for op in [
        op(id(1), Kind::Request, 1, &request),
        op(id(2), Kind::Hazard, 2, &hazard("电线裸露", 40)),
        op(id(3), Kind::Hazard, 3, &hazard("办结的", 1)),
        op(id(4), Kind::HazardStep, 4, &json!({"affair": id(3), "step": "put_right", "why": "换了电线"})),
    ] {
        assert_eq!(save(&mut worker, op).await, None);
    }
    let verified = op(id(5), Kind::HazardStep, 5, &json!({"affair": id(3), "step": "verify"}));
    assert_eq!(save(&mut lead, verified).await, None);
    let village = Desk::open(&world, "cun", Role::VillageLead, "411502001003", &[Class::General]).await;
    let CasePage { cases: open, .. } = village.ask("cases", &WantedCases::default()).await;
    let due = |open: &OpenCase| open.deadline().map(|due| due.what);
    let found: Vec<_> = open.iter().map(|open| (open.of.record, open.sort_words(), due(open))).collect();
    let [put_right, tell] = [Due::PutRight, Due::Tell].map(|due| Some(due.label()));
    assert_eq!(found, [(id(2), "消防 严重".to_owned(), put_right), (id(1), "其他".to_owned(), tell)]);
    assert!(open[0].deadline().is_some_and(|due| due.late(today) > 0) && open[1].deadline().is_some());
    let text = village.post("cases", &WantedCases::default()).await.text().await.expect("a body");
    for word in ["赵", "138", "电线", "路灯"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let elsewhere = Desk::open(&world, "bie", Role::VillageLead, "411502001004", &[Class::General]).await;
    assert!(elsewhere.ask::<CasePage>("cases", &WantedCases::default()).await.cases.is_empty());
    let administrator = Desk::open(&world, "guan", Role::Administrator, "411502000000", &[]).await;
    assert_eq!(administrator.status("cases", &WantedCases::default()).await, 403);
}

async fn they_are_erased_whole_when_their_time_is_over(base: Base) {
    let world = World::new(base).await;
    let (mut worker, mut lead) = (world.log_in(1).await, lead(&world).await);
    let now = random::now_ms().cast_signed();
    let today = day::day(now);
    let found_on = day::ledger(today);
    let hazard = |what: &str| json!({"what": what, "danger": "other", "grade": "ordinary", "place": "村口", "found_on": found_on});
    let step = |n: u8, step: &str, why: &str| {
        op(id(n), Kind::HazardStep, u64::from(n), &json!({"affair": id(1), "step": step, "why": why}))
    };
    let photo = |of: u8| json!({"of": id(of), "hash": format!("{of:064x}"), "size": 5});
    for op in [
        op(id(1), Kind::Hazard, 1, &hazard("办结的隐患")),
        op(id(2), Kind::Hazard, 2, &hazard("没办结的隐患")),
        step(3, "put_right", "填平了坑"),
        op(id(4), Kind::Patrol, 4, &json!({"team": "volunteers", "members": "王芳", "places": "河堤", "began": now})),
        op(id(5), Kind::Finding, 5, &json!({"patrol": id(4), "what": "巡逻时看到的"})),
        op(id(7), Kind::Outreach, 7, &json!({"topic": "fraud", "venue": "village", "on": found_on, "place": "广场"})),
        op(id(8), Kind::Photo, 8, &photo(7)),
        op(id(9), Kind::Photo, 9, &photo(2)),
    ] {
        assert_eq!(save(&mut worker, op).await, None);
    }
    assert_eq!(save(&mut lead, step(6, "verify", "")).await, None);
    let retain = async |days: u64| {
        let on = today + chrono::Days::new(days);
        world.database.retain(on, "保存期限").await.expect("it is looked at")
    };
    assert_eq!(retain(3 * 365 - 2).await, 0, "not before its time");
    let late = format!("UPDATE op SET received_at = received_at + 864000000 WHERE body LIKE '%{:064x}%'", 7);
    sql(&address(&world.location), &late).await;
    assert_eq!(retain(3 * 366).await, 5, "the hazard with its steps, the patrol with what it found");
    assert_eq!(retain(3 * 366 + 10).await, 2, "outreach with its photo, that came ten days later");
    let mut connection = world.connect().await;
    let left: Vec<String> =
        sqlx::query_scalar("SELECT body FROM op").fetch_all(&mut connection).await.expect("what is left");
    let left = left.concat();
    let photos: Vec<_> = [2, 7].into_iter().filter(|of| left.contains(&format!("{of:064x}"))).collect();
    assert_eq!(photos, [2], "a photo goes with what it is of");
    assert!(left.contains("没办结的隐患"), "somebody still has to put it right");
    for gone in ["填平了坑", "巡逻时看到的"] {
        assert!(!left.contains(gone), "{gone}");
    }
}

on_both_databases!(
    an_office_sees_what_is_open_by_dates_alone,
    nobody_verifies_their_own_work_and_steps_follow_each_other,
    ledgers_tell_of_patrols_outreach_and_requests_and_not_who_asked,
    they_are_erased_whole_when_their_time_is_over,
);
