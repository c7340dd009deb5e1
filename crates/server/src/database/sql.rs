//! What both databases need told apart, and lists for statements. Placeholders are numbers (`$1`): both
//! databases take them.

use crate::random;
use sqlx::{Any, AnyPool, Transaction};
use std::{fmt::Write, time::Duration};

/// The database underneath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// A transaction that writes. On SQLite it is the only one that does.
    pub(super) async fn begin(self, pool: &AnyPool) -> sqlx::Result<Transaction<'static, Any>> {
        let words = match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            // Each statement sees what was committed before it: after a lock is had, what its holder wrote.
            Self::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        pool.begin_with(words).await
    }

    /// A transaction that reads, all as of one moment.
    pub(super) async fn begin_reading(self, pool: &AnyPool) -> sqlx::Result<Transaction<'static, Any>> {
        let words = match self {
            Self::Sqlite => "BEGIN DEFERRED",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        };
        pool.begin_with(words).await
    }

    /// What a `SELECT` ends with that locks its rows to the end of the transaction.
    pub(super) const fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }
}

/// `($1, $2), ($3, $4)`: the rows of a `VALUES` list.
pub(super) fn rows(count: usize, columns: usize) -> String {
    let mut words = String::with_capacity(count * columns * 7);
    for row in 0..count {
        words.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            let comma = if column == 0 { "" } else { ", " };
            let _ = write!(words, "{comma}${}", row * columns + column + 1);
        }
        words.push(')');
    }
    words
}

/// `(NULL, $2, $3)`: so many placeholders from number `first` on. SQL has no empty list, so none is `(NULL)`.
pub(super) fn list(first: usize, count: usize) -> String {
    let mut words = String::from("(NULL");
    for number in first..first + count {
        let _ = write!(words, ", ${number}");
    }
    words.push(')');
    words
}

/// What was read is no longer so: the transaction is to be begun again.
#[derive(Debug, thiserror::Error)]
#[error("another transaction was faster")]
struct Overtaken;

/// The error of a transaction that found its ground shifted.
pub(super) fn overtaken() -> sqlx::Error {
    sqlx::Error::AnyDriverError(Box::new(Overtaken))
}

/// Whether a transaction that failed so will do when it is begun again.
fn will_do_again(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::AnyDriverError(cause) => cause.is::<Overtaken>(),
        sqlx::Error::Database(error) => matches!(
            error.code().as_deref(),
            // PostgreSQL: serialization failure, deadlock, the same key at the same time.
            // SQLite: another connection has the lock, or had it since the snapshot was taken.
            Some("40001" | "40P01" | "23505" | "5" | "517")
        ),
        _ => false,
    }
}

/// Tries of a transaction: a few more where another was in its way. Op ids make that safe.
#[derive(Debug, Default)]
pub(super) struct Tries(u32);

impl Tries {
    /// Waits until a transaction that failed so may be begun again.
    ///
    /// # Errors
    /// The error, where it would fail so again, or has too often.
    pub(super) async fn again(&mut self, error: sqlx::Error) -> sqlx::Result<()> {
        const MOST: u32 = 6;
        self.0 += 1;
        if self.0 >= MOST || !will_do_again(&error) {
            return Err(error);
        }
        let bound = 5_u64 << self.0;
        let share = u64::from(u16::from_be_bytes(random::bytes())) * bound / 2 / u64::from(u16::MAX);
        tokio::time::sleep(Duration::from_millis(bound / 2 + share)).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_through() {
        assert_eq!(rows(2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(list(2, 2), "(NULL, $2, $3)");
        assert_eq!(list(1, 0), "(NULL)");
    }
}
