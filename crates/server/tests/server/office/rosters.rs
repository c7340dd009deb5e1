//! Rosters on the offices' pages: read, planned, decided on, taken, undone, taken out again.

use super::{COUNTY, TOWNSHIP, VILLAGE};
use crate::world::{
    Base, GRID, World, address, channel, connect,
    desk::{Desk, place},
    sql,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use calamine::{Reader, Xlsx};
use ruhu_domain::{
    Class, DeviceId, Kind, OpId, Record, RecordId, Stamp,
    codes::Living,
    office::*,
    record::{Change, Name, Op, WITHDRAWN},
    rights::{Grant, Role},
    roster::{household::Household, resident::Resident},
};
use ruhu_server::{
    database::{Author, Incoming},
    random,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, io::Cursor};

const HEADER: &str = "网格编码,户号,户主,门牌地址,联系电话,走访顺序,标签,姓名,与户主关系,性别,出生日期,居住状态";

/// A roster with a header, of rows after the grid's code.
fn sheet(rows: &[&str]) -> Vec<u8> {
    let rows = rows.iter().map(|row| format!("{GRID},{row}\n"));
    format!("{HEADER}\n{}", rows.collect::<String>()).into_bytes()
}

async fn read(desk: &Desk<'_>, bytes: Vec<u8>) -> RosterFile {
    let request = desk.world.client.post(format!("{}/api/v1/office/roster-read", desk.world.url));
    let answer = request.bearer_auth(&desk.token).body(bytes).send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).expect("a file")
}

async fn part(desk: &Desk<'_>, rows: &[&str], answers: &[(&str, &str)]) -> RosterPart {
    let RosterFile { groups, .. } = read(desk, sheet(rows)).await;
    let answers = answers.iter().map(|(key, answer)| ((*key).to_owned(), (*answer).to_owned())).collect();
    let rows = groups.into_iter().flat_map(|group| group.rows).collect();
    RosterPart { file: "三里店.csv".to_owned(), import: None, rows, answers }
}

async fn take(desk: &Desk<'_>, rows: &[&str], answers: &[(&str, &str)]) -> RosterPlan {
    desk.ask("roster-take", &part(desk, rows, answers).await).await
}

/// Saves something as a worker's phone does.
async fn save(world: &World, op: Op) {
    let grants = [Grant::grid_worker(channel().grid)];
    let author = Author { account: "wangfang", name: "王芳", device: DeviceId(7), grants: &grants };
    let taken = world.database.take(author, vec![Incoming::Op(Box::new(op))]).await.expect("an answer");
    assert_eq!(taken.results[0].reason, None);
}

/// Changes some fields of a record, later than everything.
fn edit(record: &Record, n: u64, fields: Value) -> Op {
    let stamp = Stamp { ms: random::now_ms() + n, counter: 0, device: DeviceId(7) };
    let Value::Object(fields) = fields else { unreachable!("an object") };
    let changes = fields.into_iter().map(|(name, value)| {
        let replaced = record.fields.get(name.as_str()).map(|field| field.stamp);
        (name.into(), Change { value, replaced, settles: Vec::new() })
    });
    Op {
        id: OpId::new(stamp.ms, random::bytes()),
        record: record.id,
        kind: record.kind.clone(),
        channel: channel(),
        stamp,
        by: Name::default(),
        changes: changes.collect(),
    }
}

async fn records(world: &World) -> Vec<Record> {
    world.database.records(GRID, &[Kind::Household, Kind::Resident]).await.expect("records").records
}

/// The records that are not withdrawn: households by number, residents by name.
async fn shown(world: &World) -> (BTreeMap<String, (RecordId, Household)>, Vec<(RecordId, Resident)>) {
    let kept: Vec<Record> = records(world).await.into_iter().filter(|record| !record.withdrawn()).collect();
    let households = kept.iter().filter(|record| record.kind == Kind::Household).filter_map(|record| {
        let household: Household = record.view()?;
        Some((household.number.clone(), (record.id, household)))
    });
    let residents = kept.iter().filter(|record| record.kind == Kind::Resident);
    (households.collect(), residents.filter_map(|record| Some((record.id, record.view()?))).collect())
}

