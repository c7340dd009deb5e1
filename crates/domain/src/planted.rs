//! Bugs that the simulation and the matrix of rights plant, one at a time, to show that they would find them. Without the feature
//! `planted` there is no way to turn one on.

/// A bug that can be planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A save changes the memory only.
    SaveNotWritten,
    /// Stamps follow the clock, also backwards.
    StampsGoBack,
    /// An answer is taken for an answer to every op in the queue.
    UnnamedForgotten,
    /// A pulled page moves the cursor, but its records are not written.
    RowsNotWritten,
    /// A page that leaves something out moves the cursor all the same.
    GapsIgnored,
    /// A server that lags behind takes back what is known.
    LaggingTakesBack,
    /// A new epoch is not noticed.
    RestoreNotNoticed,
    /// What was acknowledged is not offered to a restored server.
    AcknowledgedNotOffered,
    /// A window that was frozen writes what it planned, whatever another wrote meanwhile.
    FrozenWrites,
    /// An op that waits is swept with the acknowledged ones.
    SweptTooEarly,
    /// Merging segments loses a record.
    CompactionDropsOne,
    /// The last write wins in silence.
    ContestedDropped,
    /// An op that came before is merged and kept again.
    DuplicatesTaken,
    /// A stamp from the future is merged as it is.
    FutureStampsTaken,
    /// A bad op spoils its whole batch.
    BadOpBlocks,
    /// A phone keeps what it lost the right to.
    LostRightKept,
    /// A record moves to another channel, and the old one does not tell.
    MovedWithoutTrace,
    /// A household moves, and what others wrote on it stays behind.
    HouseholdGoesAlone,
    /// Offices save records.
    OfficesSave,
    /// Offices carry whole channels away.
    OfficesCarry,
    /// A grid's grant is good for the whole village.
    WholeVillage,
    /// A grant is good everywhere.
    AnyPlace,
    /// A grant is good for every class.
    AnyClass,
    /// A grant is good after it ended.
    EndedGrants,
    /// An office looks after accounts and gives rights anywhere.
    GovernsAnywhere,
    /// An office looks after its colleagues' accounts.
    PeersGoverned,
    /// An office gives the rights of any role.
    GivesAbove,
    /// An office answers for records of every class.
    DutyOfAnyClass,
}

impl Bug {
    /// Those that the simulation finds.
    pub const ALL: [Self; 18] = [
        Self::SaveNotWritten,
        Self::StampsGoBack,
        Self::UnnamedForgotten,
        Self::RowsNotWritten,
        Self::GapsIgnored,
        Self::LaggingTakesBack,
        Self::RestoreNotNoticed,
        Self::AcknowledgedNotOffered,
        Self::FrozenWrites,
        Self::SweptTooEarly,
        Self::CompactionDropsOne,
        Self::ContestedDropped,
        Self::DuplicatesTaken,
        Self::FutureStampsTaken,
        Self::BadOpBlocks,
        Self::LostRightKept,
        Self::MovedWithoutTrace,
        Self::HouseholdGoesAlone,
    ];

    /// Those that the matrix of rights finds.
    pub const RIGHTS: [Self; 6] =
        [Self::OfficesSave, Self::OfficesCarry, Self::WholeVillage, Self::AnyPlace, Self::AnyClass, Self::EndedGrants];

    /// Those that the matrix of duties finds.
    pub const DUTIES: [Self; 4] = [Self::GovernsAnywhere, Self::PeersGoverned, Self::GivesAbove, Self::DutyOfAnyClass];
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
