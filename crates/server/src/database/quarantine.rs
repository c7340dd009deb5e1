//! The ops that wait for a supervisor's decision.

use super::{
    Database,
    audit::{Act, Entry, append},
    sql::Retries,
    sync::rows::{Ground, Hints, decode, key},
};
use crate::random;
use ruhu_domain::{Channel, OpId, intake::Sender, record::Op};
use sqlx::{AnyConnection, Row};

/// An op that was set aside.
#[derive(Clone, Debug)]
pub struct Quarantined {
    /// The op, with its sender's name.
    pub op: Op,
    /// The account that it came from.
    pub account: String,
    /// Where its record is, whatever the op says; where the op says, for a new record.
    pub channel: Channel,
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
    /// Returns the records that wait for a decision, the oldest first.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn quarantined(&self) -> sqlx::Result<Vec<Quarantined>> {
        self.quarantined_of("").await
    }

    /// Returns the ops of an account that wait; those of all accounts where it is empty.
    pub(super) async fn quarantined_of(&self, account: &str) -> sqlx::Result<Vec<Quarantined>> {
        let rows = sqlx::query(
            "SELECT o.body, o.received_at, o.reason, COALESCE(r.channel, o.channel), o.account
             FROM op o LEFT JOIN record r ON r.county = o.county AND r.id = o.record
             WHERE o.outcome = 'quarantined' AND ($1 = '' OR o.account = $2) ORDER BY o.received_at, o.id",
        )
        .bind(account)
        .bind(account)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &sqlx::any::AnyRow| {
            let body: String = row.try_get(0)?;
            Ok(Quarantined {
                op: serde_json::from_str(&body).map_err(decode)?,
                received_at: row.try_get::<i64, _>(1)?.cast_unsigned(),
                reason: row.try_get::<Option<String>, _>(2)?.unwrap_or_default(),
                channel: row.try_get::<String, _>(3)?.parse().map_err(decode)?,
                account: row.try_get(4)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Whether the history has an op, whatever became of it.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn has_op(&self, county: &str, id: OpId) -> sqlx::Result<bool> {
        let found = sqlx::query("SELECT 1 FROM op WHERE county = $1 AND id = $2")
            .bind(county)
            .bind(key(id.0))
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.is_some())
    }

    /// Where the record of an op that waits is (see [`Quarantined::channel`]), and whose account it came from; none where it does not wait.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn waiting_for(&self, id: OpId) -> sqlx::Result<Option<(Channel, String)>> {
        let row = sqlx::query(
            "SELECT COALESCE(r.channel, o.channel), o.account
             FROM op o LEFT JOIN record r ON r.county = o.county AND r.id = o.record
             WHERE o.outcome = 'quarantined' AND o.id = $1",
        )
        .bind(key(id.0))
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((row.try_get::<String, _>(0)?.parse().map_err(decode)?, row.try_get(1)?)))
    }

    /// Merges an op after all. The phone that made it learns so at its next pass.
    ///
    /// # Errors
    /// See [`CannotDecide`].
    pub async fn accept(&self, id: OpId, by: &str) -> Result<(), CannotDecide> {
        let (mut retries, mut before) = (Retries::default(), Hints::default());
        loop {
            match self.try_accept(id, by, &mut before).await {
                Ok(done) => return done.map_or(Ok(()), Err),
                Err(error) => retries.again(error).await?,
            }
        }
    }

    async fn try_accept(&self, id: OpId, by: &str, before: &mut Hints) -> sqlx::Result<Option<CannotDecide>> {
        let mut tx = self.begin().await?;
        let Some((county, op)) = waiting(&mut tx, id).await? else { return Ok(Some(CannotDecide::NotThere)) };
        let mut ground = Ground::read(&mut tx, self.engine, &county, std::slice::from_ref(&op), before).await?;
        let sender = Sender { name: &op.by, grants: &[], now_ms: random::now_ms() };
        let Some(result) = ground.intake.accept(&op, &sender) else { return Ok(Some(CannotDecide::Gone)) };
        for (channel, changes) in std::mem::take(&mut ground.intake).finish().1 {
            ground.write(&mut tx, &channel, changes).await?;
        }
        let stamp = result.stamp.map(|stamp| stamp.to_string());
        if !decide(&mut tx, &county, id, "applied", stamp, None).await? {
            return Ok(Some(CannotDecide::NotThere));
        }
        append(&mut tx, self.engine, &decision(Act::Accept, id, by)).await?;
        tx.commit().await?;
        Ok(None)
    }

    /// Decides against an op. The phone that made it shows it as returned, with the reason.
    ///
    /// # Errors
    /// See [`CannotDecide`].
    pub async fn refuse(&self, id: OpId, reason: &str, by: &str) -> Result<(), CannotDecide> {
        let mut tx = self.begin().await?;
        let (county, _) = waiting(&mut tx, id).await?.ok_or(CannotDecide::NotThere)?;
        if !decide(&mut tx, &county, id, "refused", None, Some(reason)).await? {
            return Err(CannotDecide::NotThere);
        }
        // Of a record that was erased nothing is kept.
        sqlx::query(
            "UPDATE op SET body = '' WHERE county = $1 AND id = $2 AND record NOT IN
             (SELECT id FROM record WHERE county = $3) AND EXISTS (SELECT 1 FROM op e WHERE e.county = $4
             AND e.record = op.record AND e.body = '')",
        )
        .bind(&county)
        .bind(key(id.0))
        .bind(&county)
        .bind(&county)
        .execute(&mut *tx)
        .await?;
        append(&mut tx, self.engine, &decision(Act::Refuse, id, by)).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn decision(act: Act, id: OpId, by: &str) -> Entry<'_> {
    Entry { account: by, device: None, act, subject: id.to_string() }
}

/// The op that waits under this id, and its county.
async fn waiting(tx: &mut AnyConnection, id: OpId) -> sqlx::Result<Option<(String, Op)>> {
    let row = sqlx::query("SELECT county, body FROM op WHERE outcome = 'quarantined' AND id = $1")
        .bind(key(id.0))
        .fetch_optional(&mut *tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let body: String = row.try_get(1)?;
    Ok(Some((row.try_get(0)?, serde_json::from_str(&body).map_err(decode)?)))
}

/// Writes a decision down; `false` where another came before it.
async fn decide(
    tx: &mut AnyConnection,
    county: &str,
    id: OpId,
    outcome: &str,
    stamp: Option<String>,
    reason: Option<&str>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "UPDATE op SET outcome = $1, stamp = $2, reason = $3
         WHERE county = $4 AND id = $5 AND outcome = 'quarantined'",
    )
    .bind(outcome)
    .bind(stamp)
    .bind(reason)
    .bind(county)
    .bind(key(id.0))
    .execute(&mut *tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
