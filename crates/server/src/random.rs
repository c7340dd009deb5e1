//! Randomness and the clock: the only places where the server asks for either.

use std::time::{SystemTime, UNIX_EPOCH};

/// `N` bytes from the operating system.
///
/// # Panics
/// When the operating system has no randomness to give: nothing can safely go on then.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Now, in Unix milliseconds.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
