//! The guarantees that the server needs from both databases: one transaction after another where it matters, another try where
//! a transaction was in the way of another, and backups.

use crate::world::{Base, World, address, channel, found, postgres, sql};
use futures::future::join_all;
use ruhu_domain::{Channel, DeviceId, Kind, Record, record::Op, rights::Grant, wire::OpOutcome};
use ruhu_server::database::{Author, Database, Incoming, Location, OPERATOR, Standing};
use sqlx::{AnyConnection, Connection, Row};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

const OTHER: &str = "411502001004-01/general";

fn other() -> Channel {
    OTHER.parse().expect("a channel")
}

/// Takes ops in as a device that may write in both channels.
async fn take(database: &Database, device: u64, ops: Vec<Op>) -> Vec<OpOutcome> {
    let grants = [channel(), other()].map(|channel| Grant::grid_worker(channel.grid));
    let author = Author { account: "a", name: "王芳", device: DeviceId(device), grants: &grants };
    let ops = ops.into_iter().map(|op| Incoming::Op(Box::new(op))).collect();
    let taken = database.take(author, ops).await.expect("it is taken");
    taken.results.iter().map(|result| result.outcome).collect()
}

/// A device's own first word on a record: what it found.
fn word(device: u64, record: u64, text: &str) -> Op {
    let mut op = crate::world::visit(DeviceId(device), record, text);
    op.stamp.ms += device;
    op
}

/// Every value of what was found, taken or contested.
fn values(record: &Record) -> BTreeSet<String> {
    let contested = record.contested.get("found").into_iter().flatten().map(|field| &field.value);
    let all = contested.chain([found(record)]);
    all.map(|value| value.as_str().expect("a text").to_owned()).collect()
}

/// Tells the database underneath to hold up writers of this channel until `tx` ends.
async fn hold(connection: &mut AnyConnection, base: Base, channel: &str) {
    let begin = match base {
        Base::Sqlite => "BEGIN IMMEDIATE",
        Base::Postgres => "BEGIN",
    };
    sqlx::raw_sql(begin).execute(&mut *connection).await.expect("it begins");
    sqlx::query("UPDATE channel SET seq = seq + 1 WHERE channel = $1")
        .bind(channel)
        .execute(&mut *connection)
        .await
        .expect("the channel's row is held");
}

/// Returns when a statement of the database waits for a lock.
async fn until_one_waits(connection: &mut AnyConnection) {
    let words = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND \
                 pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
    loop {
        let waiting: i64 = sqlx::query_scalar(words).fetch_one(&mut *connection).await.expect("an answer");
        if waiting > 0 {
            return;
        }
    }
}

/// Many who write on the same records at the same time, some naming the wrong channel.
async fn nobodys_word_is_lost_where_many_push_at_once(base: Base) {
    const DEVICES: u64 = 8;
    const RECORDS: u64 = 5;
    let (_folder, _, database) = crate::world::database(base).await;
    let pushes = (1..=DEVICES).map(|device| {
        let database = database.clone();
        tokio::spawn(async move {
            let mut outcomes = Vec::new();
            for record in 0..RECORDS {
                let mut op = word(device, record, &format!("第{device}人"));
                if (device + record) % 3 == 0 {
                    op.channel = other();
                }
                outcomes.extend(take(&database, device, vec![op]).await);
            }
            outcomes
        })
    });
    for outcomes in join_all(pushes).await {
        for outcome in outcomes.expect("it ran") {
            assert!(matches!(outcome, OpOutcome::Applied | OpOutcome::Superseded), "{outcome:?}");
        }
    }
    let records = database.records("4115", &[Kind::Visit]).await.expect("records");
    assert_eq!(records.len() as u64, RECORDS);
    let everybody: BTreeSet<String> = (1..=DEVICES).map(|device| format!("第{device}人")).collect();
    for record in records.iter() {
        assert_eq!(values(record), everybody);
        assert_eq!(database.history(&record.channel, record.id).await.expect("a history").len() as u64, DEVICES);
    }
}

