//! The server, over HTTP.

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Date, Function, Promise, Reflect, Uint8Array};
use ruhu_domain::{
    DeviceId,
    wire::{
        DeviceAnswer, DeviceHandover, DeviceHandoverAnswer, DeviceRequest, EnrolRequest, HandbookAnswer,
        HandbookRequest, HistoryEntry, HistoryRequest, LoginRequest, LoginResponse, Problem, Recovery, Revoked,
        SyncRequest, SyncResponse, WantedPhotos, read_answer,
    },
};
use ruhu_vault::{Sealed, VaultKey};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStream, ReadableStreamDefaultReader, ReadableWritablePair, Request, RequestCache,
    RequestInit, Response,
};

/// How long the office may be silent before a request is given up, in milliseconds: until the headers of its answer come, and
/// after each piece of the body.
const SILENCE_MS: u32 = 45_000;

/// How long a whole answer may take, in milliseconds. The largest page of a pull takes five minutes at a kilobyte a second.
const LONGEST_MS: f64 = 600_000.0;

/// Bodies below this are not worth compressing, in bytes.
const COMPRESS_FROM: usize = 1_024;

/// Why there is no answer. Nothing on the phone changes for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection, or it broke.
    #[error("连不上办公室的服务器")]
    Offline,
    /// The session ended, or the account or password is wrong.
    #[error("{0}")]
    Unauthorized(String),
    /// The office revoked this device.
    #[error("{0}")]
    Revoked(String),
    /// The account has a second factor: its digits are wanted too.
    #[error("{0}")]
    CodeWanted(String),
    /// The batch was too large.
    #[error("一次发送太多")]
    TooLarge,
    /// The server is busy or broken, or asks to wait.
    #[error("{0}")]
    Busy(String),
    /// An answer that is not the server's: a captive portal's page.
    #[error("网络要求先登录（如公共 Wi-Fi），请换用手机流量")]
    NotOurs,
}

/// Logs in.
///
/// # Errors
/// [`TransportError::Unauthorized`] carries the words to show.
pub async fn login(request: &LoginRequest) -> Result<LoginResponse, TransportError> {
    post("/api/v1/login", None, request).await
}

/// Lets a new phone in, or one whose password was forgotten, with a code from the office.
///
/// # Errors
/// The words to show.
pub async fn enrol(request: &EnrolRequest) -> Result<LoginResponse, TransportError> {
    post("/api/v1/enrol", None, request).await
}

/// One round trip of sync.
///
/// # Errors
/// See [`TransportError`].
pub async fn sync(token: &str, request: &SyncRequest) -> Result<SyncResponse, TransportError> {
    let answer = ask("/api/v1/sync", Some(token), request).await?;
    read_answer(&answer).map_err(|_| TransportError::NotOurs)
}

/// Who changed what in a record.
///
/// # Errors
/// See [`TransportError`].
pub async fn history(token: &str, request: &HistoryRequest) -> Result<Vec<HistoryEntry>, TransportError> {
    post("/api/v1/history", Some(token), request).await
}

/// The vault key, opened by the server for its owner.
///
/// # Errors
/// See [`TransportError`].
pub async fn recover(token: &str, sealed: &Sealed) -> Result<VaultKey, TransportError> {
    let answer: Recovery<[u8; 32]> = post("/api/v1/recover", Some(token), &Recovery { key: sealed }).await?;
    Ok(VaultKey::new(answer.key))
}

/// Whether the office revoked this device.
///
/// # Errors
/// See [`TransportError`].
pub async fn is_revoked(device: DeviceId) -> Result<bool, TransportError> {
    let answer: DeviceAnswer = post("/api/v1/device", None, &DeviceRequest { device }).await?;
    Ok(answer.revoked)
}

/// The pages that offices added to 手册, where they are others than those of a digest.
///
/// # Errors
/// See [`TransportError`].
pub async fn handbook(token: &str, digest: String) -> Result<HandbookAnswer, TransportError> {
    post("/api/v1/handbook", Some(token), &HandbookRequest { digest }).await
}