async fn named(world: &World, name: &str) -> Record {
    let all = records(world).await;
    let of = |record: &&Record| record.fields.get("name").is_some_and(|field| field.value == name);
    all.iter().find(of).unwrap_or_else(|| panic!("no {name}")).clone()
}

const FAMILY: [&str; 2] =
    ["001,李明,东湾1号,13800001234,1,空巢,李明,户主,男,1951-3-5,在家", "001,李明,,,,,王芳,配偶,女,1953-1-2,在家"];

async fn township(world: &World) -> Desk<'_> {
    Desk::open(world, "town", Role::Township, TOWNSHIP, &[Class::General]).await
}

async fn a_plan_says_what_a_roster_would_change_and_writes_nothing(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    let rows = [FAMILY[0], FAMILY[1], "002,,,见村委,,,赵一,,,1968年,"];
    let file = read(&desk, sheet(&rows)).await;
    assert_eq!((file.groups.len(), file.groups[0].grid.as_str(), file.groups[0].rows.len()), (1, GRID, 3));
    let plan: RosterPlan = desk.ask("roster-plan", &part(&desk, &rows, &[]).await).await;
    assert_eq!((plan.counts.households_added, plan.counts.residents_added), (2, 3));
    assert_eq!((plan.refused.len(), plan.doubts.len(), plan.questions.len()), (0, 2, 0), "{plan:?}");
    assert!(records(&world).await.is_empty(), "nothing is written");
    let imports: Vec<PastImport> = desk.ask("imports", &()).await;
    assert!(imports.is_empty());
    let taken = take(&desk, &rows, &[]).await;
    assert_eq!(taken.counts, plan.counts);
    assert_eq!(records(&world).await.len(), 5);
}

async fn what_a_worker_wrote_is_changed_by_a_list_only_when_somebody_says_so(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    take(&desk, &FAMILY, &[]).await;
    // What an import wrote, the next one changes.
    let moved = take(&desk, &[&FAMILY[0].replace("东湾1号", "东湾2号"), FAMILY[1]], &[]).await;
    assert_eq!((moved.counts.households_changed, moved.questions.len()), (1, 0), "{moved:?}");
    let (households, _) = shown(&world).await;
    let id = households["001"].0;
    let household = records(&world).await.into_iter().find(|record| record.id == id).expect("the household");
    save(&world, edit(&household, 1, json!({"phone": "13900009999"}))).await;
    save(&world, edit(&named(&world, "王芳").await, 2, json!({"living": Living::Away.code()}))).await;

    let old = take(&desk, &FAMILY, &[]).await;
    assert_eq!(old.questions.len(), 2, "{:?}", old.questions);
    assert!(old.questions[0].words.contains("13900009999") && old.questions[0].words.contains("13800001234"));
    assert!(old.questions[1].words.contains("外出") && old.questions[1].words.contains("在家"));
    let (households, residents) = shown(&world).await;
    assert_eq!(households["001"].1.phone, "13900009999", "an older list does not undo a worker's work");
    assert_eq!(households["001"].1.address, "东湾1号", "nobody but imports wrote the address");
    assert!(residents.iter().any(|(_, one)| one.name == "王芳" && one.living == Some(Living::Away)));

    let phone = old.questions[0].key.clone();
    let decided = take(&desk, &FAMILY, &[(&phone, "take")]).await;
    assert_eq!(decided.counts.households_changed, 1);
    let (households, residents) = shown(&world).await;
    assert_eq!(households["001"].1.phone, "13800001234");
    assert!(residents.iter().any(|(_, one)| one.living == Some(Living::Away)), "the other was not decided");
}

