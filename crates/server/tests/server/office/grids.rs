//! Grids that are named, merged, split and closed, and villages whose code changes.

use super::{
    COUNTY, HOUSEHOLD, NEW_PASSWORD, RESIDENT, TOWNSHIP, VILLAGE, VISIT, enrol, family, id, in_class, log_in, of,
    of_dispute, op, right,
};
use crate::world::{
    Base, GRID, Phone, World,
    desk::{Desk, place},
    picture,
};
use ruhu_domain::{
    Channel, Class, GridCode, Kind, RecordId,
    office::*,
    record::Op,
    rights::{Grant, Role},
    wire::{OpOutcome, SyncResponse},
};
use ruhu_server::{database::OPERATOR, photos::PhotoStore};
use serde_json::json;

const OTHER: &str = "411502001003-05";
const NEXT_VILLAGE: &str = "411502001004";

fn grid(code: &str) -> GridCode {
    code.parse().expect("a grid")
}

fn at(code: &str, class: Class) -> Channel {
    Channel { grid: grid(code), class }
}

/// A worker with all classes in the grid, who registered a family, a dispute and a care case there.
async fn worker(world: &World) -> Phone<'_> {
    let mediates = Grant::new(Role::Mediator, place(GRID), vec![Class::Mediation]).expect("a grant");
    let cares = Grant::new(Role::Carer, place(GRID), vec![Class::Care]).expect("a grant");
    for grant in [mediates, cares] {
        world.database.give("wangfang", &grant, OPERATOR, None).await.expect("it is given");
    }
    let mut phone = world.log_in(1).await;
    let case = json!({"name": "陈静", "resident": id(RESIDENT), "why": "独居", "reason": "setback", "opened_on": "2026-11-01", "carer": "王芳", "interval": "month", "interval_why": "独居"});
    let mut ops = family();
    ops.push(of_dispute(
        dispute(),
        Kind::Dispute,
        0,
        &json!({"title": "界墙", "found_on": "2026-11-01", "source": "screening", "matter": "neighbours", "summary": "界墙高低"}),
    ));
    ops.push(in_class(Class::Care, case_id(), Kind::CareCase, 1, &case));
    all_applied(&phone.sync(ops).await);
    phone
}

fn dispute() -> RecordId {
    RecordId::new(1, [21; 10])
}

fn case_id() -> RecordId {
    RecordId::new(1, [22; 10])
}

fn all_applied(answer: &SyncResponse) {
    let words: Vec<_> = answer.results.iter().map(|result| (result.outcome, result.reason.clone())).collect();
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Applied), "{words:?}");
}

/// Where records are now.
async fn places(world: &World, ids: &[RecordId]) -> Vec<String> {
    let all = world.database.records(&VILLAGE[..6], ALL_KINDS).await.expect("records");
    let find = |id: &RecordId| all.iter().find(|record| record.id == *id).map(|record| record.channel.to_string());
    ids.iter().map(|id| find(id).unwrap_or_default()).collect()
}

const ALL_KINDS: &[Kind] = &[
    Kind::Household,
    Kind::Resident,
    Kind::Visit,
    Kind::Dispute,
    Kind::Party,
    Kind::CareCase,
    Kind::PlanItem,
    Kind::Hazard,
    Kind::Photo,
    Kind::CareVisit,
];

/// What a worker writes without having heard of a change: a visit, a resident of a household, a party of a dispute, a plan of a
/// care case, and a household of its own.
fn late(phone: &Phone<'_>) -> Vec<Op> {
    let resident = json!({"household": id(HOUSEHOLD), "name": "陈雨"});
    let party = json!({"dispute": dispute(), "name": "李明", "side": "applicant"});
    let household = json!({"number": "009", "head": "赵六"});
    let mut visit = phone.visit(40, "都好");
    visit.changes.get_mut("household").expect("a field").value = json!(id(HOUSEHOLD));
    vec![
        visit,
        op(41, Kind::Resident, id(301), &resident),
        of_dispute(id(302), Kind::Party, 42, &party),
        in_class(Class::Care, id(303), Kind::PlanItem, 43, &json!({"case": case_id(), "what": "送饭"})),
        op(44, Kind::Household, id(304), &household),
    ]
}

const LATE: [u64; 4] = [301, 302, 303, 304];

