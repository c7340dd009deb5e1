//! The HTTP interface.

mod asked;
mod assets;
mod client_ip;
mod connections;
mod devices;
mod drain;
mod error;
mod handbook;
mod hashing;
mod health;
mod login;
mod login_throttle;
mod office;
mod photos;
mod sync;
pub mod tls;

pub use assets::content_security_policy;
pub use connections::serve;
pub use error::Refusal;
pub use hashing::Hashing;
pub use login_throttle::LoginThrottle;
pub use photos::metadata;

use crate::{
    database::{Act, Database, Entry, Session, SessionKind, Standing},
    photos::PhotoStore,
};
use asked::Asked;
use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef, FromRequestParts},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    routing::{head, post},
};
use client_ip::ByClientIp;
use ruhu_vault::RecoveryKey;
use std::{path::Path, sync::Arc, time::Duration};
use tower_governor::{GovernorLayer, governor::GovernorConfigBuilder};
use tower_http::{
    ServiceBuilderExt,
    compression::{CompressionLayer, CompressionLevel},
    decompression::RequestDecompressionLayer,
    request_id::MakeRequestUuid,
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

/// The largest request body, before and after decompression.
const MAX_BODY: usize = 1024 * 1024;

/// A login may be tried again after this long; a few may come at once.
const LOGIN_EVERY: Duration = Duration::from_secs(2);
const LOGIN_BURST: u32 = 20;

/// The state that the routes share.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The records.
    pub database: Database,
    /// Opens what phones sealed to this server.
    pub recovery: RecoveryKey,
    /// Whether the server runs behind a proxy that sets `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// The throttle on wrong passwords.
    pub login_throttle: LoginThrottle,
    /// The photos.
    pub photos: PhotoStore,
    /// The turns in which passwords are hashed.
    pub hashing: Hashing,
    /// Where the certificate for TLS comes from; `None` for plain HTTP.
    pub certificate: Option<tls::Certificate>,
    /// When the server was started, Unix milliseconds.
    pub started_at: u64,
    /// Held while a backup is made.
    pub backing_up: Arc<tokio::sync::Mutex<()>>,
}

impl FromRef<AppState> for PhotoStore {
    fn from_ref(state: &AppState) -> Self {
        state.photos.clone()
    }
}

impl FromRef<AppState> for Database {
    fn from_ref(state: &AppState) -> Self {
        state.database.clone()
    }
}

/// The server's routes: the API, and the app's files where `app` is given.
///
/// # Errors
/// The app's files are not there.
pub fn router(state: AppState, app: Option<&Path>) -> anyhow::Result<Router> {
    let logins = GovernorConfigBuilder::default()
        .period(LOGIN_EVERY)
        .burst_size(LOGIN_BURST)
        .key_extractor(ByClientIp { behind_proxy: state.behind_proxy })
        .finish()
        .ok_or_else(|| anyhow::anyhow!("the login rate is not a rate"))?;
    let login = Router::new()
        .route("/login", post(login::login))
        .route("/enrol", post(login::enrol))
        .route("/office/login", post(office::login))
        .layer(GovernorLayer::new(Arc::new(logins)).error_handler(|_| error::too_many()));
    let api = login
        .route("/logout", post(login::logout))
        .route("/device", post(devices::device))
        .route("/handover", post(devices::hand_device_over))
        .route("/handover/wanted", post(devices::wanted))
        .route("/recover", post(login::recover))
        .route("/sync", post(sync::sync))
        .route("/history", post(sync::history))
        .route("/handbook", post(handbook::handbook))
        .route("/photo", post(photos::show))
        .route("/photos", post(photos::create).options(photos::abilities))
        .route("/photos/{county}/{id}", head(photos::look).patch(photos::send).post(photos::send_by_post))
        .nest("/office", office::routes())
        .fallback(|| async { Refusal::NotFound })
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(RequestDecompressionLayer::new())
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest));

    let health = health::route(state.database.clone());
    let router = Router::new().nest("/api/v1", api).with_state(state).merge(health);
    let router = match app {
        Some(app) => router.fallback_service(assets::service(app)?),
        None => router,
    };
    let fixed = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    let policy = match app {
        Some(app) => content_security_policy(&assets::pages(app)?),
        None => content_security_policy(""),
    };
    Ok(router.layer(
        tower::ServiceBuilder::new()
            // A client's own would be written into the log.
            .map_request(|mut request: axum::http::Request<axum::body::Body>| {
                request.headers_mut().remove("x-request-id");
                request
            })
            .set_x_request_id(MakeRequestUuid)
            .layer(TraceLayer::new_for_http().make_span_with(span).on_request(()))
            .propagate_x_request_id()
            .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(60)))
            .layer(axum::middleware::from_fn(drain::read_to_the_end))
            .layer(SetResponseHeaderLayer::if_not_present(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_str(&policy)?,
            ))
            .layer(fixed("x-content-type-options", "nosniff"))
            .layer(fixed("referrer-policy", "no-referrer"))
            .layer(fixed("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"))
            .layer(fixed("cross-origin-opener-policy", "same-origin")),
    ))
}

/// Returns the log's span of a request. It never holds its query, headers or body.
fn span(request: &axum::http::Request<axum::body::Body>) -> tracing::Span {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
}

/// A phone's bearer token that speaks for somebody. Every route of theirs but the logins asks for one.
pub struct Caller {
    /// Who.
    pub session: Session,
    /// The token itself.
    pub token: String,
}

impl Caller {
    /// Returns the audit entry of an act of theirs.
    fn does(&self, act: Act, subject: impl ToString) -> Entry<'_> {
        Entry::of(&self.session.account, act, subject).on(self.session.device)
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        debug_assert_ne!(parts.method, Method::GET, "answers to GET could be cached");
        let token = bearer(&parts.headers)?;
        match state.database.session(token).await? {
            Standing::Open(session) if session.kind == SessionKind::Field => {
                Ok(Self { session, token: token.to_owned() })
            }
            Standing::Open(_) | Standing::Ended => Err(Refusal::Unauthorized),
            Standing::Revoked => Err(Refusal::Revoked),
        }
    }
}

/// The token of a request.
fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Refusal::Unauthorized)
}
