//! Backups: a whole copy while serving, and putting one back.

use super::Database;
use crate::random;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};

impl Database {
    /// Writes a whole copy of the database to a new file, as of one moment, while it goes on serving.
    ///
    /// # Errors
    /// The file is there already or can't be written.
    pub async fn backup(&self, file: &Path) -> anyhow::Result<()> {
        ensure!(!file.exists(), "{} 已存在，请换一个文件名", file.display());
        let name = file.to_str().context("文件名含有无法识别的字符")?;
        sqlx::query("VACUUM INTO ?").bind(name).execute(&self.pool).await.context("备份没有写成")?;
        Ok(())
    }

    /// Puts a backup in the place of the database at `into`, which is kept beside it under another name and
    /// returned. The restored database has a new epoch, so that phones offer again what the backup lacks,
    /// and no sessions: everybody logs in again.
    ///
    /// # Errors
    /// The backup can't be read or is damaged: then nothing was changed.
    pub async fn restore(backup: &Path, into: &Path) -> anyhow::Result<Option<PathBuf>> {
        ensure!(backup.is_file(), "没有找到备份文件 {}", backup.display());
        let beside = |suffix: &str| PathBuf::from(format!("{}.{suffix}", into.display()));
        let fresh = beside("restoring");
        std::fs::copy(backup, &fresh).with_context(|| format!("无法写入 {}", fresh.display()))?;
        let restored = async {
            let database = Self::open(&fresh).await?;
            let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&database.pool).await?;
            ensure!(sound == "ok", "备份文件已损坏：{sound}");
            let epoch = uuid::Uuid::from_bytes(random::bytes()).simple().to_string();
            let mut tx = database.pool.begin_with("BEGIN IMMEDIATE").await?;
            sqlx::query("UPDATE setting SET value = ? WHERE name = 'epoch'").bind(epoch).execute(&mut *tx).await?;
            sqlx::query("DELETE FROM session").execute(&mut *tx).await?;
            tx.commit().await?;
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
}
