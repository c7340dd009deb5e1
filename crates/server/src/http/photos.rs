//! PhotoStore by tus 1.0 (core, creation, checksum, expiration), and looking at them.
//!
//! A photo is sent for a record that is here already, by somebody who may save where it is; it is handed out to those
//! who may look there (ADR 28).

use super::{Asked, Caller, Refusal};
use crate::{
    database::{Act, Database, Entry, Upload},
    photo_check,
    photos::PhotoStore,
};
use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use futures::StreamExt;
use ruhu_domain::{
    Channel, RecordId,
    photo::{MAX_BYTES, Photo, PhotoHash, PhotoRequest, UPLOADS},
    rights::{self, Action},
};
use sha1::Sha1;
use sha2::{Digest, Sha256};

const VERSION: &str = "1.0.0";
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// Why a photo is not taken.
#[derive(Debug)]
pub enum Failure {
    /// As anywhere else.
    Refused(Refusal),
    /// A status of tus, with what to do in words.
    Tus(StatusCode, &'static str),
}

impl<E: Into<Refusal>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response<Body> {
        let mut response = match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::Tus(status, words) => (status, words).into_response(),
        };
        response.headers_mut().insert(RESUMABLE, HeaderValue::from_static(VERSION));
        response.headers_mut().insert("tus-version", HeaderValue::from_static(VERSION));
        response
    }
}

/// 460: what came is not what the client says that it sent.
fn mismatch() -> Failure {
    let status = StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST);
    Failure::Tus(status, "checksum mismatch")
}

