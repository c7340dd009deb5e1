//! 运行: how the server is, and a backup at a press.

use super::{Official, Refusal};
use crate::{
    crypto,
    http::{AppState, tls::Certificate},
};
use axum::{Json, extract::State};
use ruhu_domain::{
    Channel,
    office::{
        CertificateState, Nothing, Operation,
        duties::{self, Duty},
    },
};

/// `POST /api/v1/office/operation`
pub async fn show(State(state): State<AppState>, official: Official) -> Result<Json<Operation>, Refusal> {
    official.has(Duty::Operation)?;
    let database = &state.database;
    // Before the last backup is read: one that ends in between is told as one that goes on, and the page asks again.
    let backing_up = state.backing_up.try_lock().is_err();
    let here = |channel: &Channel| !duties::roles(&official.grants, Duty::Operation, &channel.grid).is_empty();
    Ok(Json(Operation {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: state.started_at,
        engine: database.engine_name().to_owned(),
        database_bytes: database.size().await?,
        free_bytes: database.room(),
        waiting: database.quarantined_page(here, 0, 0).await?.all as u64,
        phones: database.phones_by_version().await?,
        certificate: certificate(state.certificate.as_ref()),
        backup: database.last_backup().await?,
        backing_up,
        can_back_up: database.folder().is_some(),
        night: database.last_night().await?,
    }))
}

/// `POST /api/v1/office/backup`: begins a backup, which goes on after the answer. `operation` tells what became of it.
pub async fn back_up(State(state): State<AppState>, official: Official) -> Result<Json<Nothing>, Refusal> {
    official.has(Duty::Operation)?;
    if state.database.folder().is_none() {
        return Err(Refusal::Invalid("这里用的是 PostgreSQL，请用 pg_dump 备份".into()));
    }
    let Ok(held) = state.backing_up.clone().try_lock_owned() else {
        return Err(Refusal::Invalid("正在备份，请等它做完".into()));
    };
    let by = official.session.account;
    // Copying and opening a large file blocks a thread: it is not one that answers phones.
    tokio::task::spawn_blocking(move || {
        let done = tokio::runtime::Handle::current().block_on(state.database.back_up_and_try(&by));
        if let Err(error) = done {
            tracing::error!(%error, "a backup could not be noted");
        }
        drop(held);
    });
    Ok(Json(Nothing {}))
}

fn certificate(certificate: Option<&Certificate>) -> CertificateState {
    match certificate {
        None => CertificateState::Elsewhere,
        Some(Certificate::Acme { .. }) => CertificateState::Renewed,
        Some(Certificate::Files { chain, .. }) => {
            crypto::last_day(chain).map_or(CertificateState::Unreadable, CertificateState::Until)
        }
    }
}
