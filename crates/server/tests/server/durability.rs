//! No clock, roll-back or damaged record erases what somebody saved, or stops a grid.

use crate::{
    office::{HOUSEHOLD, RESIDENT, VILLAGE, VISIT, family, id, op, resident, whole},
    world::{
        Base, GRID, GRID_CHANNEL, World, address, channel,
        desk::{Desk, place},
        program::{Running, SERVER},
        sql,
    },
};
use ruhu_domain::{
    Class, Kind, RecordId,
    codes::Outcome,
    day,
    ledger::Ledger,
    office::*,
    rights::{Grant, Role},
    visit::Visit,
    wire::{OpOutcome, SyncResponse, read_answer},
};
use ruhu_server::{
    database::{Database, Location, Night, OPERATOR},
    random,
};
use std::{
    fs,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

const DAY_MS: u64 = 86_400_000;

/// Opens a world's database again, with a clock that a test sets.
async fn with_clock(world: &World) -> (Database, Arc<AtomicU64>) {
    let clock = Arc::new(AtomicU64::new(random::now_ms()));
    let shows = clock.clone();
    let wall = Arc::new(move || shows.load(Relaxed));
    (Database::open_with(&world.location, wall).await.expect("a database"), clock)
}

fn today(database: &Database) -> chrono::NaiveDate {
    day::day(database.now_ms().cast_signed())
}

/// Saves visits that are so many years old, and says that they arrived then.
async fn old_visits(world: &World, count: u64, years: i64) {
    let mut phone = world.log_in(1).await;
    let at = random::now_ms().cast_signed() - years * 366 * 86_400_000;
    let visits = (0..count).map(|n| {
        let visit = Visit::new(id(HOUSEHOLD), at, "王芳", Outcome::Met);
        op(1_000 + n, Kind::Visit, id(1_000 + n), &visit)
    });
    phone.sync(visits.collect()).await;
    sql(&address(&world.location), &format!("UPDATE op SET received_at = {at} WHERE received_at > {at}")).await;
    // What was changed past the server is noted by it.
    world.database.rebuild(drop).await.expect("it is noted");
}

async fn a_clock_that_is_set_ahead_erases_nothing_until_an_office_says_so(base: Base) {
    let world = World::new(base).await;
    // What was saved two years ago is over in one year and some: not today.
    old_visits(&world, 20, 2).await;
    let (database, clock) = with_clock(&world).await;
    assert_eq!(database.retain_tonight(today(&database), "保存期限").await.expect("it is looked at"), Night::Erased(0));
    clock.fetch_add(800 * DAY_MS, Relaxed);
    let night = database.retain_tonight(today(&database), "保存期限").await.expect("it is looked at");
    assert!(
        matches!(night, Night::Held(HeldRetention { why: WhyHeld::ClockJumped { .. }, .. })),
        "nothing is erased by a clock that jumped: {night:?}"
    );
    assert_eq!(database.records(GRID, &[Kind::Visit]).await.expect("records").len(), 20);

    let county = Desk::open(&world, "xian", Role::County, "411502000000", &[Class::General]).await;
    let held: Option<HeldRetention> = county.ask("retention", &()).await;
    assert!(held.as_ref().is_some_and(|held| held.words().contains("服务器的时间")), "{held:?}");
    let town = Desk::open(&world, "zhen", Role::Township, "411502001000", &[Class::General]).await;
    assert_eq!(town.ask::<Option<HeldRetention>>("retention", &()).await, None);
    let approved = ApproveRetention { on: today(&database) };
    assert_eq!(town.status("retention-approve", &approved).await, 403);

    // The clock is put right: the nights go on.
    clock.fetch_sub(800 * DAY_MS, Relaxed);
    assert_eq!(database.retain_tonight(today(&database), "保存期限").await.expect("it is looked at"), Night::Erased(0));
    assert_eq!(county.ask::<Option<HeldRetention>>("retention", &()).await, None);
    // It is really later, and the office says so.
    clock.fetch_add(800 * DAY_MS, Relaxed);
    let held = database.retain_tonight(today(&database), "保存期限").await.expect("it is looked at");
    assert!(matches!(held, Night::Held(_)));
    assert_eq!(
        county.status("retention-approve", &ApproveRetention { on: day::read("2020-01-01").expect("a day") }).await,
        422
    );
    assert_eq!(county.status("retention-approve", &approved).await, 200);
    database.approve_retention(today(&database), OPERATOR).await.expect("the time is right");
    let erased = database.retain_tonight(today(&database), "保存期限").await.expect("it is erased");
    assert_eq!(erased, Night::Erased(20));
}

async fn a_night_that_would_take_an_unusual_share_waits_for_an_office(base: Base) {
    let world = World::new(base).await;
    old_visits(&world, 60, 4).await;
    let (database, _) = with_clock(&world).await;
    // The last save is long ago: the time is looked at first.
    database.approve_retention(day::read("2020-01-01").expect("a day"), OPERATOR).await.expect("the time is right");
    let night = database.retain_tonight(today(&database), "保存期限").await.expect("it is looked at");
    let many = WhyHeld::Many { count: 60, all: 60 };
    assert_eq!(night, Night::Held(HeldRetention { on: today(&database), why: many }));
    let county = Desk::open(&world, "xian", Role::County, "411502000000", &[Class::General]).await;
    let held: Option<HeldRetention> = county.ask("retention", &()).await;
    let on = held.expect("it waits").on;
    assert_eq!(county.status("retention-approve", &ApproveRetention { on }).await, 200);
    assert!(database.is_approved(on).await.expect("an answer"));
    assert_eq!(database.retain_tonight(on, "保存期限").await.expect("it is erased"), Night::Erased(60));
}

async fn a_clock_that_is_set_back_revives_no_grant_and_no_code(base: Base) {
    let world = World::new(base).await;
    let (database, clock) = with_clock(&world).await;
    let account = database.account("wangfang").await.expect("an answer").expect("it is there");
    let until = database.now_ms() + DAY_MS;
    let grant = Grant::new(Role::Mediator, place(GRID), vec![Class::Mediation]).expect("a grant");
    database.give("wangfang", &grant, OPERATOR, Some(until)).await.expect("it is given");
    let (code, _) = database.make_code("wangfang", OPERATOR).await.expect("a code");
    let holds =
        async || database.rights(&account.id).await.expect("rights").iter().any(|own| own.role() == Role::Mediator);
    assert!(holds().await && database.has_code("wangfang", &code).await.expect("an answer"));
    clock.fetch_add(2 * DAY_MS, Relaxed);
    database.look_at_clock().await.expect("it is noted");
    clock.fetch_sub(400 * DAY_MS, Relaxed);
    assert!(!holds().await, "it has ended");
    assert!(!database.has_code("wangfang", &code).await.expect("an answer"));
    // Also by a server that is started again with the wrong clock.
    let shows = clock.clone();
    let again = Database::open_with(&world.location, Arc::new(move || shows.load(Relaxed))).await.expect("a database");
    assert!(!again.has_code("wangfang", &code).await.expect("an answer"));
    assert!(again.rights(&account.id).await.expect("rights").iter().all(|own| own.role() != Role::Mediator));
}

/// Sets the database back by what one visit wrote, past the server.
async fn set_back(world: &World, record: RecordId) {
    let hex: String = record.0.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let id = match &world.location {
        Location::File(_) => format!("x'{hex}'"),
        Location::Postgres(_) => format!("'\\x{hex}'::bytea"),
    };
    let to = address(&world.location);
    sql(&to, &format!("DELETE FROM op WHERE record = {id}")).await;
    sql(&to, &format!("DELETE FROM record WHERE id = {id}")).await;
    sql(&to, &format!("UPDATE channel SET seq = seq - 1 WHERE channel = '{GRID_CHANNEL}'")).await;
}

async fn a_database_that_was_set_back_without_a_word_is_noticed_by_the_first_phone_that_knows_better(base: Base) {
    let world = World::new(base).await;
    let (mut one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    one.sync(vec![one.visit(1, "快照之前")]).await;
    two.sync(vec![]).await;
    let lost = one.visit(2, "快照之后");
    let answer = one.sync(vec![lost.clone()]).await;
    set_back(&world, lost.record).await;
    // Another server is started on it, and a phone that knows nothing writes on: the numbers pass those that were lost.
    let database = Database::open(&world.location).await.expect("a database");
    let grants = [Grant::grid_worker(GRID.parse().expect("a grid"))];
    let author = ruhu_server::database::Author { account: "two", name: "李强", device: two.device, grants: &grants };
    let ops = [two.visit(3, "别人的"), two.visit(4, "别人的")];
    let ops = ops.map(|op| ruhu_server::database::Incoming::Op(Box::new(op)));
    database.take(author, ops.to_vec()).await.expect("they are taken");
    assert_eq!(two.sync(vec![]).await.epoch, answer.epoch, "nobody knows yet");
    let noticed = one.sync(vec![]).await;
    assert_ne!(noticed.epoch, answer.epoch, "a new epoch: phones offer again what they have");
    let pulled: usize = noticed.channels.iter().map(|page| page.records.len()).sum();
    assert_eq!(pulled, 3, "and pull from the beginning");
    let again = one.sync(vec![lost]).await;
    assert_eq!(again.results[0].outcome, OpOutcome::Applied);

    // Set back once more on the same day, the same account is not believed. It goes on from as far as the database came,
    // without pulling the same again and again.
    let lost = one.visit(5, "又没了");
    let before = one.sync(vec![lost.clone()]).await;
    one.sync(vec![]).await;
    set_back(&world, lost.record).await;
    for _ in 0..2 {
        let answer = one.sync(vec![]).await;
        assert_eq!(answer.epoch, before.epoch);
        assert!(answer.channels.iter().all(|page| page.records.is_empty() && !page.more), "{:?}", answer.channels);
    }
    // Another account that knows better is believed.
    two.sync(vec![two.visit(6, "再来")]).await;
}

async fn a_record_whose_text_is_broken_off_holds_up_no_other(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let ops = family();
    phone.sync(ops.clone()).await;
    sql(&address(&world.location), "UPDATE record SET body = '{\"id\":' WHERE body LIKE '%陈静说腿疼%'").await;
    let fresh = world.log_in(2).await;
    let body = serde_json::to_vec(&fresh.request(vec![])).expect("a request");
    let bytes = fresh.post(body, &fresh.token).await.bytes().await.expect("an answer");
    let answer: SyncResponse = read_answer(&bytes).expect("the rest can be read");
    assert_eq!((answer.channels[0].records.len(), answer.unreadable.keys().copied().collect()), (2, vec![id(VISIT)]));
    // What the office took is not said to be gone, or the phone would give up what it has.
    let again = phone.sync(ops).await.results;
    assert!(again.len() == 3 && again.iter().all(|result| result.outcome == OpOutcome::Duplicate), "{again:?}");
}

/// Nests a record's body deeper than any reader bears, past the server.
async fn damage(world: &World, record: RecordId) {
    let hex: String = record.0.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let (id, deep) = match &world.location {
        Location::File(_) => (format!("x'{hex}'"), format!("\"deep\":{}1{}", "[".repeat(200), "]".repeat(200))),
        Location::Postgres(_) => {
            (format!("'\\x{hex}'::bytea"), format!("\"deep\":{}1{}", "[".repeat(200), "]".repeat(200)))
        }
    };
    let words =
        format!("UPDATE record SET body = REPLACE(body, '\"values\":{{', '\"values\":{{{deep},') WHERE id = {id}");
    sql(&address(&world.location), &words).await;
}

async fn a_record_that_can_t_be_read_is_skipped_counted_and_named(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    let other =
        op(50, Kind::Visit, id(50), &Visit::new(id(HOUSEHOLD), random::now_ms().cast_signed(), "王芳", Outcome::Met));
    phone.sync(vec![other]).await;
    damage(&world, id(VISIT)).await;

    // A phone gets all the others.
    let fresh = world.log_in(2).await;
    let body = serde_json::to_vec(&fresh.request(vec![])).expect("a request");
    let bytes = fresh.post(body, &fresh.token).await.bytes().await.expect("an answer");
    let answer: SyncResponse = read_answer(&bytes).expect("the rest can be read");
    assert_eq!((answer.channels[0].records.len(), answer.unreadable.keys().copied().collect()), (3, vec![id(VISIT)]));
    // A save on it waits, with the reason; one beside it does not.
    let edit = op(60, Kind::Visit, id(VISIT), &serde_json::json!({"found": "改一改"}));
    let good =
        op(61, Kind::Visit, id(61), &Visit::new(id(HOUSEHOLD), random::now_ms().cast_signed(), "王芳", Outcome::Met));
    let results = phone.sync(vec![edit.clone(), good]).await.results;
    assert_eq!([results[0].outcome, results[1].outcome], [OpOutcome::Quarantined, OpOutcome::Applied]);
    assert!(results[0].reason.as_deref().is_some_and(|reason| reason.contains("读不出来")));
    assert!(world.database.accept(edit.id, OPERATOR).await.is_err(), "nobody can merge it");
    // Ledgers and what is held on a person say what they lack.
    let township = Desk::open(&world, "zhen", Role::Township, "411502001000", &[Class::General]).await;
    let days = day::day(random::now_ms().cast_signed());
    let wanted = WantedLedger {
        ledger: Ledger::Visits,
        place: place(VILLAGE),
        from: Some(days - chrono::Days::new(30)),
        to: Some(days),
        purpose: String::new(),
    };
    let file: LedgerFile = township.ask("ledger", &wanted).await;
    assert_eq!(file.rows, 2);
    assert!(file.lacks.is_some_and(|words| words.contains("1 条") && words.contains(&id(VISIT).to_string())));
    let dossier: Dossier = township.ask("dossier", &resident()).await;
    assert_eq!(dossier.unreadable, 1);
    // The night goes on, and a name goes also from what can't be read.
    world.database.retain(days, "保存期限").await.expect("it is looked through");
    let asked =
        OpenDataRequest { of: resident(), wish: Wish::Erase, asked_by: "本人".into(), words: "删除".into() };
    township.ask::<Nothing>("request-open", &asked).await;
    let open: Vec<DataRequest> = township.ask("requests", &()).await;
    let decided =
        DecideDataRequest {
            id: open[0].id.clone(), granted: true, answer: "已删".into(), values: Default::default()
        };
    township.ask::<Nothing>("request-decide", &decided).await;
    assert_eq!(world.database.history(&channel(), id(RESIDENT)).await.expect("an answer").len(), 0);
    assert!(!whole(&world).await.contains("陈静"), "nor what could not be read");
}

#[tokio::test]
async fn a_server_makes_no_empty_database_and_a_backup_is_put_back_only_while_none_serves() {
    let world = World::new(Base::Sqlite).await;
    let backup = world.folder.path().join("backup.db");
    world.database.backup(&backup, OPERATOR).await.expect("a backup");
    let (folder, location) = world.stop().await;
    let Location::File(file) = &location else { unreachable!("it is a file") };
    let data = file.parent().expect("a folder").to_owned();
    let app = folder.path().join("app");
    fs::create_dir(&app).expect("a folder");
    fs::write(app.join("index.html"), "<html></html>").expect("a page");
    let run = |data: &std::path::Path, words: &[&str]| {
        let output = Command::new(SERVER).arg("--data").arg(data).args(words).output().expect("it runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    // Nothing is there: it says what to do, and makes nothing.
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).expect("a folder");
    for words in [&["serve"][..], &["account", "x"], &["retention", "list"], &["audit", "verify"]] {
        let (done, said) = run(&empty, words);
        assert!(!done && !empty.join("ruhu.db").exists(), "{words:?}: {said}");
    }
    assert!(run(&empty, &["serve"]).1.contains("ruhu-server init"));
    assert!(run(&empty, &["init"]).0 && empty.join("ruhu.db").exists());

    assert!(run(&data, &["init"]).0, "the keys are made, the database stays");
    let mut serve = Command::new(SERVER);
    serve.arg("--data").arg(&data).args(["serve", "--listen", "127.0.0.1:0", "--app"]).arg(&app);
    let mut server = Running::start(&mut serve);
    Running::says(server.0.stdout.take().expect("a pipe"), "listening on ");
    let backup = backup.to_str().expect("a name");
    let (done, said) = run(&data, &["restore", backup]);
    assert!(!done && said.contains("请先停止"), "{said}");
    let (done, said) = run(&data, &["serve", "--app", app.to_str().expect("a name")]);
    assert!(!done && said.contains("请先停止"), "a second server: {said}");
    drop(server);
    let nonsense = folder.path().join("notes.txt");
    fs::write(&nonsense, "这不是数据库").expect("a file");
    let foreign = folder.path().join("foreign.db");
    sql(&format!("sqlite://{}?mode=rwc", foreign.display()), "CREATE TABLE other (a)").await;
    let before = fs::read(file).expect("the database");
    for wrong in [&nonsense, &foreign] {
        let (done, said) = run(&data, &["restore", wrong.to_str().expect("a name")]);
        assert!(!done, "{said}");
        assert_eq!(fs::read(file).expect("the database"), before, "nothing was changed");
    }
    assert!(run(&data, &["restore", backup]).0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&empty.join("ruhu.db")), mode(file)), (0o600, 0o600), "for the server's user alone");
        fs::set_permissions(data.join("secrets/recovery.key"), fs::Permissions::from_mode(0o644)).expect("it is set");
        let (done, said) = run(&data, &["serve", "--app", app.to_str().expect("a name")]);
        assert!(!done && said.contains("chmod 600"), "{said}");
    }
}

on_both_databases! {
    a_clock_that_is_set_ahead_erases_nothing_until_an_office_says_so,
    a_night_that_would_take_an_unusual_share_waits_for_an_office,
    a_clock_that_is_set_back_revives_no_grant_and_no_code,
    a_database_that_was_set_back_without_a_word_is_noticed_by_the_first_phone_that_knows_better,
    a_record_whose_text_is_broken_off_holds_up_no_other,
    a_record_that_can_t_be_read_is_skipped_counted_and_named,
}
