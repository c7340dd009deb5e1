//! Projections: what lists, searches and nightly work read equals what a slow recount of the records makes, whatever happened.
//!
//! A failure prints its seed: `RUHU_SEED=17 cargo test -p ruhu-server --test server projections`.

use crate::world::{Base, World, address, connect, database, sql};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use ruhu_domain::{
    Channel, Class, DeviceId, GridCode, Kind, OpId, Record, RecordId, Stamp, day, ledger,
    office::{CaseLine, CasePage, LINE_KINDS, WantedCases},
    record::{Op, diff},
    retention::{self, WHOLE_FILES},
    rights::{Grant, Place, Role},
};
use ruhu_server::{
    database::{Author, Database, Incoming, OPERATOR},
    photos::PhotoStore,
};
use serde_json::{Value, json};
use sqlx::{Any, AnyConnection, Row, any::AnyArguments, query::Query};
use std::collections::BTreeSet;

/// Histories of one run.
const HISTORIES: u64 = 300;

/// The first day of the histories, Unix milliseconds: 2026-03-01 in China.
const BEGIN: u64 = 1_772_294_400_000;

type Rows = BTreeSet<String>;

/// A statement on the rows of a village.
fn of_village<'a>(words: &'static str, village: &'a str) -> Query<'a, Any, AnyArguments> {
    sqlx::query(words).bind(&village[..6]).bind(village).bind(format!("{village}~"))
}

/// What is projected of the records of a village, a line a row.
async fn projected(connection: &mut AnyConnection, village: &str) -> [Rows; 3] {
    let mut found = [Rows::new(), Rows::new(), Rows::new()];
    let text =
        |row: &sqlx::any::AnyRow, at: usize| row.try_get::<Option<String>, _>(at).expect("text").unwrap_or_default();
    let id =
        |row: &sqlx::any::AnyRow| uuid::Uuid::from_slice(&row.try_get::<Vec<u8>, _>(0).expect("an id")).expect("an id");
    let days = "SELECT id, day, over_on FROM record WHERE county = $1 AND channel >= $2 AND channel < $3 AND (day IS NOT NULL OR over_on IS NOT NULL)";
    for row in of_village(days, village).fetch_all(&mut *connection).await.expect("rows") {
        found[0].insert(format!("{} {} {}", id(&row), text(&row, 1), text(&row, 2)));
    }
    let lines = "SELECT record, channel, kind, number, state, opened_on, sort, grade, owner, due_what, due_on, pressed, open, waits,
                 unreadable FROM case_line WHERE county = $1 AND channel >= $2 AND channel < $3";
    for row in of_village(lines, village).fetch_all(&mut *connection).await.expect("rows") {
        let texts: Vec<String> = (1..12).map(|at| text(&row, at)).collect();
        let numbers: Vec<i64> = (12..15).map(|at| row.try_get(at).expect("a number")).collect();
        found[1].insert(format!("{} {texts:?} {numbers:?}", id(&row)));
    }
    let names =
        "SELECT record, term, role, channel FROM name_index WHERE county = $1 AND channel >= $2 AND channel < $3";
    for row in of_village(names, village).fetch_all(&mut *connection).await.expect("rows") {
        found[2].insert(format!("{} {} {} {}", id(&row), text(&row, 1), text(&row, 2), text(&row, 3)));
    }
    found
}

/// A record as it is stored, with when its last save arrived and the names in its history.
struct Counted {
    record: Record,
    arrived: u64,
    names: BTreeSet<String>,
}

