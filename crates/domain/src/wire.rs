//! What phones and the server say to each other. JSON, compressed; unknown fields are ignored, so an
//! older phone can always push.

use crate::{
    id::{DeviceId, OpId},
    record::{Channel, Op, Record},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most ops of one request.
pub const MAX_OPS: usize = 500;

/// The most bytes of ops of one request, before compression.
pub const MAX_OP_BYTES: usize = 256 * 1024;

/// The most records of one answer.
pub const MAX_RECORDS: u32 = 2_000;

/// `POST /api/v1/login`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The account's name or phone number.
    pub account: String,
    /// The password.
    pub password: String,
    /// The device's new identity.
    pub device: DeviceId,
}

/// The answer to a login that succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginResponse {
    /// The bearer token: 256 random bits; the server keeps only its hash.
    pub token: String,
    /// The account's name.
    pub account: String,
    /// The worker's name as people know it.
    pub name: String,
    /// The grids the worker is responsible for.
    pub grids: Vec<Grid>,
}

/// A grid as the worker sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// Its channel of everyday work.
    pub channel: Channel,
    /// Its name: village and number.
    pub name: String,
}

/// `POST /api/v1/sync`: pushes and pulls in one round trip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncRequest {
    /// The device that sends.
    pub device: DeviceId,
    /// The app's version.
    pub app: String,
    /// The server's epoch that the cursors belong to; none before the first answer.
    #[serde(default)]
    pub epoch: Option<String>,
    /// At most [`MAX_OPS`] ops.
    #[serde(default)]
    pub ops: Vec<Op>,
    /// How far each channel was pulled.
    #[serde(default)]
    pub cursors: BTreeMap<Channel, u64>,
    /// The most records wanted.
    pub limit: u32,
}

/// What became of an op at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpOutcome {
    /// In the history, and at least one field took its value.
    Applied,
    /// In the history; newer values stand.
    Superseded,
    /// Was in the history already.
    Duplicate,
    /// Kept for a supervisor to look at; not merged.
    Quarantined,
    /// Malformed: not kept.
    Rejected,
}

/// The answer to one op.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpResult {
    /// The op.
    pub op: OpId,
    /// What became of it.
    pub outcome: OpOutcome,
    /// Why, in words for the worker, where it was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A channel's changed records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<R = Record> {
    /// The channel.
    pub channel: Channel,
    /// Records changed after the cursor, oldest change first.
    pub records: Vec<R>,
    /// The new cursor.
    pub next: u64,
    /// Whether there are more to pull.
    pub more: bool,
}

/// The answer to a [`SyncRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SyncResponse<R = Record> {
    /// The server's clock, Unix milliseconds.
    pub now: u64,
    /// Changes when the server was restored from a backup.
    pub epoch: String,
    /// One result for each op.
    pub results: Vec<OpResult>,
    /// What changed.
    pub channels: Vec<Page<R>>,
    /// The grids the worker is responsible for now.
    pub grants: Vec<Grid>,
}

/// The body of every refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What happened and what to do, in Chinese.
    pub message: String,
}
