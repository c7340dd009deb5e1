//! A server's clock is sometimes wrong. A step that is too long to be time that passed is a *jump*: it is not believed until
//! a person says so.

/// A step ahead of more than this is a jump, in milliseconds: a server looks several times an hour, and may be off for a weekend.
pub const JUMP_MS: u64 = 4 * 86_400_000;

/// A step of the clock that is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// The greatest time that was believed, Unix milliseconds.
    pub from_ms: u64,
    /// What the clock shows, Unix milliseconds.
    pub to_ms: u64,
}

/// Returns the greatest time to believe, Unix milliseconds, where `latest_ms` was so far and the clock shows `wall_ms`. It never
/// goes back.
///
/// # Errors
/// The clock jumped ahead.
pub fn believe(latest_ms: u64, wall_ms: u64) -> Result<u64, Jump> {
    if wall_ms > latest_ms.saturating_add(JUMP_MS) {
        Err(Jump { from_ms: latest_ms, to_ms: wall_ms })
    } else {
        Ok(latest_ms.max(wall_ms))
    }
}