/// Sequence order is commit order: a number that was taken earlier and committed later holds up the next.
async fn a_lower_number_that_commits_late_is_never_skipped(base: Base) {
    let world = World::new(base).await;
    let (one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    take(&world.database, 1, vec![word(1, 1, "早")]).await;
    two.sync(vec![]).await;
    let mut late = world.connect().await;
    hold(&mut late, base, crate::world::GRID_CHANNEL).await;
    let database = world.database.clone();
    let push = tokio::spawn(async move { take(&database, 1, vec![word(1, 2, "后到")]).await });
    if base == Base::Postgres {
        until_one_waits(&mut world.connect().await).await;
    }
    assert!(two.sync(vec![]).await.channels.is_empty(), "nothing is handed out past a number that may still come");
    assert!(!push.is_finished());
    let row = "UPDATE record SET seq = (SELECT seq FROM channel WHERE channel.channel = record.channel)";
    sqlx::raw_sql(row).execute(&mut late).await.expect("the held number is used");
    sqlx::raw_sql("COMMIT").execute(&mut late).await.expect("it commits");
    assert_eq!(push.await.expect("it ran"), [OpOutcome::Applied]);
    let page = &two.sync(vec![]).await.channels[0];
    assert_eq!(page.records.iter().map(found).collect::<Vec<_>>(), ["早", "后到"]);
    assert_eq!(page.next.next, 3);
    drop(one);
}

async fn a_push_over_two_counties_is_taken_whole(base: Base) {
    let (_folder, _, database) = crate::world::database(base).await;
    let far: Channel = "411503001001-01/general".parse().expect("a channel");
    let grants = [channel(), far.clone()].map(|channel| Grant::grid_worker(channel.grid));
    let author = Author { account: "a", name: "王芳", device: DeviceId(1), grants: &grants };
    let mut op = word(1, 2, "外县");
    op.channel = far.clone();
    let ops = vec![Incoming::Op(Box::new(word(1, 1, "本县"))), Incoming::Op(Box::new(op))];
    let taken = database.take(author, ops).await.expect("it is taken");
    let pages =
        database.pull(&[channel(), far], &BTreeMap::new(), 100, &taken).await.expect("an answer").expect("pages");
    assert_eq!(pages.iter().map(|page| page.next.next).collect::<Vec<_>>(), [1, 1]);
}

/// An op that was decided on stays so: the second of two supervisors is told.
async fn of_two_decisions_at_once_one_stands(base: Base) {
    let (_folder, _, database) = crate::world::database(base).await;
    assert_eq!(take(&database, 1, vec![word(1, 100, "网格里已有记录")]).await, [OpOutcome::Applied]);
    for n in 1..=6 {
        let mut op = word(1, n, "缺了户");
        op.changes.remove("household");
        let id = op.id;
        assert_eq!(take(&database, 1, vec![op]).await, [OpOutcome::Quarantined]);
        let (yes, no) = tokio::join!(database.accept(id, OPERATOR), database.refuse(id, "重复", OPERATOR));
        assert!(yes.is_ok() != no.is_ok(), "{yes:?} {no:?}");
        let records = database.records("4115", &[Kind::Visit]).await.expect("records");
        assert_eq!(records.iter().any(|record| record.id == word(1, n, "").record), yes.is_ok());
    }
}

on_both_databases!(
    nobodys_word_is_lost_where_many_push_at_once,
    a_lower_number_that_commits_late_is_never_skipped,
    a_push_over_two_counties_is_taken_whole,
    of_two_decisions_at_once_one_stands,
);

/// How often the server began, as the database counts it where a rollback does not take it back.
async fn count(connection: &mut AnyConnection, sequence: &str) -> i64 {
    let words = sqlx::AssertSqlSafe(format!("SELECT last_value FROM {sequence}"));
    sqlx::query_scalar(words).fetch_one(connection).await.expect("a count")
}

#[tokio::test]
async fn a_serialization_failure_is_tried_again() {
    let (_folder, location, database) = crate::world::database(Base::Postgres).await;
    let address = address(&location);
    let fail = "CREATE SEQUENCE tries;
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('tries') <= 2 THEN RAISE EXCEPTION 'injected' USING ERRCODE = '40001'; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER fail BEFORE INSERT ON op FOR EACH STATEMENT EXECUTE FUNCTION fail()";
    sql(&address, fail).await;
    assert_eq!(take(&database, 1, vec![word(1, 1, "好")]).await, [OpOutcome::Applied]);
    assert_eq!(count(&mut crate::world::connect(&address).await, "tries").await, 3);
    assert_eq!(database.records("4115", &[Kind::Visit]).await.expect("records").len(), 1);
}

#[tokio::test]
async fn a_database_that_goes_on_failing_takes_nothing_and_says_so() {
    let (_folder, location, database) = crate::world::database(Base::Postgres).await;
    let fail = "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'injected' USING ERRCODE = '40001';
        END $$;
        CREATE TRIGGER fail BEFORE INSERT ON op FOR EACH STATEMENT EXECUTE FUNCTION fail()";
    sql(&address(&location), fail).await;
    let grants = [Grant::grid_worker(channel().grid)];
    let author = Author { account: "a", name: "王芳", device: DeviceId(1), grants: &grants };
    let ops = || vec![Incoming::Op(Box::new(word(1, 1, "好")))];
    assert!(database.take(author, ops()).await.is_err());
    sql(&address(&location), "DROP TRIGGER fail ON op").await;
    let again = database.take(author, ops()).await.expect("it is taken");
    assert_eq!(again.results[0].outcome, OpOutcome::Applied, "the phone still had it and sent it again");
}

#[tokio::test]
async fn a_deadlock_is_tried_again() {
    let (_folder, location, database) = crate::world::database(Base::Postgres).await;
    let address = address(&location);
    let mut second = word(1, 2, "二");
    second.channel = other();
    take(&database, 1, vec![word(1, 1, "一"), second]).await;
    // Another holds the second channel and then wants the first, which the push has: one of them must give
    // way, and this one has told the database to wait for longer.
    let mut another = crate::world::connect(&address).await;
    sqlx::raw_sql("SET deadlock_timeout = '1min'").execute(&mut another).await.expect("the cluster's own superuser");
    hold(&mut another, Base::Postgres, OTHER).await;
    let mut more = word(1, 4, "四");
    more.channel = other();
    let push = tokio::spawn({
        let database = database.clone();
        async move { take(&database, 1, vec![word(1, 3, "三"), more]).await }
    });
    until_one_waits(&mut crate::world::connect(&address).await).await;
    let first = "UPDATE channel SET seq = seq WHERE channel = $1";
    sqlx::query(first).bind(crate::world::GRID_CHANNEL).execute(&mut another).await.expect("the push gave way");
    sqlx::raw_sql("COMMIT").execute(&mut another).await.expect("it commits");
    assert_eq!(push.await.expect("it ran"), [OpOutcome::Applied, OpOutcome::Applied]);
    let deadlocks =
        "SELECT pg_stat_force_next_flush(), deadlocks FROM pg_stat_database WHERE datname = current_database()";
    drop(another.close().await);
    let mut look = crate::world::connect(&address).await;
    loop {
        // Counted when the connection that gave way is idle.
        let row = sqlx::query(deadlocks).fetch_one(&mut look).await.expect("statistics");
        if row.try_get::<i64, _>(1).expect("a count") > 0 {
            break;
        }
    }
}

#[tokio::test]
async fn a_row_that_is_locked_stops_nobody_who_reads_and_no_other_grid() {
    let world = World::new(Base::Postgres).await;
    let elsewhere = other().grid;
    world.database.put_account("liqiang", "李强", crate::world::PASSWORD, &[elsewhere]).await.expect("an account");
    let mut one = world.log_in(1).await;
    one.sync(vec![one.visit(1, "一")]).await;
    let (mut reader, mut far) = (world.log_in(2).await, world.log_in_as("liqiang", 3).await);
    let mut held = world.connect().await;
    hold(&mut held, Base::Postgres, crate::world::GRID_CHANNEL).await;
    // More pushes than there are connections for writers wait for the row.
    let requests: Vec<_> = (0..20).map(|n| one.request(vec![one.visit(100 + n, "等着")])).collect();
    let bodies = requests.iter().map(|request| serde_json::to_vec(request).expect("a request"));
    let pushes: Vec<_> = bodies.map(|body| one.post(body, &one.token)).collect();
    let pushes = join_all(pushes);
    let others = async {
        until_one_waits(&mut world.connect().await).await;
        // A phone of the same grid gets what is there, and its reading is put on record.
        let pages = reader.sync(vec![]).await.channels;
        assert_eq!(pages.iter().map(|page| page.records.len()).sum::<usize>(), 1);
        // One of another grid gets there what it wrote.
        let mut own = far.visit(200, "别处");
        own.channel = other();
        assert_eq!(far.sync(vec![own]).await.results[0].outcome, OpOutcome::Applied);
        sqlx::raw_sql("COMMIT").execute(&mut held).await.expect("it commits");
    };
    let (answers, ()) = tokio::join!(pushes, others);
    assert!(
        answers.iter().all(|answer| answer.status() == 200),
        "{:?}",
        answers.iter().map(|one| one.status()).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_backup_made_while_serving_is_restored_with_a_new_epoch_and_without_sessions() {
    let world = World::new(Base::Sqlite).await;
    let mut phone = world.log_in(1).await;
    phone.sync(vec![phone.visit(1, "一")]).await;
    let before = world.database.epoch().await.expect("an epoch");
    let file = world.folder.path().join("backup.db");
    world.database.backup(&file, OPERATOR).await.expect("a backup");
    assert!(world.database.backup(&file, OPERATOR).await.is_err(), "a backup is not overwritten");
    phone.sync(vec![phone.visit(2, "备份之后")]).await;
    let token = phone.token.clone();
    let (folder, location) = world.stop().await;
    let Location::File(into) = &location else { unreachable!("it is a file") };

    std::fs::write(folder.path().join("damaged.db"), b"not a database").expect("a file");
    assert!(Database::restore(&folder.path().join("damaged.db"), into).await.is_err());
    let old = Database::restore(&file, into).await.expect("it is restored");
    assert!(old.is_some_and(|old| old.is_file()), "the database from before is kept");
    began_anew(&location, &before, &token).await;
}

#[tokio::test]
async fn a_dump_of_postgresqls_own_is_restored_with_a_new_epoch_and_without_sessions() {
    let world = World::new(Base::Postgres).await;
    let mut phone = world.log_in(1).await;
    phone.sync(vec![phone.visit(1, "一")]).await;
    let before = world.database.epoch().await.expect("an epoch");
    let refused = world.database.backup(Path::new("somewhere"), OPERATOR).await.expect_err("there are tools for that");
    assert!(refused.to_string().contains("pg_dump"));
    let file = world.folder.path().join("backup.dump");
    let file = file.to_str().expect("a name");
    let tool = |words: &[&str]| assert!(Command::new(words[0]).args(&words[1..]).status().expect("it runs").success());
    tool(&["pg_dump", "-Fc", "-f", file, &address(&world.location)]);
    phone.sync(vec![phone.visit(2, "备份之后")]).await;
    let token = phone.token.clone();
    let (_folder, _) = world.stop().await;

    let into = postgres().await;
    tool(&["pg_restore", "--no-owner", "-d", &into, file]);
    let location = Location::Postgres(into);
    let database = Database::open(&location).await.expect("a database");
    assert_eq!(database.epoch().await.expect("an epoch"), before, "a dump alone tells nothing");
    database.begin_anew().await.expect("the office said that it is a backup");
    database.close().await;
    began_anew(&location, &before, &token).await;
}

/// Asserts that the database at a location is the backup, and that phones will notice.
async fn began_anew(location: &Location, before: &str, token: &str) {
    let database = Database::open(location).await.expect("a database");
    assert_ne!(database.epoch().await.expect("an epoch"), before);
    assert!(matches!(database.session(token).await.expect("an answer"), Standing::Ended));
    let records = database.records("411502", &[Kind::Visit]).await.expect("records");
    assert_eq!(records.iter().map(found).collect::<Vec<_>>(), ["一"]);
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_told_in_words_without_the_password() {
    for (address, words) in [
        ("postgres://ruhu:geheim@127.0.0.1:1/ruhu", "连不上数据库"),
        ("postgres://ruhu:geheim@127.0.0.1:notaport/ruhu", "格式有误"),
    ] {
        let error = Database::open(&Location::Postgres(address.into())).await.expect_err("nobody is there");
        let said = format!("{error:#} {error:?}");
        assert!(said.contains(words) && !said.contains("geheim"), "{said}");
    }
    let error =
        Location::of(Path::new("data"), Some("mysql://root@localhost/x")).expect_err("there is no such database");
    assert!(error.to_string().contains("postgres://"));
}
