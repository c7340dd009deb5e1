//! The table of how characters are read, loaded when somebody begins to search.

use super::files;
use ruhu_domain::roster::pinyin::Readings;
use std::cell::OnceCell;

/// The table ([`Readings::read`]); the service worker keeps it.
const PATH: &str = "/pinyin.txt";

thread_local! {
    static READINGS: OnceCell<Readings> = const { OnceCell::new() };
}

/// Loads the table, once; whether it came just now.
pub async fn load() -> bool {
    if READINGS.with(|readings| readings.get().is_some()) {
        return false;
    }
    let Some(table) = files::text(PATH).await else { return false };
    // It is there for as long as the page is.
    let readings = Readings::read(Box::leak(table.into_boxed_str()));
    READINGS.with(|known| known.set(readings)).is_ok()
}

/// Returns the usual reading of a character; `None` where the table has not come, or does not have it.
pub fn syllable(character: char) -> Option<&'static str> {
    READINGS.with(|readings| readings.get()?.of(character))
}
