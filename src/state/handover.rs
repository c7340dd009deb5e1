//! A revoked phone: what is not at the office is handed over, sealed as it is kept, and then the phone is cleared.
//! The vault need not be open for it.

use super::vault;
use crate::{
    storage::{Storage, StorageError, indexed_db::IndexedDb},
    sync::transport::{self, TransportError},
};
use ruhu_domain::{
    storage::{Batch, Entry, Table, Write},
    wire::HandOver,
};

/// The most entries and bytes of one request.
const ENTRIES: usize = 200;
const BYTES: usize = 128 * 1024;

/// Why the phone is not cleared. Everything is as before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCleared {
    /// The server did not take it.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The storage's reason.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The office could not take some of it.
    #[error("这台手机已由办公室停用，有 {0} 条记录办公室收不下。请关掉网络再打开，导出没发送的记录，把文件交给办公室")]
    Left(usize),
    /// The vault was made without the server, which can't open it.
    #[error("这台手机已由办公室停用。请关掉网络再打开，导出没发送的记录，把文件交给办公室")]
    NoKey,
}

/// Hands over and clears; how many changes now wait for a supervisor. The storage is locked already.
///
/// # Errors
/// See [`NotCleared`].
pub async fn hand_over(storage: &IndexedDb) -> Result<usize, NotCleared> {
    loop {
        let unchanged = vault::unchanged(storage).await?;
        let Some(vault) = vault::stored(storage).await? else { return Ok(0) };
        let key = vault.recovery.as_ref().ok_or(NotCleared::NoKey)?;
        let [outbox, meta] = storage.kept([Table::Outbox, Table::Meta]).await?;
        let names = outbox.iter().map(|(name, _)| name.clone()).collect();
        let mut clear: Batch = vec![unchanged, Write::CheckKeys(Table::Outbox, names)];
        clear.extend(Table::ALL.map(Write::Clear));
        let mut taken = 0;
        let mut rest = batches(outbox).into_iter().peekable();
        while let Some(outbox) = rest.next() {
            let (meta, last) = (meta.clone(), rest.peek().is_none());
            let request = HandOver { account: vault.account.clone(), device: vault.device, key, meta, outbox, last };
            let done = transport::hand_over(&request).await?;
            if done.left > 0 {
                return Err(NotCleared::Left(done.left));
            }
            taken += done.taken;
        }
        match storage.write(&clear).await {
            Ok(()) => return Ok(taken),
            // Another window saved something meanwhile, or somebody else logged in there.
            Err(StorageError::Overtaken) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The entries in requests of a good size; one without any where there are none.
fn batches(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut batches = vec![Vec::new()];
    let mut bytes = 0;
    for entry in entries {
        bytes += entry.1.len();
        let full = batches.last().is_none_or(|batch: &Vec<Entry>| batch.len() >= ENTRIES || bytes > BYTES);
        if full && batches.last().is_some_and(|batch| !batch.is_empty()) {
            bytes = entry.1.len();
            batches.push(Vec::new());
        }
        if let Some(batch) = batches.last_mut() {
            batch.push(entry);
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_go_in_requests_of_a_good_size_and_none_is_left_out() {
        let entry = |n: usize, bytes: usize| (format!("{n:04}"), vec![0; bytes]);
        assert_eq!(batches(Vec::new()), [Vec::new()], "the office hears that there is nothing");
        let sizes = |entries: Vec<Entry>| batches(entries).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes((0..450).map(|n| entry(n, 100)).collect()), [200, 200, 50]);
        assert_eq!(sizes((0..3).map(|n| entry(n, BYTES)).collect()), [1, 1, 1]);
        assert_eq!(sizes(vec![entry(0, BYTES * 2), entry(1, 1)]), [1, 1]);
    }
}