async fn who_moved_or_has_another_name_is_not_made_twice(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    let other = "002,赵强,东湾3号,,2,,赵强,户主,男,1960-1-1,在家";
    let son = "001,李明,,,,,李晓明,子,男,1980-6-1,在家";
    take(&desk, &[FAMILY[0], FAMILY[1], son, other], &[]).await;
    let before = records(&world).await.len();
    // The son's name is written with another character; the wife is listed in the other household.
    let renamed = "001,李明,,,,,李小明,子,男,1980-6-1,在家";
    let moved = "002,赵强,,,,,王芳,配偶,女,1953-1-2,在家";
    let rows = [FAMILY[0], renamed, other, moved];
    let taken = take(&desk, &rows, &[]).await;
    assert_eq!(taken.questions.len(), 2, "{:?}", taken.questions);
    assert_eq!((taken.counts.residents_added, records(&world).await.len()), (0, before));
    let (households, residents) = shown(&world).await;
    let of = |name: &str| residents.iter().find(|(_, one)| one.name == name).map(|(_, one)| one.household);
    assert_eq!(of("王芳"), Some(households["002"].0));
    assert!(of("李晓明").is_some() && of("李小明").is_none(), "a name is kept until somebody decides");
    let question = taken.questions.iter().find(|one| one.words.contains("李小明")).expect("it is asked");
    take(&desk, &rows, &[(&question.key, "rename")]).await;
    let (_, residents) = shown(&world).await;
    assert_eq!(residents.len(), 4);
    assert!(residents.iter().any(|(_, one)| one.name == "李小明"));

    // A worker's move is not turned back by a list from before.
    let home = shown(&world).await.0["001"].0;
    save(&world, edit(&named(&world, "王芳").await, 3, json!({"household": home}))).await;
    let again = take(&desk, &rows, &[]).await;
    let question = again.questions.iter().find(|one| one.words.contains("王芳")).expect("it is asked");
    assert_eq!(question.choices[0].code, "skip");
    let (_, residents) = shown(&world).await;
    assert!(residents.iter().any(|(_, one)| one.name == "王芳" && one.household == home));
}

async fn what_is_withdrawn_comes_back_only_when_somebody_says_so(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    take(&desk, &FAMILY, &[]).await;
    save(&world, edit(&named(&world, "王芳").await, 4, json!({WITHDRAWN: "去世"}))).await;
    let taken = take(&desk, &FAMILY, &[]).await;
    assert_eq!((taken.counts.residents_added, taken.questions.len()), (0, 1), "{taken:?}");
    let key = taken.questions[0].key.clone();
    assert_eq!(take(&desk, &FAMILY, &[(&key, "new")]).await.counts.residents_added, 1);

    let (households, _) = shown(&world).await;
    let id = households["001"].0;
    let household = records(&world).await.into_iter().find(|record| record.id == id).expect("the household");
    save(&world, edit(&household, 5, json!({WITHDRAWN: "拆迁"}))).await;
    let taken = take(&desk, &FAMILY, &[]).await;
    assert_eq!((taken.counts, taken.questions.len()), (RosterCounts::default(), 1), "{taken:?}");
    assert!(taken.questions[0].words.contains("作废"));
    // Another family has the number since.
    let taken = take(&desk, &["001,周一,东湾9号,,,,周一,户主,男,1990-1-1,在家"], &[]).await;
    assert_eq!((taken.counts.households_added, taken.questions.len()), (1, 0), "{taken:?}");
}

async fn a_number_that_another_family_has_is_asked_about(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    take(&desk, &FAMILY, &[]).await;
    let others = ["001,周一,,,,,周一,户主,男,1990-1-1,在家"];
    let taken = take(&desk, &others, &[]).await;
    assert_eq!((taken.counts, taken.questions.len()), (RosterCounts::default(), 1), "{taken:?}");
    let key = taken.questions[0].key.clone();
    let taken = take(&desk, &others, &[(&key, "same")]).await;
    assert_eq!(taken.counts.residents_added, 1);
    assert_eq!(taken.missing.len(), 1, "the family is still there: {:?}", taken.missing);
}

async fn who_is_not_on_the_list_is_named_and_stays(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    take(&desk, &[FAMILY[0], FAMILY[1], "002,赵强,,,,,赵强,户主,,,"], &[]).await;
    let taken = take(&desk, &[FAMILY[0]], &[]).await;
    let words: Vec<String> = taken.missing.iter().map(ToString::to_string).collect();
    assert_eq!(words, [format!("网格 {GRID} 户号 001的王芳"), format!("网格 {GRID} 户号 002（赵强）整户")]);
    assert_eq!(records(&world).await.len(), 5, "nothing is removed");
}

