//! Taking in ops and handing out what changed.

use super::Database;
use crate::random;
use ruhu_domain::{
    Channel, DeviceId, OpId, Record, RecordId,
    intake::{Changed, Intake, Kept, OpDigest, Past, Sender, Verdict, rejected},
    record::Op,
    wire::{MAX_RECORDS, OpResult, Page, Position},
};
use serde_json::value::RawValue;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteTransaction};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Rows of one insert statement.
const ROWS: usize = 500;

/// Who sends ops.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    /// The account's identity.
    pub account: &'a str,
    /// The person's name, written into the records.
    pub name: &'a str,
    /// The device.
    pub device: DeviceId,
    /// Where ops are taken; others are set aside for a supervisor.
    pub channels: &'a HashSet<Channel>,
}

/// An op as it came: read, or why not.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// It could be read.
    Op(Box<Op>),
    /// It could not, but it has an id to answer to.
    Malformed(OpId),
}

/// What was done with a batch.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// A result per op, in the order sent.
    pub results: Vec<OpResult>,
    written: BTreeMap<Channel, Written>,
}

/// What a batch wrote in a channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// The channel's number before and after.
    after: u64,
    last: u64,
    generation: u64,
    /// Records whose sender has the very same already: their numbers, with those they had before.
    known: HashMap<u64, u64>,
}

impl Written {
    /// The page of a request that only pushes: the numbers of what it wrote, where the sender has it all.
    fn page(&self, channel: &Channel) -> Option<Page<Box<RawValue>>> {
        let known = |seq| self.known.get(&seq).is_some_and(|before| *before <= self.after);
        (self.after + 1..=self.last).all(known).then(|| Page {
            channel: channel.clone(),
            records: Vec::new(),
            after: self.after,
            next: Position { next: self.last, generation: self.generation },
            more: false,
            reset: false,
        })
    }
}

impl Database {
    /// Takes in ops in one transaction. Each is answered; a bad one holds up nothing.
    ///
    /// # Errors
    /// The database's: then nothing was taken and all can be sent again.
    pub async fn take(&self, author: Author<'_>, ops: Vec<Incoming>) -> sqlx::Result<Taken> {
        if ops.is_empty() {
            return Ok(Taken::default());
        }
        let mut tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let mut order = Vec::with_capacity(ops.len());
        let mut results = HashMap::new();
        let mut counties: BTreeMap<String, Vec<Op>> = BTreeMap::new();
        for incoming in ops {
            match incoming {
                Incoming::Malformed(id) => {
                    order.push(id);
                    results.insert(id, rejected(id, "这条记录的格式有误，办公室无法读取"));
                }
                Incoming::Op(op) => {
                    order.push(op.id);
                    counties.entry(op.channel.grid.village().county().to_owned()).or_default().push(*op);
                }
            }
        }
        let mut written = BTreeMap::new();
        for (county, ops) in counties {
            let mut intake = begin(&mut tx, &county, &ops).await?;
            let sender = Sender { name: author.name, channels: author.channels, now_ms: random::now_ms() };
            for op in ops {
                results.insert(op.id, intake.take(op, &sender));
            }
            let (kept, channels) = intake.finish();
            insert_history(&mut tx, &county, author, &kept).await?;
            for (channel, records) in channels {
                let wrote = write_channel(&mut tx, &county, &channel, records).await?;
                written.insert(channel, wrote);
            }
        }
        tx.commit().await?;
        let results = order.iter().filter_map(|id| results.get(id).cloned()).collect();
        Ok(Taken { results, written })
    }

    /// What changed in the channels after the positions, at most `limit` records in all. Leaves out what
    /// the sender of `taken` has already. With a limit of 0 only the numbers of what was pushed.
    ///
    /// # Errors
    /// The database's.
    pub async fn pull(
        &self,
        channels: &[Channel],
        positions: &BTreeMap<Channel, Position>,
        limit: u32,
        taken: &Taken,
    ) -> sqlx::Result<Vec<Page<Box<RawValue>>>> {
        if limit == 0 {
            return Ok(taken.written.iter().filter_map(|(channel, written)| written.page(channel)).collect());
        }
        let mut left = limit.min(MAX_RECORDS);
        let mut pages = Vec::new();
        for channel in channels {
            let asked = positions.get(channel).copied();
            let position = asked.unwrap_or_default();
            let county = channel.grid.village().county().to_owned();
            let (generation, floor) = self.generation(&county, channel).await?;
            let reset = position.generation != generation && position.next < floor;
            let after = if reset { 0 } else { position.next };
            let next = Position { next: after, generation };
            let mut page = Page { channel: channel.clone(), records: Vec::new(), after, next, more: true, reset };
            if left == 0 {
                pages.push(page);
                continue;
            }
            let rows = sqlx::query(
                "SELECT seq, body FROM record WHERE county = ? AND channel = ? AND seq > ? ORDER BY seq LIMIT ?",
            )
            .bind(&county)
            .bind(channel.to_string())
            .bind(after.cast_signed())
            .bind(i64::from(left))
            .fetch_all(&self.pool)
            .await?;
            page.more = rows.len() == left as usize;
            let known = taken.written.get(channel).map(|written| &written.known);
            for row in &rows {
                let seq = row.try_get::<i64, _>(0)?.cast_unsigned();
                page.next.next = seq;
                if known.and_then(|known| known.get(&seq)).is_some_and(|before| *before <= after) {
                    continue;
                }
                let body: String = row.try_get(1)?;
                page.records.push(RawValue::from_string(body).map_err(decode)?);
            }
            left = left.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            if asked != Some(page.next) || page.more || reset {
                pages.push(page);
            }
        }
        Ok(pages)
    }

