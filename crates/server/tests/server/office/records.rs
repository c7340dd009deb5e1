//! Decisions on records that wait.

use super::{TOWNSHIP, VILLAGE, family, resident, right};
use crate::world::{
    Base, GRID, World, address, channel,
    desk::{Desk, place},
    sql,
};
use ruhu_domain::{
    Channel, Class, DeviceId, Kind, OpId, RecordId, day,
    office::*,
    record::{Change, Op, diff},
    rights::Role,
    wire::OpOutcome,
};
use ruhu_server::{
    database::{Author, Incoming},
    random,
};

async fn nobody_decides_on_a_record_by_what_a_change_claims_of_it(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(vec![phone.visit(1, "第2网格的")]).await;
    let lead = Desk::open(&world, "lead", Role::VillageLead, "411502002001", &[Class::General]).await;
    let own = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    // Somebody without a right there writes to the record of another village, and names the lead's own grid.
    let elsewhere: Channel = "411502002001-01/general".parse().expect("a channel");
    let author = Author { account: "stranger", name: "某人", device: DeviceId(3), grants: &[] };
    let op = Op { channel: elsewhere, id: OpId::new(77, [7; 10]), ..crate::world::visit(DeviceId(3), 1, "改掉") };
    let taken = world.database.take(author, vec![Incoming::Op(Box::new(op.clone()))]).await.expect("it is kept");
    assert_eq!(taken.results[0].outcome, OpOutcome::Quarantined);
    assert!(lead.ask::<WaitingPage>("waiting", &FindWaiting::default()).await.items.is_empty());
    assert_eq!(lead.status("accept", &Decision { op: op.id, reason: String::new() }).await, 403);
    let waiting = own.ask::<WaitingPage>("waiting", &FindWaiting::default()).await.items;
    assert_eq!((waiting.len(), waiting[0].channel.clone()), (1, channel()));
}

async fn what_waits_says_which_household_it_is_about(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let mut home = phone.visit(1, "");
    let called = serde_json::json!({"number": "017", "head": "李明", "address": "东湾1号"});
    (home.kind, home.changes) = (Kind::Household, diff(None, &called));
    let mut visit = Op { record: RecordId::new(2, [2; 10]), ..phone.visit(2, "都好") };
    visit.changes.insert(
        "household".into(),
        Change { value: home.record.to_string().into(), replaced: None, settles: Vec::new() },
    );
    let record = visit.record;
    assert_eq!(phone.sync(vec![home, visit]).await.results[1].outcome, OpOutcome::Applied);
    // Somebody without a right there writes on the visit.
    let author = Author { account: "stranger", name: "某人", device: DeviceId(3), grants: &[] };
    let op = Op { record, id: OpId::new(77, [7; 10]), ..crate::world::visit(DeviceId(3), 1, "改掉") };
    world.database.take(author, vec![Incoming::Op(Box::new(op))]).await.expect("it is kept");
    let own = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let waiting = own.ask::<WaitingPage>("waiting", &FindWaiting::default()).await.items;
    assert_eq!(waiting[0].household, "017 李明 东湾1号");
    assert!(!waiting[0].reason.contains('您'), "{}: it is read by a supervisor too", waiting[0].reason);
}

async fn the_audit_speaks_in_names_and_is_filtered(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    world.log_in(2).await.sync(Vec::new()).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let new =
        PutAccount { account: "liqiang".into(), name: "李强".into(), team: String::new(), home: place(VILLAGE) };
    desk.ask::<Nothing>("account", &new).await;
    let give = Give { account: "liqiang".into(), right: right(Role::GridWorker, GRID, &[Class::General]), until: None };
    desk.ask::<OfGrant>("give", &give).await;
    let found: Vec<FoundResident> = desk.ask("find", &FindPerson { name: "陈静".into(), place: None }).await;
    desk.ask::<Dossier>("dossier", &resident()).await;
    let home = "UPDATE account SET home = '411502001003'";
    sql(&address(&world.location), home).await;

    let all: Vec<ActLine> = desk.ask("acts", &FindActs::default()).await;
    let says = |act: &str, subject: &str| {
        let subjects: Vec<&str> = all.iter().filter(|line| line.act == act).map(|line| line.subject.as_str()).collect();
        assert!(subjects.contains(&subject), "{act}: {subject} is not in {subjects:?}");
    };
    let whole = world.database.place_names([place(GRID)]).await.expect("names").of(&place(GRID));
    assert_eq!(whole, "老城街道三里店社区第2网格");
    says("设置账号", "李强（liqiang）");
    says("授权", &format!("李强 网格员 {whole}"));
    says("查阅个人信息", &format!("居民（{whole}）"));
    says("查人", &format!("居民（{whole}）"));
    says("下载到手机", &format!("{whole} 日常"));
    for line in &all {
        let words = [&line.subject, &line.done.by];
        assert!(
            words.iter().all(|words| !words.contains("陈静")),
            "whoever reads the audit is not told whom: {line:?}"
        );
        assert!(line.subject.split_whitespace().all(|word| word.parse::<uuid::Uuid>().is_err()), "{line:?}");
    }
    let town = all.iter().find(|line| line.act == "查人" && line.subject.ends_with("陈某"));
    assert!(town.is_some(), "a search is on record with the first character and the length");
    let seen: Vec<Seen> = desk.ask("seen", &OfRecord { record: found[0].record, channel: channel() }).await;
    assert!(seen.iter().any(|seen| seen.how == "查人"), "{seen:?}");

    let of = async |find: FindActs| desk.ask::<Vec<ActLine>>("acts", &find).await;
    let rights = of(FindActs { sort: Some(ActSort::Rights), ..FindActs::default() }).await;
    assert!(rights.iter().any(|line| line.act == "授权") && rights.iter().all(|line| line.act != "查人"));
    let hers = of(FindActs { account: "王芳".into(), ..FindActs::default() }).await;
    assert!(!hers.is_empty() && hers.iter().all(|line| line.done.by == "王芳"));
    let today = day::day(random::now_ms().cast_signed());
    let until_yesterday = FindActs { to: today.pred_opt(), ..FindActs::default() };
    assert!(of(until_yesterday).await.is_empty());
    assert!(!of(FindActs { from: Some(today), to: Some(today), ..FindActs::default() }).await.is_empty());
    let turned = FindActs { from: Some(today), to: today.pred_opt(), ..FindActs::default() };
    assert_eq!(desk.status("acts", &turned).await, 422, "the days are turned round");
}

on_both_databases! {
    the_audit_speaks_in_names_and_is_filtered,
    nobody_decides_on_a_record_by_what_a_change_claims_of_it,
    what_waits_says_which_household_it_is_about,
}
