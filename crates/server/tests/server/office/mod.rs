//! The work of offices over HTTP, on both databases.

mod data_rights;
mod duties;
mod grids;
mod handover;
mod help;
mod ledgers;
mod operation;
mod records;
mod retention;
mod rosters;
mod security;
mod staff;
mod supervision;

use crate::world::{World, channel, desk::place};
use ruhu_domain::{
    Channel, Class, DeviceId, Kind, OpId, RecordId, Stamp,
    codes::Outcome,
    office::*,
    record::{Op, diff},
    rights::Role,
    roster::household::Household,
    visit::Visit,
    wire::{EnrolRequest, LoginRequest},
};
use ruhu_server::random;
use serde::Serialize;
use serde_json::json;
use sqlx::Row;

pub const VILLAGE: &str = "411502001003";
pub const TOWNSHIP: &str = "411502001000";
pub const COUNTY: &str = "411502000000";
pub const NEW_PASSWORD: &str = "新手机-2026";
pub const HOUSEHOLD: u64 = 100;
pub const RESIDENT: u64 = 101;
pub const VISIT: u64 = 102;

pub fn right(role: Role, at: &str, classes: &[Class]) -> Right {
    Right { role, place: place(at), classes: classes.to_vec() }
}

pub fn of(account: &str) -> OfAccount {
    OfAccount { account: account.into() }
}

pub async fn enrol(world: &World, account: &str, code: &str, password: &str, device: u64) -> reqwest::Response {
    let request = EnrolRequest {
        account: account.into(),
        code: code.into(),
        password: password.into(),
        device: DeviceId(device),
    };
    world.client.post(format!("{}/api/v1/enrol", world.url)).json(&request).send().await.expect("an answer")
}

pub async fn log_in(world: &World, account: &str, password: &str, device: u64) -> u16 {
    let request =
        LoginRequest { account: account.into(), password: password.into(), device: DeviceId(device), code: None };
    let answer = world.client.post(format!("{}/api/v1/login", world.url)).json(&request).send().await;
    answer.expect("an answer").status().as_u16()
}

/// An op on a dispute's file.
pub fn of_dispute(record: RecordId, kind: Kind, n: u64, view: &impl Serialize) -> Op {
    in_class(Class::Mediation, record, kind, n, view)
}

pub fn in_class(class: Class, record: RecordId, kind: Kind, n: u64, view: &impl Serialize) -> Op {
    let at = random::now_ms() - 60_000 + n;
    Op {
        id: OpId::new(at, random::bytes()),
        record,
        kind,
        channel: Channel { grid: channel().grid, class },
        stamp: Stamp { ms: at, counter: 0, device: DeviceId(1) },
        by: "王芳".into(),
        changes: diff(None, view),
    }
}

/// An op that writes a record of a kind.
pub fn op(n: u64, kind: Kind, record: RecordId, view: &impl Serialize) -> Op {
    Op {
        id: OpId::new(n, [9; 10]),
        record,
        kind,
        channel: channel(),
        stamp: Stamp { ms: 1_760_000_000_000 + n, counter: 0, device: DeviceId(1) },
        by: Default::default(),
        changes: diff(None, view),
    }
}

pub fn id(n: u64) -> RecordId {
    RecordId::new(n, [5; 10])
}

/// A household with 陈静 in it, and a visit that speaks of her.
pub fn family() -> Vec<Op> {
    let household =
        Household { number: "001".into(), head: "陈静".into(), phone: "19900000001".into(), ..Household::default() };
    let resident = json!({"household": id(HOUSEHOLD), "name": "陈静", "birth": "1956-03-08", "living": "home"});
    let mut visit = Visit::new(id(HOUSEHOLD), random::now_ms().cast_signed(), "王芳", Outcome::Met);
    (visit.met, visit.found) = (vec!["陈静".into()], "陈静说腿疼，孙女陈雨在家".into());
    vec![
        op(1, Kind::Household, id(HOUSEHOLD), &household),
        op(2, Kind::Resident, id(RESIDENT), &resident),
        op(3, Kind::Visit, id(VISIT), &visit),
    ]
}

pub fn resident() -> OfRecord {
    OfRecord { record: id(RESIDENT), channel: channel() }
}

/// Everything that the database holds, as text.
pub async fn whole(world: &World) -> String {
    let mut all = String::new();
    for words in ["SELECT body FROM record", "SELECT body FROM op"] {
        let rows = sqlx::query(words).fetch_all(&mut world.connect().await).await.expect("rows");
        rows.iter().for_each(|row| all.push_str(&row.try_get::<String, _>(0).expect("text")));
    }
    all
}
