//! The database: SQLite in WAL mode, or PostgreSQL, behind the same statements. Every commit is on disk
//! before it is answered.

mod accounts;
mod areas;
mod audit;
mod backup;
mod by_day;
mod cases;
mod clock;
mod contacts;
mod data_rights;
mod devices;
mod erase;
mod finding;
mod grants;
mod grids;
mod handbook;
mod handover;
mod imports;
mod location;
mod migrations;
mod open;
mod operation;
mod photos;
mod places;
mod projection;
mod quarantine;
mod rebuild;
mod records;
mod retention;
mod sql;
mod staff;
mod stored;
mod sync;
mod transfer;
mod villages;

pub use accounts::{Account, OPERATOR, Session, SessionKind, Standing};
pub use areas::{Area, AreaCounts};
pub use audit::{Act, BadHead, Broken, Entry, Head, Line, Sight, WantedActs};
pub use by_day::{AfterDay, DayPage};
pub use clock::{Jump, Wall};
pub use data_rights::HeldOn;
pub use devices::{CannotRevoke, Device};
pub use erase::{ERASED_NAME, Person};
pub use finding::Wanted;
pub use grants::{CannotChange, Given};
pub use grids::{CannotChangeGrid, GridNames};
pub use imports::GridImport;
pub use location::{Location, Lock};
pub use photos::Upload;
pub use quarantine::{CannotDecide, QuarantinePage, Quarantined};
pub use records::CheckedOps;
pub use retention::Night;
pub use staff::{Factor, Member};
pub use stored::Stored;
pub use sync::{Author, Incoming, Pushed};

use crate::random;
use sqlx::AnyPool;
use std::{sync::Arc, time::Duration};
use tokio::sync::Notify;

/// How often a server looks whether its database's file is in its place.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// An open database.
#[derive(Clone, Debug)]
pub struct Database {
    pool: AnyPool,
    /// Where transactions that write come from. SQLite has one at a time: those of this program wait in turn for the one
    /// connection, which is faster than asking again and again whether the file is free, and whose pages in memory no
    /// other makes stale.
    writer: AnyPool,
    /// Where the audit is written from before something is handed out: readers do not wait behind writers.
    recorder: AnyPool,
    engine: sql::Engine,
    /// Whose turn it is to push.
    turns: sync::Turns,
    /// Told of each commit.
    written: Arc<Notify>,
    clock: clock::Clock,
    /// The random number of this run of the program.
    run: u64,
    /// The file of SQLite, as it was opened; none of PostgreSQL.
    in_place: Option<Arc<location::InPlace>>,
}

impl Database {
    /// Returns the database's epoch: another one after it was set back.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn epoch(&self) -> sqlx::Result<String> {
        Ok(self.setting("epoch").await?.unwrap_or_default())
    }

    /// A transaction that writes.
    async fn begin(&self) -> sqlx::Result<sql::Writing> {
        self.begin_on(&self.writer).await
    }

    async fn begin_on(&self, pool: &AnyPool) -> sqlx::Result<sql::Writing> {
        sql::Writing::begin(pool, self.engine, &self.written, self.in_place.as_ref()).await
    }

    /// A value that the server notes about itself; none where it was never noted.
    async fn setting(&self, name: &str) -> sqlx::Result<Option<String>> {
        sqlx::query_scalar("SELECT value FROM setting WHERE name = $1").bind(name).fetch_optional(&self.pool).await
    }

    async fn put_setting(&self, name: &str, value: &str) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Whether the database can be written: a note is, on disk.
    ///
    /// # Errors
    /// Fails when the database does not answer, or its disk is full.
    pub async fn ping(&self) -> sqlx::Result<()> {
        self.put_setting("health", &self.now_ms().to_string()).await
    }

    /// Returns when the database's file was deleted or replaced, with the words for whoever runs the server. What is written
    /// from then on would be nowhere.
    pub async fn displaced(&self) -> std::io::Error {
        let Some(in_place) = &self.in_place else { return std::future::pending().await };
        while in_place.holds() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        in_place.replaced()
    }

    /// Closes every connection; SQLite's write-ahead log is folded in.
    pub async fn close(&self) {
        self.writer.close().await;
        self.recorder.close().await;
        self.pool.close().await;
    }
}

fn new_epoch() -> String {
    uuid::Uuid::from_bytes(random::bytes()).simple().to_string()
}