async fn an_import_is_undone_but_for_what_was_written_since(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    take(&desk, &FAMILY, &[]).await;
    let more = [
        "001,李明,东湾8号,,,,李明,户主,,,外出",
        "003,钱一,东湾5号,,,,钱一,户主,男,1970-1-1,在家",
        "004,孙二,东湾6号,,,,孙二,户主,男,1971-1-1,在家",
    ];
    let taken = take(&desk, &more, &[]).await;
    let (households, _) = shown(&world).await;
    // A worker was at one of the new doors.
    let mut visit = crate::world::visit(DeviceId(7), 9, "都好");
    visit.changes.get_mut("household").expect("a field").value = json!(households["004"].0);
    save(&world, visit).await;

    let imports: Vec<PastImport> = desk.ask("imports", &()).await;
    assert_eq!(imports.len(), 2);
    assert_eq!(
        (imports[0].file.as_str(), imports[0].undoable, imports[0].done.by.as_str()),
        ("三里店.csv", true, "town")
    );
    assert_eq!(imports[0].counts, taken.counts);
    assert_eq!(Some(imports[0].id), taken.import);
    let wanted = UndoImport { id: imports[0].id, grid: channel().grid };
    let far = Desk::open(&world, "far", Role::Township, "411502002000", &[Class::General]).await;
    assert_eq!(far.status("roster-undo", &wanted).await, 403);
    let undone: Undone = desk.ask("roster-undo", &wanted).await;
    assert!(undone.kept.iter().any(|words| words.contains("004")), "{undone:?}");
    let (households, residents) = shown(&world).await;
    assert_eq!(households.keys().collect::<Vec<_>>(), ["001", "004"]);
    assert_eq!(households["001"].1.address, "东湾1号");
    let man = residents.iter().find(|(_, one)| one.name == "李明").expect("the head");
    assert_eq!(man.1.living, Some(Living::Home));
    assert!(!residents.iter().any(|(_, one)| one.name == "钱一"));
    assert_eq!(desk.status("roster-undo", &wanted).await, 422, "once");
    let imports: Vec<PastImport> = desk.ask("imports", &()).await;
    assert!(!imports[0].undoable && imports[0].grids[0].1 && imports[1].undoable);

    // What was undone can be taken in again, mended.
    let again = take(&desk, &more, &[]).await;
    assert_eq!(again.questions.len(), 0, "{:?}", again.questions);
    assert!(shown(&world).await.0.contains_key("003"));
    // After a day it stays.
    sql(&address(&world.location), "UPDATE roster_import SET begun_at = begun_at - 90000000").await;
    let wanted = UndoImport { id: again.import.expect("an import"), grid: channel().grid };
    assert_eq!(desk.status("roster-undo", &wanted).await, 422);
}

async fn an_undo_touches_nothing_that_a_worker_wrote(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    let undo = async |taken: RosterPlan| {
        let wanted = UndoImport { id: taken.import.expect("an import"), grid: channel().grid };
        desk.ask::<Undone>("roster-undo", &wanted).await
    };
    // Made by the import and changed since: it stays as it is, whole, with whoever lives there.
    let taken = take(&desk, &FAMILY, &[]).await;
    let home = shown(&world).await.0["001"].0;
    let household = records(&world).await.into_iter().find(|record| record.id == home).expect("the household");
    save(&world, edit(&household, 1, json!({"number": "101", "head": "李明明"}))).await;
    let undone = undo(taken).await;
    assert_eq!((undone.undone, undone.kept.len()), (0, 3), "{undone:?}");
    let (households, residents) = shown(&world).await;
    assert_eq!((households["101"].1.phone.as_str(), residents.len()), ("13800001234", 2));
    let waiting = desk.ask::<WaitingPage>("waiting", &FindWaiting::default()).await;
    assert!(waiting.items.is_empty(), "nothing waits for a decision");

    // What is put back is a worker's again: the next list asks before it changes it.
    let household = records(&world).await.into_iter().find(|record| record.id == home).expect("the household");
    save(&world, edit(&household, 2, json!({"phone": "13900000000"}))).await;
    let list = ["101,李明明,东湾1号,13800005555,,,李明,户主,男,1951-3-5,在家"];
    let key = take(&desk, &list, &[]).await.questions[0].key.clone();
    let taken = take(&desk, &list, &[(&key, "take")]).await;
    assert_eq!(shown(&world).await.0["101"].1.phone, "13800005555");
    undo(taken).await;
    assert_eq!(shown(&world).await.0["101"].1.phone, "13900000000");
    assert_eq!(take(&desk, &list, &[]).await.questions.len(), 1);
    assert_eq!(shown(&world).await.0["101"].1.phone, "13900000000");
}

