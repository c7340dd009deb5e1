//! The audit: what is put on record, and that a change of it shows.

use crate::world::{Base, World, address, channel};
use ruhu_domain::{
    RecordId,
    wire::{HistoryEntry, HistoryRequest},
};
use ruhu_server::database::{Act, Broken, Head, OPERATOR};
use sqlx::Row;

/// Everything on record: who, on which device, what, to what.
async fn on_record(world: &World) -> Vec<[String; 4]> {
    let rows = sqlx::query("SELECT account, device, act, subject FROM audit ORDER BY seq");
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
    let acts: Vec<String> = on_record(&world).await.into_iter().map(|[_, _, act, _]| act).collect();
    assert_eq!(acts[..4], ["give", "account", "log-in", "log-in"]);
    assert_eq!(acts[acts.len() - 2..], ["end", "refuse"]);
}

/// A chain of some entries, its head, and the address of the database.
async fn chain(base: Base) -> (World, Head) {
    let world = World::new(base).await;
    for device in 1..=4 {
        world.log_in(device).await;
    }
    let head = world.database.verify_audit(None).await.expect("nobody touched it");
    assert_eq!(head, world.database.audit_head().await.expect("a head"));
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
        ("UPDATE audit SET account = 'somebody else' WHERE seq = 3", "第 3 条被改动过"),
        ("DELETE FROM audit WHERE seq = 3", "第 3 条不见了"),
        ("DELETE FROM audit WHERE seq > 4", "应有 6 条，现有 4 条"),
        (
            "INSERT INTO audit (seq, at, account, device, act, subject, hash) \
             SELECT -1, at, account, device, act, subject, hash FROM audit WHERE seq = 3",
            "来历不明",
        ),
    ] {
        let (world, _) = chain(base).await;
        tamper(base, &world, statements).await;
        let error = world.database.verify_audit(None).await.expect_err(statements);
        assert!(error.to_string().contains(expected), "{statements}: {error}");
    }
    // Who also moves the end is found out by the head that was written down elsewhere.
    let (world, head) = chain(base).await;
    let cut = "DELETE FROM audit WHERE seq > 4; \
               UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit WHERE seq = 4)";
    tamper(base, &world, cut).await;
    assert!(world.database.verify_audit(None).await.is_ok());
    assert!(matches!(world.database.verify_audit(Some(&head)).await, Err(Broken::Another)));
}

async fn the_database_itself_refuses_to_change_the_audit(base: Base) {
    let (world, head) = chain(base).await;
    let mut statements = vec!["UPDATE audit SET act = 'look'", "DELETE FROM audit WHERE seq = 6"];
    if base == Base::Sqlite {
        statements.push("INSERT OR REPLACE INTO audit SELECT seq, at, 'x', device, act, subject, hash FROM audit");
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
    let grant = ruhu_domain::rights::Grant::grid_worker(crate::world::GRID.parse().expect("a grid"));
    let gives = (0..20).map(|_| database.give("wangfang", &grant, "李主任", None));
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

on_both_databases!(
    a_save_that_was_changed_in_the_history_shows,
    who_read_and_who_decided_is_on_record_and_never_the_content,
    an_edit_a_deletion_and_a_cut_of_the_audit_show,
    the_database_itself_refuses_to_change_the_audit,
    many_at_once_make_one_chain,
    what_can_not_be_put_on_record_is_not_handed_out,
);
