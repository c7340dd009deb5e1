//! A revoked phone hands over what it has not sent, locked as it is: its vault key is sealed to this server, and the
//! token that is among its sealed values shows whose it is.

use super::{Office, Refusal};
use crate::database::{Author, Incoming};
use axum::{Json, extract::State, extract::rejection::JsonRejection};
use ruhu_domain::{
    engine::Queued,
    storage::{TOKEN, Table},
    wire::{DeviceAnswer, DeviceRequest, HandOver, HandedOver, MAX_OPS, OpOutcome, SealedEntry, vault_owner},
};
use ruhu_vault::{Keys, Purpose, Sealed};

/// `POST /api/v1/device`
pub async fn device(
    State(office): State<Office>,
    body: Result<Json<DeviceRequest>, JsonRejection>,
) -> Result<Json<DeviceAnswer>, Refusal> {
    let Json(request) = body.map_err(|_| Refusal::Malformed)?;
    Ok(Json(DeviceAnswer { revoked: office.database.is_revoked(request.device).await? }))
}

/// `POST /api/v1/handover`
pub async fn hand_over(
    State(Office { database, recovery, .. }): State<Office>,
    body: Result<Json<HandOver<Sealed>>, JsonRejection>,
) -> Result<Json<HandedOver>, Refusal> {
    let Json(request) = body.map_err(|_| Refusal::Malformed)?;
    if request.outbox.len() > MAX_OPS {
        return Err(Refusal::TooLarge);
    }
    let owner = vault_owner(&request.account, request.device);
    let keys = recovery.open(&request.key, &owner).map_err(|_| Refusal::NotYours)?.keys();
    let token = token(&keys, &request.meta).ok_or(Refusal::NotYours)?;
    let session = database.revoked_session(&token, request.device).await?.ok_or(Refusal::NotYours)?;

    // What does not open was damaged on the phone: nobody can read it any more.
    let opened =
        request.outbox.iter().filter_map(|(name, kept)| opened(&keys, Table::Outbox, Purpose::Outbox, name, kept));
    let queued: Vec<Option<Queued>> = opened.map(|value| serde_json::from_slice(&value).ok()).collect();
    let mut left = queued.iter().filter(|queued| queued.is_none()).count();
    let mut ops: Vec<_> = queued.into_iter().flatten().map(|queued| queued.op).collect();
    ops.sort_by_key(|op| op.stamp);
    let ops = ops.into_iter().map(|op| Incoming::Op(Box::new(op.as_ref().clone()))).collect();
    // Whatever the worker may do: it comes from a phone that is not trusted any more, so a supervisor looks at it.
    let author = Author { account: &session.account, name: &session.name, device: session.device, grants: &[] };
    let results = database.take(author, ops).await?.results;
    left += results.iter().filter(|result| result.outcome == OpOutcome::Rejected).count();
    let taken = results.iter().filter(|result| result.outcome == OpOutcome::Quarantined).count();
    if request.last && left == 0 {
        database.handed_over(&session).await?;
    }
    Ok(Json(HandedOver { taken, left }))
}

fn opened(keys: &Keys, table: Table, purpose: Purpose, name: &str, kept: &[u8]) -> Option<Vec<u8>> {
    keys.open(purpose, table.name(), name, kept).ok().map(|(_, value)| value)
}

/// The token among a phone's sealed values.
fn token(keys: &Keys, meta: &[SealedEntry]) -> Option<String> {
    let wanted = keys.name(Table::Meta.name(), TOKEN);
    let (name, kept) = meta.iter().find(|(name, _)| *name == wanted)?;
    String::from_utf8(opened(keys, Table::Meta, Purpose::Meta, name, kept)?).ok()
}
