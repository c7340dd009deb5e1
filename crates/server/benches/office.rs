//! What offices ask of a county whose records are many, on SQLite: fills a county of about ten thousand, a hundred thousand and a million
//! records, as phones would push them, and measures each question. Prints a JSON line a figure; `records` says how many there were.

use chrono::Days;
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use ruhu_domain::{
    Channel, Class, DeviceId, GridCode, Kind, OpId, RecordId, Stamp, day,
    ledger::Ledger,
    office::WantedCases,
    record::{Op, diff},
    rights::{Grant, Place, Role},
};
use ruhu_server::{
    database::{Author, Database, Incoming, Location, Wanted},
    export, random,
};
use serde_json::{Value, json};
use std::time::Instant;
use tempfile::TempDir;

/// The county that is filled.
const COUNTY: &str = "411502000000";

/// Grids of the largest county, each with about 311 households, 853 residents, 386 visits and 83 disputes.
const GRIDS: [u64; 3] = [6, 60, 600];

/// Ops in one transaction of the filling.
const BATCH: usize = 1_000;

/// How often a question is asked.
const ROUNDS: usize = 5;

const FAMILIES: [&str; 12] = ["王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙"];
const GIVEN: [&str; 20] = [
    "芳", "强", "建国", "丽", "静", "国庆", "桂英", "平", "德明", "秀兰", "伟", "敏", "玉兰", "军", "红梅", "海",
    "春生", "淑珍", "志强", "小雨",
];

fn figure(name: &str, records: u64, value: f64, unit: &str) {
    let value = (value * 100.0).round() / 100.0;
    println!("{}", json!({"name": name, "records": records, "value": value, "unit": unit}));
}

/// The peak of this process's memory since it was last asked, in MiB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default();
    // A 5 there sets the peak back (proc_pid_clear_refs(5)).
    drop(std::fs::write("/proc/self/clear_refs", "5"));
    kib / 1024.0
}

/// Makes the ops of a county, a grid after another.
struct County {
    dice: ChaCha8Rng,
    count: u64,
}

impl County {
    fn op(&mut self, grid: &GridCode, kind: Kind, at: u64, view: &Value) -> Op {
        self.count += 1;
        let class = kind.class();
        Op {
            id: OpId::new(at, random::bytes()),
            record: RecordId::new(at, random::bytes()),
            kind,
            channel: Channel { grid: grid.clone(), class },
            stamp: Stamp { ms: at, counter: 0, device: DeviceId(1) },
            by: Default::default(),
            changes: diff(None, view),
        }
    }

    fn name(&mut self) -> String {
        let family = FAMILIES.choose(&mut self.dice).expect("one");
        format!("{family}{}", GIVEN.choose(&mut self.dice).expect("one"))
    }

    /// A moment of the last three years.
    fn moment(&mut self) -> u64 {
        random::now_ms() - self.dice.random_range(0..3 * 365) * 86_400_000
    }

    fn grid(&mut self, grid: &GridCode) -> Vec<Op> {
        let mut ops = Vec::new();
        for number in 0..311 {
            let at = self.moment();
            let phone = format!("139{:08}", self.dice.random_range(0..100_000_000));
            let view =
                json!({"number": format!("{number:03}"), "head": self.name(), "address": "三组", "phone": phone});
            let home = self.op(grid, Kind::Household, at, &view);
            let household = home.record;
            ops.push(home);
            for _ in 0..self.dice.random_range(2..5) {
                let view =
                    json!({"household": household, "name": self.name(), "birth": "1966-03-08", "living": "home"});
                ops.push(self.op(grid, Kind::Resident, at, &view));
            }
            for _ in 0..u8::from(self.dice.random_bool(0.75)) + u8::from(self.dice.random_bool(0.49)) {
                let at = self.moment();
                let view = json!({"household": household, "at": at, "workers": ["王芳"], "outcome": "met",
                    "found": "家里都好，老人血压正常，药够吃，屋后的水沟有点堵"});
                ops.push(self.op(grid, Kind::Visit, at, &view));
            }
        }
        for _ in 0..83 {
            let at = self.moment();
            let found_on = day::ledger(day::day(at.cast_signed()));
            let view = json!({"title": "两家为界墙起争执", "found_on": found_on, "source": "screening", "matter": "neighbours",
                "summary": "界墙高低，各有说法，要到现场看"});
            let head = self.op(grid, Kind::Dispute, at, &view);
            let dispute = head.record;
            ops.push(head);
            for side in ["applicant", "respondent"] {
                let view = json!({"dispute": dispute, "name": self.name(), "side": side});
                ops.push(self.op(grid, Kind::Party, at, &view));
            }
            ops.push(self.op(grid, Kind::DisputeStep, at, &json!({"dispute": dispute, "step": "register"})));
            if self.dice.random_bool(0.5) {
                let view = json!({"dispute": dispute, "step": "return", "why": "不属于受理范围"});
                ops.push(self.op(grid, Kind::DisputeStep, at + 1, &view));
            }
        }
        ops
    }
}

