//! Ops that a phone could not send and that were carried to the office as a file.

use crate::{
    database::{Author, Database, Incoming},
    photo_check,
    photos::PhotoStore,
};
use anyhow::Context;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use ruhu_domain::{
    DeviceId,
    photo::PhotoHash,
    wire::{EXPORT, MAX_OPS, OpResult, SealedUnsent, UnsentOps, vault_owner},
};
use ruhu_vault::{Purpose, RecoveryKey, Sealed};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A file that a phone made.
#[derive(Deserialize)]
#[serde(untagged)]
enum Carried {
    Sealed(SealedUnsent<Sealed>),
    Plain(Plain),
}

/// The sealed content of the file without the photos; or the unsealed content with them.
#[derive(Deserialize)]
struct Plain {
    #[serde(flatten)]
    unsent: UnsentOps,
    #[serde(default)]
    rest: Vec<(String, String)>,
    #[serde(rename = "pictures", default)]
    photos: Vec<String>,
}

/// The content of a file that was carried to the office.
#[derive(Debug)]
pub struct Brought {
    /// The ops that can be taken in.
    pub unsent: UnsentOps,
    /// The photos.
    pub photos: BTreeMap<PhotoHash, Vec<u8>>,
    /// How many photos were damaged on the way.
    pub damaged: usize,
    /// From a phone that could not read its storage: drafts and pieces, for a person to make sense of.
    pub rest: Vec<(String, String)>,
}

/// Reads a file that a phone made, sealed for this server or, from phones that never were in contact with one, not.
///
/// # Errors
/// It is no such file, or it was sealed for another server.
pub fn read(bytes: &[u8], server: impl FnOnce() -> anyhow::Result<RecoveryKey>) -> anyhow::Result<Brought> {
    let not_ours = "这不是手机导出的未发送记录";
    let other = "这个文件打不开：不是给这台服务器的，或已损坏";
    let (plain, photos) = match serde_json::from_slice(bytes).context(not_ours)? {
        Carried::Plain(mut plain) => {
            let photos = std::mem::take(&mut plain.photos);
            (plain, photos.iter().map(|photo| BASE64_STANDARD.decode(photo).ok()).collect::<Vec<_>>())
        }
        Carried::Sealed(SealedUnsent { account, device, key, sealed, photos }) => {
            let keys = server()?.open(&key, &vault_owner(&account, device)).context(other)?.keys();
            let name = keys.name(EXPORT, EXPORT);
            let open = |sealed: &[u8]| keys.open(Purpose::Outbox, EXPORT, &name, sealed).map(|(_, plain)| plain);
            let plain: Plain = serde_json::from_slice(&open(&sealed).context(other)?).context(not_ours)?;
            anyhow::ensure!(plain.unsent.account == account && plain.unsent.device == device, other);
            let photo = |text: &String| open(&BASE64_STANDARD.decode(text).ok()?).ok();
            (plain, photos.iter().map(photo).collect())
        }
    };
    let damaged = photos.iter().filter(|photo| photo.is_none()).count();
    let photos = photos.into_iter().flatten().map(|photo| (PhotoHash::of(&photo), photo)).collect();
    Ok(Brought { unsent: plain.unsent, rest: plain.rest, photos, damaged })
}

/// The outcome of taking in photos from a file.
#[derive(Debug, Default)]
pub struct TakenPhotos {
    /// How many are new here.
    pub new: usize,
    /// Those that are here now.
    pub here: Vec<PhotoHash>,
    /// How many are none.
    pub bad: usize,
    /// Those that no record names: of drafts.
    pub unnamed: Vec<Vec<u8>>,
}

/// Takes in the photos that records of the device name, when its ops are here.
///
/// # Errors
/// Fails when the database or the store of photos does.
pub async fn photos(
    database: &Database,
    store: &PhotoStore,
    device: DeviceId,
    photos: BTreeMap<PhotoHash, Vec<u8>>,
) -> anyhow::Result<TakenPhotos> {
    let (mut taken, named) = (TakenPhotos::default(), database.photos_of(device).await?);
    for (hash, bytes) in photos {
        let channels: Vec<_> = named.iter().filter(|(_, photo)| photo.hash == hash).map(|(at, _)| at).collect();
        if channels.is_empty() {
            taken.unnamed.push(bytes);
            continue;
        }
        if photo_check::check(&bytes).is_err() {
            taken.bad += 1;
            continue;
        }
        let mut new = false;
        for channel in channels {
            if !database.has_photo(channel, hash).await? || !store.has(channel, hash).await? {
                database.keep_photo(store, channel, hash, bytes.clone()).await?;
                new = true;
            }
        }
        taken.new += usize::from(new);
        taken.here.push(hash);
    }
    Ok(taken)
}

/// Takes the ops in under the account that made them, as if the phone had sent them; those that came before
/// have no second effect.
///
/// # Errors
/// There is no such account, or the database's.
pub async fn ops(database: &Database, unsent: UnsentOps) -> anyhow::Result<Vec<OpResult>> {
    let account = database.account(&unsent.account).await?;
    let account = account.with_context(|| format!("没有账号 {}", unsent.account))?;
    let grants = database.rights(&account.id).await?;
    let author = Author { account: &account.id, name: &account.name, device: unsent.device, grants: &grants };
    let mut results = Vec::with_capacity(unsent.ops.len());
    for batch in unsent.ops.chunks(MAX_OPS) {
        let batch = batch.iter().map(|op| Incoming::Op(Box::new(op.as_ref().clone()))).collect();
        results.extend(database.take(author, batch).await?.results);
    }
    Ok(results)
}
