//! What waits for a supervisor's word.

use super::{
    Database,
    sync::{begin, decode, uuid, write_channel},
};
use crate::random;
use ruhu_domain::{OpId, intake::Sender, record::Op};
use sqlx::{Row, SqliteTransaction};
use std::collections::HashSet;

/// An op that was set aside.
#[derive(Clone, Debug)]
pub struct Quarantined {
    /// The op, with its sender's name.
    pub op: Op,
    /// When it came, Unix milliseconds.
    pub received_at: u64,
    /// Why it was set aside.
    pub reason: String,
}

/// Why a decision could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum CannotDecide {
    /// There is no such op in quarantine.
    #[error("没有这条待核对的记录（可能已经处理过）")]
    NotThere,
    /// Its record was purged meanwhile.
    #[error("这条修改对应的记录已清除，不能采纳")]
    Gone,
    /// The database's reason.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Database {
    /// What waits for a decision, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn quarantined(&self) -> sqlx::Result<Vec<Quarantined>> {
        let rows = sqlx::query(
            "SELECT body, received_at, reason FROM op WHERE outcome = 'quarantined' ORDER BY received_at, id",
        )
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let body: String = row.try_get(0)?;
            Ok(Quarantined {
                op: serde_json::from_str(&body).map_err(decode)?,
                received_at: row.try_get::<i64, _>(1)?.cast_unsigned(),
                reason: row.try_get::<Option<String>, _>(2)?.unwrap_or_default(),
            })
        };
        rows.iter().map(read).collect()
    }

    /// Merges an op after all. The phone that made it learns so at its next pass.
    ///
    /// # Errors
    /// See [`CannotDecide`].
    pub async fn accept(&self, id: OpId) -> Result<(), CannotDecide> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let (county, op) = waiting(&mut tx, id).await?;
        let mut intake = begin(&mut tx, &county, std::slice::from_ref(&op)).await?;
        let nowhere = HashSet::new();
        let sender = Sender { name: &op.by, channels: &nowhere, now_ms: random::now_ms() };
        let result = intake.accept(&op, &sender).ok_or(CannotDecide::Gone)?;
        for (channel, records) in intake.finish().1 {
            write_channel(&mut tx, &county, &channel, records).await?;
        }
        decide(&mut tx, &county, id, "applied", result.stamp.map(|stamp| stamp.to_string()), None).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Decides against an op. The phone that made it shows it as returned, with the reason.
    ///
    /// # Errors
    /// See [`CannotDecide`].
    pub async fn refuse(&self, id: OpId, reason: &str) -> Result<(), CannotDecide> {
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let (county, _) = waiting(&mut tx, id).await?;
        decide(&mut tx, &county, id, "refused", None, Some(reason)).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The op that waits under this id, and its county.
async fn waiting(tx: &mut SqliteTransaction<'_>, id: OpId) -> Result<(String, Op), CannotDecide> {
    let rows =
        sqlx::query("SELECT county, id, body FROM op WHERE outcome = 'quarantined'").fetch_all(&mut **tx).await?;
    for row in rows {
        if uuid(&row, 1)? == id.0 {
            let body: String = row.try_get(2)?;
            return Ok((row.try_get(0)?, serde_json::from_str(&body).map_err(decode)?));
        }
    }
    Err(CannotDecide::NotThere)
}

async fn decide(
    tx: &mut SqliteTransaction<'_>,
    county: &str,
    id: OpId,
    outcome: &str,
    stamp: Option<String>,
    reason: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE op SET outcome = ?, stamp = ?, reason = ? WHERE county = ? AND id = ?")
        .bind(outcome)
        .bind(stamp)
        .bind(reason)
        .bind(county)
        .bind(id.0.as_bytes().to_vec())
        .execute(&mut **tx)
        .await
        .map(drop)
}