async fn a_merged_grid_takes_everything_along_and_late_work_finds_it(base: Base) {
    let world = World::new(base).await;
    let mut phone = worker(&world).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let merge = |from: &str, to: &str| MergeGrid { from: grid(from), to: grid(to) };
    assert_eq!(desk.status("grid-merge", &merge(GRID, GRID)).await, 422, "into itself");
    assert_eq!(desk.status("grid-merge", &merge(OTHER, GRID)).await, 422, "there is no such grid");
    assert_eq!(desk.status("grid-merge", &merge(GRID, "411502002001-01")).await, 403, "the next township's");
    let done: Transferred = desk.ask("grid-merge", &merge(GRID, OTHER)).await;
    assert_eq!((done.households, done.records), (1, 5));
    let records = [id(HOUSEHOLD), id(RESIDENT), id(VISIT), dispute(), case_id()];
    let classes = [Class::General, Class::General, Class::General, Class::Mediation, Class::Care];
    assert_eq!(places(&world, &records).await, classes.map(|class| at(OTHER, class).to_string()));
    assert_eq!(desk.status("grid-merge", &merge(GRID, OTHER)).await, 422, "it is closed");

    // The phone was away and writes to the grid that it knows.
    let answer = phone.sync(late(&phone)).await;
    all_applied(&answer);
    let own: Vec<String> = answer.grants.iter().map(|grid| grid.channel.to_string()).collect();
    assert!(own.contains(&at(OTHER, Class::General).to_string()), "{own:?}");
    assert!(own.iter().all(|channel| !channel.starts_with(GRID)), "{own:?}");
    let [a, b, c] = Class::ALL else { panic!("three classes") };
    let expected = [a, b, c, a].map(|class| at(OTHER, *class).to_string());
    assert_eq!(places(&world, &LATE.map(id)).await, expected);
    // And gets it all under the new one.
    let more = phone.sync(vec![]).await;
    let pages = answer.channels.iter().chain(&more.channels);
    let of_new = pages.filter(|page| page.channel.grid == grid(OTHER)).map(|page| page.records.len());
    assert!(of_new.sum::<usize>() >= 9, "{more:?}");
    // What is sent twice is answered so.
    let again = phone.sync(late(&phone)).await;
    assert!(again.results.iter().all(|result| result.outcome != OpOutcome::Quarantined), "{:?}", again.results);

    // A list with the code from before goes to where the people are.
    let grids: Vec<GridInfo> = desk.ask("grids", &OfPlace { place: place(VILLAGE) }).await;
    let closed = grids.iter().find(|one| one.code == grid(GRID)).expect("it is listed");
    assert_eq!(closed.closed.as_ref().and_then(|closed| closed.successor.clone()), Some(grid(OTHER)));
    let cells = [GRID, "001", "陈静", "", "", "", "", "陈静", "", "", "1956-03-08", ""];
    let cells = cells.map(|text| Cell::Text(text.to_owned())).to_vec();
    let part = RosterPart { rows: vec![RosterRow { line: Line::default(), cells }], ..RosterPart::default() };
    let plan: RosterPlan = desk.ask("roster-plan", &part).await;
    assert_eq!((plan.grids.clone(), plan.counts.same), (vec![grid(OTHER)], 2), "{plan:?}");
    // It is taken back by merging the other way.
    let back: Transferred = desk.ask("grid-merge", &merge(OTHER, GRID)).await;
    assert_eq!(back.households, 2);
    all_applied(&phone.sync(vec![phone.visit(50, "五")]).await);
    assert_eq!(places(&world, &[id(HOUSEHOLD)]).await, [at(GRID, Class::General).to_string()]);
}

