//! A real server on a free port, over a real database file.
#![allow(dead_code, reason = "each test file uses its own part of this module")]

use ruhu_domain::{
    Channel, DeviceId, GridCode, Kind, OpId, RecordId, Stamp,
    codes::Outcome,
    record::{Op, diff},
    visit::Visit,
    wire::{LoginRequest, LoginResponse, Position, SyncRequest, SyncResponse},
};
use ruhu_server::{database::Database, http, import::areas};
use serde_json::Value;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use std::collections::BTreeMap;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub const GRID: &str = "411502001003-02";
pub const GRID_CHANNEL: &str = "411502001003-02/general";
pub const PASSWORD: &str = "走村入户-2026";

pub struct World {
    pub folder: TempDir,
    pub database: Database,
    pub url: String,
    pub client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<std::io::Result<()>>,
}

pub async fn database() -> (TempDir, Database) {
    let folder = TempDir::new().expect("a folder");
    let database = Database::open(&folder.path().join("ruhu.db")).await.expect("a database");
    let rows = areas::read(areas::XINYANG).expect("the table is right");
    database.put_areas(&rows).await.expect("areas");
    (folder, database)
}

impl World {
    pub async fn new() -> Self {
        let (folder, database) = database().await;
        let grids: [GridCode; 1] = [GRID.parse().expect("a grid")];
        database.put_account("wangfang", "王芳", PASSWORD, &grids).await.expect("an account");
        let router = http::router(database.clone(), None).expect("a router");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(http::serve(listener, router, async { drop(stopped.await) }));
        Self { folder, database, url, client: reqwest::Client::new(), stop: Some(stop), serving }
    }

    /// Removes a visit from the records for good, as retention will: phones whose position is below it
    /// have to start over.
    pub async fn purge(&self, n: u64) {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("ruhu.db"));
        let mut database = options.connect().await.expect("the database file");
        let id = RecordId::new(n, [7; 10]).0.as_bytes().to_vec();
        let floor = "UPDATE channel SET generation = generation + 1, floor = (SELECT seq FROM record WHERE id = ?)";
        for statement in [floor, "DELETE FROM record WHERE id = ?"] {
            sqlx::query(statement).bind(&id).execute(&mut database).await.expect("it is purged");
        }
    }

    /// Stops the server as SIGTERM does, and waits until it has.
    pub async fn stop(mut self) -> (TempDir, Database) {
        drop(self.stop.take());
        self.serving.await.expect("the server ran").expect("the server stopped in order");
        (self.folder, self.database)
    }

    pub async fn log_in(&self, device: u64) -> Phone<'_> {
        let request = LoginRequest { account: "wangfang".into(), password: PASSWORD.into(), device: DeviceId(device) };
        let answer = self.client.post(format!("{}/api/v1/login", self.url)).json(&request).send().await;
        let answer: LoginResponse = answer.expect("an answer").json().await.expect("a login");
        Phone { world: self, token: answer.token, device: DeviceId(device), cursors: BTreeMap::new() }
    }
}

pub struct Phone<'a> {
    pub world: &'a World,
    pub token: String,
    pub device: DeviceId,
    pub cursors: BTreeMap<Channel, Position>,
}

impl Phone<'_> {
    pub fn request(&self, ops: Vec<Op>) -> SyncRequest {
        let cursors = self.cursors.clone();
        SyncRequest { device: self.device, app: "test".into(), epoch: None, ops, cursors, limit: 1_000 }
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
        answer
    }

    pub fn visit(&self, n: u64, found: &str) -> Op {
        visit(self.device, n, found)
    }
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

pub fn found(record: &ruhu_domain::Record) -> &Value {
    &record.fields["found"].value
}