/// What follows from the records of a village, counted from each of them and their whole history.
async fn recounted(connection: &mut AnyConnection, village: &str) -> [Rows; 3] {
    let mut all = Vec::new();
    let words = "SELECT body, id FROM record WHERE county = $1 AND channel >= $2 AND channel < $3";
    for row in of_village(words, village).fetch_all(&mut *connection).await.expect("rows") {
        let record: Record = serde_json::from_str(&row.try_get::<String, _>(0).expect("a body")).expect("a record");
        let (mut arrived, mut names) = (0, BTreeSet::new());
        let ops = sqlx::query("SELECT received_at, body, outcome FROM op WHERE county = $1 AND record = $2")
            .bind(&village[..6])
            .bind(row.try_get::<Vec<u8>, _>(1).expect("an id"))
            .fetch_all(&mut *connection)
            .await
            .expect("rows");
        for op in ops {
            arrived = arrived.max(op.try_get::<i64, _>(0).expect("a time").cast_unsigned());
            let body: String = op.try_get(1).expect("a body");
            if op.try_get::<String, _>(2).expect("an outcome") == "applied" && !body.is_empty() {
                let op: Op = serde_json::from_str(&body).expect("an op");
                names.extend(op.changes.get("name").and_then(|change| change.value.as_str()).map(str::to_owned));
            }
        }
        all.push(Counted { record, arrived, names });
    }
    let mut found = [Rows::new(), Rows::new(), Rows::new()];
    for Counted { record, arrived, names } in &all {
        let others: Vec<&Counted> = all
            .iter()
            .filter(|other| other.record.parent() == Some(record.id) && other.record.channel == record.channel)
            .collect();
        let others = others.iter().filter(|other| other.record.id != record.id).copied().collect::<Vec<_>>();
        let of_file = || others.iter().map(|other| &other.record);
        let over_on = if WHOLE_FILES.contains(&record.kind) {
            let arrived = others.iter().map(|other| other.arrived).chain([*arrived]).max().expect("one");
            retention::file_erased_on(record, of_file(), arrived)
        } else {
            retention::erased_on(record, *arrived)
        };
        let text = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let day = ledger::day_of(record);
        if day.is_some() || over_on.is_some() {
            found[0].insert(format!("{} {} {}", record.id, text(day), text(over_on)));
        }
        if LINE_KINDS.contains(&record.kind)
            && let Some(line) = CaseLine::of(record, of_file())
        {
            let due = line.due.as_ref();
            let pressed = line.pressed.as_ref().map(|pressed| serde_json::to_string(pressed).expect("JSON"));
            let waits = line.pressed.as_ref().is_some_and(|pressed| !pressed.acknowledged);
            let texts = [
                line.channel.to_string(),
                line.kind.as_str().to_owned(),
                line.number,
                line.state.to_owned(),
                text(line.opened_on),
                line.sort.to_owned(),
                line.grade.to_owned(),
                line.owner,
                due.map(|due| due.what.clone()).unwrap_or_default(),
                due.map_or_else(|| "9999-12-31".to_owned(), |due| due.by.to_string()),
                pressed.unwrap_or_default(),
            ];
            found[1].insert(format!(
                "{} {:?} {:?}",
                record.id,
                texts.to_vec(),
                vec![line.open.into(), waits.into(), 0_i64]
            ));
        }
        found[2].extend(terms(record, names));
    }
    found
}

/// The words by which a record is found. The names and phones of these histories are written in one way.
fn terms(record: &Record, names: &BTreeSet<String>) -> Vec<String> {
    let field = |name: &str| record.fields.get(name).and_then(|field| field.value.as_str()).unwrap_or_default();
    let mut terms = Vec::new();
    if record.withdrawn() {
        return terms;
    }
    let mut put = |term: &str, role: &str| {
        if !term.is_empty() {
            terms.push(format!("{} {term} {role} {}", record.id, record.channel));
        }
    };
    let phone: String = field("phone").chars().rev().collect();
    let phone = if phone.is_empty() { phone } else { format!("#{phone}") };
    match record.kind {
        Kind::Household => put(&phone, "home"),
        Kind::Resident | Kind::Party => {
            let name = field("name");
            put(name, if record.kind == Kind::Party { "party" } else { "resident" });
            put(&phone, "phone");
            names.iter().filter(|former| !name.is_empty() && *former != name).for_each(|former| put(former, "former"));
        }
        _ => {}
    }
    terms
}

/// Holds what is projected of a village against the recount.
///
/// # Panics
/// They differ.
pub async fn hold_against_recount(connection: &mut AnyConnection, village: &str, when: &str) {
    let (projected, recounted) = (projected(connection, village).await, recounted(connection, village).await);
    for (what, (is, should)) in ["days", "lines", "names"].iter().zip(projected.iter().zip(&recounted)) {
        let (more, less): (Vec<_>, Vec<_>) = (is.difference(should).collect(), should.difference(is).collect());
        assert!(more.is_empty() && less.is_empty(), "{what} {when}: too much {more:#?}, missing {less:#?}");
    }
}

