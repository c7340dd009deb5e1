//! A real server on a free port, over a real database of either kind. The PostgreSQL cluster is the one that
//! `cargo xtask test` starts; each test has a database of its own in it.
#![allow(dead_code, reason = "each test file uses its own part of this module")]

pub mod desk;
pub mod program;

use ruhu_domain::{
    Channel, DeviceId, GridCode, Kind, OpId, RecordId, Stamp,
    codes::Outcome,
    day,
    record::{Op, diff},
    timeline::Milestone,
    visit::Visit,
    wire::{LoginRequest, LoginResponse, Position, SyncRequest, SyncResponse},
};
use ruhu_server::{
    crypto,
    database::{Database, Location},
    http,
    import::areas,
    photos::PhotoStore,
    random,
};
use ruhu_vault::RecoveryKey;
use serde_json::{Value, json};
use sqlx::{
    AnyConnection, Connection, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub const GRID: &str = "411502001003-02";
pub const GRID_CHANNEL: &str = "411502001003-02/general";
/// The secret key that phones seal their vault keys to.
pub const RECOVERY: [u8; 32] = [8; 32];
pub const PASSWORD: &str = "走村入户-2026";

/// The kind of database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    Sqlite,
    Postgres,
}

/// Runs each of these tests on both databases.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::world::Base::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::world::Base::Postgres).await;
            })+
        }
    };
}

pub struct World {
    pub folder: TempDir,
    pub location: Location,
    pub database: Database,
    pub url: String,
    pub client: reqwest::Client,
    pub photos: PhotoStore,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<std::io::Result<()>>,
}

/// The address of a new, empty PostgreSQL database.
pub async fn postgres() -> String {
    let cluster = std::env::var("RUHU_TEST_POSTGRES").expect("a PostgreSQL cluster: run `cargo xtask test server`");
    let name = format!("test_{}", uuid::Uuid::from_bytes(random::bytes()).simple());
    sql(&format!("{cluster}/postgres"), &format!("CREATE DATABASE {name}")).await;
    format!("{cluster}/{name}")
}

/// A place for a database where nothing is yet.
pub async fn place(base: Base) -> (TempDir, Location) {
    let folder = TempDir::new().expect("a folder");
    let location = match base {
        Base::Sqlite => Location::File(folder.path().join("数据 1/ruhu.db")),
        Base::Postgres => Location::Postgres(postgres().await),
    };
    (folder, location)
}

/// A database that knows the areas.
pub async fn database(base: Base) -> (TempDir, Location, Database) {
    let (folder, location) = place(base).await;
    let database = Database::create(&location).await.expect("a database");
    let rows = areas::xinyang().expect("the table is right");
    database.put_areas(&rows).await.expect("areas");
    (folder, location, database)
}

/// A database as a version before had it, up to the migration of this number, and a connection to it.
pub async fn of_version(location: &Location, last: i64) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let (folder, mut connection) = match location {
        Location::File(file) => {
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("it is made");
            ("sqlite", connect(&format!("sqlite://{}?mode=rwc", file.display())).await)
        }
        Location::Postgres(address) => ("postgres", connect(address).await),
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
    let mut migrations = Vec::new();
    for file in std::fs::read_dir(folder).expect("the migrations") {
        let file = file.expect("a migration").path();
        let (number, what) =
            file.file_stem().and_then(|name| name.to_str()?.split_once('_')).expect("a number and words");
        let words = std::fs::read_to_string(&file).expect("a text");
        let words = sqlx::AssertSqlSafe(words).into_sql_str();
        let number = number.parse().expect("a number");
        let kind = MigrationType::Simple;
        migrations.push(Migration::new(number, what.replace('_', " ").into(), kind, words, false));
    }
    migrations.retain(|migration| migration.version <= last);
    migrations.sort_by_key(|migration| migration.version);
    Migrator::with_migrations(migrations).run(&mut connection).await.expect("the tables of that version");
    connection
}

/// A connection past the server, for what only a test does.
pub async fn connect(address: &str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(address).await.expect("a connection")
}

/// The address of a location.
pub fn address(location: &Location) -> String {
    match location {
        Location::File(file) => format!("sqlite://{}", file.display()),
        Location::Postgres(address) => address.clone(),
    }
}

/// Carries out statements past the server.
pub async fn sql(address: &str, statements: &str) {
    let statements = sqlx::AssertSqlSafe(statements.to_owned());
    sqlx::raw_sql(statements).execute(&mut connect(address).await).await.expect("it is carried out");
}

/// An HTTP client.
pub fn client() -> reqwest::Client {
    crypto::install();
    reqwest::Client::new()
}

impl World {
    pub async fn new(base: Base) -> Self {
        let (folder, location, database) = database(base).await;
        let grids: [GridCode; 1] = [GRID.parse().expect("a grid")];
        database.put_account("wangfang", "王芳", PASSWORD, &grids).await.expect("an account");
        // Passwords alone let in new phones; what takes a code elsewhere has tests of its own.
        database.set_demo().await.expect("it is noted");
        let recovery = RecoveryKey::new(RECOVERY);
        let photos = PhotoStore::open(&folder.path().join("photos").to_string_lossy()).expect("a folder");
        let state = http::AppState {
            database: database.clone(),
            recovery,
            behind_proxy: true,
            login_throttle: http::LoginThrottle::default(),
            hashing: http::Hashing::default(),
            photos: photos.clone(),
            certificate: None,
            started_at: 0,
            backing_up: Arc::default(),
        };
        let router = http::router(state, None).expect("a router");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(http::serve(listener, router, true, async { drop(stopped.await) }));
        Self { folder, location, database, url, client: client(), photos, stop: Some(stop), serving }
    }

