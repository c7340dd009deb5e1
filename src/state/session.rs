//! Who is logged in on this phone.

use ruhu_domain::{
    DeviceId,
    storage::{Snapshot, TOKEN, Table, Write},
};
use serde::{Deserialize, Serialize};

/// The key of the session in [`Table::Meta`].
const SESSION: &str = "session";

/// A login. Kept when the server no longer takes its token: the work on the phone stays readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The bearer token. Kept apart: it changes while the worker stays the same.
    #[serde(skip)]
    pub token: String,
    /// The login name.
    pub account: String,
    /// The person's name.
    pub name: String,
    /// This device.
    pub device: DeviceId,
}

impl Session {
    /// The writes that keep it.
    pub fn writes(&self) -> [Write; 2] {
        let token = self.token.clone().into_bytes();
        [Write::Put(Table::Meta, SESSION.into(), self.json()), Write::Put(Table::Meta, TOKEN.into(), token)]
    }

    /// Goes on only where this worker is still logged in on this phone.
    pub fn check(&self) -> Write {
        Write::Check(Table::Meta, SESSION.into(), Some(self.json()))
    }

    fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a session is plain text")
    }
}

/// The login that the storage holds; none where nobody is logged in.
pub fn stored(storage: &Snapshot) -> Option<Session> {
    let session: Session = serde_json::from_slice(storage.get(Table::Meta, SESSION)?).ok()?;
    let token = storage.get(Table::Meta, TOKEN).map(String::from_utf8_lossy).unwrap_or_default();
    Some(Session { token: token.into_owned(), ..session })
}
