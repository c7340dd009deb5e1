//! What a tab keeps while it is open, also when its page is loaded again: the token of an office's session. Closing the tab ends it.

use gloo_storage::{SessionStorage, Storage};

const KEY: &str = "ruhu.office";

/// Whether the browser keeps something: not where its owner forbids it.
fn is_kept() -> bool {
    super::window().session_storage().is_ok_and(|storage| storage.is_some())
}

/// Returns the token; `None` where this tab has none.
pub fn token() -> Option<String> {
    if is_kept() { SessionStorage::get(KEY).ok() } else { None }
}

/// Keeps a token, or forgets the one there is.
pub fn keep(token: Option<&str>) {
    if !is_kept() {
        return;
    }
    match token {
        Some(token) => drop(SessionStorage::set(KEY, token)),
        None => SessionStorage::delete(KEY),
    }
}