async fn photos_go_along_and_what_waits_can_be_decided(base: Base) {
    let world = World::new(base).await;
    let mut phone = worker(&world).await;
    let folder = tempfile::tempdir().expect("a folder");
    let photos = PhotoStore::open(folder.path().to_str().expect("a path")).expect("a store");
    let hash = "ab".repeat(32).parse().expect("a hash");
    let old = at(GRID, Class::General);
    world.database.keep_photo(&photos, &old, hash, picture(2_000)).await.expect("it is kept");
    // Somebody without a right here sent something.
    world.database.put_account("liqiang", "李强", crate::world::PASSWORD, &[]).await.expect("an account");
    let elsewhere = Grant::new(Role::GridWorker, place("411502001003-09"), vec![Class::General]).expect("a grant");
    world.database.give("liqiang", &elsewhere, OPERATOR, None).await.expect("it is given");
    let mut stranger = world.log_in_as("liqiang", 2).await;
    let answer = stranger.sync(vec![stranger.visit(60, "六")]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Quarantined);
    let done = world.database.merge_grid(&photos, (&grid(GRID), &grid(OTHER)), OPERATOR).await.expect("it is merged");
    assert_eq!(done.households, 1);
    let new = at(OTHER, Class::General);
    assert!(world.database.has_photo(&new, hash).await.expect("an answer"));
    assert!(!world.database.has_photo(&old, hash).await.expect("an answer"));
    assert!(photos.get(&new, hash).await.is_ok());
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let waiting = desk.ask::<WaitingPage>("waiting", &FindWaiting::default()).await.items;
    assert_eq!(waiting.len(), 1);
    desk.ask::<Nothing>("accept", &Decision { op: waiting[0].op, reason: String::new() }).await;
    let taken = RecordId::new(60, [7; 10]);
    assert_eq!(places(&world, &[taken]).await, [new.to_string()]);
    phone.sync(vec![]).await;
}

async fn a_part_of_a_grid_is_given_away_with_what_belongs_to_it(base: Base) {
    let world = World::new(base).await;
    let mut phone = worker(&world).await;
    all_applied(&phone.sync(vec![op(70, Kind::Household, id(310), &json!({"number": "002", "head": "钱七"}))]).await);
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let split = |households: Vec<RecordId>| SplitGrid { from: grid(GRID), to: grid(OTHER), households };
    assert_eq!(desk.status("grid-split", &split(vec![id(HOUSEHOLD)])).await, 422, "there is no such grid yet");
    let new = PutGrid { grid: grid(OTHER), name: "东头网格".into(), alias: "41150200100300005".into(), new: true };
    desk.ask::<Nothing>("grid", &new).await;
    assert_eq!(desk.status("grid", &new).await, 422, "it is there");
    let doors: Vec<DoorToChoose> = desk.ask("doors", &OfGrid { grid: grid(GRID) }).await;
    assert_eq!(doors.iter().map(|door| door.number.as_str()).collect::<Vec<_>>(), ["001", "002"]);
    assert_eq!(desk.status("grid-split", &split(vec![id(HOUSEHOLD), id(999)])).await, 422, "one is not there");
    let done: Transferred = desk.ask("grid-split", &split(vec![id(HOUSEHOLD)])).await;
    assert_eq!((done.households, done.records), (1, 4));
    let records = [id(HOUSEHOLD), id(RESIDENT), id(VISIT), case_id(), dispute(), id(310)];
    let expected = [
        at(OTHER, Class::General),
        at(OTHER, Class::General),
        at(OTHER, Class::General),
        at(OTHER, Class::Care),
        at(GRID, Class::Mediation),
        at(GRID, Class::General),
    ];
    assert_eq!(places(&world, &records).await, expected.map(|channel| channel.to_string()));
    // The phone is told what left, and what it wrote meanwhile of those goes along.
    let answer = phone.sync(late(&phone)).await;
    let outcomes: Vec<OpOutcome> = answer.results.iter().map(|result| result.outcome).collect();
    assert_eq!(outcomes[2], OpOutcome::Applied, "{:?}", answer.results);
    assert_eq!(outcomes[4], OpOutcome::Applied, "{:?}", answer.results);
    let left: Vec<RecordId> = answer.channels.iter().flat_map(|page| &page.left).map(|left| left.record).collect();
    assert!(left.contains(&id(HOUSEHOLD)), "{left:?}");
    let waiting = desk.ask::<WaitingPage>("waiting", &FindWaiting::default()).await.items;
    for one in waiting {
        desk.ask::<Nothing>("accept", &Decision { op: one.op, reason: String::new() }).await;
    }
    let [g, m, c] = [at(OTHER, Class::General), at(GRID, Class::Mediation), at(OTHER, Class::Care)];
    let expected = [g, m, c, at(GRID, Class::General)].map(|channel| channel.to_string());
    assert_eq!(places(&world, &LATE.map(id)).await, expected);
    // The name reaches the phones of those who work there.
    let worker = Grant::new(Role::GridWorker, place(OTHER), vec![Class::General]).expect("a grant");
    world.database.give("wangfang", &worker, OPERATOR, None).await.expect("it is given");
    let answer = phone.sync(vec![]).await;
    assert!(answer.grants.iter().any(|grid| grid.name.ends_with("东头网格")), "{:?}", answer.grants);
    // The official code stands for the grid in a list.
    let cells = ["41150200100300005", "001", "陈静", "", "", "", "", "陈静", "", "", "1956-03-08", ""];
    let cells = cells.map(|text| Cell::Text(text.to_owned())).to_vec();
    let part = RosterPart { rows: vec![RosterRow { line: Line::default(), cells }], ..RosterPart::default() };
    let plan: RosterPlan = desk.ask("roster-plan", &part).await;
    assert_eq!((plan.grids.clone(), plan.counts.same), (vec![grid(OTHER)], 2), "{plan:?}");
}

