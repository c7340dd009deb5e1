//! The state of the photos on the phone, as it is stored, and the saves of their records.

use crate::{
    platform::clock,
    state::{
        new_id,
        notebook::drafts::{Draft, PHOTO_HASHES},
    },
    storage::{Storage, StorageError},
};
use ruhu_domain::{
    Channel, Kind, RecordId,
    engine::Edit,
    photo::{CHUNK, Photo, PhotoHash, piece_key},
    record::{PHOTO_OF, Record},
    storage::{BLOBS, Batch, PHOTOS, Snapshot, Write},
};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The state of a photo on the phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// How large it is, in bytes.
    pub size: u32,
    /// Since when it is here, and when the office has checked it since then, Unix milliseconds.
    pub since: i64,
    /// The channel and the record that it goes to, and the address once it was begun; empty before. The phone may forget the
    /// record, with the right to see it, before the photo is at the office.
    pub url: String,
    /// The epoch of the office that has checked it, and in which channels; empty before.
    pub there: String,
    /// Why the office does not take it, or why it can't be sent; empty where it can.
    pub refused: String,
    /// How much of it is at the office, in bytes. Only known while it is being sent.
    pub sent: u32,
}

/// The photos on the phone.
pub type Album = BTreeMap<PhotoHash, Kept>;

/// The photos that are stored.
pub fn stored(snapshot: &Snapshot) -> Album {
    let entries = snapshot.entries(PHOTOS).iter();
    BTreeMap::from_iter(entries.filter_map(|(key, bytes)| Some((key.parse().ok()?, Kept::read(bytes)?))))
}

/// The photos of records that are not at the office yet, as far as the office would take them.
pub fn unsent<'a>(album: &Album, records: impl Iterator<Item = &'a Arc<Record>>, epoch: &str) -> BTreeSet<PhotoHash> {
    let photos: Vec<_> = records.filter(|record| record.kind == Kind::Photo).collect();
    let waits = |record: &&Arc<Record>| {
        let hash = Photo::of(record)?.hash;
        let kept = album.get(&hash).filter(|_| !record.withdrawn())?;
        (kept.refused.is_empty() && !kept.is_there(epoch, &record.channel)).then_some(hash)
    };
    let owed = album.iter().filter(|(_, kept)| {
        let owed = kept.owed().filter(|(_, record)| !photos.iter().any(|photo| photo.id == *record));
        kept.refused.is_empty() && owed.is_some_and(|(channel, _)| !kept.is_there(epoch, &channel))
    });
    BTreeSet::from_iter(photos.iter().filter_map(waits).chain(owed.map(|(hash, _)| *hash)))
}

/// A photo of so many bytes that is kept; none where it is not, or is not whole any more.
///
/// # Errors
/// The storage can't be read now.
pub async fn read(storage: &impl Storage, hash: PhotoHash, size: u32) -> Result<Option<Vec<u8>>, StorageError> {
    let mut bytes = Vec::with_capacity(size as usize);
    for piece in 0..(size as usize).div_ceil(CHUNK) {
        match storage.get(BLOBS, &piece_key(hash, piece)).await {
            Ok(Some(piece)) => bytes.extend(piece),
            Ok(None) | Err(StorageError::Unreadable) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok((PhotoHash::of(&bytes) == hash).then_some(bytes))
}

impl Kept {
    /// Whether the office has checked it in a channel: who only knows a photo of another gets nothing by it.
    pub fn is_there(&self, epoch: &str, channel: &Channel) -> bool {
        let mut words = self.there.split(' ');
        words.next() == Some(epoch) && words.any(|known| known == channel.to_string())
    }

    pub(in crate::state) fn note_there(&mut self, epoch: &str, channel: &Channel) {
        let mut words = self.there.split(' ');
        let others = if words.next() == Some(epoch) { words.collect::<Vec<_>>().join(" ") } else { String::new() };
        self.there = format!("{epoch} {channel} {others}").trim_end().to_owned();
        self.since = clock::now_ms();
    }

    /// Where it is being sent to for a record; empty where it was not begun.
    pub(in crate::state) fn place(&self, channel: &Channel, record: RecordId) -> String {
        let place = self.url.strip_prefix(&goes_to(channel, record)).map(str::trim_start);
        place.unwrap_or_default().to_owned()
    }

    /// The channel and the record that it was to go to when it was last tried.
    pub(in crate::state) fn owed(&self) -> Option<(Channel, RecordId)> {
        let mut words = self.url.split(' ');
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    }

    /// Kept as lines.
    pub(in crate::state) fn write(&self, hash: PhotoHash) -> Write {
        let Self { size, since, url, there, refused, .. } = self;
        let lines = format!("{size}\n{since}\n{url}\n{there}\n{refused}");
        Write::Put(PHOTOS, hash.to_string(), lines.into_bytes())
    }

    pub(in crate::state) fn read(bytes: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(bytes).ok()?.splitn(5, '\n').map(str::to_owned);
        Some(Self {
            size: lines.next()?.parse().ok()?,
            since: lines.next()?.parse().ok()?,
            url: lines.next()?,
            there: lines.next()?,
            refused: lines.next()?,
            sent: 0,
        })
    }
}

pub(in crate::state) fn goes_to(channel: &Channel, record: RecordId) -> String {
    format!("{channel} {record}")
}

pub(in crate::state) fn forget(hash: PhotoHash, size: u32) -> Batch {
    let pieces = (size as usize).div_ceil(CHUNK);
    let pieces = (0..pieces).map(|piece| Write::Delete(BLOBS, piece_key(hash, piece)));
    pieces.chain([Write::Delete(PHOTOS, hash.to_string())]).collect()
}

/// The saves of the records of photos.
pub(in crate::state) fn edits(photos: impl IntoIterator<Item = Photo>, channel: &Channel) -> Vec<Edit> {
    let edit = |Photo { of, hash, size }| Edit {
        record: new_id(clock::now_ms()),
        kind: Kind::Photo,
        channel: channel.clone(),
        after: Map::from_iter(
            [(PHOTO_OF, Value::from(of.to_string())), ("hash", hash.to_string().into()), ("size", size.into())]
                .map(|(name, value)| (name.to_owned(), value)),
        ),
    };
    photos.into_iter().map(edit).collect()
}

/// The saves of a draft: what is written, and the photos that were taken with it.
pub(in crate::state) fn edits_of(draft: &Draft, channel: &Channel, album: &Album) -> Vec<Edit> {
    let (record, kind, mut after) = (draft.id, draft.kind.clone(), draft.values.clone());
    after.remove(PHOTO_HASHES);
    let photo = |hash: &PhotoHash| Some(Photo { of: record, hash: *hash, size: album.get(hash)?.size });
    let photos = edits(draft.photos().iter().filter_map(photo), channel);
    [Edit { record, kind, channel: channel.clone(), after }].into_iter().chain(photos).collect()
}

#[cfg(test)]
mod tests {
    use crate::state::notebook::album::*;

    #[test]
    fn what_is_known_of_a_photo_reads_back() {
        let refused = "照片带着拍摄信息\n没有收下".to_owned();
        let kept = Kept { size: 5, since: -1, url: "/a".into(), there: "e1".into(), refused, sent: 0 };
        let Write::Put(PHOTOS, _, bytes) = kept.write(PhotoHash([7; 32])) else { panic!("it is put") };
        assert_eq!(Kept::read(&bytes), Some(kept));
        assert_eq!(Kept::read(b"5"), None);
    }
}
