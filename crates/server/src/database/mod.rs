//! The database: SQLite in WAL mode, or PostgreSQL, behind the same statements. Every commit is on disk
//! before it is answered.

mod accounts;
mod areas;
mod audit;
mod backup;
mod contacts;
mod data_rights;
mod devices;
mod erase;
mod grants;
mod handbook;
mod migrations;
mod photos;
mod quarantine;
mod records;
mod sql;
mod staff;
mod sync;

pub use accounts::{Account, OPERATOR, Session, SessionKind, Standing};
pub use areas::{Area, AreaCounts};
pub use audit::{Act, BadHead, Broken, Entry, Head, Line, Sight};
pub use data_rights::HeldOn;
pub use devices::{CannotRevoke, Device};
pub use erase::{ERASED_NAME, Person};
pub use grants::{CannotChange, Given};
pub use photos::Upload;
pub use quarantine::{CannotDecide, Quarantined};
pub use staff::{Factor, Member};
pub use sync::{Author, Incoming, Pushed};

use crate::random;
use anyhow::Context;
use sqlx::{
    AnyConnection, AnyPool, ConnectOptions, Connection,
    any::{AnyConnectOptions, AnyPoolOptions},
    sqlite::SqliteConnectOptions,
};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Notify;

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// SQLite, in this file.
    File(PathBuf),
    /// PostgreSQL, under this address. It may hold a password.
    Postgres(String),
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.fmt(f),
            Self::Postgres(_) => f.write_str("PostgreSQL"),
        }
    }
}

impl Location {
    /// The database under an address, or without one in the data folder.
    ///
    /// # Errors
    /// The address is of no database that there is.
    pub fn of(data: &Path, address: Option<&str>) -> anyhow::Result<Self> {
        match address {
            None => Ok(Self::File(data.join("ruhu.db"))),
            Some(address) if address.starts_with("postgres://") || address.starts_with("postgresql://") => {
                Ok(Self::Postgres(address.to_owned()))
            }
            Some(_) => anyhow::bail!("数据库地址应以 postgres:// 开头；使用内置数据库时不必写地址，用 --data 指明目录"),
        }
    }
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Database {
    pool: AnyPool,
    /// Where transactions that write come from. SQLite has one at a time: those of this program wait in turn for the one
    /// connection, which is faster than asking again and again whether the file is free, and whose pages in memory no
    /// other makes stale.
    writer: AnyPool,
    engine: sql::Engine,
    /// Told of each commit.
    written: Arc<Notify>,
    epoch: String,
}

/// The settings of each connection to SQLite: write-ahead log, every commit on disk, deleted rows overwritten.
const PRAGMAS: &str = "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                       PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; \
                       PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 16384";

/// How long a transaction waits for its turn: longer than a request is waited for.
const TURN: Duration = Duration::from_secs(120);

/// How long after a commit SQLite's write-ahead log is folded into the file: not while somebody waits for the answer to
/// that commit. One that grows faster than it is folded is folded by the commit that finds 64 MiB in it (`PRAGMAS`).
const FOLD_AFTER: Duration = Duration::from_millis(300);

impl Database {
    /// Opens the database, makes its file if it is not there, and brings its tables up to date.
    ///
    /// # Errors
    /// It can't be reached or written, or is not a database of Ruhu's.
    pub async fn open(location: &Location) -> anyhow::Result<Self> {
        sqlx::any::install_default_drivers();
        let (pool, writer, engine) = match location {
            Location::File(file) => {
                let [pool, writer] = open_file(file).await?;
                (pool, writer, sql::Engine::Sqlite)
            }
            Location::Postgres(address) => {
                let pool = connect(address).await?;
                (pool.clone(), pool, sql::Engine::Postgres)
            }
        };
        migrations::migrator(engine)?.run(&pool).await.context("无法更新数据库的表")?;

        sqlx::query("INSERT INTO setting (name, value) VALUES ('epoch', $1) ON CONFLICT DO NOTHING")
            .bind(new_epoch())
            .execute(&pool)
            .await?;
        let epoch = sqlx::query_scalar("SELECT value FROM setting WHERE name = 'epoch'").fetch_one(&pool).await?;
        let written = Arc::new(Notify::new());
        if engine == sql::Engine::Sqlite {
            tokio::spawn(fold(pool.clone(), written.clone()));
        }
        Ok(Self { pool, writer, engine, written, epoch })
    }

    /// The database's epoch: another one after a restore.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// A transaction that writes.
    async fn begin(&self) -> sqlx::Result<sql::Writing> {
        sql::Writing::begin(&self.writer, self.engine, &self.written).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Fails when the database does not answer.
    pub async fn ping(&self) -> sqlx::Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(drop)
    }

    /// Closes every connection; SQLite's write-ahead log is folded in.
    pub async fn close(&self) {
        self.writer.close().await;
        self.pool.close().await;
    }
}

fn new_epoch() -> String {
    uuid::Uuid::from_bytes(random::bytes()).simple().to_string()
}

/// The pool of who reads, and that of who writes.
async fn open_file(file: &Path) -> anyhow::Result<[AnyPool; 2]> {
    let file = std::path::absolute(file)?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("无法建立数据目录 {}", folder.display()))?;
    }
    let address = SqliteConnectOptions::new().filename(&file).create_if_missing(true).to_url_lossy();
    let options = AnyConnectOptions::from_url(&address)?.disable_statement_logging();
    let pool = || AnyPoolOptions::new().after_connect(|connection, _| Box::pin(prepare(connection)));
    let first = async {
        let mut connection = AnyConnection::connect_with(&options).await?;
        prepare(&mut connection).await?;
        connection.close().await
    };
    first.await.with_context(|| format!("无法打开数据库 {}", file.display()))?;
    let writer = pool().max_connections(1).acquire_timeout(TURN).idle_timeout(None).max_lifetime(None);
    Ok([pool().max_connections(8).connect_lazy_with(options.clone()), writer.connect_lazy_with(options)])
}

/// Folds SQLite's log into the file a while after each commit, until the database is closed.
async fn fold(pool: AnyPool, written: Arc<Notify>) {
    let folding = async {
        loop {
            written.notified().await;
            tokio::time::sleep(FOLD_AFTER).await;
            if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&pool).await {
                tracing::warn!(%error, "the log was not folded in");
            }
        }
    };
    tokio::select! {
        () = pool.close_event() => {}
        () = folding => {}
    }
}

async fn prepare(connection: &mut AnyConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(PRAGMAS).execute(connection).await.map(drop)
}

/// The cause is not part of the error: it can quote the address, and with it a password.
async fn connect(address: &str) -> anyhow::Result<AnyPool> {
    let options: AnyConnectOptions = address
        .parse()
        .map_err(|_| anyhow::anyhow!("数据库地址的格式有误，应如 postgres://用户:密码@主机:5432/库名"))?;
    // A pool would go on trying for as long as it waits for a connection, and then say only that it did.
    let first = async { AnyConnection::connect_with(&options).await?.close().await };
    first.await.map_err(|error| match error {
        sqlx::Error::Database(error) => anyhow::anyhow!("数据库不接受连接：{}", error.message()),
        sqlx::Error::Io(_) => anyhow::anyhow!("连不上数据库：请确认 PostgreSQL 已启动、地址和端口正确"),
        _ => anyhow::anyhow!("连不上数据库：请检查 --database-url 的写法"),
    })?;
    let pool = AnyPoolOptions::new().max_connections(16).acquire_timeout(Duration::from_secs(10));
    Ok(pool.connect_lazy_with(options.disable_statement_logging()))
}
