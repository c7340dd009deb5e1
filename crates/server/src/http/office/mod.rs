//! The endpoints of offices. Each route asks [`duties`] whether the caller has that duty, there and for that class. Without the
//! right the answer is the same as for what does not exist.

mod contacts;
mod data_rights;
mod grids;
mod handbook;
mod handover;
mod ledgers;
mod operation;
mod records;
mod rosters;
mod saves;
mod security;
mod staff;
mod staff_sheet;
mod supervision;

use super::{AppState, Asked, Refusal, bearer, client_ip::ClientIp, login::guest};
use crate::{
    accounts,
    database::{Act, Database, Entry, Session, SessionKind, Standing},
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequestParts, State},
    http::request::Parts,
    routing::post,
};
use ruhu_domain::{
    Channel,
    office::{
        Login, MAX_ROSTER, Nothing, Right, Welcome,
        duties::{self, Duty},
    },
    rights::{Grant, Place},
};

/// The routes below `/office`, without the login.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/me", post(me))
        .route("/logout", post(logout))
        .route("/people", post(staff::list))
        .route("/account", post(staff::make))
        .route("/account-change", post(staff::change))
        .route("/close", post(staff::close))
        .route("/code", post(staff::code))
        .route("/staff-read", post(staff_sheet::read).layer(DefaultBodyLimit::max(MAX_ROSTER)))
        .route("/staff-template", post(staff_sheet::template))
        .route("/give", post(staff::give))
        .route("/end", post(staff::end))
        .route("/revoke", post(staff::revoke))
        .route("/hand-over", post(handover::grid))
        .route("/hand-over-all", post(handover::all))
        .route("/receipts", post(handover::receipts))
        .route("/grids", post(grids::list))
        .route("/grid", post(grids::put))
        .route("/grid-close", post(grids::close))
        .route("/grid-merge", post(grids::merge))
        .route("/doors", post(grids::doors))
        .route("/doors-read", post(grids::read_doors).layer(DefaultBodyLimit::max(MAX_ROSTER)))
        .route("/grid-split", post(grids::split))
        .route("/villages-read", post(grids::read_villages).layer(DefaultBodyLimit::max(MAX_ROSTER)))
        .route("/village-change", post(grids::change_village))
        .route("/areas-read", post(grids::read_areas).layer(DefaultBodyLimit::max(MAX_ROSTER)))
        .route("/areas-take", post(grids::take_areas).layer(DefaultBodyLimit::max(MAX_ROSTER)))
        .route("/areas", post(staff::areas))
        .route("/place-names", post(staff::place_names))
        .route("/waiting", post(records::waiting))
        .route("/photo", post(records::photo))
        .route("/accept", post(records::accept))
        .route("/refuse", post(records::refuse))
        .route("/seen", post(records::seen))
        .route("/acts", post(records::acts))
        .route("/cases", post(supervision::cases))
        .route("/press", post(supervision::press))
        .route("/file", post(supervision::file))
        .route("/ledger", post(ledgers::ledger))
        .route("/roster-read", post(rosters::read).layer(DefaultBodyLimit::max(MAX_ROSTER)))
        .route("/roster-plan", post(rosters::plan).layer(DefaultBodyLimit::max(MAX_ROSTER)))
        .route("/roster-take", post(rosters::take).layer(DefaultBodyLimit::max(MAX_ROSTER)))
        .route("/roster-report", post(rosters::report).layer(DefaultBodyLimit::max(MAX_ROSTER)))
        .route("/roster-undo", post(rosters::undo))
        .route("/roster-template", post(rosters::template))
        .route("/roster-export", post(rosters::export))
        .route("/imports", post(rosters::imports))
        .route("/pages", post(handbook::list))
        .route("/page", post(handbook::put))
        .route("/page-withdraw", post(handbook::withdraw))
        .route("/contacts", post(contacts::list))
        .route("/contact", post(contacts::put))
        .route("/contact-drop", post(contacts::remove))
        .route("/find", post(data_rights::find))
        .route("/dossier", post(data_rights::dossier))
        .route("/request-open", post(data_rights::open))
        .route("/requests", post(data_rights::list))
        .route("/request-decide", post(data_rights::decide))
        .route("/operation", post(operation::show))
        .route("/backup", post(operation::back_up))
        .route("/retention", post(data_rights::held))
        .route("/retention-approve", post(data_rights::approve))
        .route("/second-factor", post(security::begin))
        .route("/second-factor-on", post(security::turn_on))
        .route("/second-factor-off", post(security::turn_off))
}

/// The words for a place that was asked for and is outside somebody's own.
const NOT_THEIRS: &str = "这个地方不归您管，请另选一个地方";

/// Somebody in an office.
pub struct Official {
    pub(super) session: Session,
    pub(super) token: String,
    pub(super) grants: Vec<Grant>,
}

