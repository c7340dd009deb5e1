//! Taking in ops and handing out what changed.

use super::Database;
use crate::random;
use ruhu_domain::{
    Channel, DeviceId, Kind, OpId, Record, RecordId,
    merge::merge,
    record::{Name, Op},
    visit::Visit,
    wire::{MAX_RECORDS, OpOutcome, OpResult, Page},
};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteTransaction};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The largest op that is taken, in bytes.
const MAX_OP: usize = 64 * 1024;

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
    /// Records written now whose sender has the very same already: their sequence numbers, with the
    /// number they had before.
    known: HashMap<Channel, HashMap<u64, u64>>,
}

/// A record being merged in this transaction.
struct Working {
    record: Record,
    before: u64,
    clean: bool,
    dirty: bool,
}

/// An op for the history.
struct Kept {
    id: OpId,
    record: RecordId,
    outcome: OpOutcome,
    digest: [u8; 32],
    body: String,
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
                    results.insert(id, result(id, OpOutcome::Rejected, Some("这条记录的格式有误，办公室无法读取")));
                }
                Incoming::Op(op) => {
                    order.push(op.id);
                    counties.entry(op.channel.grid.village().county().to_owned()).or_default().push(*op);
                }
            }
        }
        let mut known = HashMap::new();
        for (county, ops) in counties {
            take_county(&mut tx, &county, author, ops, &mut results, &mut known).await?;
        }
        tx.commit().await?;
        let results = order.iter().filter_map(|id| results.get(id).cloned()).collect();
        Ok(Taken { results, known })
    }

    /// What changed in the channels after the cursors, at most `limit` records in all. Leaves out what
    /// the sender of `taken` has already.
    ///
    /// # Errors
    /// The database's.
    pub async fn pull(
        &self,
        channels: &[Channel],
        cursors: &BTreeMap<Channel, u64>,
        limit: u32,
        taken: &Taken,
    ) -> sqlx::Result<Vec<Page<Box<RawValue>>>> {
        let mut left = limit.clamp(1, MAX_RECORDS);
        let mut pages = Vec::new();
        for channel in channels {
            let cursor = cursors.get(channel).copied().unwrap_or_default();
            if left == 0 {
                pages.push(Page { channel: channel.clone(), records: Vec::new(), next: cursor, more: true });
                continue;
            }
            let rows = sqlx::query(
                "SELECT seq, body FROM record WHERE county = ? AND channel = ? AND seq > ? ORDER BY seq LIMIT ?",
            )
            .bind(channel.grid.village().county())
            .bind(channel.to_string())
            .bind(cursor.cast_signed())
            .bind(i64::from(left))
            .fetch_all(&self.pool)
            .await?;
            let more = rows.len() == left as usize;
            let known = taken.known.get(channel);
            let mut page = Page { channel: channel.clone(), records: Vec::new(), next: cursor, more };
            for row in &rows {
                let seq = row.try_get::<i64, _>(0)?.cast_unsigned();
                page.next = seq;
                if known.and_then(|known| known.get(&seq)).is_some_and(|before| *before <= cursor) {
                    continue;
                }
                let body: String = row.try_get(1)?;
                page.records.push(RawValue::from_string(body).map_err(|error| sqlx::Error::Decode(Box::new(error)))?);
            }
            left = left.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            if page.next != cursor || page.more || !cursors.contains_key(channel) {
                pages.push(page);
            }
        }
        Ok(pages)
    }
}

async fn take_county(
    tx: &mut SqliteTransaction<'_>,
    county: &str,
    author: Author<'_>,
    ops: Vec<Op>,
    results: &mut HashMap<OpId, OpResult>,
    known: &mut HashMap<Channel, HashMap<u64, u64>>,
) -> sqlx::Result<()> {
    let mut history = stored_digests(tx, county, &ops).await?;
    let mut working = stored_records(tx, county, &ops).await?;
    let mut kept = Vec::with_capacity(ops.len());

    for mut op in ops {
        // The name is the account's, whatever the phone wrote; the digest is of what the phone made.
        op.by = Name::default();
        let digest: [u8; 32] = Sha256::digest(json(&op)?).into();
        op.by = author.name.into();
        let body = json(&op)?;
        let (outcome, reason) = match history.get(&op.id) {
            Some(before) if *before == digest => (OpOutcome::Duplicate, None),
            Some(_) => (OpOutcome::Rejected, Some("同一编号已有不同内容，请导出这条记录交办公室")),
            None if body.len() > MAX_OP => (OpOutcome::Rejected, Some("这条记录太大，请缩短文字后再保存")),
            None => lay(&mut working, &op, author),
        };
        results.insert(op.id, result(op.id, outcome, reason));
        if matches!(outcome, OpOutcome::Applied | OpOutcome::Superseded | OpOutcome::Quarantined) {
            history.insert(op.id, digest);
            kept.push(Kept { id: op.id, record: op.record, outcome, digest, body });
        }
    }
    insert_history(tx, county, author, &kept).await?;

    let mut channels: BTreeMap<Channel, Vec<Working>> = BTreeMap::new();
    for work in working.into_values().filter(|work| work.dirty) {
        channels.entry(work.record.channel.clone()).or_default().push(work);
    }
    for (channel, mut works) in channels {
        works.sort_by_key(|work| work.record.id);
        let last = advance(tx, county, &channel, works.len()).await?;
        let first = last + 1 - works.len() as u64;
        let mut rows = Vec::with_capacity(works.len());
        for (seq, work) in (first..).zip(&works) {
            rows.push((seq, work, json(&work.record)?));
        }
        write_records(tx, county, &channel, &rows).await?;
        let clean = rows.iter().filter(|(_, work, _)| work.clean).map(|(seq, work, _)| (*seq, work.before));
        known.entry(channel).or_default().extend(clean);
    }
    Ok(())
}

