//! The audit: what is put on record, and that a change of it shows.

use crate::world::{Base, World, address, channel};
use ruhu_domain::{
    RecordId,
    wire::{HistoryEntry, HistoryRequest},
};
use ruhu_server::database::{Act, Broken, Database, Entry, Head, OPERATOR, WantedActs};
use sqlx::Row;

/// The county of the world's grid.
const COUNTY: &str = "411502";

/// What is said where the chain of the county is gone that was noted.
const CUT_COUNTY: &str = "411502 的审计记录与第 1 条处记下的链头不符";

/// Everything on record: who, on which device, what, to what.
async fn on_record(world: &World) -> Vec<[String; 4]> {
    let rows = sqlx::query("SELECT account, device, act, subject FROM audit ORDER BY at, county, seq");
    let rows = rows.fetch_all(&mut world.connect().await).await.expect("the audit");
    rows.iter().map(|row| [0, 1, 2, 3].map(|column| row.get::<String, _>(column))).collect()
}

async fn who_read_and_who_decided_is_on_record_and_never_the_content(base: Base) {
    let world = World::new(base).await;
    let (mut one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    one.sync(vec![one.visit(1, "家里的事")]).await;
    let before = on_record(&world).await.len();
    two.sync(vec![]).await;
    two.sync(vec![]).await;
    let record = RecordId::new(1, [7; 10]);
    let url = format!("{}/api/v1/history", world.url);
    let look = world.client.post(url).bearer_auth(&two.token).json(&HistoryRequest { record, channel: channel() });
    let history: Vec<HistoryEntry> = look.send().await.expect("an answer").json().await.expect("a history");
    assert_eq!(history.len(), 1);
    let all = on_record(&world).await;
    let account = world.database.account("wangfang").await.expect("an answer").expect("it is there").id;
    let by_two = |act: &str, subject: String| [account.clone(), two.device.to_string(), act.to_owned(), subject];
    let expected = [by_two("carry", channel().to_string()), by_two("look", record.to_string())];
    assert_eq!(all[before..], expected, "a pull that brought nothing is no reading");
    let text = serde_json::to_string(&all).expect("a text");
    for secret in ["家里的事", "王芳", crate::world::PASSWORD, two.token.as_str()] {
        assert!(!text.contains(secret), "{secret} is on record");
    }
    let seen = world.database.who_saw(record, &channel()).await.expect("a list");
    let seen: Vec<_> = seen.iter().map(|sight| (sight.name.as_str(), sight.act)).collect();
    assert!(seen.contains(&("王芳", Act::Look)) && seen.contains(&("王芳", Act::Carry)));

    // Rights and decisions too.
    let given = world.database.given(None).await.expect("a list");
    world.database.end(&given[0].id, "李主任").await.expect("it ends");
    one.sync(vec![one.visit(2, "再写")]).await;
    let waiting = world.database.quarantined().await.expect("a list");
    world.database.refuse(waiting[0].op.id, "不归这里", OPERATOR).await.expect("it is refused");
    let of_chain = async |county: &str| -> Vec<String> {
        let acts = sqlx::query_scalar("SELECT act FROM audit WHERE county = $1 ORDER BY seq").bind(county);
        acts.fetch_all(&mut world.connect().await).await.expect("the audit")
    };
    assert_eq!(of_chain("").await, ["account", "log-in", "log-in"]);
    assert_eq!(of_chain(COUNTY).await, ["give", "carry", "look", "end", "refuse"]);
}

/// A chain of some entries, its head, and the address of the database.
async fn chain(base: Base) -> (World, Head) {
    let world = World::new(base).await;
    for device in 1..=4 {
        world.log_in(device).await;
    }
    let head = world.database.seal_audit(OPERATOR).await.expect("a head");
    assert_eq!(head, world.database.verify_audit(None).await.expect("nobody touched it"));
    assert_eq!(head.to_string().parse::<Head>().expect("its text"), head);
    (world, head)
}

/// Changes the audit as somebody could who has the database in their hands.
async fn tamper(base: Base, world: &World, statements: &str) {
    let off = match base {
        Base::Sqlite => "DROP TRIGGER audit_stays; DROP TRIGGER audit_is_kept; DROP TRIGGER audit_grows;",
        Base::Postgres => "DROP TRIGGER audit_stays ON audit;",
    };
    crate::world::sql(&address(&world.location), &format!("{off} {statements}")).await;
}

async fn a_save_that_was_changed_in_the_history_shows(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(vec![phone.visit(1, "家里的事"), phone.visit(2, "别的事")]).await;
    let checked = world.database.verify_ops().await.expect("nobody touched it");
    assert_eq!((checked.sound, checked.redacted), (2, 0));
    let words = "UPDATE op SET body = REPLACE(body, '家里的事', '没有的事')";
    crate::world::sql(&address(&world.location), words).await;
    let error = world.database.verify_ops().await.expect_err("one is not what was sent");
    assert!(error.to_string().contains("被改动过"), "{error}");
}

async fn an_edit_a_deletion_and_a_cut_of_the_audit_show(base: Base) {
    for (statements, expected) in [
        ("UPDATE audit SET account = 'somebody else' WHERE county = '' AND seq = 3", "第 3 条被改动过"),
        ("DELETE FROM audit WHERE county = '' AND seq = 3", "第 3 条不见了"),
        ("DELETE FROM audit WHERE county = '' AND seq > 4", "应有 6 条，现有 4 条"),
        (
            "INSERT INTO audit (county, seq, at, account, device, act, subject, hash) \
             SELECT county, -1, at, account, device, act, subject, hash FROM audit WHERE county = '' AND seq = 3",
            "来历不明",
        ),
        ("UPDATE audit SET act = 'look' WHERE county = '411502'", "411502 的审计记录第 1 条被改动过"),
        // Who cuts the chain of a county at its end, or takes it away, is found out by what was noted of it.
        ("DELETE FROM audit WHERE county = '411502'; DELETE FROM audit_chain WHERE county = '411502'", CUT_COUNTY),
        (
            "INSERT INTO audit (county, seq, at, account, device, act, subject, hash) \
             SELECT '411503', seq, at, account, device, act, subject, hash FROM audit WHERE county = '411502'",
            "411503 的审计记录被加进了来历不明的内容",
        ),
    ] {
        let (world, _) = chain(base).await;
        tamper(base, &world, statements).await;
        let error = world.database.verify_audit(None).await.expect_err(statements);
        assert!(error.to_string().contains(expected), "{statements}: {error}");
    }
    // Who also moves the end is found out by the head that was written down elsewhere.
    let (world, head) = chain(base).await;
    let cut = "DELETE FROM audit WHERE county = '' AND seq > 4; \
               UPDATE audit_chain SET seq = 4, hash = (SELECT hash FROM audit WHERE county = '' AND seq = 4) \
               WHERE county = ''";
    tamper(base, &world, cut).await;
    assert!(world.database.verify_audit(None).await.is_ok());
    assert!(matches!(world.database.verify_audit(Some(&head)).await, Err(Broken::Another)));
}

async fn the_database_itself_refuses_to_change_the_audit(base: Base) {
    let (world, head) = chain(base).await;
    let mut statements = vec!["UPDATE audit SET act = 'look'", "DELETE FROM audit WHERE seq = 6"];
    if base == Base::Sqlite {
        statements
            .push("INSERT OR REPLACE INTO audit SELECT county, seq, at, 'x', device, act, subject, hash FROM audit");
    }
    for statement in statements {
        let done = sqlx::query(statement).execute(&mut world.connect().await).await;
        assert!(done.is_err(), "{statement}");
    }
    world.log_in(9).await;
    assert_ne!(world.database.verify_audit(Some(&head)).await.expect("it only grew"), head);
}

async fn many_at_once_make_one_chain(base: Base) {
    let world = World::new(base).await;
    let database = &world.database;
    let grid = |number| format!("411502001003-{number}").parse().expect("a grid");
    let grants: Vec<_> = (10..30).map(|number| ruhu_domain::rights::Grant::grid_worker(grid(number))).collect();
    let gives = grants.iter().map(|grant| database.give("wangfang", grant, "李主任", None));
    assert!(futures::future::join_all(gives).await.iter().all(Result::is_ok));
    database.verify_audit(None).await.expect("one after another");
    assert_eq!(on_record(&world).await.iter().filter(|[_, _, act, _]| act == "give").count(), 21);
}

async fn what_can_not_be_put_on_record_is_not_handed_out(base: Base) {
    let world = World::new(base).await;
    let (mut one, two) = (world.log_in(1).await, world.log_in(2).await);
    one.sync(vec![one.visit(1, "都好")]).await;
    crate::world::sql(&address(&world.location), "ALTER TABLE audit RENAME TO lost").await;
    let body = serde_json::to_vec(&two.request(vec![])).expect("a request");
    let answer = two.post(body, &two.token).await;
    assert!(answer.status().is_server_error());
    assert!(!answer.text().await.expect("a text").contains("都好"));
}

/// The audit of a database of the version before, with one chain for all.
const BEFORE: &str = include_str!("kept/audit-2026-11-29.json");

/// The number of the last migration of that version.
const BEFORE_NUMBER: i64 = 14;

async fn the_only_chain_of_the_version_before_goes_on_as_that_of_the_whole(base: Base) {
    let (_folder, location) = crate::world::place(base).await;
    let mut connection = crate::world::of_version(&location, BEFORE_NUMBER).await;
    let kept: Vec<(i64, i64, String, String, String, String, String)> =
        serde_json::from_str(BEFORE).expect("the file of the version before");
    let mut end = String::new();
    for (seq, at, account, device, act, subject, hash) in &kept {
        sqlx::query("INSERT INTO audit (seq, at, account, device, act, subject, hash) VALUES ($1,$2,$3,$4,$5,$6,$7)")
            .bind(seq)
            .bind(at)
            .bind(account)
            .bind(device)
            .bind(act)
            .bind(subject)
            .bind(bytes(hash))
            .execute(&mut connection)
            .await
            .expect("an entry");
        sqlx::query("UPDATE audit_head SET seq = $1, hash = $2")
            .bind(seq)
            .bind(bytes(hash))
            .execute(&mut connection)
            .await
            .expect("its end");
        end = format!("{seq}-{hash}");
    }
    let written_down: Head = end.parse().expect("a head");
    let database = Database::open(&location).await.expect("it is brought up to date");
    assert_eq!(database.verify_audit(Some(&written_down)).await.expect("nothing is lost"), written_down);
    let entries = [Entry::of("a", Act::Look, "x").at(COUNTY), Entry::of("a", Act::LogIn, "")];
    database.put_on_record(&entries).await.expect("it goes on");
    let head = database.seal_audit(OPERATOR).await.expect("a head");
    assert_eq!(database.verify_audit(Some(&written_down)).await.expect("it only grew"), head);
    assert!(head.to_string().starts_with("14-"), "{head}: twelve, the log-in, and the note of the county's");
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

/// Readings of one county don't wait for those of another.
#[tokio::test]
async fn the_audit_of_one_county_waits_for_no_other() {
    let world = World::new(Base::Postgres).await;
    let entry = |county| [Entry::of("a", Act::Look, "x").at(county)];
    for county in [COUNTY, "411503"] {
        world.database.put_on_record(&entry(county)).await.expect("its chain begins");
    }
    let mut holder = world.connect().await;
    sqlx::raw_sql("BEGIN; SELECT 1 FROM audit_chain WHERE county IN ('', '411502') FOR UPDATE")
        .execute(&mut holder)
        .await
        .expect("its end is held");
    world.database.put_on_record(&entry("411503")).await.expect("it does not wait");
}

async fn the_acts_of_several_counties_are_paged_without_a_gap(base: Base) {
    let world = World::new(base).await;
    let mut expected = Vec::new();
    for n in 0..25 {
        let county = ["", COUNTY, "411503"][n % 3];
        expected.push(n.to_string());
        let entries = [Entry::of("somebody", Act::Look, n).at(county)];
        world.database.put_on_record(&entries).await.expect("it is on record");
    }
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let wanted = WantedActs { accounts: vec!["somebody".to_owned()], sort: None, period: 0..u64::MAX, before };
        let page = world.database.acts(&wanted, 4).await.expect("a page");
        let Some(last) = page.last() else { break };
        before = Some(last.place.clone());
        found.extend(page.into_iter().map(|line| line.subject));
    }
    found.sort_by_key(|text: &String| text.parse::<u32>().expect("a number"));
    assert_eq!(found, expected);
}

on_both_databases!(
    the_only_chain_of_the_version_before_goes_on_as_that_of_the_whole,
    the_acts_of_several_counties_are_paged_without_a_gap,
    a_save_that_was_changed_in_the_history_shows,
    who_read_and_who_decided_is_on_record_and_never_the_content,
    an_edit_a_deletion_and_a_cut_of_the_audit_show,
    the_database_itself_refuses_to_change_the_audit,
    many_at_once_make_one_chain,
    what_can_not_be_put_on_record_is_not_handed_out,
);
