//! Photos on the phone: kept sealed in pieces, sent after their records, removed only when the office has checked them.

use super::{
    App, Undo,
    notebook::{
        Notebook,
        album::{Kept, edits, forget, goes_to, read, unsent},
        drafts::Draft,
    },
};
use crate::{
    platform::{
        clock,
        locks::{self, Held},
        photo, space,
    },
    storage::{Storage, StorageError},
    transport::{
        http::TransportError,
        tus::{self, Sent},
    },
};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use ruhu_domain::{
    Channel, Kind, RecordId,
    engine::{Edit, QueuedState},
    photo::{CHUNK, Photo, PhotoHash, piece_key},
    record::{Record, WITHDRAWN},
    storage::{BLOBS, PHOTOS, Write},
};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, sync::Arc};
use wasm_bindgen::JsValue;

/// How long a photo that the office has stays on the phone, in milliseconds. Longer than a server's backups are apart.
const KEEP_MS: i64 = 30 * 86_400_000;

/// After this long a photo that no record and no draft names is forgotten, in milliseconds: a right that was taken away
/// by mistake is given back before, a record given up by mistake written again.
const LOOSE_MS: i64 = 14 * 86_400_000;

/// How long after a photo broke off a pass follows, with which it is gone on with, in milliseconds; and where it breaks
/// off again and again.
const AGAIN_MS: [u32; 2] = [3_000, 30_000];

/// The smallest pieces that are sent where connections break off, in bytes.
const LEAST_PIECE: usize = 16 * 1024;

impl Notebook {
    /// The office's epoch; empty before the first answer.
    fn epoch(&self) -> String {
        self.engine().head().epoch.clone().unwrap_or_default()
    }

    /// Keeps a photo: durable when this returns.
    ///
    /// # Errors
    /// It is not kept.
    async fn keep_photo(&self, bytes: &[u8]) -> Result<PhotoHash, StorageError> {
        let hash = PhotoHash::of(bytes);
        // What could not be read is written again.
        if self.album.borrow().get(&hash).is_some_and(|kept| kept.refused.is_empty()) {
            return Ok(hash);
        }
        let kept =
            Kept { size: u32::try_from(bytes.len()).unwrap_or(u32::MAX), since: clock::now_ms(), ..Kept::default() };
        let pieces = bytes.chunks(CHUNK).enumerate();
        let pieces = pieces.map(|(place, piece)| Write::Put(BLOBS, piece_key(hash, place), piece.to_vec()));
        self.write_album(pieces.chain([kept.write(hash)]).collect()).await?;
        self.album.borrow_mut().insert(hash, kept);
        self.tell_to_reload();
        Ok(hash)
    }

    async fn note(&self, hash: PhotoHash, kept: Kept) -> Result<(), StorageError> {
        self.write_album(vec![kept.write(hash)]).await?;
        self.album.borrow_mut().insert(hash, kept);
        self.tell();
        Ok(())
    }

    /// A photo that is on the phone; none where it is not, or is not whole any more.
    ///
    /// # Errors
    /// The storage can't be read now.
    pub async fn photo(&self, hash: PhotoHash) -> Result<Option<Vec<u8>>, StorageError> {
        let Some(size) = self.album.borrow().get(&hash).map(|kept| kept.size) else { return Ok(None) };
        read(self.storage(), hash, size).await
    }

    /// A photo on the phone can't be read any more: it waits no longer.
    pub async fn is_unreadable(&self, hash: PhotoHash) {
        let kept = self.album.borrow().get(&hash).cloned();
        if let Some(kept) = kept {
            let refused = "手机里的这张照片读不出来，请重新拍".to_owned();
            drop(self.note(hash, Kept { refused, ..kept }).await);
        }
    }

    /// Whether a record that is not as it should be was returned by the office, or waits there for a supervisor; none
    /// where it goes its way.
    pub fn set_aside(&self, record: RecordId) -> Option<bool> {
        let engine = self.engine();
        let queued = engine.outbox().find(|queued| queued.op.record == record)?;
        match queued.state {
            QueuedState::Waiting => None,
            QueuedState::Review { .. } => Some(false),
            QueuedState::SetAside { .. } => Some(true),
        }
    }

