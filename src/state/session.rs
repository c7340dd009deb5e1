//! Who is logged in on this phone.

use ruhu_domain::{
    DeviceId,
    storage::{Snapshot, Table, Write},
};
use serde::{Deserialize, Serialize};

/// The key of the session in [`Table::Meta`].
const SESSION: &str = "session";

/// A login. Kept when the server no longer takes its token: the work on the phone stays readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The bearer token.
    pub token: String,
    /// The login name.
    pub account: String,
    /// The person's name.
    pub name: String,
    /// This device.
    pub device: DeviceId,
}

impl Session {
    /// The write that keeps it.
    pub fn write(&self) -> Write {
        let bytes = serde_json::to_vec(self).expect("a session is plain text");
        Write::Put(Table::Meta, SESSION.into(), bytes)
    }
}

/// The login that the storage holds; none where nobody is logged in.
pub fn stored(storage: &Snapshot) -> Option<Session> {
    storage.get(Table::Meta, SESSION).and_then(|bytes| serde_json::from_slice(bytes).ok())
}
