//! The server under load, on SQLite and on PostgreSQL (where `RUHU_BENCH_POSTGRES` names a cluster): 50 devices
//! that push, beside a bare insert of the same rows in the same transactions; and how one push and one empty
//! pull take longer as the history grows. Prints a JSON line a figure. `server` or `growth` says which.

use flate2::{Compression, write::GzEncoder};
use futures::future::try_join_all;
use ruhu_domain::{
    Channel, DeviceId, GridCode, Kind, OpId, RecordId, Stamp,
    codes::Outcome,
    record::{Op, diff},
    rights::Grant,
    visit::Visit,
    wire::{LoginRequest, LoginResponse, SyncRequest, SyncResponse},
};
use ruhu_server::{
    database::{Author, Database, Incoming, Location},
    random,
};
use serde_json::json;
use sqlx::{
    AnyPool, AssertSqlSafe, ConnectOptions, Row, any::AnyConnectOptions, any::AnyPoolOptions,
    sqlite::SqliteConnectOptions,
};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{BufRead, BufReader, Write as _},
    net::IpAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const DEVICES: u64 = 50;
const BATCHES: u64 = 20;
const BATCH: u64 = 100;
const ROUNDS: usize = 3;
/// How a transaction that writes begins on SQLite.
const SQLITE: &str = "BEGIN IMMEDIATE";
const MINUTE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "load-2026-load";

fn figure(name: &str, value: f64, unit: &str, client_ip: Option<(&str, f64)>) {
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let mut line = json!({"name": name, "value": round(value), "unit": unit});
    if let Some((client_ip, peer_value)) = client_ip {
        line["peer"] = json!(client_ip);
        line["peer_value"] = json!(round(peer_value));
        line["ratio"] = json!(round(value / peer_value));
    }
    println!("{line}");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn grid(device: u64) -> GridCode {
    format!("411502001{:03}-{:02}", device % 30 + 1, device / 30 + 1).parse().expect("a grid")
}

/// A visit as a phone would push it.
fn visit(device: u64, n: u64) -> Op {
    let at = 1_795_406_400_000 + n;
    let mut visit = Visit::new(RecordId::new(device, [1; 10]), at.cast_signed(), "王芳", Outcome::Met);
    visit.found = format!("第{n}次：家里都好，老人血压正常，药够吃{}天。", n % 30);
    let device = DeviceId(device);
    Op {
        id: OpId::new(at, random::bytes()),
        record: RecordId::new(at, random::bytes()),
        kind: Kind::Visit,
        channel: Channel::general(grid(device.0)),
        stamp: Stamp { ms: 1_790_000_000_000 + n, counter: 0, device },
        by: Default::default(),
        changes: diff(None, &visit),
    }
}

fn place(folder: &Path, cluster: Option<&str>, name: &str) -> Location {
    match cluster {
        None => Location::File(folder.join(name).join("ruhu.db")),
        Some(cluster) => Location::Postgres(format!("{cluster}/{name}")),
    }
}

async fn make(cluster: Option<&str>, name: &str) {
    if let Some(cluster) = cluster {
        sqlx::any::install_default_drivers();
        let pool = AnyPool::connect(&format!("{cluster}/postgres")).await.expect("the cluster");
        for words in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
            sqlx::raw_sql(AssertSqlSafe(words)).execute(&pool).await.expect("a database");
        }
    }
}

