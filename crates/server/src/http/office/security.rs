//! 动态码: a second factor for one's own account.

use super::{Asked, Newcomer, Official, Refusal};
use crate::{
    database::Account,
    http::{AppState, client_ip::ClientIp, login_throttle::Origin},
    random, second_factor,
};
use axum::{Json, extract::State};
use ruhu_domain::office::{Nothing, OfMoment, SecondFactor};

async fn own(state: &AppState, official: &Official) -> Result<Account, Refusal> {
    state.database.account(&official.session.login).await?.ok_or(Refusal::Internal)
}

/// `POST /api/v1/office/second-factor`
pub async fn begin(State(state): State<AppState>, Newcomer(official): Newcomer) -> Result<Json<SecondFactor>, Refusal> {
    let account = own(&state, &official).await?;
    if account.second_factor {
        return Err(Refusal::Invalid("动态码已经启用；要换手机请先停用".into()));
    }
    let begun = second_factor::begin(&state.database, &state.recovery, &account).await;
    begun.map(Json).map_err(|_| Refusal::Internal)
}

/// `POST /api/v1/office/second-factor-on`
pub async fn turn_on(
    state: State<AppState>,
    official: Newcomer,
    client_ip: ClientIp,
    asked: Asked<OfMoment>,
) -> Result<Json<Nothing>, Refusal> {
    turn(state, official, client_ip, asked, true).await
}

/// `POST /api/v1/office/second-factor-off`
pub async fn turn_off(
    state: State<AppState>,
    official: Newcomer,
    client_ip: ClientIp,
    asked: Asked<OfMoment>,
) -> Result<Json<Nothing>, Refusal> {
    turn(state, official, client_ip, asked, false).await
}

async fn turn(
    State(state): State<AppState>,
    Newcomer(official): Newcomer,
    client_ip: ClientIp,
    Asked(OfMoment { code }): Asked<OfMoment>,
    on: bool,
) -> Result<Json<Nothing>, Refusal> {
    let account = own(&state, &official).await?;
    // Counted like passwords: nobody goes through the codes.
    let origin = Origin { client_ip, known: Some(official.session.device) };
    state
        .login_throttle
        .begin(&account.account, origin, random::now_ms())
        .map_err(|ms| Refusal::Wait(ms.div_ceil(60_000)))?;
    let fits = second_factor::fits(&state.database, &state.recovery, &account, &code).await;
    if !fits.map_err(|_| Refusal::Internal)? {
        return Err(Refusal::WrongCode);
    }
    state.login_throttle.right(&account.account, origin);
    state.database.turn_factor(&account.id, on, &account.id).await?;
    Ok(Json(Nothing {}))
}
