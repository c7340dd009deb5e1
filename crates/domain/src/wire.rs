//! The messages between phones and the server, as compressed JSON. Unknown fields are ignored, so an older phone can always
//! push.

use crate::{
    id::{DeviceId, OpId, RecordId},
    photo::PhotoHash,
    record::{Channel, Fieldwork, Name, Record},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

pub use ruhu_sync::wire::{AHEAD_MS, MAX_OP_BYTES, MAX_OPS, MAX_RECORDS, OpOutcome, OpResult, Position, read_answer};

/// `POST /api/v1/sync`.
pub type SyncRequest = ruhu_sync::wire::SyncRequest<Fieldwork>;

/// The answer to a [`SyncRequest`]. The server hands records out as it keeps them, as text.
pub type SyncResponse<R = Record> = ruhu_sync::wire::SyncResponse<Fieldwork, R>;

/// A channel's changed records.
pub type Page<R = Record> = ruhu_sync::wire::Page<Fieldwork, R>;

/// A record that moved away from a channel.
pub type Left = ruhu_sync::wire::Left<Fieldwork>;

/// A grid's records of one class, as the worker sees them. Its name is the village's with the grid's number, its roles
/// those in which the worker may save there.
pub type Grid = ruhu_sync::wire::Carried<Fieldwork>;

/// The unsent ops of a phone, as a file that is carried to the office by hand.
pub type UnsentOps = ruhu_sync::wire::UnsentOps<Fieldwork>;

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

/// Whose a revoked phone is that hands over, by what only that phone has. `POST /api/v1/device_handover/wanted` takes no more.
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

/// `POST /api/v1/device_handover`: what a revoked phone has not sent, sealed as it is kept. Locked or not, it opens nothing
/// for this: the server does, with the vault key that was sealed to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceHandover<K> {
    /// Whose it is.
    #[serde(flatten)]
    pub of: Revoked<K>,
    /// At most [`MAX_OPS`] entries of the outbox.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outbox: Vec<SealedEntry>,
    /// Pieces of photos that are [`WantedPhotos`], in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<SealedEntry>,
    /// Whether there is no more.
    pub last: bool,
}

/// The answer to a [`DeviceHandover`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceHandoverAnswer {
    /// How many changes wait for a supervisor now; the office had the others already.
    pub taken: usize,
    /// How many it could not take: the phone stays as it is.
    pub left: usize,
}

/// The answer to `POST /api/v1/device_handover/wanted`: the photos whose records this phone sent or handed over, and that the
/// office does not have. Of each the names under which the phone keeps the pieces that are missing, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedPhotos {
    /// The photos; `pictures` on the wire.
    #[serde(rename = "pictures")]
    pub photos: Vec<Vec<String>>,
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

/// The unsent ops of a phone, sealed for the server alone: [`UnsentOps`] as JSON under the key of the outbox, and the
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
    /// The photos, each sealed as the ops are, in base64; `pictures` on the wire.
    #[serde(rename = "pictures", default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<String>,
}

/// Under which name all in a [`SealedUnsent`] is sealed.
pub const EXPORT: &str = "export";

/// A receipt number for ops and photos that the office took in by hand: six digits of the SHA-256 of their ids and
/// hashes. A phone that has just these, and no others, may let go of them.
pub fn receipt(ops: impl IntoIterator<Item = OpId>, photos: impl IntoIterator<Item = PhotoHash>) -> String {
    let (ops, photos) = (BTreeSet::from_iter(ops), BTreeSet::from_iter(photos));
    let mut hash = Sha256::new();
    for op in ops {
        hash.update(op.to_string());
    }
    for photo in photos {
        hash.update(photo.0);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{:06}", number % 1_000_000)
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
    /// The codes that offices made for the account lately, the latest first; they come with the pages.
    #[serde(default)]
    pub codes: Vec<CodeMade>,
}

/// A code that an office made for an account: whoever has it can log in as its owner, so the owner is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeMade {
    /// Who made it.
    pub by: String,
    /// When, Unix milliseconds.
    pub at: u64,
    /// When somebody logged in with it, Unix milliseconds; none before.
    pub used_at: Option<u64>,
}

/// Somebody to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Where: the name of the place.
    pub from: String,
    /// The service that the number is for, in words ([`crate::help::contact::Service`]).
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
    /// The text of the page, in the format of [`crate::help::handbook`].
    pub text: String,
}

/// The body of every refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The words for the user, in Chinese: what happened and what to do.
    pub message: String,
}
