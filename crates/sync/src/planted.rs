//! Bugs that a simulation plants, one at a time, to show that it would find them. Without the feature `planted` there is no
//! way to turn one on.

use std::fmt;

/// A bug that can be planted, by its name. A crate that uses this one may have bugs of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bug(pub &'static str);

impl fmt::Debug for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Bug {
    /// A save changes the memory only.
    pub const SAVE_NOT_WRITTEN: Self = Self("SaveNotWritten");
    /// Stamps follow the clock, also backwards.
    pub const STAMPS_GO_BACK: Self = Self("StampsGoBack");
    /// An answer is taken for an answer to every op in the queue.
    pub const UNNAMED_FORGOTTEN: Self = Self("UnnamedForgotten");
    /// A pulled page moves the cursor, but its records are not written.
    pub const ROWS_NOT_WRITTEN: Self = Self("RowsNotWritten");
    /// A page that leaves something out moves the cursor all the same.
    pub const GAPS_IGNORED: Self = Self("GapsIgnored");
    /// A server that lags behind takes back what is known.
    pub const LAGGING_TAKES_BACK: Self = Self("LaggingTakesBack");
    /// A new epoch is not noticed.
    pub const RESTORE_NOT_NOTICED: Self = Self("RestoreNotNoticed");
    /// A server does not notice that its database was set back.
    pub const SET_BACK_NOT_NOTICED: Self = Self("SetBackNotNoticed");
    /// Acknowledged ops are not offered to a restored server.
    pub const ACKNOWLEDGED_NOT_OFFERED: Self = Self("AcknowledgedNotOffered");
    /// A window that was frozen writes what it planned, whatever another wrote meanwhile.
    pub const FROZEN_WRITES: Self = Self("FrozenWrites");
    /// An op that waits is swept with the acknowledged ones.
    pub const SWEPT_TOO_EARLY: Self = Self("SweptTooEarly");
    /// Where a server's clock jumps ahead, what was acknowledged before is taken for old.
    pub const CLOCK_JUMPS_BELIEVED: Self = Self("ClockJumpsBelieved");
    /// Merging segments loses a record.
    pub const COMPACTION_DROPS_ONE: Self = Self("CompactionDropsOne");
    /// The last write wins in silence.
    pub const CONTESTED_DROPPED: Self = Self("ContestedDropped");
    /// An op that came before is merged and kept again.
    pub const DUPLICATES_TAKEN: Self = Self("DuplicatesTaken");
    /// A stamp from the future is merged as it is.
    pub const FUTURE_STAMPS_TAKEN: Self = Self("FutureStampsTaken");
    /// A bad op spoils its whole batch.
    pub const BAD_OP_BLOCKS: Self = Self("BadOpBlocks");
    /// A phone keeps what it lost the right to.
    pub const LOST_RIGHT_KEPT: Self = Self("LostRightKept");
    /// A record moves to another channel, and the old one does not tell.
    pub const MOVED_WITHOUT_TRACE: Self = Self("MovedWithoutTrace");
    /// A home moves, and what others wrote of it stays behind.
    pub const HOME_GOES_ALONE: Self = Self("HouseholdGoesAlone");

    /// Every bug of this crate.
    pub const ALL: [Self; 20] = [
        Self::SAVE_NOT_WRITTEN,
        Self::STAMPS_GO_BACK,
        Self::UNNAMED_FORGOTTEN,
        Self::ROWS_NOT_WRITTEN,
        Self::GAPS_IGNORED,
        Self::LAGGING_TAKES_BACK,
        Self::RESTORE_NOT_NOTICED,
        Self::SET_BACK_NOT_NOTICED,
        Self::ACKNOWLEDGED_NOT_OFFERED,
        Self::FROZEN_WRITES,
        Self::SWEPT_TOO_EARLY,
        Self::CLOCK_JUMPS_BELIEVED,
        Self::COMPACTION_DROPS_ONE,
        Self::CONTESTED_DROPPED,
        Self::DUPLICATES_TAKEN,
        Self::FUTURE_STAMPS_TAKEN,
        Self::BAD_OP_BLOCKS,
        Self::LOST_RIGHT_KEPT,
        Self::MOVED_WITHOUT_TRACE,
        Self::HOME_GOES_ALONE,
    ];
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug in this thread, or takes it out.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether a bug is planted.
#[cfg(feature = "planted")]
pub fn planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether a bug is planted: never.
#[cfg(not(feature = "planted"))]
pub const fn planted(_: Bug) -> bool {
    false
}