    /// How large a photo on the phone is, in bytes.
    pub fn size_of(&self, hash: PhotoHash) -> Option<u32> {
        self.album.borrow().get(&hash).map(|kept| kept.size)
    }

    /// Returns the state of a photo on the phone, and whether the office has checked it for a record's channel.
    pub fn kept(&self, hash: PhotoHash, record: RecordId) -> Option<(Kept, bool)> {
        let (epoch, channel) = (self.epoch(), self.channel_of(record));
        let kept = self.album.borrow().get(&hash).cloned()?;
        let there = channel.is_some_and(|channel| kept.is_there(&epoch, &channel));
        Some((kept, there))
    }

    /// The photos that are not at the office yet.
    pub fn unsent_photos(&self) -> BTreeSet<PhotoHash> {
        let epoch = self.epoch();
        unsent(&self.album.borrow(), self.engine().records(), &epoch)
    }

    /// Those of the photos that the office has checked for every record that names them.
    fn freeable(&self) -> Vec<(PhotoHash, Kept)> {
        let (epoch, records) = (self.epoch(), self.photo_records());
        let album = self.album.borrow();
        let is_there = |(hash, kept): &(&PhotoHash, &Kept)| {
            let mut of =
                records.iter().filter(|(_, _, photo, withdrawn)| photo.hash == **hash && !withdrawn).peekable();
            let is_safe = |(id, channel, ..): &(RecordId, Channel, Photo, bool)| {
                self.engine().at_office(*id) && kept.is_there(&epoch, channel)
            };
            of.peek().is_some() && of.all(is_safe)
        };
        album.iter().filter(is_there).map(|(hash, kept)| (*hash, kept.clone())).collect()
    }

    /// How many photos there are and their bytes; and of these the ones that the office has.
    pub fn album_size(&self) -> [(usize, u64); 2] {
        let sum = |(count, bytes): (usize, u64), kept: &Kept| (count + 1, bytes + u64::from(kept.size));
        let all = self.album.borrow().values().fold((0, 0), sum);
        [all, self.freeable().iter().map(|(_, kept)| kept).fold((0, 0), sum)]
    }

    /// How many photos the office did not take, or the phone can't read any more.
    pub fn refused_photos(&self) -> usize {
        let (album, records) = (self.album.borrow(), self.photo_records());
        let refused = |photo: &Photo| album.get(&photo.hash).is_some_and(|kept| !kept.refused.is_empty());
        records.iter().filter(|(_, _, photo, withdrawn)| !withdrawn && refused(photo)).count()
    }

    /// Removes the photos that the office has checked.
    ///
    /// # Errors
    /// Some are still here.
    pub async fn free_photos(&self) -> Result<(), StorageError> {
        let there: Vec<_> = self.freeable().into_iter().map(|(hash, kept)| (hash, kept.size)).collect();
        self.forget_photos(&there).await
    }

    async fn forget_photos(&self, which: &[(PhotoHash, u32)]) -> Result<(), StorageError> {
        if which.is_empty() {
            return Ok(());
        }
        self.write_album(which.iter().flat_map(|(hash, size)| forget(*hash, *size)).collect()).await?;
        self.album.borrow_mut().retain(|hash, _| !which.iter().any(|(gone, _)| gone == hash));
        self.tell_to_reload();
        self.tell();
        Ok(())
    }

    /// Whether there are photos on the phone.
    pub fn has_photos(&self) -> bool {
        !self.album.borrow().is_empty()
    }