/// A history of records of one village.
struct History {
    dice: ChaCha8Rng,
    seed: u64,
    village: String,
    /// Stamps and ids.
    count: u64,
    /// The records that there are, with their kind, their channel as a phone believes it, and their parent.
    records: Vec<(RecordId, Kind, Channel, Option<RecordId>)>,
}

const NAMES: [&str; 5] = ["王芳", "李强", "陈静", "赵德明", "孙丽"];
const PHONES: [&str; 3] = ["13900000001", "13900000002", ""];

impl History {
    fn id(&mut self) -> u64 {
        self.count += 1;
        self.seed * 10_000 + self.count
    }

    fn grid(&mut self) -> GridCode {
        let number = ["01", "02"].choose(&mut self.dice).expect("one");
        format!("{}-{number}", self.village).parse().expect("a grid")
    }

    fn day(&mut self) -> String {
        let ms = BEGIN + self.dice.random_range(0..200) * 86_400_000;
        day::ledger(day::day(ms.cast_signed()))
    }

    fn name(&mut self) -> &'static str {
        NAMES.choose(&mut self.dice).expect("one")
    }

    /// One of the records of a kind.
    fn one_of(&mut self, kinds: &[Kind]) -> Option<(RecordId, Channel)> {
        let of_kind: Vec<_> = self.records.iter().filter(|(_, kind, ..)| kinds.contains(kind)).collect();
        of_kind.choose(&mut self.dice).map(|(id, _, channel, _)| (*id, channel.clone()))
    }

    /// The fields of a new record of a kind, or of a change of one.
    fn fields(&mut self, kind: &Kind, parent: Option<RecordId>) -> Value {
        let (name, on) = (self.name(), self.day());
        let phone = *PHONES.choose(&mut self.dice).expect("one");
        let mut step = |steps: &[&str]| (*steps.choose(&mut self.dice).expect("one")).to_owned();
        match kind {
            Kind::Household => json!({"number": "001", "head": name, "phone": phone}),
            Kind::Resident => {
                json!({"household": parent, "name": name, "phone": phone, "living": step(&["home", "moved", "died"])})
            }
            Kind::Visit => {
                json!({"household": parent, "at": BEGIN, "workers": ["王芳"], "outcome": "met", "found": "在家"})
            }
            Kind::Dispute => {
                json!({"title": "界墙", "found_on": on, "source": "screening", "matter": "neighbours", "summary": "高低",
                "colour": step(&["yellow", "red"]), "mediators": name})
            }
            Kind::Party => {
                json!({"dispute": parent, "name": name, "phone": phone, "side": step(&["applicant", "respondent"])})
            }
            Kind::DisputeStep => {
                json!({"dispute": parent, "step": step(&["register", "accept", "return", "remind", "acknowledge"]), "why": "逾期"})
            }
            Kind::Hazard => {
                json!({"what": "电线", "danger": "fire", "grade": step(&["ordinary", "serious"]), "place": "村口", "found_on": on})
            }
            Kind::HazardStep => {
                json!({"affair": parent, "step": step(&["assign", "put_right", "verify", "rework"]), "why": "已换", "to": name})
            }
            Kind::Request => json!({"what": "路灯", "subject": "other", "asker": "赵德明", "received_on": on}),
            Kind::RequestStep => {
                json!({"affair": parent, "step": step(&["tell", "answer", "settle"]), "why": "已告知", "satisfied": "yes"})
            }
            Kind::CareCase => {
                json!({"name": "陈静", "why": "独居", "reason": "alone", "opened_on": on, "carer": "孙丽", "interval": "7", "interval_why": "独居"})
            }
            Kind::CareStep => {
                json!({"case": parent, "step": step(&["confirm", "close", "decline"]), "why": "情况有变"})
            }
            Kind::Patrol => json!({"began": BEGIN, "team": "police", "members": name, "places": "村口"}),
            Kind::Outreach => json!({"topic": "fraud", "on": on, "place": "村口", "reached": 30}),
            kind => panic!("no such kind in a history: {kind:?}"),
        }
    }

    fn op(&mut self, (record, kind, channel): (RecordId, Kind, Channel), view: &Value, device: u64) -> Op {
        let id = self.id();
        // Ops come in any order.
        let ms = BEGIN + self.dice.random_range(0..1_000) * 60_000;
        let stamp = Stamp { ms, counter: u16::try_from(self.count).expect("few"), device: DeviceId(device) };
        Op { id: OpId::new(id, [7; 10]), record, kind, channel, stamp, by: "王芳".into(), changes: diff(None, view) }
    }

    /// A new record, or a change of one: of its fields, whether it counts, or where it is.
    fn next(&mut self, device: u64) -> Op {
        if self.records.is_empty() || self.dice.random_bool(0.6) {
            return self.make(device);
        }
        let (id, kind, channel, parent) = self.records.choose(&mut self.dice).expect("one").clone();
        let view = match self.dice.random_range(0..6) {
            0 => json!({"withdrawn": "重复"}),
            1 => json!({"withdrawn": ""}),
            2 if kind == Kind::Household => {
                json!({"channel": Channel { grid: self.grid(), class: Class::General }})
            }
            _ => self.fields(&kind, parent),
        };
        self.op((id, kind, channel), &view, device)
    }

    fn make(&mut self, device: u64) -> Op {
        let kinds = [
            (Kind::Household, None),
            (Kind::Resident, Some(Kind::Household)),
            (Kind::Visit, Some(Kind::Household)),
            (Kind::Dispute, None),
            (Kind::Party, Some(Kind::Dispute)),
            (Kind::DisputeStep, Some(Kind::Dispute)),
            (Kind::DisputeStep, Some(Kind::Dispute)),
            (Kind::Hazard, None),
            (Kind::HazardStep, Some(Kind::Hazard)),
            (Kind::HazardStep, Some(Kind::Hazard)),
            (Kind::Request, None),
            (Kind::RequestStep, Some(Kind::Request)),
            (Kind::CareCase, None),
            (Kind::CareStep, Some(Kind::CareCase)),
            (Kind::Patrol, None),
            (Kind::Outreach, None),
        ];
        let (kind, of) = kinds.choose(&mut self.dice).expect("one").clone();
        let parent = of.and_then(|of| self.one_of(&[of]));
        let (kind, parent) = match (kind.head(), parent) {
            (_, Some(parent)) => (kind, Some(parent)),
            // Without a head it begins with one.
            (Some(head), None) => (head, None),
            (None, None) if kind == Kind::Outreach => (kind, None),
            (None, None) => (Kind::Household, None),
        };
        let channel = match &parent {
            Some((_, channel)) => channel.clone(),
            None => Channel { grid: self.grid(), class: kind.class() },
        };
        let parent = parent.map(|(id, _)| id);
        let record = RecordId::new(self.id(), [9; 10]);
        let view = self.fields(&kind, parent);
        self.records.push((record, kind.clone(), channel.clone(), parent));
        self.op((record, kind, channel), &view, device)
    }
}

