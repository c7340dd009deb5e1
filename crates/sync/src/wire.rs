//! The messages between phones and the server about records, as JSON. Unknown fields are ignored, so an older phone can always
//! push.

use crate::{
    id::{DeviceId, OpId, RecordId},
    record::{Op, Record},
    schema::Schema,
    stamp::Stamp,
    timeline::Milestone,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{collections::BTreeMap, sync::Arc};

/// The most ops of one request.
pub const MAX_OPS: usize = 1_000;

/// The most bytes of ops of one request, before compression: 1,000 ordinary visits fit.
pub const MAX_OP_BYTES: usize = 640 * 1024;

/// The most records of one answer.
pub const MAX_RECORDS: u32 = 2_000;

/// A stamp further ahead of the server's clock than this is merged at the server's time, in milliseconds.
pub const AHEAD_MS: u64 = 5 * 60 * 1_000;

/// A channel that the phone may carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Carried<S: Schema> {
    /// The channel.
    pub channel: S::Channel,
    /// The name of the place, for people.
    pub name: String,
    /// In which roles the worker may save there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<S::Role>,
}

/// `POST /api/v1/sync`: pushes and pulls in one round trip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct SyncRequest<S: Schema> {
    /// The device that sends.
    pub device: DeviceId,
    /// The app's version.
    pub app: String,
    /// The server's epoch that the cursors belong to; none before the first answer.
    #[serde(default)]
    pub epoch: Option<String>,
    /// At most [`MAX_OPS`] ops.
    #[serde(default)]
    pub ops: Vec<Arc<Op<S>>>,
    /// How far each channel was pulled.
    #[serde(default)]
    pub cursors: BTreeMap<S::Channel, Position>,
    /// The furthest milestone of each channel that the phone knows of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub milestones: BTreeMap<S::Channel, Milestone>,
    /// The most records wanted; 0 where this request only pushes.
    pub limit: u32,
}

/// How far a channel was pulled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Position {
    /// The last sequence number seen; 0 before the first pull.
    pub next: u64,
    /// The channel's generation: another one after records were purged at the server.
    pub generation: u64,
}

impl From<(u64, u64)> for Position {
    fn from((next, generation): (u64, u64)) -> Self {
        Self { next, generation }
    }
}

impl From<Position> for (u64, u64) {
    fn from(position: Position) -> Self {
        (position.next, position.generation)
    }
}

/// The outcome of an op at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpOutcome {
    /// In the history, and at least one field took its value.
    Applied,
    /// In the history; newer values stand.
    Superseded,
    /// Was in the history already; its record comes with the pull.
    Duplicate,
    /// Was in the history already; its record has moved to where the sender may not follow.
    Elsewhere,
    /// Was in the history already; its record is no more.
    Gone,
    /// Kept for a supervisor to look at; not merged.
    Quarantined,
    /// Malformed: not kept.
    Rejected,
}

/// The unsent ops of a phone, as a file that is carried to the office by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct UnsentOps<S: Schema> {
    /// The device.
    pub device: DeviceId,
    /// The login name.
    pub account: String,
    /// The ops, in the order of their stamps.
    pub ops: Vec<Arc<Op<S>>>,
}

/// The answer to one op.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpResult {
    /// The op.
    pub op: OpId,
    /// The outcome.
    pub outcome: OpOutcome,
    /// Why, in words for the worker, where it was not taken or not as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The stamp it was merged with, where its own was too far ahead of the server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Stamp>,
}

/// A channel's changed records: with what the sender pushed, all that changed after `after` and up to
/// `next`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "R: Serialize", deserialize = "R: Deserialize<'de>"))]
pub struct Page<S: Schema, R = Record<S>> {
    /// The channel.
    pub channel: S::Channel,
    /// The changed records, oldest change first.
    pub records: Vec<R>,
    /// Records that moved to another channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left<S>>,
    /// The sequence number before the first that the page covers.
    pub after: u64,
    /// The new position.
    pub next: Position,
    /// Whether there are more to pull.
    #[serde(default, skip_serializing_if = "is_default")]
    pub more: bool,
    /// Whether the phone's position was too old: the pull began anew, and records of this channel that
    /// it does not bring again are gone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reset: bool,
    /// The run of the server that wrote last in the channel.
    #[serde(default, skip_serializing_if = "is_default")]
    pub run: u64,
}

/// Whether a value says nothing: then it is not sent.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A record that moved away from a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Left<S: Schema> {
    /// The record.
    pub record: RecordId,
    /// Where it is now, if the phone may carry it from there: it comes, or came, with that channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<S::Channel>,
}

/// The answer to a [`SyncRequest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "R: Serialize", deserialize = "R: Deserialize<'de>"))]
pub struct SyncResponse<S: Schema, R = Record<S>> {
    /// The server's clock, Unix milliseconds.
    pub now: u64,
    /// Changes when the server was restored from a backup.
    pub epoch: String,
    /// One result for each op.
    pub results: Vec<OpResult>,
    /// The changes.
    pub channels: Vec<Page<S, R>>,
    /// The channels that the phone may carry now. It forgets the records of other channels.
    pub grants: Vec<Carried<S>>,
    /// Where the channels of what was pushed stand: by these the phone can show later that it was taken.
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    pub written: BTreeMap<S::Channel, Milestone>,
    /// Records of the pages that could not be read, with their channels, where [`read_answer`] read the answer. It is not sent.
    #[serde(skip)]
    pub unreadable: BTreeMap<RecordId, S::Channel>,
}

/// The identity alone. Whatever is beside it may be nested as deep as it likes.
#[derive(Deserialize)]
struct OnlyId {
    id: RecordId,
}

/// Reads an answer. Records that can't be read, because they are damaged or nested too deep, are left out and named: they
/// hold up no other.
///
/// # Errors
/// The bytes are no answer at all.
pub fn read_answer<S: Schema>(bytes: &[u8]) -> serde_json::Result<SyncResponse<S>> {
    // Nearly every answer can be read as a whole, which is twice as fast.
    if let Ok(answer) = serde_json::from_slice(bytes) {
        return Ok(answer);
    }
    let raw: SyncResponse<S, Box<RawValue>> = serde_json::from_slice(bytes)?;
    let mut unreadable = BTreeMap::new();
    let pages = raw.channels.into_iter().map(|page| {
        let mut records = Vec::with_capacity(page.records.len());
        for raw in &page.records {
            match serde_json::from_str(raw.get()) {
                Ok(record) => records.push(record),
                Err(_) => {
                    let named = serde_json::from_str(raw.get()).ok();
                    unreadable.extend(named.map(|OnlyId { id }| (id, page.channel.clone())));
                }
            }
        }
        let Page { channel, left, after, next, more, reset, run, .. } = page;
        Page { channel, records, left, after, next, more, reset, run }
    });
    let channels = pages.collect();
    let SyncResponse { now, epoch, results, grants, written, .. } = raw;
    Ok(SyncResponse { now, epoch, results, channels, grants, written, unreadable })
}
