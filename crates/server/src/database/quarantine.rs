//! The ops that wait for a supervisor's decision.

use super::{
    Database,
    audit::{Act, Entry, append},
    projection::refresh,
    sql::Retries,
    stored,
    stored::{decode, key, uuid},
    sync::ground::{Ground, Hints},
};
use ruhu_domain::{
    Channel, Kind, OpId, Record, RecordId,
    intake::{Incident, Policy as _, Sender, Unacceptable},
    record::{Fieldwork, Op},
    roster::household::Household,
};
use sqlx::{AnyConnection, AssertSqlSafe, Row, any::AnyRow};
use std::collections::BTreeSet;

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

/// Some of the ops that wait.
#[derive(Clone, Debug, Default)]
pub struct QuarantinePage {
    /// The ops.
    pub ops: Vec<Quarantined>,
    /// Those among them that can't be read.
    pub unreadable: Vec<OpId>,
    /// How many wait in all.
    pub all: usize,
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
    /// The op, or its record, can't be read, or the record would grow beyond its bounds.
    #[error("不能采纳：{0}")]
    NotStorable(&'static str),
    /// The database's reason.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The beginning of a statement on ops that wait.
const WAITING: &str = "SELECT o.body, o.received_at, o.reason, COALESCE(r.channel, o.channel), o.account, o.id
                       FROM op o LEFT JOIN record r ON r.county = o.county AND r.id = o.record
                       WHERE o.outcome = 'quarantined'";

/// Reads a row of [`WAITING`]; `None` where its op can't be read.
fn quarantined(row: &AnyRow) -> sqlx::Result<Option<Quarantined>> {
    let Some(op) = stored::op(uuid(row, 5)?, &row.try_get::<String, _>(0)?) else { return Ok(None) };
    Ok(Some(Quarantined {
        op,
        received_at: row.try_get::<i64, _>(1)?.cast_unsigned(),
        reason: row.try_get::<Option<String>, _>(2)?.unwrap_or_default(),
        channel: row.try_get::<String, _>(3)?.parse().map_err(decode)?,
        account: row.try_get(4)?,
    }))
}

impl Database {
    /// Returns the ops that wait for a decision, the oldest first, but for those that can't be read.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn quarantined(&self) -> sqlx::Result<Vec<Quarantined>> {
        self.quarantined_of("").await
    }

    /// Returns the ops that wait in the channels that `may` names, the oldest first: `limit` of them after `skip`.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn quarantined_page(
        &self,
        may: impl Fn(&Channel) -> bool,
        skip: usize,
        limit: usize,
    ) -> sqlx::Result<QuarantinePage> {
        let rows = sqlx::query(
            "SELECT o.county, o.id, COALESCE(r.channel, o.channel)
             FROM op o LEFT JOIN record r ON r.county = o.county AND r.id = o.record
             WHERE o.outcome = 'quarantined' ORDER BY o.received_at, o.id",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut theirs: Vec<(String, Vec<u8>)> = Vec::new();
        for row in &rows {
            let channel: Channel = row.try_get::<String, _>(2)?.parse().map_err(decode)?;
            if may(&channel) {
                theirs.push((row.try_get(0)?, row.try_get(1)?));
            }
        }
        let mut page = QuarantinePage { all: theirs.len(), ..QuarantinePage::default() };
        for (county, id) in theirs.iter().skip(skip).take(limit) {
            let row = sqlx::query(AssertSqlSafe(format!("{WAITING} AND o.county = $1 AND o.id = $2")))
                .bind(county)
                .bind(id.as_slice())
                .fetch_optional(&self.pool)
                .await?;
            let Some(row) = row else { continue };
            match quarantined(&row)? {
                Some(op) => page.ops.push(op),
                None => page.unreadable.push(OpId(uuid(&row, 5)?)),
            }
        }
        Ok(page)
    }

    /// Returns the ops of an account that wait and can be read; those of all accounts where it is empty.
    pub(super) async fn quarantined_of(&self, account: &str) -> sqlx::Result<Vec<Quarantined>> {
        let words = format!("{WAITING} AND ($1 = '' OR o.account = $2) ORDER BY o.received_at, o.id");
        let rows = sqlx::query(AssertSqlSafe(words)).bind(account).bind(account).fetch_all(&self.pool).await?;
        rows.iter().filter_map(|row| quarantined(row).transpose()).collect()
    }

    /// Returns the household that an op is about, and where it is; none where it is about none that can be read.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn household_of(&self, op: &Op) -> sqlx::Result<Option<(Channel, Household)>> {
        let village = op.channel.grid.village();
        let read = async |id: RecordId| -> sqlx::Result<Option<Record>> {
            let body: Option<String> = sqlx::query_scalar("SELECT body FROM record WHERE county = $1 AND id = $2")
                .bind(village.county())
                .bind(key(id.0))
                .fetch_optional(&self.pool)
                .await?;
            Ok(body.and_then(|body| stored::record(id, &body)))
        };
        // What is stored tells; of a new record, what the op says.
        let stored = read(op.record).await?;
        let home = match stored {
            Some(record) if record.kind == Kind::Household => Some(record.id),
            Some(record) => record.home(),
            None => op.home(),
        };
        let Some(home) = home else { return Ok(None) };
        Ok(read(home).await?.and_then(|record| Some((record.channel.clone(), record.view()?))))
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
        let Some(op) = op else {
            return Ok(Some(CannotDecide::NotStorable(Fieldwork::words(Incident::Malformed))));
        };
        let mut ground =
            Ground::read(&mut tx, (self.engine, self.run), &county, std::slice::from_ref(&op), before).await?;
        let sender = Sender { name: &op.by, grants: &[], now_ms: self.now_ms() };
        let result = match ground.intake.accept(&op, &sender) {
            Ok(result) => result,
            Err(Unacceptable::Gone) => return Ok(Some(CannotDecide::Gone)),
            Err(Unacceptable::Incident(why)) => return Ok(Some(CannotDecide::NotStorable(Fieldwork::words(why)))),
        };
        let stamp = result.stamp.map(|stamp| stamp.to_string());
        if !decide(&mut tx, &county, id, "applied", stamp, None).await? {
            return Ok(Some(CannotDecide::NotThere));
        }
        for (channel, changes) in std::mem::take(&mut ground.intake).finish().1 {
            ground.write(&mut tx, &channel, changes).await?;
        }
        // It arrived when it was sent, not now.
        refresh(&mut tx, self.engine, &county, &BTreeSet::from([op.record])).await?;
        append(&mut tx, self.engine, &Entry::of(by, Act::Accept, id).at(&county)).await?;
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
        append(&mut tx, self.engine, &Entry::of(by, Act::Refuse, id).at(&county)).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Returns the county of the op that waits under this identity, and the op where it can be read.
async fn waiting(tx: &mut AnyConnection, id: OpId) -> sqlx::Result<Option<(String, Option<Op>)>> {
    let row = sqlx::query("SELECT county, body FROM op WHERE outcome = 'quarantined' AND id = $1")
        .bind(key(id.0))
        .fetch_optional(&mut *tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((row.try_get(0)?, stored::op(id.0, &row.try_get::<String, _>(1)?))))
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
