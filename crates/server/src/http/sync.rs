//! The sync endpoint, and the history of a record.

use super::{Caller, Refusal};
use crate::{
    database::{Act, Author, Database, Entry, Incoming},
    random,
};
use axum::{
    Json,
    body::Bytes,
    extract::{
        State,
        rejection::{BytesRejection, JsonRejection},
    },
    http::StatusCode,
};
use ruhu_domain::{
    Channel, DeviceId, OpId,
    rights::{self, Action},
    wire::{HistoryEntry, HistoryRequest, MAX_OPS, Position, SyncResponse},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A [`ruhu_domain::wire::SyncRequest`] with its ops unread, so that one bad op spoils no other.
#[derive(Deserialize)]
struct Request {
    device: DeviceId,
    #[serde(default)]
    epoch: Option<String>,
    #[serde(default)]
    ops: Vec<Box<RawValue>>,
    #[serde(default)]
    cursors: BTreeMap<Channel, Position>,
    limit: u32,
}

#[derive(Deserialize)]
struct OnlyId {
    id: OpId,
}

/// `POST /api/v1/sync`
pub async fn sync(
    State(database): State<Database>,
    caller: Caller,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<SyncResponse<Box<RawValue>>>, Refusal> {
    let body = body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::Malformed,
    })?;
    let request: Request = serde_json::from_slice(&body).map_err(|_| Refusal::Malformed)?;
    if request.ops.len() > MAX_OPS {
        return Err(Refusal::TooLarge);
    }
    if request.device != caller.session.device {
        return Err(Refusal::Unauthorized);
    }
    let ops = request.ops.iter().map(|raw| read(raw)).collect::<Result<Vec<_>, _>>()?;

    let rights = database.rights(&caller.session.account).await?;
    let author = Author {
        account: &caller.session.account,
        name: &caller.session.name,
        device: caller.session.device,
        grants: &rights,
    };
    let taken = database.take(author, ops).await?;

    // After the push: it may have begun a channel of a place.
    let grants = database.carried(&rights).await?;
    let channels: Vec<Channel> = grants.iter().map(|grid| grid.channel.clone()).collect();

    // Cursors of another epoch mean nothing here: start over.
    let same_epoch = request.epoch.as_deref().is_none_or(|epoch| epoch == database.epoch());
    let cursors = if same_epoch { request.cursors } else { BTreeMap::new() };
    let pages = database.pull(&channels, &cursors, request.limit, &taken).await?;
    let carried = pages.iter().filter(|page| !page.records.is_empty());
    let entries: Vec<Entry<'_>> = carried.map(|page| caller.does(Act::Carry, page.channel.to_string())).collect();
    database.put_on_record(&entries).await?;
    Ok(Json(SyncResponse {
        now: random::now_ms(),
        epoch: database.epoch().to_owned(),
        results: taken.results,
        channels: pages,
        grants,
    }))
}

/// `POST /api/v1/history`
pub async fn history(
    State(database): State<Database>,
    caller: Caller,
    request: Result<Json<HistoryRequest>, JsonRejection>,
) -> Result<Json<Vec<HistoryEntry>>, Refusal> {
    let Json(request) = request.map_err(|_| Refusal::Malformed)?;
    let rights = database.rights(&caller.session.account).await?;
    if !rights::allows(&rights, Action::Look, &request.channel) {
        return Err(Refusal::NotFound);
    }
    let history = database.history(&request.channel, request.record).await?;
    if !history.is_empty() {
        database.put_on_record(&[caller.does(Act::Look, request.record.to_string())]).await?;
    }
    Ok(Json(history))
}

fn read(raw: &RawValue) -> Result<Incoming, Refusal> {
    if let Ok(op) = serde_json::from_str(raw.get()) {
        return Ok(Incoming::Op(Box::new(op)));
    }
    let only: OnlyId = serde_json::from_str(raw.get()).map_err(|_| Refusal::Malformed)?;
    Ok(Incoming::Malformed(only.id))
}
