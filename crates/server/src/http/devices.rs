//! A revoked phone hands over what it has not sent, locked as it is: its vault key is sealed to this server, and the
//! token that is among its sealed values shows whose it is.

use super::{
    AppState, Asked, Refusal,
    photos::{self, Failure},
};
use crate::database::{Author, Database, Incoming, Session, Upload};
use axum::{Json, extract::State};
use ruhu_domain::{
    OpId,
    engine::Queued,
    photo::{CHUNK, PhotoHash, piece_key},
    storage::{BLOBS, TOKEN, Table},
    wire::{
        DeviceAnswer, DeviceHandover, DeviceHandoverAnswer, DeviceRequest, MAX_OPS, OpOutcome, Revoked, SealedEntry,
        WantedPhotos, vault_owner,
    },
};
use ruhu_vault::{Keys, Purpose, RecoveryKey, Sealed};
use std::collections::HashMap;

/// `POST /api/v1/device`
pub async fn device(
    State(state): State<AppState>,
    Asked(request): Asked<DeviceRequest>,
) -> Result<Json<DeviceAnswer>, Refusal> {
    Ok(Json(DeviceAnswer { revoked: state.database.is_revoked(request.device).await? }))
}

/// `POST /api/v1/handover`
pub async fn hand_device_over(
    State(state): State<AppState>,
    Asked(DeviceHandover { of, outbox, pieces, last }): Asked<DeviceHandover<Sealed>>,
) -> Result<Json<DeviceHandoverAnswer>, Refusal> {
    if outbox.len() > MAX_OPS {
        return Err(Refusal::TooLarge);
    }
    let database = &state.database;
    let (session, keys) = whose(database, &state.recovery, &of).await?;

    // What does not open was damaged on the phone: nobody can read it any more.
    let queued = outbox.iter().filter_map(|entry| opened(&keys, Table::Outbox, Purpose::Outbox, entry));
    let queued: Vec<Option<Queued>> = queued.map(|(_, value)| serde_json::from_slice(&value).ok()).collect();
    let mut left = queued.iter().filter(|queued| queued.is_none()).count();
    let mut ops: Vec<_> = queued.into_iter().flatten().map(|queued| queued.op).collect();
    ops.sort_by_key(|op| op.stamp);
    let counties: HashMap<OpId, String> =
        ops.iter().map(|op| (op.id, op.channel.grid.village().county().to_owned())).collect();
    let ops = ops.into_iter().map(|op| Incoming::Op(Box::new(op.as_ref().clone().cleaned()))).collect();
    // Whatever the worker may do: it comes from a phone that is not trusted any more, so a supervisor looks at it.
    let author = Author { account: &session.account, name: &session.name, device: session.device, grants: &[] };
    let results = database.take(author, ops).await?.results;
    for result in results.iter().filter(|result| result.outcome == OpOutcome::Rejected) {
        // One that a supervisor refused is here: it was returned to the worker, and stays on the phone until they act.
        let county = counties.get(&result.op).map(String::as_str).unwrap_or_default();
        left += usize::from(!database.has_op(county, result.op).await?);
    }
    let taken = results.iter().filter(|result| result.outcome == OpOutcome::Quarantined).count();
    for (key, piece) in pieces.iter().filter_map(|entry| opened(&keys, BLOBS, Purpose::General, entry)) {
        take_piece(&state, &session, &key, piece).await?;
    }
    if last && left == 0 {
        database.handed_over(&session).await?;
    }
    Ok(Json(DeviceHandoverAnswer { taken, left }))
}

