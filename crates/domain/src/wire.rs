//! What phones and the server say to each other. JSON, compressed; unknown fields are ignored, so an
//! older phone can always push.

use crate::{
    id::{DeviceId, OpId, RecordId},
    photo::PhotoHash,
    record::{Channel, Name, Op, Record},
    rights::Role,
    stamp::Stamp,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The most ops of one request.
pub const MAX_OPS: usize = 1_000;

/// The most bytes of ops of one request, before compression: 1,000 ordinary visits fit.
pub const MAX_OP_BYTES: usize = 640 * 1024;

/// The most records of one answer.
pub const MAX_RECORDS: u32 = 2_000;

/// A stamp further ahead of the server's clock than this is merged at the server's time, in milliseconds.
pub const AHEAD_MS: u64 = 5 * 60 * 1_000;

/// `POST /api/v1/login`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The account's name or phone number.
    pub account: String,
    /// The password.
    pub password: String,
    /// The device's new identity.
    pub device: DeviceId,
    /// The six digits of the moment (TOTP), where the account has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// `POST /api/v1/enrol`: lets a new phone in, or one whose password was forgotten, with a code from the office and a
/// new password. Answered like a login.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The account's name.
    pub account: String,
    /// The code.
    pub code: String,
    /// The password from now on.
    pub password: String,
    /// The device.
    pub device: DeviceId,
}

/// Whose a vault is, as bound into its sealed keys: an account on a device.
pub fn vault_owner(account: &str, device: DeviceId) -> String {
    format!("{account}/{device}")
}

/// `POST /api/v1/recover`: opens a vault key that was sealed to the server, for its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery<T> {
    /// The sealed key in the request, the key in the answer.
    pub key: T,
}

/// `POST /api/v1/device`: whether a device was revoked. It names no token: a locked phone has none at hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRequest {
    /// The device.
    pub device: DeviceId,
}

/// The answer to a [`DeviceRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceAnswer {
    /// Whether it was revoked: it is to hand over what it has not sent, and to clear itself.
    pub revoked: bool,
}

/// An entry as a phone keeps it: its name in the storage, and the sealed value.
pub type SealedEntry = (String, Vec<u8>);

/// Whose a revoked phone is that hands over, by what only that phone has. `POST /api/v1/handover/wanted` takes no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked<K> {
    /// The login name.
    pub account: String,
    /// The device.
    pub device: DeviceId,
    /// The vault key, sealed to the server.
    pub key: K,
    /// The entries of the phone's single values among which its token is.
    pub meta: Vec<SealedEntry>,
}

/// `POST /api/v1/handover`: what a revoked phone has not sent, sealed as it is kept. Locked or not, it opens nothing
/// for this: the server does, with the vault key that was sealed to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver<K> {
    /// Whose it is.
    #[serde(flatten)]
    pub of: Revoked<K>,
    /// At most [`MAX_OPS`] entries of the outbox.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outbox: Vec<SealedEntry>,
    /// Pieces of pictures that are [`Wanted`], in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<SealedEntry>,
    /// Whether there is no more.
    pub last: bool,
}

/// The answer to a [`HandOver`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOver {
    /// How many changes wait for a supervisor now; the office had the others already.
    pub taken: usize,
    /// How many it could not take: the phone stays as it is.
    pub left: usize,
}

/// The answer to `POST /api/v1/handover/wanted`: the pictures whose records this phone sent or handed over, and that the
/// office does not have. Of each the names under which the phone keeps the pieces that are missing, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The pictures.
    pub pictures: Vec<Vec<String>>,
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
    /// The server's public key, for the phone to seal its vault key to (X25519).
    pub recovery: [u8; 32],
}

/// A grid's records of one class, as the worker sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// The channel.
    pub channel: Channel,
    /// The grid's name: village and number.
    pub name: String,
    /// In which roles the worker may save there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
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
    pub ops: Vec<Arc<Op>>,
    /// How far each channel was pulled.
    #[serde(default)]
    pub cursors: BTreeMap<Channel, Position>,
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

/// What became of an op at the server.
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