impl Official {
    /// Returns the audit entry of an act of theirs.
    fn does(&self, act: Act, subject: impl ToString) -> Entry<'_> {
        Entry::of(&self.session.account, act, subject)
    }

    /// # Errors
    /// They don't have this to do anywhere.
    fn has(&self, duty: Duty) -> Result<(), Refusal> {
        if duties::has(&self.grants, duty) { Ok(()) } else { Err(Refusal::NotAllowed) }
    }

    /// # Errors
    /// They don't have this to do for these records.
    fn answers_for(&self, duty: Duty, channel: &Channel) -> Result<(), Refusal> {
        if duties::answers_for(&self.grants, duty, channel) { Ok(()) } else { Err(Refusal::NotAllowed) }
    }

    /// Returns the places where they have this to do, as far as they are in the one that is asked for; none where they have it to do
    /// nowhere there.
    fn places_in<'a>(&'a self, duty: Duty, wanted: Option<&'a Place>) -> Vec<&'a Place> {
        let within = self.places(duty).filter_map(|own| match wanted {
            None => Some(own),
            Some(wanted) if own.contains(wanted) => Some(wanted),
            Some(wanted) => wanted.contains(own).then_some(own),
        });
        within.collect()
    }

    /// The places where they have this to do.
    fn places(&self, duty: Duty) -> impl Iterator<Item = &Place> {
        self.grants.iter().filter(move |grant| grant.role().has(duty)).map(Grant::place)
    }
}

impl FromRequestParts<AppState> for Official {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let Newcomer(official) = Newcomer::from_request_parts(parts, state).await?;
        if factor_wanted(state, has_factor(state, &official).await?).await? {
            return Err(Refusal::FactorWanted);
        }
        Ok(official)
    }
}

/// Somebody in an office who may have no second factor yet: they turn one on, and do nothing else.
pub struct Newcomer(pub(super) Official);

impl FromRequestParts<AppState> for Newcomer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let token = bearer(&parts.headers)?;
        match state.database.session(token).await? {
            Standing::Open(session) if session.kind == SessionKind::Office => {
                let grants = state.database.rights(&session.account).await?;
                Ok(Self(Official { session, token: token.to_owned(), grants }))
            }
            _ => Err(Refusal::OfficeEnded),
        }
    }
}

async fn has_factor(state: &AppState, official: &Official) -> Result<bool, Refusal> {
    let account = state.database.account(&official.session.login).await?;
    Ok(account.is_some_and(|account| account.second_factor))
}

/// Whether somebody has to turn a second factor on first: whoever works in an office, but not on demo data.
async fn factor_wanted(state: &AppState, has_one: bool) -> Result<bool, Refusal> {
    Ok(!has_one && !state.database.is_demo().await?)
}

/// `POST /api/v1/office/login`
pub async fn login(
    State(state): State<AppState>,
    client_ip: ClientIp,
    Asked(request): Asked<Login>,
) -> Result<Json<Welcome>, Refusal> {
    let Login { account, password, code } = request;
    let account = guest(&state, client_ip, &account, password, code.as_deref(), None).await?.account;
    let grants = state.database.rights(&account.id).await?;
    if !Duty::ALL.into_iter().any(|duty| duties::has(&grants, duty)) {
        return Err(Refusal::NoOffice);
    }
    let token = accounts::new_token();
    state.database.open_office_session(&account, &token).await?;
    let entry = Entry::of(&account.id, Act::LogIn, "office");
    state.database.put_on_record(&[entry]).await?;
    welcome(&state, token, account.account, account.name, &grants, account.second_factor).await
}

async fn welcome(
    state: &AppState,
    token: String,
    account: String,
    name: String,
    grants: &[Grant],
    second_factor: bool,
) -> Result<Json<Welcome>, Refusal> {
    let duties = Duty::ALL.into_iter().filter(|duty| duties::has(grants, *duty)).collect();
    let factor_wanted = factor_wanted(state, second_factor).await?;
    let grants = grants.iter().map(right).collect();
    Ok(Json(Welcome { token, account, name, grants, duties, second_factor, factor_wanted }))
}

fn right(grant: &Grant) -> Right {
    Right { role: grant.role(), place: grant.place().clone(), classes: grant.classes().to_vec() }
}

/// `POST /api/v1/office/me`
async fn me(State(state): State<AppState>, Newcomer(official): Newcomer) -> Result<Json<Welcome>, Refusal> {
    let second_factor = has_factor(&state, &official).await?;
    let Official { session, grants, .. } = official;
    welcome(&state, String::new(), session.login, session.name, &grants, second_factor).await
}

/// `POST /api/v1/office/logout`
async fn logout(State(database): State<Database>, Newcomer(official): Newcomer) -> Result<Json<Nothing>, Refusal> {
    database.close_session(&official.token).await?;
    Ok(Json(Nothing {}))
}
