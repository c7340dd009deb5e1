//! What the engine wants written, as plain data. The adapters carry a batch out in one transaction.

/// The tables on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Single values by name: session, device state.
    Meta,
    /// An entry per op that the office has not acknowledged.
    Outbox,
    /// Records as the office has them, many in a value; a later segment overrides an earlier one.
    Segments,
    /// How far each channel was pulled.
    Cursors,
    /// Forms being filled in.
    Drafts,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 5] = [Self::Meta, Self::Outbox, Self::Segments, Self::Cursors, Self::Drafts];

    /// The table's name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Outbox => "outbox",
            Self::Segments => "segments",
            Self::Cursors => "cursors",
            Self::Drafts => "drafts",
        }
    }
}

/// One write. Keys are text and sort by code point; values are bytes, sealed or plain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Writes a value, replacing one of the same key.
    Put(Table, String, Vec<u8>),
    /// Removes a value, if it is there.
    Delete(Table, String),
    /// Removes every value of a table.
    Clear(Table),
}

/// Writes that happen together or not at all.
pub type Batch = Vec<Write>;