    /// A channel's generation and floor.
    async fn generation(&self, county: &str, channel: &Channel) -> sqlx::Result<(u64, u64)> {
        let row = sqlx::query("SELECT generation, floor FROM channel WHERE county = ? AND channel = ?")
            .bind(county)
            .bind(channel.to_string())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok((0, 0)) };
        Ok((row.try_get::<i64, _>(0)?.cast_unsigned(), row.try_get::<i64, _>(1)?.cast_unsigned()))
    }
}

pub(super) fn decode(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

/// An intake with all that is stored of these ops.
pub(super) async fn begin(tx: &mut SqliteTransaction<'_>, county: &str, ops: &[Op]) -> sqlx::Result<Intake> {
    let history = stored_ops(tx, county, ops).await?;
    let records = stored_records(tx, county, ops).await?;
    let there: HashSet<RecordId> = records.iter().map(|(record, _)| record.id).collect();
    let missing: HashSet<RecordId> = ops.iter().map(|op| op.record).filter(|id| !there.contains(id)).collect();
    let gone = records_with_history(tx, county, &missing).await?;
    Ok(Intake::new(history, records, gone))
}

pub(super) async fn write_channel(
    tx: &mut SqliteTransaction<'_>,
    county: &str,
    channel: &Channel,
    records: Vec<Changed>,
) -> sqlx::Result<Written> {
    let (last, generation) = advance(tx, county, channel, records.len()).await?;
    let after = last - records.len() as u64;
    let mut rows = Vec::with_capacity(records.len());
    let mut known = HashMap::new();
    for (seq, changed) in (after + 1..).zip(&records) {
        if changed.clean {
            known.insert(seq, changed.before);
        }
        rows.push((seq, &changed.record, json(&changed.record)?));
    }
    write_records(tx, county, channel, &rows).await?;
    Ok(Written { after, last, generation, known })
}

fn json<T: serde::Serialize>(value: &T) -> sqlx::Result<String> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

fn key(id: uuid::Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

pub(super) fn uuid(row: &sqlx::sqlite::SqliteRow, column: usize) -> sqlx::Result<uuid::Uuid> {
    let bytes: Vec<u8> = row.try_get(column)?;
    uuid::Uuid::from_slice(&bytes).map_err(decode)
}

/// Adds `(id, id, …)`; SQL has no empty list, so none is `(NULL)`.
fn push_ids(query: &mut QueryBuilder<Sqlite>, ids: impl Iterator<Item = uuid::Uuid>) {
    query.push("(NULL");
    for id in ids {
        query.push(", ").push_bind(key(id));
    }
    query.push(")");
}

/// What the history knows of these ops.
async fn stored_ops(tx: &mut SqliteTransaction<'_>, county: &str, ops: &[Op]) -> sqlx::Result<Vec<(OpId, Past)>> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT id, digest, outcome, reason, stamp FROM op WHERE county = ");
    query.push_bind(county).push(" AND id IN ");
    push_ids(&mut query, ops.iter().map(|op| op.id.0));
    let mut found = Vec::new();
    for row in query.build().fetch_all(&mut **tx).await? {
        let digest: Vec<u8> = row.try_get(1)?;
        let digest: OpDigest = digest.try_into().unwrap_or_default();
        let outcome: String = row.try_get(2)?;
        let reason = row.try_get::<Option<String>, _>(3)?.unwrap_or_default();
        let stamp: Option<String> = row.try_get(4)?;
        let stamp = stamp.map(|stamp| stamp.parse()).transpose().map_err(decode)?;
        let verdict = match outcome.as_str() {
            "quarantined" => Verdict::Quarantined { reason },
            "refused" => Verdict::Refused { reason },
            _ => Verdict::Taken,
        };
        found.push((OpId(uuid(&row, 0)?), Past { digest, verdict, stamp }));
    }
    Ok(found)
}

/// The records that these ops change, with their sequence numbers.
async fn stored_records(tx: &mut SqliteTransaction<'_>, county: &str, ops: &[Op]) -> sqlx::Result<Vec<(Record, u64)>> {
    let ids: HashSet<RecordId> = ops.iter().map(|op| op.record).collect();
    let mut query = QueryBuilder::<Sqlite>::new("SELECT seq, body FROM record WHERE county = ");
    query.push_bind(county).push(" AND id IN ");
    push_ids(&mut query, ids.into_iter().map(|id| id.0));
    let mut found = Vec::new();
    for row in query.build().fetch_all(&mut **tx).await? {
        let body: String = row.try_get(1)?;
        found.push((serde_json::from_str(&body).map_err(decode)?, row.try_get::<i64, _>(0)?.cast_unsigned()));
    }
    Ok(found)
}

/// Which of these records there were once: ops on them were merged.
async fn records_with_history(
    tx: &mut SqliteTransaction<'_>,
    county: &str,
    ids: &HashSet<RecordId>,
) -> sqlx::Result<Vec<RecordId>> {
    let mut query =
        QueryBuilder::<Sqlite>::new("SELECT DISTINCT record FROM op WHERE outcome = 'applied' AND county = ");
    query.push_bind(county).push(" AND record IN ");
    push_ids(&mut query, ids.iter().map(|id| id.0));
    let rows = query.build().fetch_all(&mut **tx).await?;
    rows.iter().map(|row| Ok(RecordId(uuid(row, 0)?))).collect()
}

async fn insert_history(
    tx: &mut SqliteTransaction<'_>,
    county: &str,
    author: Author<'_>,
    ops: &[Kept],
) -> sqlx::Result<()> {
    let received = random::now_ms().cast_signed();
    let device = author.device.to_string();
    let mut rows = Vec::with_capacity(ops.len());
    for kept in ops {
        rows.push((kept, json(&kept.op)?));
    }
    for chunk in rows.chunks(ROWS) {
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO op (county, id, record, channel, account, device, received_at, outcome, reason, stamp, \
             digest, body) ",
        );
        query.push_values(chunk, |mut row, (Kept { op, past }, body)| {
            let (outcome, reason) = match &past.verdict {
                Verdict::Taken => ("applied", None),
                Verdict::Quarantined { reason } => ("quarantined", Some(reason)),
                Verdict::Refused { reason } => ("refused", Some(reason)),
            };
            row.push_bind(county)
                .push_bind(key(op.id.0))
                .push_bind(key(op.record.0))
                .push_bind(op.channel.to_string())
                .push_bind(author.account)
                .push_bind(&device)
                .push_bind(received)
                .push_bind(outcome)
                .push_bind(reason)
                .push_bind(past.stamp.map(|stamp| stamp.to_string()))
                .push_bind(past.digest.as_slice())
                .push_bind(body);
        });
        query.build().execute(&mut **tx).await?;
    }
    Ok(())
}

/// Takes `count` sequence numbers of a channel; returns the last, and the channel's generation. Locks the
/// channel to the end of the transaction.
async fn advance(
    tx: &mut SqliteTransaction<'_>,
    county: &str,
    channel: &Channel,
    count: usize,
) -> sqlx::Result<(u64, u64)> {
    let row = sqlx::query(
        "INSERT INTO channel (county, channel, seq) VALUES (?, ?, ?)
         ON CONFLICT (county, channel) DO UPDATE SET seq = seq + excluded.seq RETURNING seq, generation",
    )
    .bind(county)
    .bind(channel.to_string())
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.try_get::<i64, _>(0)?.cast_unsigned(), row.try_get::<i64, _>(1)?.cast_unsigned()))
}

async fn write_records(
    tx: &mut SqliteTransaction<'_>,
    county: &str,
    channel: &Channel,
    records: &[(u64, &Record, String)],
) -> sqlx::Result<()> {
    let (village, channel) = (channel.grid.village().to_string(), channel.to_string());
    for chunk in records.chunks(ROWS) {
        let mut query =
            QueryBuilder::<Sqlite>::new("INSERT INTO record (county, id, kind, village, channel, seq, body) ");
        query.push_values(chunk, |mut row, (seq, record, body)| {
            row.push_bind(county)
                .push_bind(key(record.id.0))
                .push_bind(record.kind.as_str().to_owned())
                .push_bind(&village)
                .push_bind(&channel)
                .push_bind(seq.cast_signed())
                .push_bind(body);
        });
        query.push(" ON CONFLICT (county, id) DO UPDATE SET seq = excluded.seq, body = excluded.body");
        query.build().execute(&mut **tx).await?;
    }
    Ok(())
}
