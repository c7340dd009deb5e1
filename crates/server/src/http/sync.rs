//! The sync endpoint, and the history of a record.

use super::{Asked, Caller, Refusal, asked};
use crate::database::{Act, Author, Database, Entry, Incoming};
use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
};
use ruhu_domain::{
    Channel, DeviceId, OpId,
    rights::{self, Action},
    timeline::Milestone,
    wire::{HistoryEntry, HistoryRequest, MAX_OPS, Position, SyncResponse},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

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
    #[serde(default)]
    milestones: BTreeMap<Channel, Milestone>,
    #[serde(default)]
    app: String,
    limit: u32,
}

/// The longest version of an app that is noted, in bytes.
const APP: usize = 40;

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
    let body = asked::body(body)?;
    let request: Request = serde_json::from_slice(&body).map_err(|_| Refusal::Malformed)?;
    if request.ops.len() > MAX_OPS {
        return Err(Refusal::TooLarge);
    }
    if request.device != caller.session.device {
        return Err(Refusal::Unauthorized);
    }
    let ops = request.ops.iter().map(|raw| read(raw)).collect::<Result<Vec<_>, _>>()?;
    if request.app != caller.session.app && request.app.len() <= APP {
        database.note_app(caller.session.device, &request.app).await?;
    }

    let rights = database.rights(&caller.session.account).await?;
    let author = Author {
        account: &caller.session.account,
        name: &caller.session.name,
        device: caller.session.device,
        grants: &rights,
    };
    let named: BTreeSet<Channel> = ops.iter().filter_map(Incoming::channel).cloned().collect();
    let taken = database.take(author, ops).await?;

    // After the push: it may have begun a channel of a place.
    let grants = database.carried(&rights).await?;
    let channels: Vec<Channel> = grants.iter().map(|grid| grid.channel.clone()).collect();

    // Cursors of another epoch mean nothing here: start over.
    let epoch = database.epoch().await?;
    let same_epoch = request.epoch.as_ref().is_none_or(|asked| *asked == epoch);
    let positions = if same_epoch { request.cursors } else { BTreeMap::new() };
    let gave_out = !same_epoch || database.gave_out(&request.milestones).await?;
    let pages = match gave_out {
        true => database.pull(&channels, &positions, request.limit, &taken).await?,
        false => None,
    };
    let pages = match pages {
        Some(pages) => pages,
        // The database was set back, and nobody said so.
        None => {
            let anew = database.begin_anew_for(&caller.session, &epoch).await?;
            // This account has said so lately: it goes on from as far as the database came.
            let mut own = if anew { BTreeMap::new() } else { positions };
            own.retain(|of, _| channels.contains(of));
            let positions = database.as_far_as_it_came(own).await?;
            database.pull(&channels, &positions, request.limit, &taken).await?.unwrap_or_default()
        }
    };
    let carried = pages.iter().filter(|page| !page.records.is_empty());
    let entries: Vec<Entry<'_>> =
        carried.map(|page| caller.does(Act::Carry, &page.channel).in_channel(&page.channel)).collect();
    database.put_on_record(&entries).await?;
    Ok(Json(SyncResponse {
        now: database.now_ms(),
        epoch: database.epoch().await?,
        results: taken.results,
        channels: pages,
        grants,
        // Where a record moved to is not told to who may not follow.
        written: taken.milestones.into_iter().filter(|(of, _)| channels.contains(of) || named.contains(of)).collect(),
        unreadable: BTreeMap::new(),
    }))
}

/// `POST /api/v1/history`
pub async fn history(
    State(database): State<Database>,
    caller: Caller,
    Asked(request): Asked<HistoryRequest>,
) -> Result<Json<Vec<HistoryEntry>>, Refusal> {
    let rights = database.rights(&caller.session.account).await?;
    if !rights::allows(&rights, Action::Look, &request.channel) {
        return Err(Refusal::NotFound);
    }
    let history = database.history(&request.channel, request.record).await?;
    if !history.is_empty() {
        database.put_on_record(&[caller.does(Act::Look, request.record).in_channel(&request.channel)]).await?;
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