async fn projections_equal_a_slow_recount(base: Base) {
    let (folder, location, database) = database(base).await;
    let photos = PhotoStore::open(&folder.path().join("photos").to_string_lossy()).expect("a folder");
    let villages: BTreeSet<String> = database.villages().await.expect("villages").into_iter().collect();
    let villages: Vec<String> = villages.into_iter().collect();
    database.put_account("wangfang", "王芳", crate::world::PASSWORD, &[]).await.expect("an account");
    let mut connection = connect(&address(&location)).await;
    let one = std::env::var("RUHU_SEED").ok().map(|seed| seed.parse().expect("a number"));
    let seeds = one.map_or(1..=HISTORIES, |seed: u64| seed..=seed);
    for seed in seeds {
        let village = villages[usize::try_from(seed).expect("few") * 7 % villages.len()].clone();
        let mut history =
            History { dice: ChaCha8Rng::seed_from_u64(seed), seed, village, count: 0, records: Vec::new() };
        live_through(&mut history, (&database, &mut connection, &photos)).await;
    }
    database.close().await;
}

async fn live_through(
    history: &mut History,
    (database, connection, photos): (&Database, &mut AnyConnection, &PhotoStore),
) {
    let (seed, village) = (history.seed, history.village.clone());
    let [one, two]: [GridCode; 2] = ["01", "02"].map(|number| format!("{village}-{number}").parse().expect("a grid"));
    let at = |place: &str, role: Role, classes: &[Class]| {
        Grant::new(role, place.parse::<Place>().expect("a place"), classes.to_vec()).expect("a grant")
    };
    let all = [
        at(&village, Role::VillageLead, Class::ALL),
        at(one.as_str(), Role::GridWorker, &[Class::General]),
        at(two.as_str(), Role::GridWorker, &[Class::General]),
        at(one.as_str(), Role::Mediator, &[Class::Mediation]),
        at(two.as_str(), Role::Mediator, &[Class::Mediation]),
    ];
    // Of whom has less some ops wait.
    let few = [at(two.as_str(), Role::GridWorker, &[Class::General])];
    for round in 0..5 {
        let device = history.dice.random_range(1..=2);
        let grants = if device == 1 { &all[..] } else { &few[..] };
        let author = Author { account: "wangfang", name: "王芳", device: DeviceId(device), grants };
        let count = history.dice.random_range(1..6);
        let ops: Vec<Incoming> = (0..count).map(|_| Incoming::Op(Box::new(history.next(device)))).collect();
        let done = database.take(author, ops).await.expect("it is taken");
        let when = format!("of RUHU_SEED={seed} after push {round}");
        hold_against_recount(connection, &village, &when).await;
        for result in done.results {
            if history.dice.random_bool(0.5) {
                drop(database.accept(result.op, OPERATOR).await);
            } else {
                drop(database.refuse(result.op, "不对", OPERATOR).await);
            }
        }
    }
    hold_against_recount(connection, &village, &format!("of RUHU_SEED={seed} after decisions")).await;
    if history.dice.random_bool(0.3) && database.merge_grid(photos, (&one, &two), OPERATOR).await.is_ok() {
        hold_against_recount(connection, &village, &format!("of RUHU_SEED={seed} after a merge")).await;
    } else if let Some((home, _)) = history.one_of(&[Kind::Household])
        && database.split_grid((&one, &two), &[home], OPERATOR).await.is_ok()
    {
        hold_against_recount(connection, &village, &format!("of RUHU_SEED={seed} after a split")).await;
    }
    if seed.is_multiple_of(10) {
        // What is over is erased, of all histories before.
        let years = history.dice.random_range(1..4);
        let on = day::read(&format!("{}-06-01", 2026 + years)).expect("a day");
        database.retain(on, OPERATOR).await.expect("it is erased");
        hold_against_recount(connection, &village, &format!("of RUHU_SEED={seed} after an erasing")).await;
        let over = database.expired(on).await.expect("a look");
        assert!(over.is_empty(), "RUHU_SEED={seed}: what is over is gone: {over:?}");
    }
}

