//! The records that wait for a decision.

use crate::{
    id::OpId,
    record::{Channel, Kind, Name},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// `waiting`: a change that waits for a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The op.
    pub op: OpId,
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
