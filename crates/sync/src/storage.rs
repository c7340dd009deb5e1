//! The writes of the engine, as plain data. The adapters carry a batch out in one transaction.

use crate::schema::RecordClass;
use std::collections::BTreeMap;

/// A table on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table<C> {
    /// Single values by name: what the engine knows of itself, and what the app adds.
    Meta,
    /// An entry per op that the office has not acknowledged, or only lately.
    Outbox,
    /// Records of a class as the office has them, many in a value; a later segment overrides an earlier one, of
    /// whatever class.
    Segments(C),
    /// How far each channel was pulled.
    Cursors,
    /// A table that only the app reads and writes, by its name.
    Own(&'static str),
}

impl<C: RecordClass> Table<C> {
    /// The table's name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Outbox => "outbox",
            Self::Segments(class) => class.table(),
            Self::Cursors => "cursors",
            Self::Own(name) => name,
        }
    }
}

/// One step of a batch. Keys are text and sort by code point; values are bytes, sealed or plain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write<C> {
    /// Goes on only where the value under a key is still this one, or there still is none: otherwise nothing of
    /// the batch is written. Comes first in its batch.
    Check(Table<C>, String, Option<Vec<u8>>),
    /// Goes on only where a table has these keys and no others. Comes first in its batch.
    CheckKeys(Table<C>, Vec<String>),
    /// Writes a value, replacing one of the same key.
    Put(Table<C>, String, Vec<u8>),
    /// Removes a value, if it is there.
    Delete(Table<C>, String),
    /// Removes every value of a table.
    Clear(Table<C>),
}

/// Writes that happen together or not at all.
pub type Batch<C> = Vec<Write<C>>;

/// An entry of a table: key and value.
pub type Entry = (String, Vec<u8>);

/// Everything in a store as of one moment, each table's entries in the order of their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot<C>(BTreeMap<Table<C>, Vec<Entry>>);

impl<C> Default for Snapshot<C> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<C: RecordClass> Snapshot<C> {
    /// Adds a table with its entries, in the order of their keys.
    pub fn put(&mut self, table: Table<C>, entries: Vec<Entry>) {
        self.0.insert(table, entries);
    }

    /// A table's entries.
    pub fn entries(&self, table: Table<C>) -> &[Entry] {
        self.0.get(&table).map(Vec::as_slice).unwrap_or_default()
    }

    /// One value.
    pub fn get(&self, table: Table<C>, key: &str) -> Option<&[u8]> {
        let entries = self.entries(table);
        let at = entries.binary_search_by(|(of, _)| of.as_str().cmp(key)).ok()?;
        Some(&entries[at].1)
    }
}
