//! Making the projections anew, while others read and write.

use super::{
    Database,
    projection::{PAGE, refresh},
    stored::{key, uuid},
    sync::ground::lock,
};
use ruhu_domain::RecordId;
use sqlx::Row;
use std::collections::BTreeSet;

/// The setting with the version of the projections that the tables have.
const SETTING: &str = "projections";

/// The version of what this program projects. Another number makes a database do it anew when it is opened.
const VERSION: &str = "1";

impl Database {
    /// Makes the projections where this version's are not there yet: once, when a database is opened after an update.
    pub(super) async fn fill_projections(&self) -> sqlx::Result<()> {
        if self.setting(SETTING).await?.as_deref() == Some(VERSION) {
            return Ok(());
        }
        let count = self.rebuild(|count| tracing::info!(count, "projections are made")).await?;
        if count > 0 {
            tracing::info!(count, "projections made for all records");
        }
        self.put_setting(SETTING, VERSION).await
    }

    /// Makes the projections of all records anew, a few hundred records in one transaction, and returns how many records there were.
    /// Phones and offices go on meanwhile. `progress` is told how many were done, from time to time.
    ///
    /// # Errors
    /// Fails when the database does: what was done before stays done.
    pub async fn rebuild(&self, progress: impl Fn(u64)) -> sqlx::Result<u64> {
        const TOLD_EVERY: u64 = 50_000;
        let mut count = 0;
        for county in self.counties("").await? {
            let mut last = Vec::new();
            loop {
                let before = count / TOLD_EVERY;
                let Some((end, done)) = self.rebuild_page(&county, &last).await? else { break };
                (last, count) = (end, count + done);
                if count / TOLD_EVERY > before {
                    progress(count);
                }
            }
        }
        self.forget_strays().await?;
        Ok(count)
    }

    /// Makes anew what follows from the next records of a county; returns the last one and how many there were.
    async fn rebuild_page(&self, county: &str, last: &[u8]) -> sqlx::Result<Option<(Vec<u8>, u64)>> {
        let words = "SELECT id, channel FROM record WHERE county = $1 AND id > $2 ORDER BY id LIMIT $3";
        let rows = sqlx::query(words)
            .bind(county)
            .bind(last)
            .bind(i64::try_from(PAGE).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await?;
        let Some(end) = rows.last() else { return Ok(None) };
        let end = uuid(end, 0)?;
        let mut ids = BTreeSet::new();
        let mut channels = BTreeSet::new();
        for row in &rows {
            ids.insert(RecordId(uuid(row, 0)?));
            channels.insert(row.try_get::<String, _>(1)?);
        }
        let mut tx = self.begin().await?;
        // With the rows of their channels locked nobody writes them.
        lock(&mut tx, self.engine, county, &channels).await?;
        refresh(&mut tx, self.engine, county, &ids).await?;
        tx.commit().await?;
        Ok(Some((key(end), rows.len() as u64)))
    }

    /// Takes out what is of records that are not there.
    async fn forget_strays(&self) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        for words in [
            "DELETE FROM case_line WHERE NOT EXISTS
             (SELECT 1 FROM record r WHERE r.county = case_line.county AND r.id = case_line.record)",
            "DELETE FROM name_index WHERE NOT EXISTS
             (SELECT 1 FROM record r WHERE r.county = name_index.county AND r.id = name_index.record)",
        ] {
            sqlx::query(words).execute(&mut *tx).await?;
        }
        tx.commit().await
    }
}