/// Hands over what a revoked phone has not sent.
///
/// # Errors
/// See [`TransportError`].
pub async fn hand_device_over(request: &DeviceHandover<&Sealed>) -> Result<DeviceHandoverAnswer, TransportError> {
    post("/api/v1/handover", None, request).await
}

/// Which photos of a revoked phone the office lacks.
///
/// # Errors
/// See [`TransportError`].
pub async fn wanted_photos(of: &Revoked<&Sealed>) -> Result<WantedPhotos, TransportError> {
    post("/api/v1/handover/wanted", None, of).await
}

/// Ends the session at the server; without a connection it ends there by itself.
pub async fn logout(token: &str) {
    drop(post::<_, serde_json::Value>("/api/v1/logout", Some(token), &()).await);
}

/// Posts a value and reads the answer.
///
/// # Errors
/// See [`TransportError`].
pub async fn post<T: Serialize, R: DeserializeOwned>(
    path: &str,
    token: Option<&str>,
    body: &T,
) -> Result<R, TransportError> {
    let answer = ask(path, token, body).await?;
    serde_json::from_slice(&answer).map_err(|_| TransportError::NotOurs)
}

/// Posts a file and reads the answer.
///
/// # Errors
/// See [`TransportError`].
pub async fn post_file<R: DeserializeOwned>(path: &str, token: &str, file: &[u8]) -> Result<R, TransportError> {
    let sent = async {
        let headers = Headers::new()?;
        headers.set("content-type", "application/octet-stream")?;
        request("POST", path, Some(token), &headers, Some(Uint8Array::from(file))).await
    };
    let answer = body(sent.await)?;
    serde_json::from_slice(&answer).map_err(|_| TransportError::NotOurs)
}

/// Posts a value and returns the body of the answer.
async fn ask<T: Serialize>(path: &str, token: Option<&str>, value: &T) -> Result<Vec<u8>, TransportError> {
    let json = serde_json::to_vec(value).map_err(|error| TransportError::Busy(error.to_string()))?;
    body(fetch(path, token, &json).await)
}

/// Returns the body of an answer, or what is wrong with it.
fn body(answer: Result<Answer, JsValue>) -> Result<Vec<u8>, TransportError> {
    let answer = answer.map_err(|_| TransportError::Offline)?;
    let ours = answer.header("content-type").starts_with("application/json");
    let problem = || answer.words();
    match answer.status {
        200 if ours => Ok(answer.body),
        200..=399 => Err(TransportError::NotOurs),
        401 => Err(TransportError::Unauthorized(problem())),
        410 if ours => Err(TransportError::Revoked(problem())),
        413 => Err(TransportError::TooLarge),
        428 if ours => Err(TransportError::CodeWanted(problem())),
        _ => Err(TransportError::Busy(problem())),
    }
}

/// An answer that is read by who asked.
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    response: Response,
}

impl Answer {
    /// A header; empty where there is none.
    pub fn header(&self, name: &str) -> String {
        self.response.headers().get(name).ok().flatten().unwrap_or_default()
    }

    /// Why something was not done.
    pub fn words(&self) -> String {
        let problem = serde_json::from_slice::<Problem>(&self.body);
        problem.map_or_else(|_| format!("服务器暂时出错（{}），稍后自动重试", self.status), |problem| problem.message)
    }

    /// The answer, where it is the caller's to read.
    fn read(self) -> Result<Self, TransportError> {
        match self.status {
            401 => Err(TransportError::Unauthorized(self.words())),
            410 => Err(TransportError::Revoked(self.words())),
            429 | 500 | 502.. => Err(TransportError::Busy(self.words())),
            _ => Ok(self),
        }
    }
}

/// A request of tus 1.0.
///
/// # Errors
/// There is no answer, the session ended, or the server is busy. Other statuses are the caller's to read.
pub async fn tus(
    method: &str,
    path: &str,
    token: &str,
    headers: &[(&str, String)],
    body: Option<&[u8]>,
) -> Result<Answer, TransportError> {
    let sent = async {
        let with = Headers::new()?;
        with.set("tus-resumable", "1.0.0")?;
        for (name, value) in headers {
            with.set(name, value)?;
        }
        request(method, path, Some(token), &with, body.map(Uint8Array::from)).await
    };
    sent.await.map_err(|_| TransportError::Offline)?.read()
}

