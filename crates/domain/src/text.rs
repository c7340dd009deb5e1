//! Values and their text form; names in short.

use crate::{day, id::RecordId};
use chrono::NaiveDate;
use serde::{Deserializer, de};
use std::{fmt, marker::PhantomData, str::FromStr};

/// A name as a list row may show it: the family name, one or two characters, and 某.
pub(crate) fn short_name(name: &str) -> String {
    let family = match name.chars().count() {
        0 => 0,
        4.. => 2,
        _ => 1,
    };
    format!("{}某", name.chars().take(family).collect::<String>())
}

/// A file's number: the day it is from, and the end of its identity.
pub(crate) fn number(on: Option<NaiveDate>, id: RecordId) -> String {
    let id = id.to_string();
    let day = on.map(day::ledger).unwrap_or_default().replace('-', "");
    format!("{day}-{}", id[id.len() - 4..].to_uppercase())
}

/// Deserializes a value from its text, without keeping a copy of the text.
pub(crate) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    struct Text<T>(PhantomData<T>);
    impl<T> de::Visitor<'_> for Text<T>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("text")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Text(PhantomData))
}
