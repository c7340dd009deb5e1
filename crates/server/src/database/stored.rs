//! Reading stored records and ops. One that can't be read, because it is damaged or nested too deep, is skipped, counted and
//! named: it holds up no other.

use ruhu_domain::{Record, RecordId, record::Op};
use serde::de::DeserializeOwned;
use sqlx::{Row, any::AnyRow};
use std::{collections::BTreeSet, ops::Deref};
use uuid::Uuid;

/// Records of the database, and the identities of those that are stored and can't be read.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// The records.
    pub records: Vec<Record>,
    /// The records that can't be read.
    pub unreadable: BTreeSet<RecordId>,
}

impl Stored {
    /// Reads rows that begin with a record's identity and its body.
    pub(super) fn read(rows: &[AnyRow]) -> sqlx::Result<Self> {
        let mut stored = Self::default();
        for row in rows {
            let id = RecordId(uuid(row, 0)?);
            match row.try_get(1).ok().and_then(|body: String| record(id, &body)) {
                Some(record) => stored.records.push(record),
                None => drop(stored.unreadable.insert(id)),
            }
        }
        Ok(stored)
    }

    /// Adds others.
    pub(super) fn extend(&mut self, other: Self) {
        self.records.extend(other.records);
        self.unreadable.extend(other.unreadable);
    }
}

impl Deref for Stored {
    type Target = [Record];

    fn deref(&self) -> &[Record] {
        &self.records
    }
}

/// Reads a record; `None` where it can't be read.
pub(super) fn record(id: RecordId, body: &str) -> Option<Record> {
    read("record", id.0, body)
}

/// Reads an op of the history; `None` where it can't be read.
pub(super) fn op(id: Uuid, body: &str) -> Option<Op> {
    read("op", id, body)
}

fn read<T: DeserializeOwned>(what: &'static str, id: Uuid, body: &str) -> Option<T> {
    let read = serde_json::from_str(body);
    if let Err(error) = &read {
        // The words of the error quote no value, but they may name a field: where and of which sort it is are enough.
        tracing::error!(what, %id, sort = ?error.classify(), at = error.column(), "can't be read and is skipped");
    }
    read.ok()
}

/// A stored value that is not what it should be.
pub(super) fn decode(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

/// Returns an identity as it is stored.
pub(super) fn key(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// Reads an identity of a row.
pub(super) fn uuid(row: &AnyRow, column: usize) -> sqlx::Result<Uuid> {
    let bytes: Vec<u8> = row.try_get(column)?;
    Uuid::from_slice(&bytes).map_err(decode)
}
