//! Photos to and from the office: tus 1.0 (<https://tus.io/protocols/resumable-upload>), piece by piece.

use super::http::{self, Answer, TransportError};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use ruhu_domain::{
    Channel, RecordId,
    photo::{Photo, PhotoHash, PhotoRequest, UPLOADS},
};

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
    let answer = http::tus("PATCH", url, token, &headers, Some(piece)).await?;
    Ok(match (answer.status, position(&answer)) {
        (204, Some(position)) => Sent::Here(position),
        (422, _) => Sent::Refused(answer.words()),
        _ => Sent::Elsewhere,
    })
}

/// A photo from the office; none where it is not there yet.
///
/// # Errors
/// See [`TransportError`].
pub async fn fetch(token: &str, channel: Channel, record: RecordId) -> Result<Option<Vec<u8>>, TransportError> {
    let answer = http::bytes_of("/api/v1/photo", token, &PhotoRequest { channel, record }).await?;
    Ok((answer.status == 200 && answer.header("content-type") == "image/jpeg").then_some(answer.body))
}
