//! The statements of a push: what is stored of its ops and records, and writing what comes out.

use crate::{
    database::sql::{Engine, ROWS, by_ids, insert, overtaken},
    random,
};
use ruhu_domain::{
    Channel, DeviceId, Kind, OpId, Record, RecordId,
    intake::{Changes, Intake, Kept, OpDigest, Past, Verdict},
    record::{Op, file_needed},
    rights::Grant,
    wire::{Page, Position},
};
use serde_json::value::RawValue;
use sqlx::{AnyConnection, AssertSqlSafe, Row, any::AnyRow, query::QueryScalar};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

const INSERT_OPS: &str = "INSERT INTO op (county, id, record, channel, account, device, received_at, outcome, \
                          reason, stamp, digest, body) VALUES {}";

const INSERT_RECORDS: &str = "INSERT INTO record (county, id, kind, village, channel, seq, parent, body) VALUES {}";

const UPDATE_RECORDS: &str = "INSERT INTO record (county, id, kind, village, channel, seq, parent, body) VALUES {} \
                              ON CONFLICT (county, id) DO UPDATE SET seq = excluded.seq, body = excluded.body, \
                              channel = excluded.channel, village = excluded.village, parent = excluded.parent";

const INSERT_MOVED: &str = "INSERT INTO moved (county, channel, seq, record) VALUES {} \
                            ON CONFLICT (county, channel, record) DO UPDATE SET seq = excluded.seq";

/// Who sends ops.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    /// The account's identity.
    pub account: &'a str,
    /// The person's name, written into the records.
    pub name: &'a str,
    /// The device.
    pub device: DeviceId,
    /// The rights of the sender; ops beyond them are set aside for a supervisor.
    pub grants: &'a [Grant],
}

/// The records that a batch wrote in a channel.
#[derive(Clone, Debug, Default)]
pub(in crate::database) struct Written {
    /// The channel's number before and after.
    pub(in crate::database) after: u64,
    pub(in crate::database) last: u64,
    pub(in crate::database) generation: u64,
    /// Records whose sender has the very same already: their numbers, with those they had before.
    pub(in crate::database) known: HashMap<u64, u64>,
}

impl Written {
    /// The page of a request that only pushes: the numbers of what it wrote, where the sender has it all.
    pub(in crate::database) fn page(&self, channel: &Channel) -> Option<Page<Box<RawValue>>> {
        let known = |seq| self.known.get(&seq).is_some_and(|before| *before <= self.after);
        (self.after + 1..=self.last).all(known).then(|| Page {
            channel: channel.clone(),
            records: Vec::new(),
            left: Vec::new(),
            after: self.after,
            next: Position { next: self.last, generation: self.generation },
            more: false,
            reset: false,
        })
    }
}

/// Facts that earlier attempts of a transaction found out.
#[derive(Debug, Default)]
pub(in crate::database) struct Hints {
    /// Channels in which records are that the ops name under another.
    channels: BTreeSet<String>,
    /// Whether a key was there already. Few ops come twice: the history is not asked for them before.
    seen: bool,
}

impl Hints {
    /// Learns from an attempt that failed.
    pub(in crate::database) fn learn(&mut self, error: &sqlx::Error) {
        self.seen |= error.as_database_error().is_some_and(|error| error.is_unique_violation());
    }
}

/// The state that a push to a county builds on: its channels locked, and the stored ops and records that it names.
pub(in crate::database) struct Ground<'a> {
    engine: Engine,
    county: &'a str,
    /// Channels whose rows this transaction holds to its end. One that is not here had no row yet.
    locked: HashSet<String>,
    /// The intake, to be given the ops.
    pub(in crate::database) intake: Intake,
}