    /// Forgets what the office has had for long, and what nothing names: no draft, and no record, also none that was
    /// withdrawn, for that may be taken back.
    async fn tidy_photos(&self) -> Result<(), StorageError> {
        let now = clock::now_ms();
        let drafts = self.drafts();
        let in_drafts = drafts.iter().flat_map(Draft::photos);
        let records: Vec<PhotoHash> = self.photo_records().into_iter().map(|(_, _, photo, _)| photo.hash).collect();
        let named = BTreeSet::from_iter(records.into_iter().chain(in_drafts));
        let mut old = self.freeable();
        old.retain(|(_, kept)| now - kept.since > KEEP_MS);
        let is_loose =
            |hash: &PhotoHash, kept: &Kept| now - kept.since > LOOSE_MS && !named.contains(hash) && kept.url.is_empty();
        let loose = |(hash, kept): (&PhotoHash, &Kept)| is_loose(hash, kept).then(|| (*hash, kept.clone()));
        old.extend(self.album.borrow().iter().filter_map(loose));
        let old: Vec<_> = old.into_iter().map(|(hash, kept)| (hash, kept.size)).collect();
        self.forget_photos(&old).await
    }

    /// The records of photos, oldest first, and whether each was withdrawn.
    fn photo_records(&self) -> Vec<(RecordId, Channel, Photo, bool)> {
        let engine = self.engine();
        let records = engine.records().filter(|record| record.kind == Kind::Photo);
        let read =
            |record: &Arc<Record>| Some((record.id, record.channel.clone(), Photo::of(record)?, record.withdrawn()));
        let mut found: Vec<_> = records.filter_map(read).collect();
        found.sort_by_key(|(id, ..)| *id);
        found
    }

    /// The photos of something, oldest first.
    pub fn photos_of(&self, of: RecordId) -> Vec<(RecordId, Photo)> {
        let of_it = self.photo_records().into_iter().filter(|(_, _, photo, withdrawn)| photo.of == of && !withdrawn);
        of_it.map(|(id, _, photo, _)| (id, photo)).collect()
    }

    /// Sends the photos whose records are at the office. What breaks off is gone on with at the next pass; one that the
    /// office can't take now holds up no other.
    async fn send_photos(&self) -> Result<(), TransportError> {
        let mut done = Ok(());
        let records = self.photo_records();
        for (record, channel, photo, _) in records.iter().filter(|(.., withdrawn)| !withdrawn).cloned() {
            // Another window may have sent or removed it since this one read it.
            let Ok(stored) = self.storage().get(PHOTOS, &photo.hash.to_string()).await else { continue };
            let Some(kept) = stored.and_then(|bytes| Kept::read(&bytes)) else {
                self.album.borrow_mut().remove(&photo.hash);
                continue;
            };
            self.album.borrow_mut().insert(photo.hash, kept.clone());
            if self.set_aside(record) == Some(true) && !kept.there.is_empty() {
                // The office erases the photo of a record that it returned.
                drop(self.note(photo.hash, Kept { there: String::new(), url: String::new(), ..kept }).await);
                continue;
            }
            let waits = kept.refused.is_empty() && !kept.is_there(&self.epoch(), &channel);
            // A record that waits for a supervisor is at the office, and its photo goes there too.
            let is_there = self.engine().at_office(record) || self.set_aside(record) == Some(false);
            if !waits || !is_there {
                continue;
            }
            let sent = self.send_photo(record, &channel, &photo, kept).await;
            let piece = self.piece.get();
            self.piece.set(if sent.is_ok() { (piece * 2).min(CHUNK) } else { (piece / 4).max(LEAST_PIECE) });
            match sent {
                Err(TransportError::Busy(words)) => done = Err(TransportError::Busy(words)),
                sent => drop(sent?),
            }
        }
        self.send_owed(&records).await?;
        done
    }

    /// Sends the photos of records that the phone forgot, with the right to see them, before these were at the office.
    async fn send_owed(&self, records: &[(RecordId, Channel, Photo, bool)]) -> Result<(), TransportError> {
        let owed = |(hash, kept): (&PhotoHash, &Kept)| Some((*hash, kept.owed()?));
        let owed: Vec<_> = self.album.borrow().iter().filter_map(owed).collect();
        for (hash, (channel, record)) in owed {
            let known = records.iter().find(|(id, ..)| *id == record);
            if known.is_some_and(|(.., withdrawn)| !withdrawn) {
                continue;
            }
            let Some(kept) = self.album.borrow().get(&hash).cloned() else { continue };
            let mut is_wanted = known.is_none() && kept.refused.is_empty() && !kept.is_there(&self.epoch(), &channel);
            if is_wanted {
                let photo = Photo { of: record, hash, size: kept.size };
                is_wanted = self.send_photo(record, &channel, &photo, kept).await?;
            }
            let kept = self.album.borrow().get(&hash).cloned();
            // The record was taken back or erased, or the photo is there. What could not be read now waits.
            if let Some(kept) = kept.filter(|kept| !is_wanted && !kept.url.is_empty()) {
                drop(self.note(hash, Kept { url: String::new(), ..kept }).await);
            }
        }
        Ok(())
    }

