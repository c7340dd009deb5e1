//! The data that the simulation makes up: where records are, what they begin with, and by how much clocks are wrong.

use super::YEAR;
use rand::Rng;
use ruhu_domain::{Channel, Kind, RecordId};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn channel(number: u64) -> Channel {
    format!("411502001003-0{}/general", number % 2 + 1).parse().expect("a channel")
}

pub(super) fn record_id(number: u64) -> RecordId {
    RecordId::new(number, [number as u8; 10])
}

/// The kind of a record that the phones write on.
pub(super) fn kind(number: u64) -> Kind {
    match number {
        9.. => Kind::Other("note".into()),
        home if home % 3 == 0 => Kind::Household,
        visit if visit % 3 == 1 => Kind::Visit,
        _ => Kind::Resident,
    }
}

/// Returns the fields that a record of a kind has from the beginning, without its household.
pub(super) fn first_fields(kind: &Kind) -> Value {
    match kind {
        Kind::Household => json!({"number": "001", "head": "李明"}),
        Kind::Visit => json!({"at": 1, "outcome": "1", "found": "好"}),
        Kind::Resident => json!({"name": "李明"}),
        _ => json!({}),
    }
}

/// Returns the names of the fields that only the first writer of a record writes.
pub(super) fn first_written() -> BTreeSet<String> {
    let channels = [channel(0), channel(1)].map(|channel| channel.to_string());
    let households = [0, 3, 6].map(|number| record_id(number).to_string());
    let kinds = [Kind::Household, Kind::Visit, Kind::Resident].iter().map(first_fields);
    let values = kinds.flat_map(|fields| fields.as_object().cloned().unwrap_or_default());
    let texts = values.map(|(_, value)| value.as_str().unwrap_or_default().to_owned());
    channels.into_iter().chain(households).chain(texts).collect()
}

/// A clock that is right again, or was set far ahead or back.
pub(super) fn office_skew(rng: &mut impl Rng) -> i64 {
    match rng.random_range(0..4) {
        0 | 1 => 0,
        2 => rng.random_range(0..=3 * YEAR),
        _ => -rng.random_range(0..=2 * YEAR),
    }
}

pub(super) fn skew(rng: &mut impl Rng) -> i64 {
    match rng.random_range(0..4) {
        0 => 0,
        1 => -1_790_000_000_000,
        2 => rng.random_range(-2 * YEAR..=2 * YEAR),
        _ => rng.random_range(-600_000..=600_000),
    }
}
