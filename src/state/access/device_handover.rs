//! A revoked phone: what is not at the office is handed over, sealed as it is kept, and then the phone is cleared.
//! The vault need not be open for it.

use crate::{
    state::access::vault,
    storage::{Storage, StorageError, indexed_db::IndexedDb},
    transport::http::{self, TransportError},
};
use ruhu_domain::{
    storage::{BLOBS, Batch, Entry, TABLES, Table, Write},
    wire::{DeviceHandover, Revoked},
};

/// The most entries and bytes of one request.
const ENTRIES: usize = 200;
const BYTES: usize = 128 * 1024;

/// The token is as short as this, sealed, in bytes: what is longer among the single values is not needed to show whose
/// the phone is.
const SHORT: usize = 256;

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

/// The counts of what was handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HandedOver {
    /// How many changes wait for a supervisor now.
    pub changes: usize,
    /// How many photos went.
    pub photos: usize,
}

/// Hands over and clears. The storage is locked already. `told` hears how many photos went, and of how many.
///
/// # Errors
/// See [`NotCleared`].
pub async fn hand_device_over(storage: &IndexedDb, told: impl Fn(usize, usize)) -> Result<HandedOver, NotCleared> {
    loop {
        let unchanged = vault::unchanged(storage).await?;
        let Some(vault) = vault::stored(storage).await? else { return Ok(HandedOver::default()) };
        let key = vault.recovery.as_ref().ok_or(NotCleared::NoKey)?;
        let [outbox, mut meta] = storage.kept([Table::Outbox, Table::Meta]).await?;
        meta.retain(|(_, kept)| kept.len() <= SHORT);
        let names = outbox.iter().map(|(name, _)| name.clone()).collect();
        let mut clear: Batch = vec![unchanged, Write::CheckKeys(Table::Outbox, names)];
        clear.extend(TABLES.map(Write::Clear));

        let of = Revoked { account: vault.account.clone(), device: vault.device, key, meta };
        let mut request = DeviceHandover { of, outbox: Vec::new(), pieces: Vec::new(), last: false };
        let (mut handed, mut left) = (HandedOver::default(), 0);
        for outbox in batches(outbox) {
            request.outbox = outbox;
            let done = http::hand_device_over(&request).await?;
            left += done.left;
            handed.changes += done.taken;
        }
        request.outbox = Vec::new();
        // The office knows now which photos there are, and asks for those that it lacks: until it has all that can be
        // read, or gets no further.
        let (mut first, mut before) = (None, usize::MAX);
        loop {
            let mut here = Vec::new();
            for names in http::wanted_photos(&request.of).await?.photos {
                let mut count = 0;
                for name in &names {
                    count += usize::from(storage.get(BLOBS, name).await?.is_some());
                }
                here.extend((count > 0).then_some((names, count)));
            }
            let pieces = here.iter().map(|(_, count)| count).sum();
            handed.photos = first.get_or_insert(here.len()).saturating_sub(here.len());
            if pieces == 0 || pieces >= before {
                break;
            }
            before = pieces;
            for (place, (names, _)) in here.iter().enumerate() {
                told(place, here.len());
                let mut found = Vec::new();
                for name in names {
                    // Locked, the storage gives out what it keeps as it is kept.
                    found.extend(storage.get(BLOBS, name).await?.map(|piece| (name.clone(), piece)));
                }
                for pieces in batches(found) {
                    request.pieces = pieces;
                    http::hand_device_over(&request).await?;
                }
            }
            request.pieces = Vec::new();
        }
        if left > 0 {
            return Err(NotCleared::Left(left));
        }
        request.last = true;
        http::hand_device_over(&request).await?;
        match storage.write(&clear).await {
            Ok(()) => return Ok(handed),
            // Another window saved something meanwhile, or somebody else logged in there.
            Err(StorageError::Overtaken) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The entries in requests of a good size.
fn batches(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut batches: Vec<Vec<Entry>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        bytes += entry.1.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < ENTRIES && bytes <= BYTES => batch.push(entry),
            _ => {
                bytes = entry.1.len();
                batches.push(vec![entry]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use crate::state::access::device_handover::*;

    #[test]
    fn entries_go_in_requests_of_a_good_size_and_none_is_left_out() {
        let entry = |n: usize, bytes: usize| (format!("{n:04}"), vec![0; bytes]);
        assert!(batches(Vec::new()).is_empty());
        let sizes = |entries: Vec<Entry>| batches(entries).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes((0..450).map(|n| entry(n, 100)).collect()), [200, 200, 50]);
        assert_eq!(sizes((0..3).map(|n| entry(n, BYTES)).collect()), [1, 1, 1]);
        assert_eq!(sizes(vec![entry(0, BYTES * 2), entry(1, 1)]), [1, 1]);
    }
}
