//! 动态码: a second factor for one's own account.

use super::{Asked, Newcomer, Official, Refusal};
use crate::{
    database::Account,
    http::{Office, peer::Peer, tries::Origin},
    random, second_factor,
};
use axum::{Json, extract::State};
use ruhu_domain::office::{Nothing, OfMoment, SecondFactor};

async fn own(office: &Office, official: &Official) -> Result<Account, Refusal> {
    office.database.account(&official.session.login).await?.ok_or(Refusal::Internal)
}

/// `POST /api/v1/office/second-factor`
pub async fn begin(State(office): State<Office>, Newcomer(official): Newcomer) -> Result<Json<SecondFactor>, Refusal> {
    let account = own(&office, &official).await?;
    if account.second_factor {
        return Err(Refusal::Invalid("动态码已经启用；要换手机请先停用".into()));
    }
    let begun = second_factor::begin(&office.database, &office.recovery, &account).await;
    begun.map(Json).map_err(|_| Refusal::Internal)
}

/// `POST /api/v1/office/second-factor-on`
pub async fn turn_on(
    state: State<Office>,
    official: Newcomer,
    peer: Peer,
    asked: Asked<OfMoment>,
) -> Result<Json<Nothing>, Refusal> {
    turn(state, official, peer, asked, true).await
}

/// `POST /api/v1/office/second-factor-off`
pub async fn turn_off(
    state: State<Office>,
    official: Newcomer,
    peer: Peer,
    asked: Asked<OfMoment>,
) -> Result<Json<Nothing>, Refusal> {
    turn(state, official, peer, asked, false).await
}

async fn turn(
    State(office): State<Office>,
    Newcomer(official): Newcomer,
    peer: Peer,
    Asked(OfMoment { code }): Asked<OfMoment>,
    on: bool,
) -> Result<Json<Nothing>, Refusal> {
    let account = own(&office, &official).await?;
    // Counted like passwords: nobody goes through the codes.
    let origin = Origin { peer, known: Some(official.session.device) };
    office.tries.begin(&account.account, origin, random::now_ms()).map_err(|ms| Refusal::Wait(ms.div_ceil(60_000)))?;
    let fits = second_factor::fits(&office.database, &office.recovery, &account, &code).await;
    if !fits.map_err(|_| Refusal::Internal)? {
        return Err(Refusal::WrongCode);
    }
    office.tries.right(&account.account, origin);
    office.database.turn_factor(&account.id, on, &account.id).await?;
    Ok(Json(Nothing {}))
}
