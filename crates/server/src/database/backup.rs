//! Backups: a whole copy while serving, and putting one back.

use super::{
    Database, Location, OPERATOR, Session,
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
    pub async fn backup(&self, file: &Path, by: &str) -> anyhow::Result<()> {
        ensure!(self.engine == Engine::Sqlite, "PostgreSQL 请用 pg_dump 备份，例如：pg_dump -Fc -f 备份文件 库名");
        ensure!(!file.exists(), "{} 已存在，请换一个文件名", file.display());
        let name = file.to_str().context("文件名含有无法识别的字符")?;
        let entry = Entry::of(by, Act::Backup, "");
        self.put_on_record(&[entry]).await?;
        // Under its name only when it is whole and on disk.
        let partial = format!("{name}.partial");
        drop(std::fs::remove_file(&partial));
        let written = async {
            sqlx::query("VACUUM INTO $1").bind(&partial).execute(&self.pool).await?;
            std::fs::File::open(&partial)?.sync_all()?;
            match std::fs::hard_link(&partial, file) {
                // Some disks have no links, as those of USB sticks: nothing stands under this name, or it is refused.
                Err(_) if !file.exists() => std::fs::rename(&partial, file)?,
                linked => linked?,
            }
            anyhow::Ok(())
        };
        let written = written.await.context("备份没有写成");
        drop(std::fs::remove_file(&partial));
        written
    }

    /// Puts a backup in the place of the database at `into`, which is kept beside it under another name and
    /// returned. The restored database has begun anew (see [`Database::begin_anew`]).
    ///
    /// # Errors
    /// The backup can't be read or is damaged: then nothing was changed.
    pub async fn restore(backup: &Path, into: &Path) -> anyhow::Result<Option<PathBuf>> {
        ensure!(backup.is_file(), "没有找到备份文件 {}", backup.display());
        let _lock = Location::File(into.to_owned()).lock()?;
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

    /// Begins a new epoch because a phone of an account had a position that this database never gave out in its present
    /// state: it was set back without [`Database::restore`]. `false` where the same account said so within a day: a phone
    /// that makes positions up makes nobody begin again and again.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn begin_anew_for(&self, session: &Session, epoch: &str) -> sqlx::Result<bool> {
        const DAY_MS: u64 = 86_400_000;
        let name = format!("set_back_seen_by_{}", session.account);
        let now = self.now_ms();
        let mut tx = self.begin().await?;
        let seen: Option<String> = sqlx::query_scalar("SELECT value FROM setting WHERE name = $1")
            .bind(&name)
            .fetch_optional(&mut *tx)
            .await?;
        let seen = seen.and_then(|at| at.parse::<u64>().ok());
        if seen.is_some_and(|seen| now.saturating_sub(seen) < DAY_MS) {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(&name)
        .bind(now.to_string())
        .execute(&mut *tx)
        .await?;
        // Another phone may have shown it at the same time.
        let begun = sqlx::query("UPDATE setting SET value = $1 WHERE name = 'epoch' AND value = $2")
            .bind(new_epoch())
            .bind(epoch)
            .execute(&mut *tx)
            .await?;
        if begun.rows_affected() == 1 {
            sqlx::query("DELETE FROM photo_upload").execute(&mut *tx).await?;
            let (account, device) = (session.account.as_str(), Some(session.device));
            let entry = Entry::of(account, Act::Restore, "unnoticed").on(device);
            append(&mut tx, self.engine, &entry).await?;
            tracing::error!(
                "the database was set back without a word: a new epoch begins, and phones offer again what it lacks"
            );
        }
        tx.commit().await?;
        Ok(true)
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
        let entry = Entry::of(OPERATOR, Act::Restore, "");
        append(&mut tx, self.engine, &entry).await?;
        tx.commit().await
    }
}