async fn somebody_who_is_listed_twice_is_made_once(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    let moved = "002,赵强,,,,,王芳,配偶,女,1953-1-2,";
    let rows = [FAMILY[0], FAMILY[1], "002,赵强,,,,,赵强,户主,,,", moved, FAMILY[0], FAMILY[1]];
    let taken = take(&desk, &rows, &[]).await;
    assert_eq!((taken.counts.residents_added, taken.questions.len(), taken.doubts.len()), (3, 1, 2), "{taken:?}");
    assert!(taken.questions[0].words.contains("第 3 行"), "{:?}", taken.questions);
    let again = take(&desk, &rows, &[]).await;
    assert_eq!((again.counts.residents_added, again.counts.residents_changed), (0, 0));
    let key = taken.questions[0].key.clone();
    assert_eq!(take(&desk, &rows, &[(&key, "new")]).await.counts.residents_added, 1, "two of one name and birth date");
    assert_eq!(take(&desk, &rows, &[]).await.questions, [], "both are on record, and nobody is asked again");
}

async fn what_a_worker_cleared_or_withdrew_stays_so(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    take(&desk, &FAMILY, &[]).await;
    let (id, _) = shown(&world).await.0["001"].clone();
    let household = records(&world).await.into_iter().find(|record| record.id == id).expect("the household");
    save(&world, edit(&household, 1, json!({"phone": Value::Null, "tags": Value::Null}))).await;
    // Her birth date was corrected before she died.
    save(&world, edit(&named(&world, "王芳").await, 2, json!({"birth": "1953-02-15"}))).await;
    save(&world, edit(&named(&world, "王芳").await, 3, json!({WITHDRAWN: "去世"}))).await;
    let taken = take(&desk, &FAMILY, &[]).await;
    assert_eq!((taken.counts.residents_added, taken.questions.len()), (0, 3), "{taken:?}");
    let household = shown(&world).await.0["001"].1.clone();
    assert!(household.phone.is_empty() && household.tags.is_empty());

    // The house was pulled down; those who lived there are still on record, and on the list without a head.
    save(&world, edit(&household_of(&world, id).await, 4, json!({WITHDRAWN: "拆迁"}))).await;
    let taken = take(&desk, &["001,,,,,,李明,户主,,,"], &[]).await;
    assert_eq!((taken.counts.households_added, taken.questions.len()), (0, 1), "{taken:?}");
    let key = taken.questions[0].key.clone();
    let taken = take(&desk, &["001,,,,,,李明,户主,,,"], &[(&key, "new")]).await;
    assert_eq!(
        (taken.counts.households_added, taken.counts.residents_added),
        (1, 0),
        "he moves to the new one: {taken:?}"
    );
}

async fn household_of(world: &World, id: RecordId) -> Record {
    records(world).await.into_iter().find(|record| record.id == id).expect("a household")
}

async fn each_member_keeps_the_phone_of_their_own_row(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    let rows = ["001,李明,东湾1号,13800000001,,,李明,户主,,,", "001,李明,东湾9号,13800000002,,,王芳,配偶,,,"];
    let taken = take(&desk, &rows, &[]).await;
    assert!(taken.doubts.iter().any(|doubt| doubt.words.contains("东湾9号")), "{taken:?}");
    let turned = take(&desk, &[rows[1], rows[0]], &[]).await;
    assert_eq!((turned.counts.households_changed, turned.counts.residents_changed), (0, 0), "{turned:?}");
    let (households, residents) = shown(&world).await;
    assert_eq!(households["001"].1.phone, "13800000001");
    let phone = |name: &str| residents.iter().find(|(_, one)| one.name == name).map(|(_, one)| one.phone.as_str());
    assert_eq!((phone("李明"), phone("王芳")), (Some(""), Some("13800000002")));
}

