//! The statements that differ between the two databases, and lists for statements. Placeholders are numbers (`$1`): both
//! databases take them.

use super::location::InPlace;
use crate::random;
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Transaction, any::AnyArguments, query::Query};
use std::{
    fmt::Write,
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Notify;

/// A transaction that writes. On SQLite it is the only one.
pub(super) struct Writing {
    transaction: Transaction<'static, Any>,
    written: Arc<Notify>,
    in_place: Option<Arc<InPlace>>,
}

impl Writing {
    /// Begins, when the others of this program are done.
    pub(super) async fn begin(
        writer: &AnyPool,
        engine: Engine,
        written: &Arc<Notify>,
        in_place: Option<&Arc<InPlace>>,
    ) -> sqlx::Result<Self> {
        let words = match engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            // Each statement sees what was committed before it: after a lock is had, what its holder wrote.
            Engine::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        let transaction = writer.begin_with(words).await?;
        Ok(Self { transaction, written: written.clone(), in_place: in_place.cloned() })
    }

    /// Makes it durable. Fails where the database's file is not in its place any more: nobody is told that something is kept
    /// that is in no file.
    pub(super) async fn commit(self) -> sqlx::Result<()> {
        let Self { transaction, written, in_place } = self;
        if let Some(in_place) = in_place.filter(|in_place| !in_place.holds()) {
            return Err(sqlx::Error::Io(in_place.replaced()));
        }
        transaction.commit().await?;
        written.notify_one();
        Ok(())
    }
}

impl Deref for Writing {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// The database underneath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// A transaction that reads, all as of one moment.
    pub(super) async fn begin_reading(self, pool: &AnyPool) -> sqlx::Result<Transaction<'static, Any>> {
        let words = match self {
            Self::Sqlite => "BEGIN DEFERRED",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        };
        pool.begin_with(words).await
    }

    /// Adds the placeholder of this number, after a comma or nothing. Statements that name theirs in order
    /// have `?` on SQLite: it looks for each numbered one among all before it.
    fn placeholder(self, words: &mut String, comma: &str, number: usize) {
        words.push_str(comma);
        match self {
            Self::Sqlite => words.push('?'),
            Self::Postgres => drop(write!(words, "${number}")),
        }
    }

    /// Returns the end of a `SELECT` that locks its rows to the end of the transaction.
    pub(super) const fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }
}

/// Rows of one insert statement.
pub(super) const ROWS: usize = 100;

/// Whether a statement with a list of this length comes up again and again: it is prepared once and kept.
const fn usual(length: usize) -> bool {
    length <= 8 || length == ROWS
}

/// An insert of so many rows: `words` with `($1, $2), ($3, $4)` in place of `{}`.
pub(super) fn insert(engine: Engine, words: &str, rows: usize, columns: usize) -> Query<'static, Any, AnyArguments> {
    let mut list = String::with_capacity(rows * columns * 7);
    for row in 0..rows {
        list.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            let comma = if column == 0 { "" } else { ", " };
            engine.placeholder(&mut list, comma, row * columns + column + 1);
        }
        list.push(')');
    }
    sqlx::query(AssertSqlSafe(words.replacen("{}", &list, 1))).persistent(usual(rows))
}

/// A statement on a county's rows with these ids, of which there is at least one: `words` with `{county}`, maybe
/// `{channel}`, and `{ids}`, in this order, as in `SELECT body FROM record WHERE county = {county} AND id {ids}`.
///
/// PostgreSQL is made to look for one id after another. A list it would rather compare with every row of
/// the county, as long as it has not counted how many those are.
pub(super) fn by_ids(
    engine: Engine,
    words: &str,
    county: &str,
    channel: Option<String>,
    ids: Vec<Vec<u8>>,
) -> Query<'static, Any, AnyArguments> {
    let mut words = words.to_owned();
    let firsts: Vec<String> = [county.to_owned()].into_iter().chain(channel).collect();
    for (at, name) in ["{county}", "{channel}"].iter().enumerate().take(firsts.len()) {
        let mut place = String::new();
        engine.placeholder(&mut place, "", at + 1);
        words = words.replace(name, &place);
    }
    let mut rest = String::new();
    for number in firsts.len() + 1..=firsts.len() + ids.len() {
        let comma = if rest.is_empty() { "" } else { ", " };
        match engine {
            Engine::Sqlite => engine.placeholder(&mut rest, comma, number),
            Engine::Postgres => drop(write!(rest, "{comma}(${number})")),
        }
    }
    let words = match engine {
        Engine::Sqlite => words.replace("{ids}", &format!("IN ({rest})")),
        Engine::Postgres => {
            let one = words.replace("{ids}", "= wanted.id");
            format!("SELECT found.* FROM (VALUES {rest}) AS wanted (id), LATERAL ({one} OFFSET 0) AS found")
        }
    };
    let query = sqlx::query(AssertSqlSafe(words)).persistent(usual(ids.len()));
    let query = firsts.into_iter().fold(query, Query::bind);
    ids.into_iter().fold(query, Query::bind)
}

/// The error of a transaction whose reads are no longer true: it has to be begun again.
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
        // The same key at the same time, or from before.
        sqlx::Error::Database(error) if error.is_unique_violation() => true,
        sqlx::Error::Database(error) => matches!(
            error.code().as_deref(),
            // PostgreSQL: serialization failure, deadlock.
            // SQLite: another connection has the lock, or had it since the snapshot was taken.
            Some("40001" | "40P01" | "5" | "517")
        ),
        _ => false,
    }
}

/// Retries of a transaction: a few more where another was in its way. Op ids make that safe.
#[derive(Debug, Default)]
pub(super) struct Retries(u32);

impl Retries {
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
