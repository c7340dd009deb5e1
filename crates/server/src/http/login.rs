//! Login and logout, and the way back into a vault whose password was forgotten.

use super::{Caller, Office, Refusal, peer::Peer, tries::Origin};
use crate::{
    accounts,
    database::{Act, Database, Entry},
    random,
};
use axum::{Json, extract::State, extract::rejection::JsonRejection, http::StatusCode};
use ruhu_domain::wire::{LoginRequest, LoginResponse, Recovery, vault_owner};
use ruhu_vault::Sealed;

/// `POST /api/v1/login`
pub async fn login(
    State(Office { database, recovery, tries, .. }): State<Office>,
    peer: Peer,
    body: Result<Json<LoginRequest>, JsonRejection>,
) -> Result<Json<LoginResponse>, Refusal> {
    let Json(request) = body.map_err(|_| Refusal::Malformed)?;
    let name = request.account.trim();
    let known = database.logged_in_before(name, request.device).await?.then_some(request.device);
    let origin = Origin { peer, known };
    tries.begin(name, origin, random::now_ms()).map_err(|wait| Refusal::Wait(wait.div_ceil(60_000)))?;
    let account = database.account(name).await?;
    let kept = account.as_ref().map(|account| account.password_hash.clone());
    // Argon2 takes tens of milliseconds of one core: not on the threads that serve others.
    let fits = tokio::task::spawn_blocking(move || accounts::password_fits(&request.password, kept.as_deref()));
    let fits = fits.await.map_err(|_| Refusal::Internal)?;
    let account = account.filter(|_| fits).ok_or(Refusal::WrongPassword)?;
    tries.right(&account.account, origin);
    if database.is_revoked(request.device).await? {
        return Err(Refusal::Revoked);
    }
    let token = accounts::new_token();
    database.open_session(&account, request.device, &token).await?;
    let grids = database.carried(&database.rights(&account.id).await?).await?;
    let entry = Entry { account: &account.id, device: Some(request.device), act: Act::LogIn, subject: String::new() };
    database.put_on_record(&[entry]).await?;
    let recovery = recovery.public().bytes();
    Ok(Json(LoginResponse { token, account: account.account, name: account.name, grids, recovery }))
}

/// `POST /api/v1/recover`
pub async fn recover(
    State(office): State<Office>,
    caller: Caller,
    body: Result<Json<Recovery<Sealed>>, JsonRejection>,
) -> Result<Json<Recovery<[u8; 32]>>, Refusal> {
    let Json(request) = body.map_err(|_| Refusal::Malformed)?;
    let owner = vault_owner(&caller.session.login, caller.session.device);
    let key = office.recovery.open(&request.key, &owner).map_err(|_| Refusal::NotYours)?;
    office.database.put_on_record(&[caller.does(Act::Recover, String::new())]).await?;
    Ok(Json(Recovery { key: *key.bytes() }))
}

/// `POST /api/v1/logout`
pub async fn logout(State(database): State<Database>, caller: Caller) -> Result<StatusCode, Refusal> {
    database.close_session(&caller.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