async fn fill(database: &Database, grids: u64) -> u64 {
    let mut county = County { dice: ChaCha8Rng::seed_from_u64(grids), count: 0 };
    for number in 0..grids {
        let (village, grid) = (number / 4 + 1, number % 4 + 1);
        let grid: GridCode =
            format!("411502{:03}{:03}-{grid:02}", village / 30 + 1, village % 30 + 1).parse().expect("a grid");
        let place = Place::Grid(grid.clone());
        let grants = [(Role::GridWorker, Class::General), (Role::Mediator, Class::Mediation)]
            .map(|(role, class)| Grant::new(role, place.clone(), vec![class]).expect("a grant"));
        let author = Author { account: "wangfang", name: "王芳", device: DeviceId(1), grants: &grants };
        let ops: Vec<Incoming> = county.grid(&grid).into_iter().map(|op| Incoming::Op(Box::new(op))).collect();
        for batch in ops.chunks(BATCH) {
            let done = database.take(author, batch.to_vec()).await.expect("it is taken");
            assert!(
                done.results.iter().all(|result| result.outcome == ruhu_domain::wire::OpOutcome::Applied),
                "all count: {:?}",
                done.results.iter().find(|result| result.reason.is_some())
            );
        }
    }
    county.count
}

/// The median of the times that something takes, in milliseconds.
async fn time<T>(ask: impl AsyncFn() -> T) -> (f64, T) {
    let mut times = Vec::new();
    let mut got = None;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        got = Some(ask().await);
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    (times[ROUNDS / 2], got.expect("it was asked"))
}

async fn measure(grids: u64) {
    let folder = TempDir::new().expect("a folder");
    let database = Database::create(&Location::File(folder.path().join("ruhu.db"))).await.expect("a database");
    let start = Instant::now();
    let records = fill(&database, grids).await;
    figure("office_fill", records, start.elapsed().as_secs_f64(), "s");
    peak();
    let today = day::day(random::now_ms().cast_signed());

    let county = ["411502".to_owned()];
    let first = WantedCases::default();
    let (ms, page) = time(async || database.open_cases(&county, &first, today).await.expect("a page")).await;
    figure("office_cases_county", records, ms, "ms");
    figure("office_cases_bytes", records, serde_json::to_vec(&page).expect("JSON").len() as f64, "bytes");
    let township = ["411502001".to_owned()];
    let (ms, _) = time(async || database.open_cases(&township, &first, today).await.expect("a page")).await;
    figure("office_cases_township", records, ms, "ms");
    let next = WantedCases { after: page.next, ..WantedCases::default() };
    let (ms, _) = time(async || database.open_cases(&county, &next, today).await.expect("a page")).await;
    figure("office_cases_next", records, ms, "ms");
    figure("office_cases_memory", records, peak(), "MiB");

    let place: Place = COUNTY.parse().expect("a place");
    for (name, text) in [("office_find_name", "陈静"), ("office_find_phone", "1390000001")] {
        let wanted = Wanted::read(text).expect("it can be looked for");
        let (ms, _) = time(async || database.find_people(&wanted, &place, |_| true).await.expect("people")).await;
        figure(name, records, ms, "ms");
    }
    figure("office_find_memory", records, peak(), "MiB");

    let (ms, over) = time(async || database.expired(today).await.expect("a look")).await;
    assert!(over.is_empty(), "nothing of these is over");
    figure("office_night_nothing_due", records, ms, "ms");

    for (name, ledger, days) in [
        ("office_ledger_visits_month", Ledger::Visits, 30),
        ("office_ledger_visits_year", Ledger::Visits, 365),
        ("office_ledger_disputes_month", Ledger::Disputes, 30),
    ] {
        let wanted = export::Wanted {
            ledger,
            place: place.clone(),
            from: today - Days::new(days),
            to: today,
            purpose: String::new(),
            by: "王芳".to_owned(),
        };
        peak();
        let start = Instant::now();
        let sheet = export::ledger(&database, &wanted).await.expect("a ledger");
        figure(name, records, start.elapsed().as_secs_f64() * 1_000.0, "ms");
        figure(&format!("{name}_rows"), records, sheet.rows as f64, "rows");
        figure(&format!("{name}_memory"), records, peak(), "MiB");
    }
    let start = Instant::now();
    database.rebuild(drop).await.expect("it is rebuilt");
    figure("office_rebuild", records, start.elapsed().as_secs_f64(), "s");
    database.close().await;
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let wanted: Option<u64> = std::env::args().nth(1).and_then(|text| text.parse().ok());
    for grids in GRIDS.into_iter().filter(|grids| wanted.is_none_or(|wanted| wanted == *grids)) {
        runtime.block_on(measure(grids));
    }
}
