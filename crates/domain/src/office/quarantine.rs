//! The records that wait for a decision.

use crate::{
    id::OpId,
    record::{Channel, Kind, Name},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// `waiting`: asks for changes that wait, the oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindWaiting {
    /// How many of the oldest are left out.
    pub skip: usize,
}

/// The answer: at most [`WAITING_PAGE`] changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingPage {
    /// The changes.
    pub items: Vec<Waiting>,
    /// Those among them that can't be read: they can only be refused.
    #[serde(default)]
    pub unreadable: Vec<OpId>,
    /// How many wait in all.
    pub all: usize,
}

/// The most changes of a [`WaitingPage`].
pub const WAITING_PAGE: usize = 40;

/// A change that waits for a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The op.
    pub op: OpId,
    /// The household that it is about, as it is called: number, head, address. Nothing where it is about none, or where the
    /// caller answers for none.
    pub household: String,
    /// Who made it.
    pub by: Name,
    /// Where it belongs.
    pub channel: Channel,
    /// The kind of the record that was sent.
    pub kind: Kind,
    /// When it came.
    pub received_at: u64,
    /// Why it waits.
    pub reason: String,
    /// The values it writes.
    pub changes: BTreeMap<Name, Value>,
}

/// `photo`: the photo of a photo's record that waits. The answer is the photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingPhoto {
    /// The op.
    pub op: OpId,
}

/// `accept`, `refuse`: an op.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The op.
    pub op: OpId,
    /// Why it is refused; the worker reads it.
    #[serde(default)]
    pub reason: String,
}