async fn projections_are_made_anew_while_phones_write(base: Base) {
    let (_folder, location, database) = database(base).await;
    let village = "411502001003".to_owned();
    let mut history = History {
        dice: ChaCha8Rng::seed_from_u64(1),
        seed: 1,
        village: village.clone(),
        count: 0,
        records: Vec::new(),
    };
    let grants = [
        Grant::new(Role::VillageLead, village.parse().expect("a place"), Class::ALL.to_vec()).expect("a grant"),
        Grant::new(Role::GridWorker, format!("{village}-01").parse().expect("a place"), vec![Class::General])
            .expect("a grant"),
        Grant::new(Role::GridWorker, format!("{village}-02").parse().expect("a place"), vec![Class::General])
            .expect("a grant"),
    ];
    let author = Author { account: "wangfang", name: "王芳", device: DeviceId(1), grants: &grants };
    let mut batch = |count: usize| (0..count).map(|_| Incoming::Op(Box::new(history.next(1)))).collect::<Vec<_>>();
    database.take(author, batch(700)).await.expect("it is taken");
    let address = address(&location);
    for lost in ["DELETE FROM case_line", "DELETE FROM name_index", "UPDATE record SET day = NULL, over_on = NULL"] {
        sql(&address, lost).await;
    }
    // Words of a record that is not there: the identity of a save is none of a record.
    let stray = "INSERT INTO name_index (county, term, record, role, channel)
                 SELECT county, '走了的人', id, 'resident', channel FROM op ORDER BY id LIMIT 1";
    sql(&address, stray).await;
    let batches: Vec<Vec<Incoming>> = (0..12).map(|_| batch(20)).collect();
    let pushes = async {
        for ops in batches {
            database.take(author, ops).await.expect("it is taken");
        }
    };
    let mut connection = connect(&address).await;
    let (rebuilt, ()) = tokio::join!(database.rebuild(drop), pushes);
    assert!(rebuilt.expect("it is rebuilt") > 300);
    hold_against_recount(&mut connection, &village, "after a rebuild").await;
    database.close().await;
    // A database whose tables are of another version fills them when it is opened.
    sql(&address, "DELETE FROM case_line").await;
    sql(&address, "UPDATE setting SET value = '0' WHERE name = 'projections'").await;
    let again = Database::open(&location).await.expect("it opens");
    hold_against_recount(&mut connection, &village, "after it was opened").await;
    again.close().await;
}

