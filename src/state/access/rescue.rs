//! Saves what can be saved from a storage that the app can't open: ops that were never sent, as a file for the office.

use crate::{
    state::{notebook::album, session},
    storage::{StorageError, indexed_db::IndexedDb},
};
use ruhu_domain::{
    engine::Queued,
    photo::PhotoHash,
    storage::{DRAFTS, Entry, Table},
    wire::UnsentOps,
};
use serde::Serialize;

/// A file that `ruhu-server import ops` takes, with what a person may still make sense of.
#[derive(Debug, Serialize)]
pub struct Rescued {
    /// The part of the outbox that could be read.
    #[serde(flatten)]
    unsent: UnsentOps,
    /// Drafts, and entries of the outbox that could not be read, as they are stored.
    rest: Vec<(String, String)>,
    /// The photos that never were at the office, and their sizes in bytes.
    #[serde(skip)]
    pub photos: Vec<(PhotoHash, u32)>,
}

impl Rescued {
    /// How many saved changes it holds, and how much else.
    pub fn counts(&self) -> (usize, usize) {
        (self.unsent.ops.len(), self.rest.len())
    }

    /// The login name that it was saved under.
    pub fn account(&self) -> &str {
        &self.unsent.account
    }
}

/// Reads what there is; none where nobody was logged in.
///
/// # Errors
/// The storage gives nothing at all.
pub async fn rescue(storage: &IndexedDb) -> Result<Option<Rescued>, StorageError> {
    let (stored, _) = storage.salvage().await?;
    let Some(session) = session::stored(&stored) else { return Ok(None) };
    let (mut ops, mut rest) = (Vec::new(), Vec::new());
    let as_stored = |(key, bytes): &Entry| (key.clone(), String::from_utf8_lossy(bytes).into_owned());
    for entry in stored.entries(Table::Outbox) {
        match serde_json::from_slice::<Queued>(&entry.1) {
            Ok(queued) => ops.push(queued.op),
            Err(_) => rest.push(as_stored(entry)),
        }
    }
    ops.sort_by_key(|op| op.stamp);
    rest.extend(stored.entries(DRAFTS).iter().map(as_stored));
    let unsent = UnsentOps { device: session.device, account: session.account, ops };
    let album = album::stored(&stored);
    let photos = album.iter().filter(|(_, kept)| kept.there.is_empty()).map(|(hash, kept)| (*hash, kept.size));
    Ok(Some(Rescued { unsent, rest, photos: photos.collect() }))
}
