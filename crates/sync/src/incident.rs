//! What the sender of an op is told in words.

/// Something about an op that its sender is told in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incident {
    /// The op is larger than [`MAX_OP`](crate::bounds::MAX_OP) and was not kept.
    TooLarge,
    /// Another op with the same identity is in the history; this one was not kept.
    IdReused,
    /// The sender's clock is ahead, so the op was merged at the server's time.
    ClockAhead,
    /// The op breaks a bound of [`bounds`](crate::bounds) that every schema has, and was not kept.
    Malformed,
    /// The record would break a bound of [`bounds`](crate::bounds) with the op, which is kept for a supervisor.
    RecordTooLarge,
    /// The record is stored and can't be read. The op is kept for a supervisor.
    Unreadable,
}