/// Posts a value; the answer is the caller's to read.
///
/// # Errors
/// As [`tus`].
pub async fn bytes_of<T: Serialize>(path: &str, token: &str, body: &T) -> Result<Answer, TransportError> {
    let json = serde_json::to_vec(body).map_err(|error| TransportError::Busy(error.to_string()))?;
    fetch(path, Some(token), &json).await.map_err(|_| TransportError::Offline)?.read()
}

async fn fetch(path: &str, token: Option<&str>, json: &[u8]) -> Result<Answer, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    let packed = if json.len() >= COMPRESS_FROM { gzip(json).await } else { None };
    let body = match packed {
        Some(packed) => {
            headers.set("content-encoding", "gzip")?;
            packed
        }
        None => Uint8Array::from(json),
    };
    request("POST", path, token, &headers, Some(body)).await
}

/// Sends a request and reads the whole answer. Every request of the app goes this way.
///
/// # Errors
/// Fails when there is no connection, it breaks, the office is silent for [`SILENCE_MS`], or it all takes [`LONGEST_MS`].
async fn request(
    method: &str,
    path: &str,
    token: Option<&str>,
    headers: &Headers,
    body: Option<Uint8Array>,
) -> Result<Answer, JsValue> {
    if let Some(token) = token {
        headers.set("authorization", &format!("Bearer {token}"))?;
    }
    let abort = AbortController::new()?;
    let options = RequestInit::new();
    options.set_method(method);
    options.set_headers(headers);
    if let Some(body) = body {
        options.set_body(&body);
    }
    options.set_cache(RequestCache::NoStore);
    options.set_signal(Some(&abort.signal()));
    let request = Request::new_with_str_and_init(path, &options)?;

    let answered = answer_to(&request).await;
    if answered.is_err() {
        // What still comes of it is not waited for.
        abort.abort();
    }
    answered
}

async fn answer_to(request: &Request) -> Result<Answer, JsValue> {
    let begun = Date::now();
    let sent = crate::platform::window().fetch_with_request(request);
    let response: Response = unless_silent(sent).await?.dyn_into()?;
    let mut body = Vec::new();
    if let Some(stream) = response.body() {
        let reader: ReadableStreamDefaultReader = stream.get_reader().dyn_into()?;
        loop {
            let piece = unless_silent(reader.read()).await?;
            if Reflect::get(&piece, &"done".into())?.is_truthy() {
                break;
            }
            body.extend(Uint8Array::new(&Reflect::get(&piece, &"value".into())?).to_vec());
            if Date::now() - begun > LONGEST_MS {
                return Err("it takes too long".into());
            }
        }
    }
    Ok(Answer { status: response.status(), body, response })
}

/// Waits for a promise of the network for [`SILENCE_MS`] at most.
async fn unless_silent(promise: Promise) -> Result<JsValue, JsValue> {
    match select(JsFuture::from(promise), TimeoutFuture::new(SILENCE_MS)).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => Err("silence".into()),
    }
}

/// The bytes as gzip; none where the browser can't.
async fn gzip(bytes: &[u8]) -> Option<Uint8Array> {
    let compression = Reflect::get(&crate::platform::window(), &"CompressionStream".into()).ok()?;
    let compression = Reflect::construct(compression.dyn_ref::<Function>()?, &Array::of1(&"gzip".into())).ok()?;
    // Not a blob's stream: those are kept by another process, and asking it takes longer than packing.
    let plain = Response::new_with_opt_js_u8_array(Some(&Uint8Array::from(bytes))).ok()?;
    let stream = plain.body()?;
    let packed: ReadableStream = stream.pipe_through(compression.unchecked_ref::<ReadableWritablePair>());
    let response = Response::new_with_opt_readable_stream(Some(&packed)).ok()?;
    let buffer = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    Some(Uint8Array::new(&buffer))
}
