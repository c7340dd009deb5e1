//! The database: SQLite in WAL mode, every commit on disk before it is answered.

mod accounts;
mod areas;
mod backup;
mod quarantine;
mod records;
mod sync;

pub use accounts::{Account, Session};
pub use areas::{Area, AreaCounts};
pub use quarantine::{CannotDecide, Quarantined};
pub use sync::{Author, Incoming, Taken};

use crate::random;
use anyhow::Context;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, time::Duration};

/// An open database.
#[derive(Clone, Debug)]
pub struct Database {
    pool: SqlitePool,
    epoch: String,
}

impl Database {
    /// Opens the database file, makes it if it is not there, and brings its tables up to date.
    ///
    /// # Errors
    /// The file can't be opened or written, or is not a database of Ruhu's.
    pub async fn open(file: &Path) -> anyhow::Result<Self> {
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).with_context(|| format!("无法建立数据目录 {}", folder.display()))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("secure_delete", "on")
            .pragma("trusted_schema", "off")
            .busy_timeout(Duration::from_secs(30));
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            .connect_with(options)
            .await
            .with_context(|| format!("无法打开数据库 {}", file.display()))?;
        sqlx::migrate!("migrations/sqlite").run(&pool).await.context("无法更新数据库的表")?;

        let fresh = uuid::Uuid::from_bytes(random::bytes()).simple().to_string();
        sqlx::query("INSERT INTO setting (name, value) VALUES ('epoch', ?) ON CONFLICT DO NOTHING")
            .bind(fresh)
            .execute(&pool)
            .await?;
        let epoch = sqlx::query_scalar("SELECT value FROM setting WHERE name = 'epoch'").fetch_one(&pool).await?;
        Ok(Self { pool, epoch })
    }

    /// The database's epoch: another one after a restore.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// What it said instead.
    pub async fn ping(&self) -> sqlx::Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(drop)
    }

    /// Closes every connection, the write-ahead log folded in.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