    /// A connection past the server.
    pub async fn connect(&self) -> AnyConnection {
        connect(&address(&self.location)).await
    }

    /// Removes a visit from the records for good, as retention will: phones whose position is below it
    /// have to start over.
    pub async fn purge(&self, n: u64) {
        let mut database = self.connect().await;
        let id = RecordId::new(n, [7; 10]).0.as_bytes().to_vec();
        let floor = "UPDATE channel SET generation = generation + 1, floor = (SELECT seq FROM record WHERE id = $1)";
        for statement in [floor, "DELETE FROM record WHERE id = $1"] {
            sqlx::query(statement).bind(&id).execute(&mut database).await.expect("it is purged");
        }
    }

    /// Stops the server as SIGTERM does, and waits until it has.
    pub async fn stop(mut self) -> (TempDir, Location) {
        drop(self.stop.take());
        self.serving.await.expect("the server ran").expect("the server stopped in order");
        self.database.close().await;
        (self.folder, self.location)
    }

    pub async fn log_in(&self, device: u64) -> Phone<'_> {
        self.log_in_as("wangfang", device).await
    }

    pub async fn log_in_as(&self, account: &str, device: u64) -> Phone<'_> {
        let request =
            LoginRequest { account: account.into(), password: PASSWORD.into(), device: DeviceId(device), code: None };
        let answer = self.client.post(format!("{}/api/v1/login", self.url)).json(&request).send().await;
        let answer: LoginResponse = answer.expect("an answer").json().await.expect("a login");
        Phone {
            world: self,
            token: answer.token,
            device: DeviceId(device),
            cursors: BTreeMap::new(),
            milestones: BTreeMap::new(),
        }
    }
}

pub struct Phone<'a> {
    pub world: &'a World,
    pub token: String,
    pub device: DeviceId,
    pub cursors: BTreeMap<Channel, Position>,
    pub milestones: BTreeMap<Channel, Milestone>,
}

impl Phone<'_> {
    pub fn request(&self, ops: Vec<Op>) -> SyncRequest {
        let cursors = self.cursors.clone();
        let own = |op: Op| Op { stamp: Stamp { device: self.device, ..op.stamp }, ..op };
        let ops = ops.into_iter().map(own).map(Arc::new).collect();
        SyncRequest {
            device: self.device,
            app: "test".into(),
            epoch: None,
            ops,
            cursors,
            milestones: self.milestones.clone(),
            limit: 1_000,
        }
    }

    pub async fn post(&self, body: Vec<u8>, token: &str) -> reqwest::Response {
        let request = self.world.client.post(format!("{}/api/v1/sync", self.world.url)).bearer_auth(token).body(body);
        request.send().await.expect("an answer")
    }

    pub async fn sync(&mut self, ops: Vec<Op>) -> SyncResponse {
        let body = serde_json::to_vec(&self.request(ops)).expect("a request");
        let answer = self.post(body, &self.token).await;
        assert_eq!(answer.status(), 200);
        let answer: SyncResponse = answer.json().await.expect("a sync answer");
        for page in &answer.channels {
            self.cursors.insert(page.channel.clone(), page.next);
        }
        self.milestones.extend(answer.written.clone());
        answer
    }

    pub fn visit(&self, n: u64, found: &str) -> Op {
        visit(self.device, n, found)
    }
}

/// A photo of this many bytes at least: what is over is in comments of it (ITU-T T.81, B.2.4.5).
pub fn picture(length: usize) -> Vec<u8> {
    let bytes = include_bytes!("../photos/hazard.jpg");
    let (start, rest) = bytes.split_at(2);
    let mut more = length.saturating_sub(bytes.len());
    let mut picture = start.to_vec();
    while more > 0 {
        let comment = more.clamp(4, 60_000);
        picture.extend([0xFF, 0xFE]);
        picture.extend(u16::try_from(comment - 2).expect("a short comment").to_be_bytes());
        picture.resize(picture.len() + comment - 4, b'.');
        more = more.saturating_sub(comment);
    }
    [&picture, rest].concat()
}

pub fn channel() -> Channel {
    Channel::general(GRID.parse().expect("a grid"))
}

pub fn visit(device: DeviceId, n: u64, found: &str) -> Op {
    let mut visit = Visit::new(RecordId::new(1, [1; 10]), 1_795_406_400_000, "王芳", Outcome::Met);
    visit.found = found.into();
    Op {
        id: OpId::new(n, [device.0 as u8; 10]),
        record: RecordId::new(n, [7; 10]),
        kind: Kind::Visit,
        channel: channel(),
        stamp: Stamp { ms: 1_760_000_000_000 + n, counter: 0, device },
        by: Default::default(),
        changes: diff(None, &visit),
    }
}

/// The hazard that the photos of these tests are of.
pub fn hazard(device: DeviceId) -> Op {
    let on = day::ledger(day::day(random::now_ms().cast_signed()));
    let view =
        json!({"what": "井盖塌了", "danger": "traffic", "grade": "serious", "place": "小学门口", "found_on": on});
    let (id, record) = (OpId::new(1, [200 + device.0 as u8; 10]), RecordId::new(1, [1; 10]));
    Op { id, record, kind: Kind::Hazard, changes: diff(None, &view), ..visit(device, 1, "") }
}

pub fn found(record: &ruhu_domain::Record) -> &Value {
    &record.fields["found"].value
}
