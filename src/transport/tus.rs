//! Photos to and from the office: tus 1.0 (<https://tus.io/protocols/resumable-upload>), piece by piece.

use super::http::{self, Answer, TransportError};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use ruhu_domain::{
    Channel, RecordId,
    photo::{Photo, PhotoHash, PhotoRequest, UPLOADS},
};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The outcome of sending a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// So much of the photo is there now, in bytes.
    Here(u32),
    /// The office has another piece, or none of this upload: it is asked where to go on, or begun anew.
    Elsewhere,
    /// The photo is not taken, and why.
    Refused(String),
}

fn position(answer: &Answer) -> Option<u32> {
    answer.header("upload-offset").parse().ok()
}

/// Begins an upload: where it is gone on with, and how much of the photo is there, in bytes.
///
/// # Errors
/// See [`TransportError`]; `Ok(Err)` where the office does not take it, and why.
pub async fn begin(
    token: &str,
    channel: &Channel,
    record: RecordId,
    photo: &Photo,
) -> Result<Result<(String, u32), String>, TransportError> {
    let encode = |text: String| BASE64_STANDARD.encode(text);
    let metadata = format!("record {},channel {}", encode(record.to_string()), encode(channel.to_string()));
    let headers = [("upload-length", photo.size.to_string()), ("upload-metadata", metadata)];
    let answer = http::tus("POST", UPLOADS, token, &headers, None).await?;
    Ok(match answer.status {
        201 => Ok((answer.header("location"), position(&answer).unwrap_or_default())),
        _ => Err(answer.words()),
    })
}

/// How much of a photo is there.
///
/// # Errors
/// See [`TransportError`].
pub async fn look(token: &str, url: &str) -> Result<Sent, TransportError> {
    let answer = http::tus("HEAD", url, token, &[], None).await?;
    Ok(position(&answer).map_or(Sent::Elsewhere, Sent::Here))
}

/// Sends a piece that begins at `at`.
///
/// # Errors
/// See [`TransportError`].
pub async fn send(token: &str, url: &str, at: u32, piece: &[u8]) -> Result<Sent, TransportError> {
    let headers = [
        ("content-type", "application/offset+octet-stream".to_owned()),
        ("upload-offset", at.to_string()),
        ("upload-checksum", format!("sha256 {}", BASE64_STANDARD.encode(PhotoHash::of(piece).0))),
    ];
    let answer = piece_sent(url, token, headers, piece).await?;
    Ok(match (answer.status, position(&answer)) {
        (204, Some(position)) => Sent::Here(position),
        (422, _) => Sent::Refused(answer.words()),
        _ => Sent::Elsewhere,
    })
}

/// Whether something on the way refuses `PATCH`, as far as this page knows.
static PATCH_REFUSED: AtomicBool = AtomicBool::new(false);

/// Sends a piece by `PATCH`, or by `POST` where a proxy refuses that (tus 1.0, `X-HTTP-Method-Override`).
async fn piece_sent(
    url: &str,
    token: &str,
    headers: [(&str, String); 3],
    piece: &[u8],
) -> Result<Answer, TransportError> {
    // Who speaks tus says so in each answer; what does not is something on the way.
    let is_ours = |answer: &Answer| !answer.header("tus-resumable").is_empty();
    if !PATCH_REFUSED.load(Relaxed) {
        let answer = http::tus("PATCH", url, token, &headers, Some(piece)).await?;
        if is_ours(&answer) || ![403, 405, 501].contains(&answer.status) {
            return Ok(answer);
        }
    }
    let mut headers = headers.to_vec();
    headers.push(("x-http-method-override", "PATCH".to_owned()));
    let answer = http::tus("POST", url, token, &headers, Some(piece)).await?;
    PATCH_REFUSED.store(is_ours(&answer), Relaxed);
    if is_ours(&answer) {
        return Ok(answer);
    }
    Err(TransportError::Busy("这里的网络不让发照片，请换用手机流量或别的网络".to_owned()))
}

/// A photo from the office; none where it is not there yet.
///
/// # Errors
/// See [`TransportError`].
pub async fn fetch(token: &str, channel: Channel, record: RecordId) -> Result<Option<Vec<u8>>, TransportError> {
    let answer = http::bytes_of("/api/v1/photo", token, &PhotoRequest { channel, record }).await?;
    Ok((answer.status == 200 && answer.header("content-type") == "image/jpeg").then_some(answer.body))
}