/// The real server, as a program of its own.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(location: &Location, app: &Path) -> Self {
        std::fs::write(app.join("index.html"), "").expect("a page");
        let mut command = Command::new(env!("CARGO_BIN_EXE_ruhu-server"));
        match location {
            Location::File(file) => drop(command.arg("--data").arg(file.parent().expect("a folder"))),
            Location::Postgres(address) => drop(command.env("RUHU_DATABASE_URL", address)),
        }
        ruhu_server::secrets::init(&app.join("secrets")).expect("a key");
        command.arg("--secrets").arg(app.join("secrets"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--app"]).arg(app).env("RUHU_LOG", "warn");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("an address");
        let url = line.trim().rsplit(' ').next().expect("an address").to_owned();
        Self { child, url }
    }

    /// The most memory it had, in MiB.
    fn peak(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

struct Phone {
    client: reqwest::Client,
    token: String,
    device: u64,
    url: String,
}

impl Phone {
    async fn log_in(server: &Server, device: u64) -> Self {
        // Each from an address of its own: logins are slowed down by address.
        let from = IpAddr::from([127, 0, 1, u8::try_from(device).expect("few devices") + 1]);
        ruhu_server::crypto::install();
        let client = reqwest::Client::builder().local_address(from).build().expect("a client");
        let account = format!("load{device}");
        let request = LoginRequest { account, password: PASSWORD.into(), device: DeviceId(device), code: None };
        let answer = client.post(format!("{}/api/v1/login", server.url)).json(&request).send().await;
        let answer: LoginResponse = answer.expect("an answer").json().await.expect("a login");
        Self { client, token: answer.token, device, url: format!("{}/api/v1/sync", server.url) }
    }

    fn body(&self, ops: Vec<Op>, limit: u32) -> Vec<u8> {
        let (device, cursors) = (DeviceId(self.device), BTreeMap::new());
        let ops = ops.into_iter().map(Arc::new).collect();
        let request =
            SyncRequest { device, app: "load".into(), epoch: None, ops, cursors, milestones: BTreeMap::new(), limit };
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&serde_json::to_vec(&request).expect("a request")).expect("memory");
        gzip.finish().expect("memory")
    }

    async fn post(&self, body: Vec<u8>) -> reqwest::Response {
        let request =
            self.client.post(&self.url).bearer_auth(&self.token).header("content-encoding", "gzip").body(body);
        request.send().await.expect("an answer")
    }
}

async fn accounts(database: &Database) {
    // Phones log in with a password alone, as where all is made up: their codes are not what is measured.
    database.set_demo().await.expect("a mark");
    for device in 0..DEVICES {
        let grids = [grid(device)];
        database.put_account(&format!("load{device}"), "王芳", PASSWORD, &grids).await.expect("an account");
    }
}

/// Ops a second that 50 devices push, and the server's peak memory.
async fn load(server: &Server) -> f64 {
    let mut work = Vec::new();
    for device in 0..DEVICES {
        let phone = Phone::log_in(server, device).await;
        let batch = |batch: u64| phone.body((0..BATCH).map(|n| visit(device, batch * BATCH + n)).collect(), 0);
        let bodies: Vec<Vec<u8>> = (0..BATCHES).map(batch).collect();
        work.push((phone, bodies));
    }
    let start = Instant::now();
    let pushes = work.into_iter().map(|(phone, bodies)| {
        tokio::spawn(async move {
            for body in bodies {
                // Counted, not read: the devices are not on the server's machine.
                let answer = phone.post(body).await.text().await.expect("an answer");
                assert_eq!(answer.matches(r#""outcome":"applied""#).count() as u64, BATCH);
            }
        })
    });
    try_join_all(pushes).await.expect("every push is answered");
    (DEVICES * BATCHES * BATCH) as f64 / start.elapsed().as_secs_f64()
}

type Text = String;
type Bytes = Vec<u8>;
/// A row of the history with that of its record.
type Rows = (
    (Text, Bytes, Bytes, Text, Text, Text, i64, Text, Option<Text>, Option<Text>, Bytes, Text),
    (Text, Bytes, Text, Text, Text, i64, Text),
);

async fn pool(location: &Location) -> AnyPool {
    match location {
        Location::File(file) => {
            let address = SqliteConnectOptions::new().filename(file).to_url_lossy();
            // The server's settings; one connection, for it takes only one writer at a time.
            let options = AnyPoolOptions::new().max_connections(1).acquire_timeout(MINUTE).after_connect(|connection, _| {
                Box::pin(async move {
                    let pragmas = "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                                   PRAGMA secure_delete = ON";
                    sqlx::raw_sql(pragmas).execute(connection).await.map(drop)
                })
            });
            options.connect_with(AnyConnectOptions::from_url(&address).expect("an address")).await
        }
        Location::Postgres(address) => AnyPoolOptions::new().max_connections(16).acquire_timeout(MINUTE).connect(address).await,
    }
    .expect("the database")
}

/// Returns the rows that a load wrote, by transaction.
async fn written(pool: &AnyPool) -> Vec<Vec<Rows>> {
    let words = "SELECT o.county, o.id, o.record, o.channel, o.account, o.device, o.received_at, o.outcome, o.reason, \
                 o.stamp, o.digest, o.body, r.county, r.id, r.kind, r.village, r.channel, r.seq, r.body \
                 FROM op o JOIN record r ON r.county = o.county AND r.id = o.record ORDER BY r.channel, r.seq";
    let rows = sqlx::query(words).fetch_all(pool).await.expect("rows");
    let read = |row: &sqlx::any::AnyRow| -> sqlx::Result<Rows> {
        Ok((
            (
                row.try_get(0)?,
                row.try_get(1)?,
                row.try_get(2)?,
                row.try_get(3)?,
                row.try_get(4)?,
                row.try_get(5)?,
                row.try_get(6)?,
                row.try_get(7)?,
                row.try_get(8)?,
                row.try_get(9)?,
                row.try_get(10)?,
                row.try_get(11)?,
            ),
            (
                row.try_get(12)?,
                row.try_get(13)?,
                row.try_get(14)?,
                row.try_get(15)?,
                row.try_get(16)?,
                row.try_get(17)?,
                row.try_get(18)?,
            ),
        ))
    };
    let rows: Vec<Rows> = rows.iter().map(read).collect::<sqlx::Result<_>>().expect("rows");
    rows.chunks(BATCH as usize).map(<[Rows]>::to_vec).collect()
}

fn values(rows: usize, columns: usize, begin: &str) -> String {
    let mut words = String::new();
    for row in 0..rows {
        words.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            let comma = if column == 0 { "" } else { ", " };
            let number = row * columns + column + 1;
            // SQLite looks for each numbered placeholder among all before it.
            let _ = if begin == SQLITE { write!(words, "{comma}?") } else { write!(words, "{comma}${number}") };
        }
        words.push(')');
    }
    words
}

/// Ops a second where the same rows are only inserted, by as many at once.
async fn bare(begin: &'static str, pool: &AnyPool, transactions: Vec<Vec<Rows>>) -> f64 {
    let ops = transactions.iter().map(Vec::len).sum::<usize>();
    let insert_ops = format!(
        "INSERT INTO op (county, id, record, channel, account, device, received_at, outcome, \
        reason, stamp, digest, body) VALUES {}",
        values(BATCH as usize, 12, begin)
    );
    let insert_records = format!(
        "INSERT INTO record (county, id, kind, village, channel, seq, body) VALUES {}",
        values(BATCH as usize, 7, begin)
    );
    let start = Instant::now();
    let share = transactions.len().div_ceil(DEVICES as usize);
    let work = transactions.chunks(share).map(|transactions| {
        let (pool, transactions) = (pool.clone(), transactions.to_vec());
        let (insert_ops, insert_records) = (insert_ops.clone(), insert_records.clone());
        tokio::spawn(async move {
            for rows in transactions {
                let mut tx = pool.begin_with(begin).await?;
                let mut query = sqlx::query(AssertSqlSafe(insert_ops.clone()));
                for (op, _) in &rows {
                    query = query.bind(&op.0).bind(&op.1).bind(&op.2).bind(&op.3).bind(&op.4).bind(&op.5);
                    query = query.bind(op.6).bind(&op.7).bind(&op.8).bind(&op.9).bind(&op.10).bind(&op.11);
                }
                query.execute(&mut *tx).await?;
                let mut query = sqlx::query(AssertSqlSafe(insert_records.clone()));
                for (_, record) in &rows {
                    query = query.bind(&record.0).bind(&record.1).bind(&record.2).bind(&record.3).bind(&record.4);
                    query = query.bind(record.5).bind(&record.6);
                }
                query.execute(&mut *tx).await?;
                tx.commit().await?;
            }
            Ok::<(), sqlx::Error>(())
        })
    });
    for done in try_join_all(work).await.expect("it ran") {
        done.expect("it is inserted");
    }
    ops as f64 / start.elapsed().as_secs_f64()
}

async fn throughput(name: &str, cluster: Option<&str>) {
    let folder = TempDir::new().expect("a folder");
    let (mut served, mut inserted, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let full = format!("load_{round}");
        make(cluster, &full).await;
        let location = place(folder.path(), cluster, &full);
        let database = Database::create(&location).await.expect("a database");
        accounts(&database).await;
        database.close().await;
        let server = Server::start(&location, folder.path());
        served.push(load(&server).await);
        peaks.push(server.peak());
        drop(server);
        let from = pool(&location).await;
        let transactions = written(&from).await;
        from.close().await;

        let empty = format!("bare_{round}");
        make(cluster, &empty).await;
        let location = place(folder.path(), cluster, &empty);
        Database::create(&location).await.expect("a database").close().await;
        let begin = if cluster.is_some() { "BEGIN" } else { SQLITE };
        let into = pool(&location).await;
        inserted.push(bare(begin, &into, transactions).await);
        into.close().await;
    }
    figure(&format!("{name}_push_50_devices"), median(served), "ops/s", Some(("bare insert", median(inserted))));
    figure(&format!("{name}_server_peak_memory"), median(peaks), "MiB", None);
}

async fn growth(name: &str, cluster: Option<&str>) {
    let folder = TempDir::new().expect("a folder");
    make(cluster, "growth").await;
    let location = place(folder.path(), cluster, "growth");
    let database = Database::create(&location).await.expect("a database");
    accounts(&database).await;
    let grants: Vec<Grant> = (0..DEVICES).map(|device| Grant::grid_worker(grid(device))).collect();
    let (mut filled, mut first) = (0, None);
    for history in [10_000_u64, 100_000, 1_000_000] {
        while filled < history {
            let device = filled / 500 % DEVICES;
            let author = Author { account: "load", name: "王芳", device: DeviceId(device), grants: &grants };
            let ops = (0..500).map(|n| Incoming::Op(Box::new(visit(device, filled + n)))).collect();
            database.take(author, ops).await.expect("it is taken");
            filled += 500;
        }
        let server = Server::start(&location, folder.path());
        let phone = Phone::log_in(&server, 0).await;
        let mut pushes = Vec::new();
        for batch in 0..40 {
            let ops = (0..BATCH).map(|n| visit(0, history * 10 + batch * BATCH + n)).collect();
            let body = phone.body(ops, 0);
            let start = Instant::now();
            drop(phone.post(body).await.bytes().await.expect("an answer"));
            pushes.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        let mut cursors = BTreeMap::new();
        loop {
            let request = SyncRequest {
                device: DeviceId(0),
                app: "load".into(),
                epoch: None,
                ops: Vec::new(),
                cursors: cursors.clone(),
                milestones: BTreeMap::new(),
                limit: 2_000,
            };
            let answer = phone.client.post(&phone.url).bearer_auth(&phone.token).json(&request).send().await;
            let answer: SyncResponse = answer.expect("an answer").json().await.expect("a sync answer");
            cursors.extend(answer.channels.iter().map(|page| (page.channel.clone(), page.next)));
            if !answer.channels.iter().any(|page| page.more) {
                break;
            }
        }
        let empty = SyncRequest {
            device: DeviceId(0),
            app: "load".into(),
            epoch: None,
            ops: Vec::new(),
            cursors,
            milestones: BTreeMap::new(),
            limit: 1_000,
        };
        let mut pulls = Vec::new();
        for _ in 0..100 {
            let start = Instant::now();
            let answer = phone.client.post(&phone.url).bearer_auth(&phone.token).json(&empty).send().await;
            let answer: SyncResponse = answer.expect("an answer").json().await.expect("a sync answer");
            assert!(answer.channels.is_empty());
            pulls.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        let (push, pull) = (median(pushes), median(pulls));
        let (first_push, first_pull) = *first.get_or_insert((push, pull));
        let client_ip = |first: f64| Some(("with 10,000 ops", first));
        figure(&format!("{name}_push_100_with_{history}_ops"), push, "ms", client_ip(first_push));
        figure(&format!("{name}_empty_pull_with_{history}_ops"), pull, "ms", client_ip(first_pull));
    }
    database.close().await;
}

#[tokio::main]
async fn main() {
    let cluster = std::env::var("RUHU_BENCH_POSTGRES").ok();
    let wanted = std::env::args().nth(1).unwrap_or_default();
    for (name, cluster) in [("sqlite", None), ("postgres", cluster.as_deref())] {
        if name == "postgres" && cluster.is_none() {
            continue;
        }
        match wanted.as_str() {
            "server" => throughput(name, cluster).await,
            "growth" => growth(name, cluster).await,
            other => panic!("server or growth, not {other}"),
        }
    }
}
