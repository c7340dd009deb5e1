//! The body of a request.

use super::{AppState, Refusal};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::StatusCode,
};
use serde::de::DeserializeOwned;

/// A body of JSON whose texts have no control characters but ends of lines and tabs. PostgreSQL can't store NUL, and nobody
/// can see the others.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Refusal> {
        let body = body(Bytes::from_request(request, state).await)?;
        if has_control_characters(&body) {
            return Err(Refusal::Invalid("文字里有看不见的控制字符（多是粘贴带来的），请删去重写".into()));
        }
        serde_json::from_slice(&body).map(Self).map_err(|_| Refusal::Malformed)
    }
}

/// Returns the body, or why it was not taken.
pub(super) fn body(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Refusal> {
    body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::Malformed,
    })
}

/// Whether a text in JSON has a control character but `\n`, `\r` and `\t`. JSON has them as escapes alone (RFC 8259, 7).
fn has_control_characters(json: &[u8]) -> bool {
    let mut escapes = json;
    while let Some(at) = escapes.iter().position(|byte| *byte == b'\\') {
        match &escapes[at + 1..] {
            [b'b' | b'f', ..] => return true,
            [b'u', b'0', b'0', high @ b'0'..=b'1', low, ..] => {
                let written = *high == b'0' && matches!(low.to_ascii_lowercase(), b'9' | b'a' | b'd');
                if !written {
                    return true;
                }
            }
            [b'u', b'0', b'0', b'7', b'f' | b'F', ..] => return true,
            _ => {}
        }
        escapes = escapes.get(at + 2..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_found_in_whatever_way_they_are_written() {
        for text in [r#""\u0000""#, r#"{"\u001F":1}"#, r#""a\b""#, r#""\f""#, r#""\u007f""#, r#""\\\u0001""#] {
            assert!(has_control_characters(text.as_bytes()), "{text}");
        }
        for text in [r#""a\nb\tc\r""#, r#""\u000A\u0009\u000d""#, r#""\\u0000""#, r#""\u4e00\"""#, "{}", r#""\"#, ""] {
            assert!(!has_control_characters(text.as_bytes()), "{text}");
        }
    }
}
