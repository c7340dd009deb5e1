//! Stamps order edits: a hybrid logical clock (48-bit milliseconds and a 16-bit counter) and a device.

use crate::id::DeviceId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// The greatest time a stamp can carry: 48 bits of Unix milliseconds (the year 10889).
pub const MAX_MS: u64 = (1 << 48) - 1;

/// When and on which device an edit was made. Compared by time, then counter, then device; its text
/// form (32 hexadecimal digits) sorts the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Unix milliseconds, at most [`MAX_MS`].
    pub ms: u64,
    /// Tells apart edits within one millisecond.
    pub counter: u16,
    /// Where the edit was made.
    pub device: DeviceId,
}

impl Stamp {
    /// The stamp after `self` on `device` when its clock shows `now_ms`: never earlier than `self`.
    #[must_use]
    pub fn next(self, now_ms: u64, device: DeviceId) -> Self {
        let now_ms = now_ms.min(MAX_MS);
        let (ms, counter) = match self.counter.checked_add(1) {
            _ if now_ms > self.ms => (now_ms, 0),
            Some(counter) => (self.ms, counter),
            None => ((self.ms + 1).min(MAX_MS), 0),
        };
        Self { ms, counter, device }
    }

    /// The stamp before every other of `device`.
    #[must_use]
    pub const fn zero(device: DeviceId) -> Self {
        Self { ms: 0, counter: 0, device }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}{:04x}{}", self.ms, self.counter, self.device)
    }
}

/// The text is not 32 hexadecimal digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a stamp: 32 hexadecimal digits are wanted")]
pub struct BadStamp;

impl FromStr for Stamp {
    type Err = BadStamp;
    fn from_str(text: &str) -> Result<Self, BadStamp> {
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(BadStamp);
        }
        let ms = u64::from_str_radix(&text[..12], 16).map_err(|_| BadStamp)?;
        let counter = u16::from_str_radix(&text[12..16], 16).map_err(|_| BadStamp)?;
        let device = text[16..].parse().map_err(|_| BadStamp)?;
        Ok(Self { ms, counter, device })
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceId = DeviceId(7);

    #[test]
    fn a_clock_that_jumps_back_does_not_make_an_earlier_stamp() {
        let first = Stamp::zero(DEVICE).next(1_000, DEVICE);
        let second = first.next(10, DEVICE);
        assert!(second > first);
        assert_eq!((second.ms, second.counter), (1_000, 1));
    }

    #[test]
    fn a_full_counter_moves_on_to_the_next_millisecond() {
        let full = Stamp { ms: 5, counter: u16::MAX, device: DEVICE };
        let next = full.next(5, DEVICE);
        assert!(next > full);
        assert_eq!((next.ms, next.counter), (6, 0));
    }

    #[test]
    fn the_text_form_reads_back_and_sorts_like_the_stamp() {
        let a = Stamp { ms: 1_763_856_000_000, counter: 3, device: DeviceId(u64::MAX) };
        let b = a.next(a.ms, DEVICE);
        assert_eq!(a.to_string().parse(), Ok(a));
        assert!(a.to_string() < b.to_string());
        assert_eq!("xyz".parse::<Stamp>(), Err(BadStamp));
    }
}
