//! Login and logout, a phone's first login with a code, and the way back into a vault whose password was forgotten.

use super::{AppState, Asked, Caller, Refusal, client_ip::ClientIp, login_throttle::Origin};
use crate::{
    accounts,
    database::{Account, Act, Database, Entry},
    random, second_factor,
};
use axum::{Json, extract::State, http::StatusCode};
use ruhu_domain::{
    DeviceId,
    office::duties,
    wire::{EnrolRequest, LoginRequest, LoginResponse, Recovery, vault_owner},
};
use ruhu_vault::Sealed;

/// Who may come in.
pub(super) struct Guest {
    pub(super) account: Account,
    /// Whether they come from a device that they logged in on before.
    pub(super) known: bool,
}

/// The account of a password, or why not. Wrong ones are counted where they come from.
pub(super) async fn guest(
    state: &AppState,
    client_ip: ClientIp,
    name: &str,
    password: String,
    code: Option<&str>,
    device: Option<DeviceId>,
) -> Result<Guest, Refusal> {
    if name.len() > accounts::MAX_NAME {
        return Err(Refusal::WrongPassword);
    }
    let (database, login_throttle) = (&state.database, &state.login_throttle);
    let name = &meant(database, name).await?;
    let known = match device {
        Some(device) => database.logged_in_before(name, device).await?.then_some(device),
        None => None,
    };
    let origin = Origin { client_ip, known };
    login_throttle.begin(name, origin, random::now_ms()).map_err(|wait| Refusal::Wait(wait.div_ceil(60_000)))?;
    let account = database.account(name).await?.filter(|account| !account.closed);
    let kept = account.as_ref().and_then(|account| account.password_hash.clone());
    let fits = state.hashing.turn(move || accounts::password_fits(&password, kept.as_deref()));
    let Some(fits) = fits.await else {
        // It was not looked at.
        login_throttle.not_tried(name, origin);
        return Err(Refusal::Crowded);
    };
    let account = account.filter(|_| fits).ok_or(Refusal::WrongPassword)?;
    if account.second_factor {
        // The password was right, and the try still counts: nobody goes through the codes.
        let code = code.filter(|code| !code.trim().is_empty()).ok_or(Refusal::CodeWanted)?;
        if !second_factor::fits(database, &state.recovery, &account, code).await.map_err(|_| Refusal::Internal)? {
            return Err(Refusal::WrongCode);
        }
    }
    login_throttle.right(&account.account, origin);
    Ok(Guest { account, known: known.is_some() })
}

/// Returns the login name that somebody means; of nobody's what they typed, so that tries at it are counted too.
async fn meant(database: &Database, typed: &str) -> Result<String, Refusal> {
    Ok(database.login_name(typed).await?.unwrap_or_else(|| accounts::login_name(typed)))
}

/// `POST /api/v1/login`
pub async fn login(
    State(state): State<AppState>,
    client_ip: ClientIp,
    Asked(LoginRequest { account, password, device, code }): Asked<LoginRequest>,
) -> Result<Json<LoginResponse>, Refusal> {
    let guest = guest(&state, client_ip, &account, password, code.as_deref(), Some(device)).await?;
    let database = &state.database;
    if database.is_revoked(device).await? {
        return Err(Refusal::Revoked);
    }
    // A phone that was theirs before comes in whatever they do now: it may have records to send.
    if !guest.known {
        if duties::is_office_alone(&database.rights(&guest.account.id).await?) {
            return Err(Refusal::OfficeAlone("这是办公室的账号，手机应用里没有要办的事：请点“办公室登录”"));
        }
        if !database.is_demo().await? {
            return Err(Refusal::NewDevice);
        }
    }
    let token = accounts::new_token();
    if !database.open_session(&guest.account, device, &token).await? {
        return Err(Refusal::NotYours);
    }
    let entry = Entry::of(&guest.account.id, Act::LogIn, "").on(device);
    database.put_on_record(&[entry]).await?;
    welcome(&state, guest.account, token).await
}

/// `POST /api/v1/enrol`: a new phone, or a forgotten password.
pub async fn enrol(
    State(state): State<AppState>,
    client_ip: ClientIp,
    Asked(EnrolRequest { account, code, password, device }): Asked<EnrolRequest>,
) -> Result<Json<LoginResponse>, Refusal> {
    let database = &state.database;
    if account.len() > accounts::MAX_NAME {
        return Err(Refusal::WrongCode);
    }
    let name = meant(database, &account).await?;
    // Not a try yet: somebody who looks for a good password is not made to wait.
    accounts::check(&password, &name).map_err(|error| Refusal::BadPassword(error.to_string()))?;
    let origin = Origin { client_ip, known: None };
    state.login_throttle.begin(&name, origin, random::now_ms()).map_err(|wait| Refusal::Wait(wait.div_ceil(60_000)))?;
    if database.is_revoked(device).await? {
        return Err(Refusal::Revoked);
    }
    // Before the password is hashed, which is dear.
    if !database.has_code(&name, &code).await? {
        return Err(Refusal::WrongCode);
    }
    let of = name.clone();
    let hash = state.hashing.turn(move || accounts::hash_password(&password, &of)).await.ok_or(Refusal::Crowded)?;
    let hash = hash.map_err(|error| Refusal::BadPassword(error.to_string()))?;
    let known = database.logged_in_before(&name, device).await?;
    let token = accounts::new_token();
    if !database.enrol(&name, &code, &hash, device, &token).await? {
        return Err(Refusal::WrongCode);
    }
    state.login_throttle.right(&name, origin);
    let account = database.account(&name).await?.ok_or(Refusal::Internal)?;
    if !known && duties::is_office_alone(&database.rights(&account.id).await?) {
        database.close_session(&token).await?;
        return Err(Refusal::OfficeAlone("密码已设好。这是办公室的账号：请点“办公室登录”，用新密码登录"));
    }
    welcome(&state, account, token).await
}

async fn welcome(state: &AppState, account: Account, token: String) -> Result<Json<LoginResponse>, Refusal> {
    let grids = state.database.carried(&state.database.rights(&account.id).await?).await?;
    let recovery = state.recovery.public().bytes();
    Ok(Json(LoginResponse { token, account: account.account, name: account.name, grids, recovery }))
}

/// `POST /api/v1/recover`
pub async fn recover(
    State(state): State<AppState>,
    caller: Caller,
    Asked(request): Asked<Recovery<Sealed>>,
) -> Result<Json<Recovery<[u8; 32]>>, Refusal> {
    let owner = vault_owner(&caller.session.login, caller.session.device);
    let key = state.recovery.open(&request.key, &owner).map_err(|_| Refusal::NotYours)?;
    state.database.put_on_record(&[caller.does(Act::Recover, "")]).await?;
    Ok(Json(Recovery { key: *key.bytes() }))
}

/// `POST /api/v1/logout`
pub async fn logout(State(database): State<Database>, caller: Caller) -> Result<StatusCode, Refusal> {
    database.close_session(&caller.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