fn answer(status: StatusCode, upload: Option<&Upload>) -> Response<Body> {
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(RESUMABLE, HeaderValue::from_static(VERSION));
    if let Some(upload) = upload {
        headers.insert(OFFSET, upload.position.into());
        headers.insert(LENGTH, upload.length.into());
        let expires = DateTime::from_timestamp_millis(upload.expires_at.cast_signed()).map(|at| at.to_rfc2822());
        let expires = expires.unwrap_or_default().replace("+0000", "GMT");
        headers.extend(HeaderValue::from_str(&expires).ok().map(|value| (EXPIRES, value)));
    }
    response
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn check_version(headers: &HeaderMap) -> Result<(), Failure> {
    match text(headers, RESUMABLE.as_str()) {
        VERSION => Ok(()),
        _ => Err(Failure::Tus(StatusCode::PRECONDITION_FAILED, "Tus-Resumable: 1.0.0 is wanted")),
    }
}

/// `OPTIONS /api/v1/photos`: what can be done here.
pub async fn abilities() -> Response<Body> {
    let mut response = answer(StatusCode::NO_CONTENT, None);
    let headers = response.headers_mut();
    headers.insert("tus-version", HeaderValue::from_static(VERSION));
    headers.insert("tus-extension", HeaderValue::from_static("creation,checksum,expiration"));
    headers.insert("tus-checksum-algorithm", HeaderValue::from_static("sha1,sha256"));
    headers.insert("tus-max-size", MAX_BYTES.into());
    response
}

/// The record and its channel from `Upload-Metadata`; none where it names none.
pub fn metadata(text: &str) -> Option<(RecordId, Channel)> {
    let value = |name: &str| {
        let mut pairs = text.split(',').filter_map(|pair| pair.trim().split_once(' '));
        let (_, value) = pairs.find(|(key, _)| *key == name)?;
        String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()
    };
    Some((value("record")?.parse().ok()?, value("channel")?.parse().ok()?))
}

/// The photo of a record that the caller may save, and `true`; or one that came from them, and `false`: they may have lost
/// the right since, or the record waits for a supervisor.
async fn sent_by(
    database: &Database,
    caller: &Caller,
    channel: &Channel,
    record: RecordId,
) -> Result<Option<(Photo, bool)>, Refusal> {
    if let Some(photo) = database.photo(channel, record).await? {
        let may = may(database, caller, Action::Save, channel).await?;
        let own = may || database.is_made_by(channel, record, &caller.session.account).await?;
        return Ok(own.then_some((photo, may)));
    }
    let mut waiting = database.waiting_photos(&caller.session.account).await?.into_iter();
    let found = waiting.find(|(waits, _)| waits.op.record == record && waits.channel == *channel);
    Ok(found.map(|(_, photo)| (photo, false)))
}

/// `POST /api/v1/photos`: a new upload, of a photo that a record names. One that is here already is done at once.
pub async fn create(
    State(database): State<Database>,
    State(photos): State<PhotoStore>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response<Body>, Failure> {
    check_version(&headers)?;
    let (record, channel) = metadata(text(&headers, "upload-metadata")).ok_or(Refusal::Malformed)?;
    let length: u64 = text(&headers, LENGTH.as_str()).parse().map_err(|_| Refusal::Malformed)?;
    if length > u64::from(MAX_BYTES) {
        return Err(Refusal::TooLarge.into());
    }
    let (photo, may) = sent_by(&database, &caller, &channel, record).await?.ok_or(Refusal::NotFound)?;
    if u64::from(photo.size) != length {
        return Err(Refusal::Invalid("照片的大小和登记的不一样".into()).into());
    }
    // Who may not look there is not told what is there.
    let here = if may && is_here(&database, &photos, &channel, photo.hash).await? { length } else { 0 };
    let upload = database.begin_upload(&channel, &caller.session.account, &photo, here).await?;
    let upload = upload.ok_or(Refusal::TooManyUploads)?;
    let mut response = answer(StatusCode::CREATED, Some(&upload));
    let location = format!("{UPLOADS}/{}/{}", channel.grid.village().county(), upload.id);
    let location = HeaderValue::from_str(&location).map_err(|_| Refusal::Internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

async fn may(database: &Database, caller: &Caller, action: Action, channel: &Channel) -> Result<bool, Refusal> {
    let grants = database.rights(&caller.session.account).await?;
    Ok(rights::allows(&grants, action, channel))
}

/// The caller's upload. Whether they might send it was asked when it was begun.
async fn own(database: &Database, caller: &Caller, county: &str, id: &str) -> Result<Upload, Refusal> {
    let upload = database.upload(county, id).await?;
    upload.filter(|upload| upload.account == caller.session.account).ok_or(Refusal::NotFound)
}

/// `HEAD /api/v1/photos/{county}/{id}`: how much of an upload is here.
pub async fn look(
    State(database): State<Database>,
    State(photos): State<PhotoStore>,
    caller: Caller,
    Path((county, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response<Body>, Failure> {
    check_version(&headers)?;
    let upload = own(&database, &caller, &county, &id).await?;
    if upload.position == upload.length {
        // All of it came, but whoever sent the last piece may not have been there any more when the whole was checked.
        finish(&database, &photos, &upload).await?;
    }
    Ok(answer(StatusCode::OK, Some(&upload)))
}

/// A checksum that a piece has to have.
enum Checksum {
    Sha1(Vec<u8>),
    Sha256(Vec<u8>),
}

impl Checksum {
    /// The one named by `Upload-Checksum`; none where there is none.
    fn of(headers: &HeaderMap) -> Result<Option<Self>, Failure> {
        let bad = || Failure::Tus(StatusCode::BAD_REQUEST, "Upload-Checksum: sha1 or sha256 is wanted");
        let Some((name, value)) = text(headers, "upload-checksum").split_once(' ') else {
            return if headers.contains_key("upload-checksum") { Err(bad()) } else { Ok(None) };
        };
        let value = STANDARD.decode(value).map_err(|_| bad())?;
        match name {
            "sha1" => Ok(Some(Self::Sha1(value))),
            "sha256" => Ok(Some(Self::Sha256(value))),
            _ => Err(bad()),
        }
    }

    fn is_of(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Sha1(sum) => Sha1::digest(bytes).as_slice() == sum,
            Self::Sha256(sum) => Sha256::digest(bytes).as_slice() == sum,
        }
    }
}

/// `POST /api/v1/photos/{county}/{id}` with `X-HTTP-Method-Override: PATCH`: the next piece, where something on the way refuses
/// `PATCH` (tus 1.0).
pub async fn send_by_post(
    database: State<Database>,
    photos: State<PhotoStore>,
    caller: Caller,
    path: Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response<Body>, Failure> {
    if text(&headers, "x-http-method-override") != "PATCH" {
        return Err(Failure::Tus(StatusCode::METHOD_NOT_ALLOWED, "PATCH is wanted"));
    }
    send(database, photos, caller, path, headers, body).await
}

/// `PATCH /api/v1/photos/{county}/{id}`: the next piece. The last one is answered when the whole is checked and kept.
pub async fn send(
    State(database): State<Database>,
    State(photos): State<PhotoStore>,
    caller: Caller,
    Path((county, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response<Body>, Failure> {
    check_version(&headers)?;
    if text(&headers, header::CONTENT_TYPE.as_str()) != "application/offset+octet-stream" {
        return Err(Failure::Tus(StatusCode::UNSUPPORTED_MEDIA_TYPE, "application/offset+octet-stream is wanted"));
    }
    let mut upload = own(&database, &caller, &county, &id).await?;
    if text(&headers, OFFSET.as_str()).parse() != Ok(upload.position) {
        return Err(Failure::Tus(StatusCode::CONFLICT, "not the next piece"));
    }
    let checksum = Checksum::of(&headers)?;
    let piece = receive(body, upload.length - upload.position, checksum.as_ref()).await?;
    if !piece.is_empty() {
        let to = upload.position + piece.len() as u64;
        put_piece(&photos, &upload, piece).await?;
        if !database.advance_upload(&upload, to).await? {
            return Err(Failure::Tus(StatusCode::CONFLICT, "another piece came first"));
        }
        upload.position = to;
    }
    if upload.position == upload.length {
        finish(&database, &photos, &upload).await?;
    }
    Ok(answer(StatusCode::NO_CONTENT, Some(&upload)))
}

/// The bytes of a piece. Of one that breaks off what came is taken, where no checksum says what it should have been.
async fn receive(body: Body, room: u64, checksum: Option<&Checksum>) -> Result<Bytes, Failure> {
    let (mut bytes, mut body) = (Vec::new(), body.into_data_stream());
    while let Some(next) = body.next().await {
        match next {
            Ok(next) => bytes.extend_from_slice(&next),
            Err(_) if checksum.is_none() => break,
            Err(_) => return Err(mismatch()),
        }
        if bytes.len() as u64 > room {
            return Err(Refusal::TooLarge.into());
        }
    }
    match checksum {
        Some(checksum) if !checksum.is_of(&bytes) => Err(mismatch()),
        _ => Ok(bytes.into()),
    }
}

/// Keeps the next piece of an upload.
pub(super) async fn put_piece(photos: &PhotoStore, upload: &Upload, piece: Bytes) -> Result<(), Refusal> {
    let village = upload.channel.grid.village();
    photos.put_piece(village.county(), &upload.id, upload.position, piece).await.map_err(|error| stored(&error))
}

/// Checks the whole, and keeps it. What is not the photo that the record names is forgotten: it is sent anew, or not at
/// all.
pub(super) async fn finish(database: &Database, photos: &PhotoStore, upload: &Upload) -> Result<(), Failure> {
    let village = upload.channel.grid.village();
    let county = village.county();
    // Pieces may be missing where a server was restored, or two sent the same place: then the whole is another.
    let bytes = match photos.pieces(county, &upload.id, upload.length).await {
        Err(object_store::Error::NotFound { .. }) => Vec::new(),
        bytes => bytes.map_err(|error| stored(&error))?,
    };
    if bytes.is_empty() && is_here(database, photos, &upload.channel, upload.hash).await? {
        return Ok(());
    }
    let same = PhotoHash(Sha256::digest(&bytes).into()) == upload.hash;
    let (bytes, checked) = tokio::task::spawn_blocking(move || {
        let checked = photo_check::check(&bytes);
        (bytes, checked)
    })
    .await
    .map_err(|_| Refusal::Internal)?;
    if let (true, Ok(())) = (same, checked) {
        let kept = database.keep_photo(photos, &upload.channel, upload.hash, bytes).await;
        kept.map_err(|error| {
            tracing::error!(%error, "a picture was not kept");
            Refusal::Internal
        })?;
        return photos.forget_pieces(county, &upload.id).await.map_err(|error| stored(&error).into());
    }
    photos.forget_pieces(county, &upload.id).await.map_err(|error| stored(&error))?;
    database.forget_upload(county, &upload.id).await?;
    match checked {
        Err(bad) if same => Err(Refusal::Invalid(bad.to_string()).into()),
        _ => Err(mismatch()),
    }
}

/// Whether a photo is here: noted, and in the storage, which may be older than the database where both were restored.
pub(super) async fn is_here(
    database: &Database,
    photos: &PhotoStore,
    channel: &Channel,
    hash: PhotoHash,
) -> Result<bool, Refusal> {
    Ok(database.has_photo(channel, hash).await? && photos.has(channel, hash).await.map_err(|error| stored(&error))?)
}

fn stored(error: &object_store::Error) -> Refusal {
    tracing::error!(%error, "the storage of photos failed");
    Refusal::Internal
}

/// `POST /api/v1/photo`: the photo of a record.
pub async fn show(
    State(database): State<Database>,
    State(photos): State<PhotoStore>,
    caller: Caller,
    Asked(PhotoRequest { channel, record }): Asked<PhotoRequest>,
) -> Result<Response<Body>, Refusal> {
    if !may(&database, &caller, Action::Look, &channel).await? {
        return Err(Refusal::NotFound);
    }
    let photo = database.photo(&channel, record).await?.ok_or(Refusal::NotFound)?;
    let looks = caller.does(Act::Look, record).in_channel(&channel);
    photo_file(&database, &photos, &channel, photo.hash, looks).await
}

/// Returns the file of a photo, once the look of whoever asks is on record.
pub(super) async fn photo_file(
    database: &Database,
    photos: &PhotoStore,
    channel: &Channel,
    hash: PhotoHash,
    looks: Entry<'_>,
) -> Result<Response<Body>, Refusal> {
    if !is_here(database, photos, channel, hash).await? {
        return Err(Refusal::NotFound);
    }
    let bytes = photos.get(channel, hash).await.map_err(|error| stored(&error))?;
    database.put_on_record(&[looks]).await?;
    let headers = [(header::CONTENT_TYPE, "image/jpeg"), (header::CONTENT_DISPOSITION, "attachment")];
    Ok((headers, bytes).into_response())
}