async fn a_village_gets_another_code_with_all_that_belongs_to_it(base: Base) {
    let world = World::new(base).await;
    let mut phone = worker(&world).await;
    let lead = Grant::new(Role::VillageLead, place(VILLAGE), vec![Class::General]).expect("a grant");
    world.database.put_account("zhoulan", "周兰", crate::world::PASSWORD, &[]).await.expect("an account");
    world.database.give("zhoulan", &lead, OPERATOR, None).await.expect("it is given");
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let sheet = format!(
        "旧代码,新代码,新名称\n{VILLAGE},{NEXT_VILLAGE},\n{VILLAGE},411502001777,航空新村\n411502001010,411503001001,\n"
    );
    let sent = world.client.post(format!("{}/api/v1/office/villages-read", world.url));
    let answer = sent.bearer_auth(&desk.token).body(sheet).send().await.expect("an answer");
    let rows: Vec<VillageChange> = answer.json().await.expect("rows");
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].problem, "", "{rows:?}");
    assert_eq!(rows[0].grids, [(grid(GRID), grid("411502001004-02"))]);
    assert!(rows[1].problem.contains("已经有一行") && !rows[2].problem.is_empty(), "{rows:?}");
    let change = rows[0].change.clone().expect("a change");
    let other = ChangeVillage { to: "411503001001".parse().expect("a code"), ..change.clone() };
    assert_eq!(desk.status("village-change", &other).await, 422, "another county");
    let done: Transferred = desk.ask("village-change", &change).await;
    assert_eq!((done.households, done.records), (1, 5));
    let answer = phone.sync(late(&phone)).await;
    all_applied(&answer);
    let records = [id(HOUSEHOLD), dispute(), case_id(), id(304)];
    let [a, b, c] = Class::ALL else { panic!("three classes") };
    let expected = [a, b, c, a].map(|class| at("411502001004-02", *class).to_string());
    assert_eq!(places(&world, &records).await, expected);
    let rights = world.database.given(Some("zhoulan")).await.expect("grants");
    assert!(rights.iter().any(|given| given.ended.is_none() && *given.grant.place() == place(NEXT_VILLAGE)));
    let areas: Vec<NamedArea> = desk.ask("areas", &FindAreas { text: VILLAGE.into() }).await;
    assert!(areas.is_empty(), "the old code is not offered any more: {areas:?}");
    assert_eq!(desk.status("village-change", &change).await, 422, "it is done");
}

