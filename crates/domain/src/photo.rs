//! 照片 of a hazard or of outreach: a record that names its photo by hash. The photo itself goes to the office by
//! itself, after the record (ADR 28). Nobody has to take one.

use crate::{
    id::RecordId,
    record::{Op, PHOTO_OF, Record},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// The largest photo that is taken, in bytes. The phone makes them a third as large ([`WANTED_BYTES`]).
pub const MAX_BYTES: u32 = 1024 * 1024;

/// As large as the phone makes a photo at most, in bytes.
pub const WANTED_BYTES: u32 = 300 * 1024;

/// The longest side of a photo that is taken, in pixels.
pub const MAX_SIDE: usize = 2_048;

/// The longest side of a photo as the phone makes it, in pixels.
pub const WANTED_SIDE: u32 = 1_600;

/// A photo is kept on the phone, and sent, in pieces of this many bytes.
pub const CHUNK: usize = 60 * 1024;

/// The key under which a phone keeps a piece of a photo, counted from 0.
pub fn piece_key(hash: PhotoHash, piece: usize) -> String {
    format!("{hash}/{piece}")
}

/// The SHA-256 of a photo. Its text form is hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhotoHash(pub [u8; 32]);

impl PhotoHash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for PhotoHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a SHA-256: 64 hexadecimal digits are wanted")]
pub struct BadHash;

impl FromStr for PhotoHash {
    type Err = BadHash;
    fn from_str(text: &str) -> Result<Self, BadHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !text.is_ascii() {
            return Err(BadHash);
        }
        let mut hash = [0; 32];
        for (byte, place) in hash.iter_mut().zip((0..64).step_by(2)) {
            let pair = text.get(place..place + 2).filter(|pair| pair.bytes().all(|digit| digit.is_ascii_hexdigit()));
            *byte = u8::from_str_radix(pair.ok_or(BadHash)?, 16).map_err(|_| BadHash)?;
        }
        Ok(Self(hash))
    }
}

impl Serialize for PhotoHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PhotoHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ruhu_sync::text::parsed(deserializer)
    }
}

/// 照片. What is on it is not described: no place, no time, no camera, nobody's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Photo {
    /// The hazard or outreach.
    pub of: RecordId,
    /// The photo.
    pub hash: PhotoHash,
    /// How large it is, in bytes.
    pub size: u32,
}

impl Photo {
    /// The photo that a record is; none where it is none.
    pub fn of(record: &Record) -> Option<Self> {
        Self::read(|name| record.fields.get(name).map(|field| &field.value))
    }

    /// The photo that an op makes; none where it makes none.
    pub fn made_by(op: &Op) -> Option<Self> {
        Self::read(|name| op.changes.get(name).map(|change| &change.value))
    }

    fn read<'a>(value: impl Fn(&'static str) -> Option<&'a Value>) -> Option<Self> {
        Some(Self {
            of: value(PHOTO_OF)?.as_str()?.parse().ok()?,
            hash: value("hash")?.as_str()?.parse().ok()?,
            size: value("size")?.as_u64()?.try_into().ok()?,
        })
    }

    /// Whether such a photo can be taken.
    pub const fn is_sound(&self) -> bool {
        self.size > 0 && self.size <= MAX_BYTES
    }

    /// Of how many pieces it is.
    pub const fn chunks(&self) -> usize {
        (self.size as usize).div_ceil(CHUNK)
    }
}

/// `POST /api/v1/photo`: the photo of a record. The answer is the photo.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PhotoRequest {
    /// Where the record is.
    pub channel: crate::record::Channel,
    /// The photo's record.
    pub record: RecordId,
}

/// Where photos are sent, by tus 1.0 (<https://tus.io/protocols/resumable-upload>). The metadata of a new upload are
/// `record` and `channel`.
pub const UPLOADS: &str = "/api/v1/photos";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_and_nothing_else_is_one() {
        let hash = PhotoHash(std::array::from_fn(|place| place as u8 * 7));
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for bad in ["", "00", &"g".repeat(64), &"+1".repeat(32), &"照".repeat(22)] {
            assert_eq!(bad.parse::<PhotoHash>(), Err(BadHash), "{bad}");
        }
    }
}
