//! Texts: deserializing a value from its text form, and the letters that a text may have.

use serde::{Deserializer, de};
use serde_json::Value;
use std::{fmt, marker::PhantomData, str::FromStr};

/// Deserializes a value from its text, without keeping a copy of the text.
///
/// # Errors
/// The input is not text, or the text is not one of a `T`.
pub fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
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

/// Whether a letter may be in a text: no control character is, but the ends of lines and tabs.
pub(crate) fn is_written(letter: char) -> bool {
    !letter.is_control() || matches!(letter, '\n' | '\r' | '\t')
}

/// Returns a value whose texts have no control characters: nobody sees them, and they come with what is pasted.
pub(crate) fn cleaned(value: Value) -> Value {
    match value {
        Value::String(text) if !text.chars().all(is_written) => {
            text.chars().filter(|letter| is_written(*letter)).collect::<String>().into()
        }
        Value::Array(items) => items.into_iter().map(cleaned).collect(),
        Value::Object(entries) => entries.into_iter().map(|(name, item)| (name, cleaned(item))).collect(),
        value => value,
    }
}