impl<'a> Ground<'a> {
    /// Locks the channels of these ops, in their order, and reads what is stored. Where a record turns out to be
    /// in yet another channel, that one is noted in `before`, and the transaction is to be begun again: locks
    /// taken out of order could wait for each other.
    pub(in crate::database) async fn read(
        tx: &mut AnyConnection,
        engine: Engine,
        county: &'a str,
        ops: &[Op],
        before: &mut Hints,
    ) -> sqlx::Result<Self> {
        let targets = ops.iter().filter_map(Op::moves_to).filter(|to| to.grid.village().county() == county);
        let named = ops.iter().map(|op| op.channel.to_string()).chain(targets.map(|to| to.to_string()));
        let wanted: BTreeSet<String> = named.chain(before.channels.iter().cloned()).collect();
        let locked = lock(tx, engine, county, &wanted).await?;
        let mut records = stored_records(tx, engine, county, ops.iter().map(|op| op.record)).await?;
        let there: HashSet<RecordId> = records.iter().map(|(record, _)| record.id).collect();
        let homes = homes_elsewhere(tx, engine, county, ops, &records).await?;
        let along = members(tx, engine, county, ops, &there).await?;
        let found = records.iter().chain(&along).map(|(record, _)| record).chain(&homes);
        let channels = found.map(|record| record.channel.to_string());
        let more: BTreeSet<String> = channels.filter(|channel| !wanted.contains(channel)).collect();
        if !more.is_empty() {
            before.channels.extend(more);
            return Err(overtaken());
        }
        let history = if before.seen { stored_ops(tx, engine, county, ops).await? } else { Vec::new() };
        let mut missing: HashSet<RecordId> = ops.iter().map(|op| op.record).filter(|id| !there.contains(id)).collect();
        // Nothing is added to a file that was erased.
        let mut heads: HashSet<RecordId> = ops.iter().filter_map(Op::parent).filter(|id| !there.contains(id)).collect();
        if !heads.is_empty() {
            for (head, _) in stored_records(tx, engine, county, heads.iter().copied()).await? {
                heads.remove(&head.id);
            }
            missing.extend(heads);
        }
        let gone = records_with_history(tx, engine, county, &missing).await?;
        if !gone.is_empty() && !stored_records(tx, engine, county, gone.iter().copied()).await?.is_empty() {
            // It was not gone: another transaction made it in between, in another channel.
            return Err(overtaken());
        }
        let files = stored_files(tx, engine, county, ops, &records).await?;
        records.extend(along);
        Ok(Self {
            engine,
            county,
            locked,
            intake: Intake::new(history, records, gone).beside(files.into_iter().chain(homes)),
        })
    }

    /// Writes what changed in a channel under its next numbers.
    pub(in crate::database) async fn write(
        &self,
        tx: &mut AnyConnection,
        channel: &Channel,
        Changes { records, left }: Changes,
    ) -> sqlx::Result<Written> {
        let count = records.len() + left.len();
        let (last, generation) = advance(tx, self.county, channel, count).await?;
        let after = last - count as u64;
        if after > 0 && !self.locked.contains(&channel.to_string()) {
            // The channel began while this transaction was reading.
            return Err(overtaken());
        }
        let (mut new, mut old) = (Vec::new(), Vec::new());
        let mut known = HashMap::new();
        for (seq, changed) in (after + 1..).zip(&records) {
            let before = changed.number_before();
            if changed.clean && (before > 0 || changed.before.is_none()) {
                known.insert(seq, before);
            }
            let rows = if changed.before.is_none() { &mut new } else { &mut old };
            rows.push((seq, &changed.record, json(&changed.record)?));
            if before == 0 && changed.before.is_some() {
                came_back(tx, self.county, channel, changed.record.id).await?;
            }
        }
        for (words, rows) in [(INSERT_RECORDS, new), (UPDATE_RECORDS, old)] {
            write_records(tx, self.engine, words, self.county, channel, &rows).await?;
        }
        let first_left = after + records.len() as u64 + 1;
        write_moved(tx, self.engine, self.county, channel, first_left, &left).await?;
        Ok(Written { after, last, generation, known })
    }
}

/// Locks those of the channels that have a row, in their order, and returns them.
async fn lock(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    channels: &BTreeSet<String>,
) -> sqlx::Result<HashSet<String>> {
    if channels.is_empty() {
        return Ok(HashSet::new());
    }
    let places: Vec<String> = (2..channels.len() + 2).map(|number| format!("${number}")).collect();
    let words = format!(
        "SELECT channel FROM channel WHERE county = $1 AND channel IN ({}) ORDER BY channel{}",
        places.join(", "),
        engine.for_update()
    );
    let query = sqlx::query_scalar(AssertSqlSafe(words)).bind(county);
    let locked: Vec<String> = channels.iter().fold(query, QueryScalar::bind).fetch_all(tx).await?;
    Ok(locked.into_iter().collect())
}