async fn a_list_goes_on_by_page_and_counts_by_state(base: Base) {
    let world = World::new(base).await;
    let village = "411502001003";
    let mut history = History {
        dice: ChaCha8Rng::seed_from_u64(3),
        seed: 3,
        village: village.to_owned(),
        count: 0,
        records: Vec::new(),
    };
    let grants =
        [Grant::new(Role::VillageLead, village.parse().expect("a place"), Class::ALL.to_vec()).expect("a grant")];
    let author = Author { account: "wangfang", name: "王芳", device: DeviceId(1), grants: &grants };
    let mut ops = Vec::new();
    for number in 0..130 {
        let kind = if number % 2 == 0 { Kind::Hazard } else { Kind::Request };
        let grid: GridCode = format!("{village}-0{}", number % 3 + 1).parse().expect("a grid");
        let (record, view) = (RecordId::new(history.id(), [9; 10]), history.fields(&kind, None));
        ops.push(Incoming::Op(Box::new(history.op((record, kind, Channel::general(grid)), &view, 1))));
    }
    world.database.take(author, ops).await.expect("it is taken");
    let today = day::read("2026-06-01").expect("a day");
    let areas = [village.to_owned(), format!("{village}-01")];
    let (mut wanted, mut seen, mut pages) = (WantedCases::default(), Vec::new(), Vec::new());
    loop {
        let page: CasePage = world.database.open_cases(&areas, &wanted, today).await.expect("a page");
        assert_eq!(page.totals.iter().map(|total| total.all).sum::<u64>(), 130, "totals are of all, each counted once");
        seen.extend(page.cases.iter().map(|case| (case.due.as_ref().map(|due| due.by), case.of.record)));
        pages.push(page.cases.len());
        let Some(after) = page.next else { break };
        wanted.after = Some(after);
    }
    assert_eq!(pages, [50, 50, 30]);
    assert!(seen.is_sorted() && seen.iter().collect::<BTreeSet<_>>().len() == 130, "each once, the earliest first");
    let late = seen.iter().filter(|(by, _)| by.is_some_and(|by| by < today)).count() as u64;
    let one = WantedCases { kind: Some(Kind::Hazard), ..WantedCases::default() };
    let page = world.database.open_cases(&areas, &one, today).await.expect("a page");
    assert!(page.cases.iter().all(|case| case.kind == Kind::Hazard) && page.next.is_some());
    assert_eq!(page.totals.iter().map(|total| total.late).sum::<u64>(), late);
    let number = page.cases[0].number.to_lowercase();
    let by_number = WantedCases { number: number[number.len() - 4..].to_owned(), ..WantedCases::default() };
    let page = world.database.open_cases(&areas, &by_number, today).await.expect("a page");
    assert!(page.cases.iter().any(|case| case.number.to_lowercase() == number), "{:?}", page.cases);
    for odd in ["%", "_", "'"] {
        let odd = WantedCases { number: odd.to_owned(), ..WantedCases::default() };
        world.database.open_cases(&areas, &odd, today).await.expect("any letter may be typed");
    }
}

on_both_databases! {
    projections_equal_a_slow_recount,
    projections_are_made_anew_while_phones_write,
    a_list_goes_on_by_page_and_counts_by_state,
}
