//! What the database tells those who look after the server: its size, phones by version, backups, the last night.

use super::{Database, Location, sql::Engine, stored::decode};
use crate::random;
use anyhow::{Context, ensure};
use ruhu_domain::{
    DeviceId,
    office::{BackupMade, NightDone, PhonesOfVersion},
};
use std::path::{Path, PathBuf};

/// The setting with the last backup, as JSON of [`BackupMade`].
const BACKUP: &str = "backup_made";

/// The setting with the work of the last night, as JSON of [`NightDone`].
const NIGHT: &str = "night_done";

/// The folder of the backups that are made from the office's page, beside the database.
const FOLDER: &str = "backups";

/// The names of those backups, with the moment. Whoever puts others there names them otherwise.
const NAME: &str = "office-%Y-%m-%d-%H%M%S";

/// How the copy of a backup ends that is opened to try it.
const TRYING: &str = "trying";

/// The backups of the page that stay: one more, and the oldest goes.
const STAY: usize = 7;

/// The room that a backup leaves for what phones send meanwhile, in bytes.
const MARGIN: u64 = 256 * 1024 * 1024;

impl Database {
    /// Returns the name of the database's engine.
    pub const fn engine_name(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        }
    }

    /// Returns the size of the database in bytes.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn size(&self) -> sqlx::Result<u64> {
        let words = match self.engine {
            Engine::Sqlite => "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            Engine::Postgres => "SELECT pg_database_size(current_database())",
        };
        let bytes: i64 = sqlx::query_scalar(words).fetch_one(&self.pool).await?;
        Ok(bytes.cast_unsigned())
    }

    /// Returns the folder of the database's file; `None` for PostgreSQL.
    pub fn folder(&self) -> Option<PathBuf> {
        self.in_place.as_ref().and_then(|in_place| in_place.file().parent().map(Path::to_owned))
    }

    /// Returns the room left on the disk of the database's file in bytes; `None` for PostgreSQL.
    pub fn room(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.folder()?).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Returns the versions of the app on phones in use, the most frequent first.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn phones_by_version(&self) -> sqlx::Result<Vec<PhonesOfVersion>> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT d.app, COUNT(DISTINCT d.id) FROM device d JOIN session s ON s.device = d.id AND s.kind = 'field'
             WHERE d.revoked_at IS NULL GROUP BY d.app ORDER BY COUNT(DISTINCT d.id) DESC, d.app",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(app, phones)| PhonesOfVersion { app, phones: phones.cast_unsigned() }).collect())
    }

    /// Notes the version of the app that a phone syncs with.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn note_app(&self, device: DeviceId, app: &str) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE device SET app = $1 WHERE id = $2")
            .bind(app)
            .bind(device.to_string())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Returns the work of the last night.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn last_night(&self) -> sqlx::Result<Option<NightDone>> {
        self.setting(NIGHT).await?.map(|night| serde_json::from_str(&night).map_err(decode)).transpose()
    }

    /// Notes the work of a night.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn note_night(&self, night: &NightDone) -> sqlx::Result<()> {
        self.put_setting(NIGHT, &serde_json::to_string(night).map_err(decode)?).await
    }

    /// Returns the last backup, made by the page or by the command.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn last_backup(&self) -> sqlx::Result<Option<BackupMade>> {
        self.setting(BACKUP).await?.map(|made| serde_json::from_str(&made).map_err(decode)).transpose()
    }

    /// Notes a backup that was made under this name and was not tried.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn note_backup(&self, file: &str, bytes: u64) -> sqlx::Result<()> {
        let at = random::now_ms();
        self.put_backup(&BackupMade { at, file: file.to_owned(), bytes, records: None, problem: String::new() }).await
    }

    async fn put_backup(&self, made: &BackupMade) -> sqlx::Result<()> {
        self.put_setting(BACKUP, &serde_json::to_string(made).map_err(decode)?).await
    }

    /// Makes a backup beside the database, and opens it as a restore would. What became of it is noted; the oldest backups of
    /// the folder go.
    ///
    /// # Errors
    /// Fails when the database does. A backup that could not be written or opened is noted with the reason.
    pub async fn back_up_and_try(&self, by: &str) -> sqlx::Result<()> {
        let at = random::now_ms();
        let made = match self.try_backup(at, by).await {
            Ok(made) => made,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "a backup failed");
                BackupMade { at, file: String::new(), bytes: 0, records: None, problem: format!("{error:#}") }
            }
        };
        self.put_backup(&made).await
    }

    async fn try_backup(&self, at: u64, by: &str) -> anyhow::Result<BackupMade> {
        let folder = self.folder().context("PostgreSQL 请用 pg_dump 备份")?.join(FOLDER);
        std::fs::create_dir_all(&folder).with_context(|| format!("无法建立目录 {}", folder.display()))?;
        sweep(&folder)?;
        // The backup and the copy that is tried; and phones go on sending meanwhile.
        let wanted = self.size().await?.saturating_mul(2).saturating_add(MARGIN);
        ensure!(self.room().is_none_or(|room| room >= wanted), "磁盘剩下的空间不够再放一份备份，请先腾出空间");
        let name = format!("{}.db", ruhu_domain::day::local(at.cast_signed()).format(NAME));
        let file = folder.join(&name);
        self.backup(&file, by).await?;
        let records = try_out(&file).await;
        tidy(&folder, &name)?;
        let bytes = file.metadata()?.len();
        Ok(BackupMade { at, file: format!("{FOLDER}/{name}"), bytes, records: Some(records?), problem: String::new() })
    }
}

/// Opens a copy of a backup and counts its records. The copy goes, whatever comes out.
async fn try_out(backup: &Path) -> anyhow::Result<u64> {
    let tried = backup.with_extension(TRYING);
    let counted = async {
        std::fs::copy(backup, &tried).context("没有地方打开它来试")?;
        let database = Database::open(&Location::File(tried.clone())).await?;
        let counted = async {
            let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&database.pool).await?;
            let records: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM record").fetch_one(&database.pool).await?;
            ensure!(sound == "ok", "备份文件已损坏：{sound}");
            anyhow::Ok(records.cast_unsigned())
        };
        let counted = counted.await;
        database.close().await;
        counted
    };
    let counted = counted.await.context("备份写好了，但打不开");
    for suffix in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(backup.with_extension(format!("{TRYING}{suffix}"))));
    }
    counted
}

/// Deletes what a backup left that was cut off.
fn sweep(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let cut_off =
            path.to_str().is_some_and(|path| path.contains(&format!(".{TRYING}")) || path.ends_with(".db.partial"));
        if cut_off {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Deletes the oldest of the backups that the page made, but for the last [`STAY`], of which `made` is one.
fn tidy(folder: &Path, made: &str) -> std::io::Result<()> {
    let is_own = |name: &str| {
        name.strip_suffix(".db").is_some_and(|stem| chrono::NaiveDateTime::parse_from_str(stem, NAME).is_ok())
    };
    let mut backups = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        backups.extend(name.to_str().filter(|name| is_own(name) && *name != made).map(str::to_owned));
    }
    backups.sort_unstable();
    let over = (backups.len() + 1).saturating_sub(STAY);
    backups.iter().take(over).try_for_each(|name| std::fs::remove_file(folder.join(name)))
}