/// A stored value that is not what it should be.
pub(in crate::database) fn decode(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

fn json<T: serde::Serialize>(value: &T) -> sqlx::Result<String> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

pub(in crate::database) fn key(id: uuid::Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

pub(in crate::database) fn uuid(row: &AnyRow, column: usize) -> sqlx::Result<uuid::Uuid> {
    let bytes: Vec<u8> = row.try_get(column)?;
    uuid::Uuid::from_slice(&bytes).map_err(decode)
}

/// The rows of a statement on a county and ids.
async fn of_ids(
    tx: &mut AnyConnection,
    engine: Engine,
    words: &str,
    county: &str,
    ids: impl Iterator<Item = uuid::Uuid>,
) -> sqlx::Result<Vec<AnyRow>> {
    let ids: Vec<Vec<u8>> = ids.map(key).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    by_ids(engine, words, county, None, ids).fetch_all(tx).await
}

/// Returns the entries of the history about these ops.
async fn stored_ops(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    ops: &[Op],
) -> sqlx::Result<Vec<(OpId, Past)>> {
    let words = "SELECT id, digest, outcome, reason, stamp FROM op WHERE county = {county} AND id {ids}";
    let mut found = Vec::new();
    for row in of_ids(tx, engine, words, county, ops.iter().map(|op| op.id.0)).await? {
        let digest: Vec<u8> = row.try_get(1)?;
        let digest: OpDigest = digest.try_into().unwrap_or_default();
        let outcome: String = row.try_get(2)?;
        let reason = row.try_get::<Option<String>, _>(3)?.unwrap_or_default();
        let stamp: Option<String> = row.try_get(4)?;
        let stamp = stamp.map(|stamp| stamp.parse()).transpose().map_err(decode)?;
        let verdict = match outcome.as_str() {
            "quarantined" => Verdict::Quarantined { reason },
            "refused" => Verdict::Refused { reason },
            _ => Verdict::Accepted,
        };
        found.push((OpId(uuid(&row, 0)?), Past { digest, verdict, stamp }));
    }
    Ok(found)
}

/// Those of the records that there are, with their sequence numbers.
async fn stored_records(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    ids: impl IntoIterator<Item = RecordId>,
) -> sqlx::Result<Vec<(Record, u64)>> {
    let ids: HashSet<RecordId> = ids.into_iter().collect();
    let words = "SELECT seq, body FROM record WHERE county = {county} AND id {ids}";
    let mut found = Vec::new();
    for row in of_ids(tx, engine, words, county, ids.iter().map(|id| id.0)).await? {
        let body: String = row.try_get(1)?;
        found.push((serde_json::from_str(&body).map_err(decode)?, row.try_get::<i64, _>(0)?.cast_unsigned()));
    }
    Ok(found)
}

/// The files that the ops' steps are for, new ones or such as are taken back: heads, and what belongs to them.
async fn stored_files(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    ops: &[Op],
    records: &[(Record, u64)],
) -> sqlx::Result<Vec<Record>> {
    let steps = records.iter().map(|(record, _)| record).filter(|record| record.kind.is_step());
    let ids: HashSet<RecordId> = ops.iter().filter_map(file_needed).chain(steps.filter_map(Record::parent)).collect();
    let mut found = Vec::new();
    for words in [
        "SELECT body FROM record WHERE county = {county} AND id {ids}",
        "SELECT body FROM record WHERE county = {county} AND parent {ids}",
    ] {
        found.extend(bodies(&of_ids(tx, engine, words, county, ids.iter().map(|id| id.0)).await?)?);
    }
    Ok(found)
}

/// The records of rows that begin with their bodies.
fn bodies(rows: &[AnyRow]) -> sqlx::Result<Vec<Record>> {
    let read = |row: &AnyRow| serde_json::from_str(&row.try_get::<String, _>(0)?).map_err(decode);
    rows.iter().map(read).collect()
}

/// The households of residents and visits, as far as they can differ in where they are: of new records those that are not
/// in the op's channel; of stored ones that an op moves the one before and the one after.
async fn homes_elsewhere(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    ops: &[Op],
    records: &[(Record, u64)],
) -> sqlx::Result<Vec<Record>> {
    let stored: HashMap<RecordId, &Record> = records.iter().map(|(record, _)| (record.id, record)).collect();
    let (mut of_new, mut of_moved) = (BTreeMap::<String, HashSet<RecordId>>::new(), HashSet::new());
    for op in ops.iter().filter(|op| op.home().is_some() || op.moves_to().is_some()) {
        match stored.get(&op.record) {
            None => of_new.entry(op.channel.to_string()).or_default().extend(op.home()),
            Some(record) => of_moved.extend(op.home().into_iter().chain(record.home())),
        }
    }
    let homes = stored_records(tx, engine, county, of_moved).await?;
    let mut found: Vec<Record> = homes.into_iter().map(|(record, _)| record).collect();
    let words = "SELECT body FROM record WHERE county = {county} AND channel <> {channel} AND id {ids}";
    for (channel, homes) in of_new {
        let homes: Vec<Vec<u8>> = homes.iter().map(|home| key(home.0)).collect();
        if homes.is_empty() {
            continue;
        }
        found.extend(bodies(&by_ids(engine, words, county, Some(channel), homes).fetch_all(&mut *tx).await?)?);
    }
    Ok(found)
}

/// The residents and visits of the households that ops move, or make after them, but for those that have ops of their
/// own.
async fn members(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    ops: &[Op],
    there: &HashSet<RecordId>,
) -> sqlx::Result<Vec<(Record, u64)>> {
    let moves = |op: &&Op| op.kind == Kind::Household && (op.moves_to().is_some() || !there.contains(&op.record));
    let moved: HashSet<RecordId> = ops.iter().filter(moves).map(|op| op.record).collect();
    let words = "SELECT seq, body FROM record WHERE county = {county} AND parent {ids}";
    let mut found = Vec::new();
    for row in of_ids(tx, engine, words, county, moved.iter().map(|id| id.0)).await? {
        let body: String = row.try_get(1)?;
        let record: Record = serde_json::from_str(&body).map_err(decode)?;
        if !there.contains(&record.id) {
            found.push((record, row.try_get::<i64, _>(0)?.cast_unsigned()));
        }
    }
    Ok(found)
}

/// Which of these records there were once: ops on them were merged.
async fn records_with_history(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    ids: &HashSet<RecordId>,
) -> sqlx::Result<Vec<RecordId>> {
    let words = "SELECT DISTINCT record FROM op WHERE outcome = 'applied' AND county = {county} AND record {ids}";
    let rows = of_ids(tx, engine, words, county, ids.iter().map(|id| id.0)).await?;
    rows.iter().map(|row| Ok(RecordId(uuid(row, 0)?))).collect()
}

/// Adds ops to the history.
pub(in crate::database) async fn insert_history(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    author: Author<'_>,
    ops: &[Kept],
) -> sqlx::Result<()> {
    let received = random::now_ms().cast_signed();
    let device = author.device.to_string();
    for chunk in ops.chunks(ROWS) {
        let mut query = insert(engine, INSERT_OPS, chunk.len(), 12);
        for Kept { op, past } in chunk {
            let (outcome, reason) = match &past.verdict {
                Verdict::Accepted => ("applied", None),
                Verdict::Quarantined { reason } => ("quarantined", Some(reason.as_str())),
                Verdict::Refused { reason } => ("refused", Some(reason.as_str())),
            };
            query = query
                .bind(county)
                .bind(key(op.id.0))
                .bind(key(op.record.0))
                .bind(op.channel.to_string())
                .bind(author.account)
                .bind(&device)
                .bind(received)
                .bind(outcome)
                .bind(reason)
                .bind(past.stamp.map(|stamp| stamp.to_string()))
                .bind(past.digest.to_vec())
                .bind(json(op)?);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Takes `count` sequence numbers of a channel; returns the last, and the channel's generation. The row is
/// locked to the end of the transaction.
async fn advance(tx: &mut AnyConnection, county: &str, channel: &Channel, count: usize) -> sqlx::Result<(u64, u64)> {
    let row = sqlx::query(
        "INSERT INTO channel (county, channel, seq) VALUES ($1, $2, $3)
         ON CONFLICT (county, channel) DO UPDATE SET seq = channel.seq + excluded.seq RETURNING seq, generation",
    )
    .bind(county)
    .bind(channel.to_string())
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .fetch_one(&mut *tx)
    .await?;
    Ok((row.try_get::<i64, _>(0)?.cast_unsigned(), row.try_get::<i64, _>(1)?.cast_unsigned()))
}

async fn write_records(
    tx: &mut AnyConnection,
    engine: Engine,
    words: &str,
    county: &str,
    channel: &Channel,
    records: &[(u64, &Record, String)],
) -> sqlx::Result<()> {
    let (village, channel) = (channel.grid.village().to_string(), channel.to_string());
    for chunk in records.chunks(ROWS) {
        let mut query = insert(engine, words, chunk.len(), 8);
        for (seq, record, body) in chunk {
            query = query
                .bind(county)
                .bind(key(record.id.0))
                .bind(record.kind.as_str())
                .bind(&village)
                .bind(&channel)
                .bind(seq.cast_signed())
                .bind(record.parent().or_else(|| record.home()).map(|parent| key(parent.0)))
                .bind(body);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Notes that records moved away from a channel, under its numbers from `first` on.
async fn write_moved(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    channel: &Channel,
    first: u64,
    records: &[RecordId],
) -> sqlx::Result<()> {
    let numbered: Vec<(u64, &RecordId)> = (first..).zip(records).collect();
    for chunk in numbered.chunks(ROWS) {
        let mut query = insert(engine, INSERT_MOVED, chunk.len(), 4);
        for (seq, record) in chunk {
            query = query.bind(county).bind(channel.to_string()).bind(seq.cast_signed()).bind(key(record.0));
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// A record moved to a channel, maybe not for the first time: that it once left is no longer so.
async fn came_back(tx: &mut AnyConnection, county: &str, channel: &Channel, record: RecordId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM moved WHERE county = $1 AND channel = $2 AND record = $3")
        .bind(county)
        .bind(channel.to_string())
        .bind(key(record.0))
        .execute(tx)
        .await
        .map(drop)
}