/// `POST /api/v1/handover/wanted`
pub async fn wanted(
    State(state): State<AppState>,
    Asked(of): Asked<Revoked<Sealed>>,
) -> Result<Json<WantedPhotos>, Refusal> {
    let (session, keys) = whose(&state.database, &state.recovery, &of).await?;
    let mut photos = Vec::new();
    for (channel, photo) in state.database.photos_of(session.device).await? {
        if photos::is_here(&state.database, &state.photos, &channel, photo.hash).await? {
            continue;
        }
        let begun = state.database.uploads_of(&session.account, photo.hash).await?;
        let upload = match begun.into_iter().find(|upload| upload.channel == channel) {
            Some(upload) => {
                // It is waited for anew from now on.
                state.database.advance_upload(&upload, upload.position).await?;
                upload
            }
            // All at once, however many: the phone is cleared when it has sent what it was asked for.
            None => state.database.new_upload(&channel, &session.account, &photo, 0).await?,
        };
        if upload.position == upload.length {
            finish(&state, &upload).await?;
            continue;
        }
        let from = usize::try_from(upload.position).unwrap_or_default() / CHUNK;
        let names = (from..photo.chunks()).map(|piece| keys.name(BLOBS.name(), &piece_key(photo.hash, piece)));
        let names: Vec<String> = names.collect();
        // One photo in two channels is sent once.
        match photos.iter_mut().find(|known: &&mut Vec<String>| known.last() == names.last()) {
            Some(known) if known.len() < names.len() => *known = names,
            Some(_) => {}
            None => photos.push(names),
        }
    }
    Ok(Json(WantedPhotos { photos }))
}

/// Whose revoked phone it is, and the keys of its vault.
async fn whose(database: &Database, recovery: &RecoveryKey, of: &Revoked<Sealed>) -> Result<(Session, Keys), Refusal> {
    let owner = vault_owner(&of.account, of.device);
    let keys = recovery.open(&of.key, &owner).map_err(|_| Refusal::NotYours)?.keys();
    let token = token(&keys, &of.meta).ok_or(Refusal::NotYours)?;
    let session = database.revoked_session(&token, of.device).await?.ok_or(Refusal::NotYours)?;
    Ok((session, keys))
}

/// Takes a piece of a photo to the uploads that were begun when it was asked for, where it goes on with them.
async fn take_piece(state: &AppState, session: &Session, key: &str, piece: Vec<u8>) -> Result<(), Refusal> {
    let AppState { database, photos, .. } = state;
    let place = key.split_once('/').and_then(|(hash, place)| Some((hash.parse().ok()?, place.parse().ok()?)));
    let Some((hash, place)): Option<(PhotoHash, u64)> = place else { return Ok(()) };
    let begins = place.saturating_mul(CHUNK as u64);
    for mut upload in database.uploads_of(&session.account, hash).await? {
        // Of a piece that is there in part the rest is new.
        let known = upload.position.checked_sub(begins).and_then(|known| usize::try_from(known).ok());
        let Some(rest) = known.and_then(|known| piece.get(known..)) else { continue };
        let to = (upload.position + rest.len() as u64).min(upload.length);
        let rest = &rest[..usize::try_from(to - upload.position).unwrap_or_default()];
        if !rest.is_empty() {
            photos::put_piece(photos, &upload, rest.to_vec().into()).await?;
            if !database.advance_upload(&upload, to).await? {
                // Another window of the phone was faster.
                continue;
            }
            upload.position = to;
        }
        if upload.position == upload.length {
            finish(state, &upload).await?;
        }
    }
    Ok(())
}

/// Checks a photo, and keeps it. One that nobody would take holds up nothing.
async fn finish(state: &AppState, upload: &Upload) -> Result<(), Refusal> {
    match photos::finish(&state.database, &state.photos, upload).await {
        Ok(()) => Ok(()),
        Err(Failure::Refused(Refusal::Invalid(_))) => {
            tracing::warn!("a picture that a revoked phone handed over is none");
            Ok(())
        }
        // It is sent anew.
        Err(Failure::Tus(..)) => Err(Refusal::Internal),
        Err(Failure::Refused(refusal)) => Err(refusal),
    }
}

/// Key and value of an entry.
fn opened(keys: &Keys, table: Table, purpose: Purpose, (name, kept): &SealedEntry) -> Option<(String, Vec<u8>)> {
    keys.open(purpose, table.name(), name, kept).ok()
}

/// The token among a phone's sealed values.
fn token(keys: &Keys, meta: &[SealedEntry]) -> Option<String> {
    let wanted = keys.name(Table::Meta.name(), TOKEN);
    let entry = meta.iter().find(|(name, _)| *name == wanted)?;
    let (_, value) = opened(keys, Table::Meta, Purpose::Meta, entry)?;
    String::from_utf8(value).ok()
}
