//! Opening a database.

use super::{Database, Jump, Location, Wall, clock, location::InPlace, migrations, new_epoch, sql, sync::Turns};
use crate::random;
use anyhow::Context;
use sqlx::{
    AnyConnection, AnyPool, ConnectOptions, Connection,
    any::{AnyConnectOptions, AnyPoolOptions},
    sqlite::SqliteConnectOptions,
};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::Notify;

/// The settings of each connection to SQLite: write-ahead log, every commit on disk, deleted rows overwritten.
const PRAGMAS: &str = "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                       PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; \
                       PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 16384";

/// How long a transaction waits for its turn: longer than a request is waited for.
const TURN: Duration = Duration::from_secs(120);

/// How long after a commit SQLite's write-ahead log is folded into the file: not while somebody waits for the answer to
/// that commit. One that grows faster than it is folded is folded by the commit that finds 64 MiB in it (`PRAGMAS`).
const FOLD_AFTER: Duration = Duration::from_millis(300);

/// The settings of each connection to PostgreSQL: nobody waits for a lock, and no statement runs, for longer than a phone
/// waits for its answer.
const LIMITS: &str = "SET lock_timeout = '10s'; SET statement_timeout = '120s'; \
                      SET idle_in_transaction_session_timeout = '120s'";

/// The settings of the connection that brings the tables up to date.
const NO_LIMITS: &str = "SET lock_timeout = 0; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";

/// The connections to PostgreSQL: for who reads, and for who writes. Writers that wait for a lock leave readers theirs.
const CONNECTIONS: u32 = 12;

/// And for the audit.
const RECORDERS: u32 = 4;

/// What a database that is not there yet is told to do first.
const INIT_FIRST: &str = "第一次使用请先运行 ruhu-server init；原来有数据的，请把数据库放回原处";

/// The pools of who reads, who writes, and who puts on record what is handed out.
type Pools = [AnyPool; 3];

impl Database {
    /// Opens the database and brings its tables up to date.
    ///
    /// # Errors
    /// It is not there, can't be reached or written, or is no database of Ruhu's.
    pub async fn open(location: &Location) -> anyhow::Result<Self> {
        Self::open_with(location, clock::system()).await
    }

    /// Opens the database with a wall clock of the caller's.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub async fn open_with(location: &Location, wall: Wall) -> anyhow::Result<Self> {
        let pools = match location {
            Location::File(file) => open_file(file, false).await?,
            Location::Postgres(address) => connect(address).await?,
        };
        let words = match location {
            Location::File(_) => "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('_sqlx_migrations', 'setting')",
            Location::Postgres(_) => {
                "SELECT COUNT(*) FROM pg_tables WHERE schemaname = ANY (current_schemas(false))
                 AND tablename IN ('_sqlx_migrations', 'setting')"
            }
        };
        let tables: Result<i64, _> = sqlx::query_scalar(words).fetch_one(&pools[0]).await;
        match tables {
            Ok(2) => Self::prepared(location, pools, wall).await,
            Ok(0) if matches!(location, Location::Postgres(_)) => anyhow::bail!("数据库里还没有表。{INIT_FIRST}"),
            _ => anyhow::bail!("{location:?} 不是入户的数据库，没有改动它。{INIT_FIRST}"),
        }
    }

    /// Makes the database where it is not there yet, and opens it.
    ///
    /// # Errors
    /// It can't be reached or written.
    pub async fn create(location: &Location) -> anyhow::Result<Self> {
        let pools = match location {
            Location::File(file) => open_file(file, true).await?,
            Location::Postgres(address) => connect(address).await?,
        };
        Self::prepared(location, pools, clock::system()).await
    }

    async fn prepared(location: &Location, [pool, writer, recorder]: Pools, wall: Wall) -> anyhow::Result<Self> {
        let (engine, in_place) = match location {
            Location::File(file) => (sql::Engine::Sqlite, Some(Arc::new(InPlace::of(&std::path::absolute(file)?)?))),
            Location::Postgres(_) => (sql::Engine::Postgres, None),
        };
        migrate(engine, &pool).await.context("无法更新数据库的表")?;
        sqlx::query("INSERT INTO setting (name, value) VALUES ('epoch', $1) ON CONFLICT DO NOTHING")
            .bind(new_epoch())
            .execute(&pool)
            .await?;
        let written = Arc::new(Notify::new());
        if engine == sql::Engine::Sqlite {
            tokio::spawn(fold(pool.clone(), written.clone()));
        }
        // Whole in the numbers of JSON, and never 0.
        let run = (u64::from_be_bytes(random::bytes()) >> 12).max(1);
        let turns = Turns::default();
        let database =
            Self { pool, writer, recorder, engine, turns, written, clock: clock::Clock::new(wall), run, in_place };
        database.fill_projections().await.context("无法整理数据库的索引")?;
        if let Some(Jump { from_ms, to_ms }) = database.look_at_clock().await? {
            tracing::warn!(from_ms, to_ms, "the clock jumped; nothing is erased until an office approves");
        }
        Ok(database)
    }
}

/// Brings the tables up to date, on a connection of its own: a migration of a large database, or a server that waits for another
/// to have migrated, takes as long as it takes.
async fn migrate(engine: sql::Engine, pool: &AnyPool) -> anyhow::Result<()> {
    let mut connection = pool.acquire().await?.detach();
    if engine == sql::Engine::Postgres {
        prepare(&mut connection, NO_LIMITS).await?;
    }
    migrations::migrator(engine)?.run(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn open_file(file: &Path, create: bool) -> anyhow::Result<Pools> {
    let file = std::path::absolute(file)?;
    anyhow::ensure!(create || file.is_file(), "没有找到数据库 {}。{INIT_FIRST}", file.display());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("无法建立数据目录 {}", folder.display()))?;
    }
    let address = SqliteConnectOptions::new().filename(&file).create_if_missing(create).to_url_lossy();
    let options = AnyConnectOptions::from_url(&address)?.disable_statement_logging();
    sqlx::any::install_default_drivers();
    let pool = || AnyPoolOptions::new().after_connect(|connection, _| Box::pin(prepare(connection, PRAGMAS)));
    let first = async {
        let mut connection = AnyConnection::connect_with(&options).await?;
        prepare(&mut connection, PRAGMAS).await?;
        connection.close().await
    };
    first.await.with_context(|| format!("无法打开数据库 {}，它可能不是数据库文件", file.display()))?;
    // The files of SQLite's log have the mode of this one.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let own = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&file, own).with_context(|| format!("无法设置 {} 的权限", file.display()))?;
    }
    let writer = pool().max_connections(1).acquire_timeout(TURN).idle_timeout(None).max_lifetime(None);
    let writer = writer.connect_lazy_with(options.clone());
    Ok([pool().max_connections(8).connect_lazy_with(options), writer.clone(), writer])
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

async fn prepare(connection: &mut AnyConnection, settings: &'static str) -> sqlx::Result<()> {
    sqlx::raw_sql(settings).execute(connection).await.map(drop)
}

/// Connects to PostgreSQL. The cause is not part of the error: it can quote the address, and with it a password.
async fn connect(address: &str) -> anyhow::Result<Pools> {
    sqlx::any::install_default_drivers();
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
    let options = options.disable_statement_logging();
    Ok([CONNECTIONS, CONNECTIONS, RECORDERS].map(|most| {
        let pool = AnyPoolOptions::new().after_connect(|connection, _| Box::pin(prepare(connection, LIMITS)));
        let pool = pool.max_connections(most).acquire_timeout(Duration::from_secs(10));
        pool.connect_lazy_with(options.clone())
    }))
}