/// What a phone could not send, as a file that is carried to the office by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnsentOps {
    /// The device.
    pub device: DeviceId,
    /// The login name.
    pub account: String,
    /// The ops, in the order of their stamps.
    pub ops: Vec<Arc<Op>>,
}

/// What a phone could not send, sealed for the server alone: [`UnsentOps`] as JSON under the key of the outbox, and the
/// vault key as it was sealed to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedUnsent<K> {
    /// The login name.
    pub account: String,
    /// The device.
    pub device: DeviceId,
    /// The vault key, sealed to the server.
    pub key: K,
    /// The sealed ops.
    pub sealed: Vec<u8>,
    /// The pictures, each sealed as the ops are, in base64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<String>,
}

/// Under which name all in a [`SealedUnsent`] is sealed.
pub const EXPORT: &str = "export";

/// A receipt number for ops and pictures that the office took in by hand: six digits of the SHA-256 of their ids and
/// hashes. A phone that has just these, and no others, may let go of them.
pub fn receipt(ops: impl IntoIterator<Item = OpId>, pictures: impl IntoIterator<Item = PhotoHash>) -> String {
    let (ops, pictures) = (BTreeSet::from_iter(ops), BTreeSet::from_iter(pictures));
    let mut hash = Sha256::new();
    for op in ops {
        hash.update(op.to_string());
    }
    for picture in pictures {
        hash.update(picture.0);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{:06}", number % 1_000_000)
}

/// The answer to one op.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpResult {
    /// The op.
    pub op: OpId,
    /// What became of it.
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
pub struct Page<R = Record> {
    /// The channel.
    pub channel: Channel,
    /// The changed records, oldest change first.
    pub records: Vec<R>,
    /// Records that moved to another channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
    /// The sequence number before the first that the page covers.
    pub after: u64,
    /// The new position.
    pub next: Position,
    /// Whether there are more to pull.
    #[serde(default, skip_serializing_if = "is_false")]
    pub more: bool,
    /// Whether the phone's position was too old: the pull began anew, and records of this channel that
    /// it does not bring again are gone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reset: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this shape")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A record that moved away from a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The record.
    pub record: RecordId,
    /// Where it is now, if the phone may carry it from there: it comes, or came, with that channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Channel>,
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
    /// What the phone may carry now. Records of other channels it forgets.
    pub grants: Vec<Grid>,
}

/// `POST /api/v1/history`: who changed what in a record, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRequest {
    /// The record.
    pub record: RecordId,
    /// Where it belongs.
    pub channel: Channel,
}

/// One save of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Who.
    pub by: Name,
    /// When it was saved, Unix milliseconds by the phone's clock.
    pub saved_at: u64,
    /// When it reached the office, Unix milliseconds.
    pub received_at: u64,
    /// The values written, by field.
    pub changes: BTreeMap<Name, Value>,
    /// Whether it was merged: not so while it waits for a supervisor, or was refused.
    pub merged: bool,
}

/// `POST /api/v1/handbook`: the pages that offices added to 手册, and 便民电话.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandbookRequest {
    /// The digest of those that the phone has; empty where it has none.
    pub digest: String,
}

/// The answer: all pages for the phone's places, or none where it has just these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandbookAnswer {
    /// The digest of the pages.
    pub digest: String,
    /// The pages, where they are others than the phone has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<Vec<AddedPage>>,
    /// 便民电话 of the phone's places, nearest first; they come with the pages.
    #[serde(default)]
    pub contacts: Vec<Contact>,
}

/// Somebody to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Where: the name of the place.
    pub from: String,
    /// What for, in words ([`crate::contact::Service`]).
    pub service: String,
    /// Who: a person in their office, or an office.
    pub name: String,
    /// The number.
    pub phone: String,
    /// When they are there, or anything else.
    pub note: String,
}

/// A page that an office added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedPage {
    /// Its identity.
    pub id: OpId,
    /// Whose it is: the name of the place.
    pub from: String,
    /// 标题.
    pub title: String,
    /// 依据.
    pub law: String,
    /// What it says, as [`crate::handbook`] has it.
    pub text: String,
}

/// The body of every refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What happened and what to do, in Chinese.
    pub message: String,
}