async fn whoever_may_not_be_used_is_neither_changed_nor_given_out(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    take(&desk, &FAMILY, &[]).await;
    let person = named(&world, "王芳").await;
    let id = person.id;
    let body = r#"UPDATE record SET body = REPLACE(body, '"name":"王芳"', '"name":"王芳","restricted":"争议"')"#;
    sql(&address(&world.location), body).await;
    let taken = take(&desk, &[FAMILY[0], &FAMILY[1].replace("在家", "外出")], &[]).await;
    assert_eq!(taken.counts.residents_changed, 0, "{taken:?}");
    assert!(taken.doubts.iter().any(|doubt| doubt.words.contains("限制处理")));
    assert!(records(&world).await.iter().any(|record| record.id == id));
    let wanted = WantedRoster { place: place(VILLAGE), purpose: "核对".to_owned() };
    let out: SheetFile = desk.ask("roster-export", &wanted).await;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(BASE64_STANDARD.decode(out.xlsx).expect("base64"))).expect("an xlsx");
    let range = book.worksheet_range("花名册").expect("the sheet");
    let row = range.rows().find(|row| row[7] == "王芳").expect("her row");
    assert!(row[8..].iter().all(|cell| cell.to_string().is_empty()), "{row:?}");
}

async fn an_import_that_was_undone_is_taken_again_as_another(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    let first = take(&desk, &FAMILY, &[]).await;
    let id = first.import.expect("an import");
    let nothing: RosterPlan = desk.ask("roster-take", &part(&desk, &FAMILY, &[]).await).await;
    assert_eq!(nothing.import, None, "nothing was begun");
    desk.ask::<Undone>("roster-undo", &UndoImport { id, grid: channel().grid }).await;
    let again = RosterPart { import: Some(id), ..part(&desk, &FAMILY, &[]).await };
    let again: RosterPlan = desk.ask("roster-take", &again).await;
    assert_eq!(again.counts.residents_added, 2);
    assert!(again.import.is_some_and(|other| other != id));
    let imports: Vec<PastImport> = desk.ask("imports", &()).await;
    assert_eq!(imports.iter().map(|import| import.undoable).filter(|undoable| *undoable).count(), 1);
}

async fn rosters_are_taken_in_and_out_by_whoever_has_them_to_do_and_nowhere_else(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    let rows = part(&desk, &FAMILY, &[]).await;
    let offices = [
        ("lead", Role::VillageLead, VILLAGE, &[Class::General][..], true),
        ("county", Role::County, COUNTY, &[Class::General], true),
        ("next", Role::Township, "411502002000", &[Class::General], false),
        ("care", Role::VillageLead, VILLAGE, &[Class::Care], false),
    ];
    for (account, role, at, classes, may) in offices {
        let other = Desk::open(&world, account, role, at, classes).await;
        let plan: RosterPlan = other.ask("roster-plan", &rows).await;
        assert_eq!(plan.counts.residents_added, if may { 2 } else { 0 }, "{account}");
        assert_eq!(plan.refused.len(), if may { 0 } else { 2 }, "{account}");
        let wanted = WantedRoster { place: place(VILLAGE), purpose: "核对".to_owned() };
        assert_eq!(other.status("roster-export", &wanted).await, if may { 200 } else { 403 }, "{account}");
    }
    let administrator = Desk::open(&world, "admin", Role::Administrator, COUNTY, &[]).await;
    assert_eq!(administrator.status("roster-plan", &rows).await, 403, "who sees no records");
    // An import that somebody else began is not gone on with.
    let taken: RosterPlan = desk.ask("roster-take", &rows).await;
    let lead = Desk::open(&world, "lead2", Role::VillageLead, VILLAGE, &[Class::General]).await;
    let rows = RosterPart { import: taken.import, ..rows };
    assert_eq!(lead.status("roster-take", &rows).await, 403);
    assert_eq!(desk.status("roster-take", &rows).await, 200);
}