async fn areas_are_taken_by_those_who_answer_for_them(base: Base) {
    let world = World::new(base).await;
    let county = Desk::open(&world, "xian", Role::County, COUNTY, Class::ALL).await;
    let sheet = "代码,名称\n411502001888,河湾村\n411502001003,航空社区\n411503001888,别处村\n";
    let send = async |path: &str, desk: &Desk<'_>| {
        let request = world.client.post(format!("{}/api/v1/office/{path}", world.url)).bearer_auth(&desk.token);
        request.body(sheet).send().await.expect("an answer")
    };
    let read: AreasRead = send("areas-read", &county).await.json().await.expect("it is read");
    assert_eq!((read.added, read.changed, read.outside), (1, 1, 1));
    let named = async || county.ask::<Vec<NamedArea>>("areas", &FindAreas { text: "411502001888".into() }).await;
    assert!(named().await.is_empty(), "looking takes nothing");
    let taken: AreasRead = send("areas-take", &county).await.json().await.expect("it is taken");
    assert_eq!(taken.added, 1);
    assert!(named().await[0].name.contains("河湾村"));
    let lead = Desk::open(&world, "cun", Role::VillageLead, VILLAGE, Class::ALL).await;
    assert_eq!(send("areas-take", &lead).await.status(), 403);
    for (path, body) in [
        ("grids", json!({"place": VILLAGE})),
        ("grid", json!({"grid": OTHER, "new": true})),
        ("grid-close", json!({"grid": GRID})),
        ("grid-merge", json!({"from": GRID, "to": OTHER})),
        ("doors", json!({"grid": GRID})),
        ("grid-split", json!({"from": GRID, "to": OTHER, "households": [id(HOUSEHOLD)]})),
        ("village-change", json!({"from": VILLAGE, "to": NEXT_VILLAGE})),
    ] {
        let status = lead.status(path, &body).await;
        assert!([403, 422].contains(&status), "{path}: {status}");
    }
}

async fn a_grid_without_records_is_closed_with_its_rights(base: Base) {
    let world = World::new(base).await;
    let mut phone = worker(&world).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    assert_eq!(desk.status("grid-close", &OfGrid { grid: grid(GRID) }).await, 422, "it has records");
    let zero = PutGrid { grid: grid("411502001003-00"), name: String::new(), alias: String::new(), new: true };
    assert_eq!(desk.status("grid", &zero).await, 422, "00 is the village's");
    let worker = Grant::new(Role::GridWorker, place(OTHER), vec![Class::General]).expect("a grant");
    world.database.give("wangfang", &worker, OPERATOR, None).await.expect("it is given");
    desk.ask::<Nothing>("grid-close", &OfGrid { grid: grid(OTHER) }).await;
    let answer = phone.sync(vec![]).await;
    assert!(answer.grants.iter().all(|own| own.channel.grid != grid(OTHER)));
    assert_eq!(desk.status("grid-close", &OfGrid { grid: grid(OTHER) }).await, 422, "it is closed");
}

async fn all_that_somebody_does_goes_to_another_in_one_step(base: Base) {
    let world = World::new(base).await;
    let mut phone = worker(&world).await;
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, Class::ALL).await;
    let new =
        PutAccount { account: "liqiang".into(), name: "李强".into(), team: String::new(), home: place(VILLAGE) };
    desk.ask::<Nothing>("account", &new).await;
    let give =
        Give { account: "wangfang".into(), right: right(Role::VillageLead, VILLAGE, &[Class::General]), until: None };
    desk.ask::<OfGrant>("give", &give).await;
    let over = |from: &str, to: &str| HandAllOver { from: from.into(), to: to.into() };
    assert_eq!(desk.status("hand-over-all", &over("liqiang", "wangfang")).await, 422, "there is nothing");
    assert_eq!(desk.status("hand-over-all", &over("wangfang", "wangfang")).await, 422, "to themselves");
    let done: AllHandedOver = desk.ask("hand-over-all", &over("wangfang", "liqiang")).await;
    assert_eq!((done.receipts.len(), done.others), (1, 1));
    let answer = phone.sync(vec![phone.visit(3, "三")]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Quarantined);
    let code: Code = desk.ask("code", &of("liqiang")).await;
    enrol(&world, "liqiang", &code.code, NEW_PASSWORD, 7).await;
    assert_eq!(log_in(&world, "liqiang", NEW_PASSWORD, 7).await, 200);
    let left: Vec<Grant> = world
        .database
        .rights(&world.database.account("wangfang").await.expect("it").expect("there").id)
        .await
        .expect("rights");
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(answer.grants.len(), 0);
}

on_both_databases! {
    a_merged_grid_takes_everything_along_and_late_work_finds_it,
    photos_go_along_and_what_waits_can_be_decided,
    a_part_of_a_grid_is_given_away_with_what_belongs_to_it,
    a_village_gets_another_code_with_all_that_belongs_to_it,
    areas_are_taken_by_those_who_answer_for_them,
    a_grid_without_records_is_closed_with_its_rights,
    all_that_somebody_does_goes_to_another_in_one_step,
}