    /// Sends a photo as far as it goes; `false` where the office does not know the record as it is here.
    async fn send_photo(
        &self,
        record: RecordId,
        channel: &Channel,
        photo: &Photo,
        mut kept: Kept,
    ) -> Result<bool, TransportError> {
        let token = self.session().token;
        // A storage that can't be read now may be the next time.
        let Ok(found) = self.photo(photo.hash).await else { return Ok(true) };
        let Some(bytes) = found else {
            self.is_unreadable(photo.hash).await;
            return Ok(true);
        };
        let goes_to = goes_to(channel, record);
        if !kept.url.starts_with(&goes_to) {
            kept.url.clone_from(&goes_to);
            drop(self.note(photo.hash, kept.clone()).await);
        }
        // Begun anew once or twice; a server that never takes it is asked again at the next pass.
        for _ in 0..3 {
            let (mut url, mut here) = (kept.place(channel, record), Sent::Elsewhere);
            if !url.is_empty() {
                here = tus::look(&token, &url).await?;
            }
            if here == Sent::Elsewhere {
                match tus::begin(&token, channel, record, photo).await? {
                    Ok((place, position)) => {
                        kept.url = format!("{goes_to} {place}");
                        (url, here) = (place, Sent::Here(position));
                        drop(self.note(photo.hash, kept.clone()).await);
                    }
                    // The record is not there as it is here: a later pass may change that.
                    Err(_) => return Ok(false),
                }
            }
            while let Sent::Here(position) = here {
                kept.sent = position;
                self.album.borrow_mut().insert(photo.hash, kept.clone());
                self.tell();
                if position >= photo.size {
                    (kept.sent, kept.url) = (0, String::new());
                    kept.note_there(&self.epoch(), channel);
                    drop(self.note(photo.hash, kept).await);
                    self.tell_to_reload();
                    return Ok(true);
                }
                let rest = bytes.get(position as usize..).unwrap_or_default();
                let piece = &rest[..rest.len().min(self.piece.get())];
                if piece.is_empty() {
                    // The record says another size than the photo has: nothing more can be sent.
                    return Ok(true);
                }
                here = tus::send(&token, &url, position, piece).await?;
            }
            if let Sent::Refused(refused) = here {
                drop(self.note(photo.hash, Kept { refused, url: String::new(), ..kept }).await);
                return Ok(true);
            }
        }
        Ok(true)
    }
}

impl App {
    /// Makes photos of files that were chosen, and keeps them. What is no photo is said, and the others are kept.
    pub async fn take_photos(self, of: RecordId, files: Vec<JsValue>) -> Vec<Photo> {
        let mut photos = Vec::new();
        for file in files {
            let Some(open) = self.notebook() else { break };
            self.look_at_space().await;
            if self.scarce.get_untracked() {
                self.say("手机空间快满了，暂不存照片", None);
                break;
            }
            let Some(bytes) = photo::make(file).await else {
                self.say("这个文件不是照片，请重新拍或另选一张", None);
                continue;
            };
            match open.keep_photo(&bytes).await {
                Ok(hash) => photos.push(Photo { of, hash, size: u32::try_from(bytes.len()).unwrap_or(u32::MAX) }),
                Err(StorageError::Full) => {
                    self.look_at_space().await;
                    self.say("手机空间满了，照片没有存下；写的字都在。清理空间后再拍", None);
                    break;
                }
                Err(error) => {
                    self.say(error.to_string(), None);
                    break;
                }
            }
        }
        photos
    }

