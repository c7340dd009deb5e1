//! Backups: a whole copy while serving, and putting one back.

use super::{
    Database, Location, OPERATOR,
    audit::{Act, Entry, append},
    new_epoch,
    sql::Engine,
};
use crate::random;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};

impl Database {
    /// Writes a whole copy of the database to a new file, as of one moment, while it goes on serving.
    ///
    /// # Errors
    /// The file is there already or can't be written, or the database has its own tools for this.
    pub async fn backup(&self, file: &Path) -> anyhow::Result<()> {
        ensure!(self.engine == Engine::Sqlite, "PostgreSQL 请用 pg_dump 备份，例如：pg_dump -Fc -f 备份文件 库名");
        ensure!(!file.exists(), "{} 已存在，请换一个文件名", file.display());
        let name = file.to_str().context("文件名含有无法识别的字符")?;
        let entry = Entry { account: OPERATOR, device: None, act: Act::Backup, subject: String::new() };
        self.put_on_record(&[entry]).await?;
        sqlx::query("VACUUM INTO $1").bind(name).execute(&self.pool).await.context("备份没有写成")?;
        Ok(())
    }

    /// Puts a backup in the place of the database at `into`, which is kept beside it under another name and
    /// returned. The restored database has begun anew (see [`Database::begin_anew`]).
    ///
    /// # Errors
    /// The backup can't be read or is damaged: then nothing was changed.
    pub async fn restore(backup: &Path, into: &Path) -> anyhow::Result<Option<PathBuf>> {
        ensure!(backup.is_file(), "没有找到备份文件 {}", backup.display());
        let beside = |suffix: &str| PathBuf::from(format!("{}.{suffix}", into.display()));
        let fresh = beside("restoring");
        std::fs::copy(backup, &fresh).with_context(|| format!("无法写入 {}", fresh.display()))?;
        let restored = async {
            let database = Self::open(&Location::File(fresh.clone())).await?;
            let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&database.pool).await?;
            ensure!(sound == "ok", "备份文件已损坏：{sound}");
            database.begin_anew().await?;
            database.close().await;
            Ok(())
        }
        .await;
        if let Err(error) = restored {
            drop(std::fs::remove_file(&fresh));
            return Err(error);
        }
        let old = into.exists().then(|| beside(&format!("before-{}", random::now_ms())));
        if let Some(old) = &old {
            std::fs::rename(into, old)?;
            for log in ["-wal", "-shm"] {
                let of = |file: &Path| PathBuf::from(format!("{}{log}", file.display()));
                if of(into).exists() {
                    std::fs::rename(of(into), of(old))?;
                }
            }
        }
        std::fs::rename(&fresh, into)?;
        Ok(old)
    }

    /// Tells that what is stored now was put back from a backup: it gets a new epoch, so that phones offer
    /// again what the backup lacks, and has no sessions: everybody logs in again. Servers that have it open
    /// are to be started again.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn begin_anew(&self) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE setting SET value = $1 WHERE name = 'epoch'").bind(new_epoch()).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM session").execute(&mut *tx).await?;
        sqlx::query("DELETE FROM photo_upload").execute(&mut *tx).await?;
        let entry = Entry { account: OPERATOR, device: None, act: Act::Restore, subject: String::new() };
        append(&mut tx, self.engine, &entry).await?;
        tx.commit().await
    }
}