async fn a_roster_that_is_taken_out_can_be_taken_in_and_changes_nothing(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    take(&desk, &[FAMILY[0], FAMILY[1], "A-2,阿不都·热合曼,,0376-6360000,,,阿不都·热合曼,户主,男,,"], &[]).await;
    let purpose = |purpose: &str, at: &str| WantedRoster { place: place(at), purpose: purpose.to_owned() };
    assert_eq!(desk.status("roster-export", &purpose(" ", TOWNSHIP)).await, 422, "a purpose is wanted");
    let county = Desk::open(&world, "county", Role::County, COUNTY, &[Class::General]).await;
    assert_eq!(county.status("roster-export", &purpose("年度核对", COUNTY)).await, 422, "not a whole county");
    let out: SheetFile = desk.ask("roster-export", &purpose("年度核对", TOWNSHIP)).await;
    assert_eq!(out.rows, 3);
    let bytes = BASE64_STANDARD.decode(out.xlsx).expect("base64");
    let file = read(&desk, bytes).await;
    let rows: Vec<RosterRow> = file.groups.into_iter().flat_map(|group| group.rows).collect();
    let part = RosterPart { rows, ..RosterPart::default() };
    let plan: RosterPlan = desk.ask("roster-plan", &part).await;
    assert_eq!((plan.counts.same, plan.doubts.len(), plan.refused.len()), (5, 0, 0), "{plan:?}");
    assert_eq!(plan.counts, RosterCounts { same: 5, ..RosterCounts::default() });
    let row =
        sqlx::query_scalar::<_, String>("SELECT subject FROM audit WHERE act = 'export' ORDER BY seq DESC LIMIT 1")
            .fetch_one(&mut connect(&address(&world.location)).await)
            .await
            .expect("the audit");
    assert!(row.contains("年度核对"), "{row}");
}

async fn a_report_has_the_reasons_beside_the_rows_and_can_be_taken_in_mended(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    let part = part(&desk, &["001,李明,,,,,,户主,,,", "002,,,见村委,,,赵一,,,,"], &[]).await;
    let plan: RosterPlan = desk.ask("roster-plan", &part).await;
    assert_eq!((plan.refused.len(), plan.doubts.len()), (1, 1));
    let rows = part.rows.iter().zip(plan.refused.iter().chain(&plan.doubts));
    let rows = rows.map(|(row, remark)| (row.clone(), remark.words.clone())).collect();
    let report = RosterReport { rows, others: vec!["表“旧”是隐藏的".to_owned()] };
    let made: SheetFile = desk.ask("roster-report", &report).await;
    let bytes = BASE64_STANDARD.decode(made.xlsx).expect("base64");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).expect("an xlsx");
    let range = book.worksheet_range("请核对").expect("the sheet");
    let rows: Vec<Vec<String>> = range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    assert_eq!((rows[0][0].as_str(), rows[0][2].as_str()), ("说明", "网格编码"));
    assert!(rows[1][0].contains("没有姓名") && rows[2][0].contains("见村委"), "{rows:?}");
    let file = read(&desk, bytes).await;
    assert_eq!(file.groups.iter().map(|group| group.rows.len()).sum::<usize>(), 2);
}

async fn a_file_that_is_no_roster_is_refused_in_words(base: Base) {
    let world = World::new(base).await;
    let desk = township(&world).await;
    for bytes in [&b"PK\x03\x04nonsense"[..], b"a,b\n1,2\n", b"", b"\xFF\xFE\x00"] {
        let request = world.client.post(format!("{}/api/v1/office/roster-read", world.url));
        let answer = request.bearer_auth(&desk.token).body(bytes).send().await.expect("an answer");
        assert_eq!(answer.status(), 422);
        let words = answer.text().await.expect("a body");
        assert!(words.chars().any(|letter| letter as u32 > 0x4E00), "{words}");
    }
}

on_both_databases! {
    a_plan_says_what_a_roster_would_change_and_writes_nothing,
    what_a_worker_wrote_is_changed_by_a_list_only_when_somebody_says_so,
    who_moved_or_has_another_name_is_not_made_twice,
    what_is_withdrawn_comes_back_only_when_somebody_says_so,
    a_number_that_another_family_has_is_asked_about,
    who_is_not_on_the_list_is_named_and_stays,
    an_import_is_undone_but_for_what_was_written_since,
    an_undo_touches_nothing_that_a_worker_wrote,
    somebody_who_is_listed_twice_is_made_once,
    what_a_worker_cleared_or_withdrew_stays_so,
    each_member_keeps_the_phone_of_their_own_row,
    whoever_may_not_be_used_is_neither_changed_nor_given_out,
    an_import_that_was_undone_is_taken_again_as_another,
    rosters_are_taken_in_and_out_by_whoever_has_them_to_do_and_nowhere_else,
    a_roster_that_is_taken_out_can_be_taken_in_and_changes_nothing,
    a_report_has_the_reasons_beside_the_rows_and_can_be_taken_in_mended,
    a_file_that_is_no_roster_is_refused_in_words,
}
