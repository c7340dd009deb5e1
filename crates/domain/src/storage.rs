//! What the engine wants written, as plain data. The adapters carry a batch out in one transaction.

use crate::record::Class;
use std::collections::BTreeMap;

/// The tables on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Single values by name: session, device state.
    Meta,
    /// An entry per op that the office has not acknowledged, or only lately.
    Outbox,
    /// Records of a class as the office has them, many in a value; a later segment overrides an earlier one, of
    /// whatever class.
    Segments(Class),
    /// How far each channel was pulled.
    Cursors,
    /// Forms being filled in.
    Drafts,
    /// What is known of each picture on the phone, by its hash.
    Photos,
    /// The pictures, in pieces: large, and read one by one.
    Blobs,
    /// What opens the others: parameters and sealed keys. The only table that is not sealed.
    Vault,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 10] = [
        Self::Meta,
        Self::Outbox,
        Self::Segments(Class::General),
        Self::Segments(Class::Mediation),
        Self::Segments(Class::Care),
        Self::Cursors,
        Self::Drafts,
        Self::Photos,
        Self::Blobs,
        Self::Vault,
    ];

    /// The tables that are read when the notebook opens: all but the pictures.
    pub const READ: [Self; 9] = [
        Self::Meta,
        Self::Outbox,
        Self::Segments(Class::General),
        Self::Segments(Class::Mediation),
        Self::Segments(Class::Care),
        Self::Cursors,
        Self::Drafts,
        Self::Photos,
        Self::Vault,
    ];

    /// The table's name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Outbox => "outbox",
            Self::Segments(Class::General) => "segments",
            Self::Segments(Class::Mediation) => "segments_mediation",
            Self::Segments(Class::Care) => "segments_care",
            Self::Cursors => "cursors",
            Self::Drafts => "drafts",
            Self::Photos => "photos",
            Self::Blobs => "blobs",
            Self::Vault => "vault",
        }
    }
}

/// The key in [`Table::Meta`] of the token that speaks for the worker at the server, as plain text. A revoked phone
/// hands it over sealed, to show whose it is.
pub const TOKEN: &str = "token";

/// One step of a batch. Keys are text and sort by code point; values are bytes, sealed or plain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Goes on only where the value under a key is still this one, or there still is none: otherwise nothing of
    /// the batch is written. Comes first in its batch.
    Check(Table, String, Option<Vec<u8>>),
    /// Goes on only where a table has these keys and no others. Comes first in its batch.
    CheckKeys(Table, Vec<String>),
    /// Writes a value, replacing one of the same key.
    Put(Table, String, Vec<u8>),
    /// Removes a value, if it is there.
    Delete(Table, String),
    /// Removes every value of a table.
    Clear(Table),
}

/// Writes that happen together or not at all.
pub type Batch = Vec<Write>;

/// An entry of a table: key and value.
pub type Entry = (String, Vec<u8>);

/// Everything in a store as of one moment, each table's entries in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<Table, Vec<Entry>>);

impl Snapshot {
    /// Adds a table with its entries, in the order of their keys.
    pub fn put(&mut self, table: Table, entries: Vec<Entry>) {
        self.0.insert(table, entries);
    }

    /// A table's entries.
    pub fn entries(&self, table: Table) -> &[Entry] {
        self.0.get(&table).map(Vec::as_slice).unwrap_or_default()
    }

    /// One value.
    pub fn get(&self, table: Table, key: &str) -> Option<&[u8]> {
        let entries = self.entries(table);
        let at = entries.binary_search_by(|(of, _)| of.as_str().cmp(key)).ok()?;
        Some(&entries[at].1)
    }
}