/// Merges an op into the records at hand, or says why it is set aside.
fn lay(working: &mut HashMap<RecordId, Working>, op: &Op, author: Author<'_>) -> (OpOutcome, Option<&'static str>) {
    let before = working.get(&op.record);
    let channel = before.map_or(&op.channel, |work| &work.record.channel);
    if !author.channels.contains(channel) {
        return (OpOutcome::Quarantined, Some("您目前没有这个网格的权限，已交主管核对"));
    }
    if before.is_some_and(|work| work.record.kind != op.kind) {
        return (OpOutcome::Quarantined, Some("记录类型前后不一致，已交主管核对"));
    }
    let merged = merge(before.map(|work| &work.record), op);
    if merged.record.kind == Kind::Visit && merged.record.view::<Visit>().is_none() {
        return (OpOutcome::Quarantined, Some("走访记录内容不完整，已交主管核对"));
    }
    let outcome = if merged.applied { OpOutcome::Applied } else { OpOutcome::Superseded };
    let clean = merged.clean && before.is_none_or(|work| work.clean);
    let number = before.map_or(0, |work| work.before);
    working.insert(op.record, Working { record: merged.record, before: number, clean, dirty: true });
    (outcome, None)
}

fn result(op: OpId, outcome: OpOutcome, reason: Option<&str>) -> OpResult {
    OpResult { op, outcome, reason: reason.map(str::to_owned) }
}

fn json<T: serde::Serialize>(value: &T) -> sqlx::Result<String> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

fn key(id: uuid::Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

fn uuid(row: &sqlx::sqlite::SqliteRow, column: usize) -> sqlx::Result<uuid::Uuid> {
    let bytes: Vec<u8> = row.try_get(column)?;
    uuid::Uuid::from_slice(&bytes).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

async fn stored_digests(
    tx: &mut SqliteTransaction<'_>,
    county: &str,
    ops: &[Op],
) -> sqlx::Result<HashMap<OpId, [u8; 32]>> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT id, digest FROM op WHERE county = ");
    query.push_bind(county).push(" AND id IN (");
    let mut list = query.separated(", ");
    for op in ops {
        list.push_bind(key(op.id.0));
    }
    query.push(")");
    let mut digests = HashMap::new();
    for row in query.build().fetch_all(&mut **tx).await? {
        let digest: Vec<u8> = row.try_get(1)?;
        digests.insert(OpId(uuid(&row, 0)?), digest.try_into().unwrap_or_default());
    }
    Ok(digests)
}

async fn stored_records(
    tx: &mut SqliteTransaction<'_>,
    county: &str,
    ops: &[Op],
) -> sqlx::Result<HashMap<RecordId, Working>> {
    let ids: HashSet<RecordId> = ops.iter().map(|op| op.record).collect();
    let mut query = QueryBuilder::<Sqlite>::new("SELECT seq, body FROM record WHERE county = ");
    query.push_bind(county).push(" AND id IN (");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(key(id.0));
    }
    query.push(")");
    let mut working = HashMap::new();
    for row in query.build().fetch_all(&mut **tx).await? {
        let body: String = row.try_get(1)?;
        let record: Record = serde_json::from_str(&body).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let before = row.try_get::<i64, _>(0)?.cast_unsigned();
        working.insert(record.id, Working { record, before, clean: true, dirty: false });
    }
    Ok(working)
}

async fn insert_history(
    tx: &mut SqliteTransaction<'_>,
    county: &str,
    author: Author<'_>,
    ops: &[Kept],
) -> sqlx::Result<()> {
    let received = random::now_ms().cast_signed();
    let device = author.device.to_string();
    for chunk in ops.chunks(ROWS) {
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO op (county, id, record, account, device, received_at, outcome, digest, body) ",
        );
        query.push_values(chunk, |mut row, op| {
            let outcome = match op.outcome {
                OpOutcome::Superseded => "superseded",
                OpOutcome::Quarantined => "quarantined",
                _ => "applied",
            };
            row.push_bind(county)
                .push_bind(key(op.id.0))
                .push_bind(key(op.record.0))
                .push_bind(author.account)
                .push_bind(&device)
                .push_bind(received)
                .push_bind(outcome)
                .push_bind(op.digest.as_slice())
                .push_bind(&op.body);
        });
        query.build().execute(&mut **tx).await?;
    }
    Ok(())
}

/// Takes `count` sequence numbers of a channel; returns the last. Locks the channel to the end of the
/// transaction.
async fn advance(tx: &mut SqliteTransaction<'_>, county: &str, channel: &Channel, count: usize) -> sqlx::Result<u64> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let last: i64 = sqlx::query_scalar(
        "INSERT INTO channel (county, channel, seq) VALUES (?, ?, ?)
         ON CONFLICT (county, channel) DO UPDATE SET seq = seq + excluded.seq RETURNING seq",
    )
    .bind(county)
    .bind(channel.to_string())
    .bind(count)
    .fetch_one(&mut **tx)
    .await?;
    Ok(last.cast_unsigned())
}

async fn write_records(
    tx: &mut SqliteTransaction<'_>,
    county: &str,
    channel: &Channel,
    works: &[(u64, &Working, String)],
) -> sqlx::Result<()> {
    let (village, channel) = (channel.grid.village().to_string(), channel.to_string());
    for chunk in works.chunks(ROWS) {
        let mut query =
            QueryBuilder::<Sqlite>::new("INSERT INTO record (county, id, kind, village, channel, seq, body) ");
        query.push_values(chunk, |mut row, (seq, work, body)| {
            row.push_bind(county)
                .push_bind(key(work.record.id.0))
                .push_bind(work.record.kind.as_str().to_owned())
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