    /// Adds photos where the form or page is gone on which they were taken: to what is saved, or to its draft.
    pub async fn add_photos_later(self, of: RecordId, photos: &[Photo]) {
        let Some(open) = self.notebook() else { return };
        if open.engine().record(of).is_some() {
            return self.add_photos(of, photos).await;
        }
        if let Some(mut draft) = open.drafts().into_iter().find(|draft| draft.id == of) {
            let mut hashes = draft.photos();
            hashes.extend(photos.iter().map(|photo| photo.hash));
            draft.set_photos(&hashes);
            if let Err(error) = open.keep_draft(draft).await {
                self.say(error.to_string(), None);
            }
        }
    }

    /// Saves photos of something that is saved already.
    pub async fn add_photos(self, of: RecordId, photos: &[Photo]) {
        let Some(open) = self.notebook() else { return };
        let Some(channel) = open.channel_of(of).filter(|_| !photos.is_empty()) else { return };
        match open.save_all(&edits(photos.iter().copied(), &channel)).await {
            Ok(_) => self.say("照片已存本机 ✓", None),
            Err(error) => self.say(error.to_string(), None),
        }
        self.sync_now();
    }

    /// Takes a photo away from what it is of.
    pub async fn remove_photo(self, record: RecordId) {
        let Some(open) = self.notebook() else { return };
        match open.withdraw(record, "不要了").await {
            Ok(()) => {
                let open = self.notebook();
                let channel = open.and_then(|open| open.channel_of(record));
                let after = Map::from_iter([(WITHDRAWN.to_owned(), Value::Null)]);
                let back = channel.map(|channel| vec![Edit { record, kind: Kind::Photo, channel, after }]);
                self.say("照片已移除", back.map(|back| Undo::Restore(Arc::new(back))));
                self.sync_now();
            }
            Err(error) => self.say(error.to_string(), None),
        }
    }

    /// A photo: from the phone, or from the office.
    ///
    /// # Errors
    /// Why it can't be shown.
    pub async fn photo(self, record: RecordId, photo: Photo) -> Result<Vec<u8>, String> {
        let open = self.notebook().ok_or("已锁定")?;
        if let Some(bytes) = open.photo(photo.hash).await.map_err(|error| error.to_string())? {
            return Ok(bytes);
        }
        let channel = open.channel_of(record).ok_or("没有这张照片")?;
        let found = tus::fetch(&open.session().token, channel, record).await;
        match found {
            Ok(Some(bytes)) if PhotoHash::of(&bytes) == photo.hash => Ok(bytes),
            Ok(_) => Err("照片还没到办公室".to_owned()),
            Err(TransportError::Offline) => Err("照片在办公室，连上网后能看".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Sends what waits, in one window at a time, and tidies up. What breaks off is tried again with the next pass.
    pub async fn send_photos(self) {
        let Some(open) = self.notebook() else { return };
        let work = async move {
            let sent = open.send_photos().await;
            drop(open.tidy_photos().await);
            sent
        };
        if let Some(Err(_)) = locks::holding("ruhu-pictures", Held::LeaveIt, work).await {
            let worn = self.notebook().is_some_and(|open| open.piece.get() == LEAST_PIECE);
            TimeoutFuture::new(AGAIN_MS[usize::from(worn)]).await;
            self.sync_now();
        }
    }

    /// Looks how full the phone is.
    pub async fn look_at_space(self) {
        let told = space::look().await.is_some_and(|space| space.is_scarce());
        let _ = self.scarce.try_set(told || self.notebook().is_some_and(|open| open.was_full()));
    }

    /// Somebody made room: it is tried again.
    pub async fn has_room(self) {
        if let Some(open) = self.notebook() {
            open.has_room();
        }
        self.look_at_space().await;
    }

    /// Removes from the phone the photos that the office has checked.
    pub async fn free_photos(self) {
        let Some(open) = self.notebook() else { return };
        match open.free_photos().await {
            Ok(()) => {
                self.say("已移除。照片都在办公室，连上网能看", None);
                self.has_room().await;
            }
            Err(error) => self.say(error.to_string(), None),
        }
    }
}
