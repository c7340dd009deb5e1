//! The ground of a push: its channels locked, and what is stored of its ops and records.

use crate::{
    database::{
        sql::{Engine, by_ids, overtaken},
        stored,
        stored::{Stored, decode, key, uuid},
    },
    random,
};
use ruhu_domain::{
    Channel, Kind, OpId, Record, RecordId,
    intake::{Intake, OpDigest, Past, Verdict},
    record::{Op, file_needed, is_of_file},
    timeline::{Milestone, Timeline},
};
use sqlx::{AnyConnection, AssertSqlSafe, Row, any::AnyRow, query::Query};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Facts that earlier attempts of a transaction found out.
#[derive(Debug, Default)]
pub(in crate::database) struct Hints {
    /// Channels in which records are that the ops name under another.
    channels: BTreeSet<String>,
    /// Whether a key was there already, or an op would be rejected. Few ops come twice: the history is not asked for them
    /// before.
    pub(super) seen: bool,
}

impl Hints {
    /// Learns from an attempt that failed.
    pub(in crate::database) fn learn(&mut self, error: &sqlx::Error) {
        self.seen |= error.as_database_error().is_some_and(|error| error.is_unique_violation());
    }
}

/// The state that a push to a county builds on: its channels locked, and the stored ops and records that it names.
pub(in crate::database) struct Ground<'a> {
    pub(super) engine: Engine,
    pub(super) county: &'a str,
    /// The number of this run of the server.
    pub(super) run: u64,
    /// Channels whose rows this transaction holds to its end, with where they stood. One that is not here had no row yet.
    pub(super) locked: HashMap<String, Milestone>,
    /// When the ops arrived, Unix milliseconds.
    pub(super) arrived_ms: u64,
    /// How many ops there are on each record.
    pub(super) ops_on: HashMap<RecordId, usize>,
    /// The intake, to be given the ops.
    pub(in crate::database) intake: Intake,
}

impl<'a> Ground<'a> {
    /// Locks the channels of these ops, in their order, and reads what is stored. Where a record turns out to be
    /// in yet another channel, that one is noted in `before`, and the transaction is to be begun again: locks
    /// taken out of order could wait for each other.
    pub(in crate::database) async fn read(
        tx: &mut AnyConnection,
        (engine, run): (Engine, u64),
        county: &'a str,
        ops: &[Op],
        before: &mut Hints,
    ) -> sqlx::Result<Self> {
        let targets = ops.iter().filter_map(Op::moves_to).filter(|to| to.grid.village().county() == county);
        let named = ops.iter().map(|op| op.channel.to_string()).chain(targets.map(|to| to.to_string()));
        let wanted: BTreeSet<String> = named.chain(before.channels.iter().cloned()).collect();
        let (locked, dissolved) = lock(tx, engine, county, &wanted).await?;
        let successors = dissolved.iter().map(|(_, to)| to.to_string()).filter(|to| !wanted.contains(to));
        let successors: Vec<String> = successors.collect();
        if !successors.is_empty() {
            before.channels.extend(successors);
            return Err(overtaken());
        }
        let (mut records, mut unreadable) = stored_records(tx, engine, county, ops.iter().map(|op| op.record)).await?;
        let there: HashSet<RecordId> =
            records.iter().map(|(record, _)| record.id).chain(unreadable.iter().copied()).collect();
        let homes = homes_elsewhere(tx, engine, county, ops, &records).await?;
        let (along, not_along) = members(tx, engine, county, ops, &there).await?;
        unreadable.extend(not_along);
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
        let mut files = Vec::new();
        if !heads.is_empty() {
            let (known, not_known) = stored_records(tx, engine, county, heads.iter().copied()).await?;
            for head in known.iter().map(|(head, _)| head.id).chain(not_known) {
                heads.remove(&head);
            }
            missing.extend(heads);
            files.extend(known.into_iter().map(|(head, _)| head));
        }
        let gone = records_with_history(tx, engine, county, &missing).await?;
        let (back, not_back) = stored_records(tx, engine, county, gone.iter().copied()).await?;
        if !back.is_empty() || !not_back.is_empty() {
            // It was not gone: another transaction made it in between, in another channel.
            return Err(overtaken());
        }
        files.extend(stored_files(tx, engine, county, ops, &records).await?);
        let away = |file: &&Record| !wanted.contains(&file.channel.to_string());
        let more: BTreeSet<String> = files.iter().filter(away).map(|file| file.channel.to_string()).collect();
        if !more.is_empty() {
            // A file that went to another channel: what is new in it goes there.
            before.channels.extend(more);
            return Err(overtaken());
        }
        let left = channels_left(tx, engine, county, homes.iter().chain(&files)).await?;
        records.extend(along);
        let mut ops_on = HashMap::new();
        ops.iter().for_each(|op| *ops_on.entry(op.record).or_default() += 1);
        Ok(Self {
            arrived_ms: random::now_ms(),
            ops_on,
            engine,
            county,
            run,
            locked,
            intake: Intake::new(history, records, gone)
                .without(unreadable)
                .moved(left)
                .dissolved(dissolved)
                .beside(files.into_iter().chain(homes)),
        })
    }
}

/// Locks those of the channels that have a row, in their order. Returns them, and those among them that were dissolved with what
/// took over from them.
pub(in crate::database) async fn lock(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    channels: &BTreeSet<String>,
) -> sqlx::Result<(HashMap<String, Milestone>, Vec<(Channel, Channel)>)> {
    let (mut locked, mut dissolved) = (HashMap::new(), Vec::new());
    if channels.is_empty() {
        return Ok((locked, dissolved));
    }
    let places: Vec<String> = (2..channels.len() + 2).map(|number| format!("${number}")).collect();
    let words = format!(
        "SELECT channel, seq, runs, successor FROM channel WHERE county = $1 AND channel IN ({}) ORDER BY channel{}",
        places.join(", "),
        engine.for_update()
    );
    let query = sqlx::query(AssertSqlSafe(words)).bind(county);
    for row in channels.iter().fold(query, Query::bind).fetch_all(tx).await? {
        let channel: String = row.try_get(0)?;
        let (number, runs): (i64, String) = (row.try_get(1)?, row.try_get(2)?);
        let run = timeline(&runs)?.run();
        if let Some(successor) = row.try_get::<Option<String>, _>(3)? {
            dissolved.push((channel.parse().map_err(decode)?, successor.parse().map_err(decode)?));
        }
        locked.insert(channel, Milestone { number: number.cast_unsigned(), run });
    }
    Ok((locked, dissolved))
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

/// Records with their sequence numbers, and the records that are stored and can't be read.
type Numbered = (Vec<(Record, u64)>, HashSet<RecordId>);

/// Returns those of the records that there are.
async fn stored_records(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    ids: impl IntoIterator<Item = RecordId>,
) -> sqlx::Result<Numbered> {
    let ids: HashSet<RecordId> = ids.into_iter().collect();
    let words = "SELECT id, body, seq FROM record WHERE county = {county} AND id {ids}";
    numbered(&of_ids(tx, engine, words, county, ids.iter().map(|id| id.0)).await?)
}

/// Reads rows of a record's identity, its body and its sequence number.
fn numbered(rows: &[AnyRow]) -> sqlx::Result<Numbered> {
    let (mut found, mut unreadable) = (Vec::with_capacity(rows.len()), HashSet::new());
    for row in rows {
        let id = RecordId(uuid(row, 0)?);
        match row.try_get(1).ok().and_then(|body: String| stored::record(id, &body)) {
            Some(record) => found.push((record, row.try_get::<i64, _>(2)?.cast_unsigned())),
            None => drop(unreadable.insert(id)),
        }
    }
    Ok((found, unreadable))
}

/// Returns the files that the ops are on, as far as they are looked at: heads, and what belongs to them.
async fn stored_files(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    ops: &[Op],
    records: &[(Record, u64)],
) -> sqlx::Result<Vec<Record>> {
    let steps = records.iter().map(|(record, _)| record).filter(|record| is_of_file(&record.kind));
    let ids: HashSet<RecordId> = ops.iter().filter_map(file_needed).chain(steps.filter_map(Record::parent)).collect();
    let mut found = Vec::new();
    for words in [
        "SELECT id, body FROM record WHERE county = {county} AND id {ids}",
        "SELECT id, body FROM record WHERE county = {county} AND parent {ids}",
    ] {
        found.extend(Stored::read(&of_ids(tx, engine, words, county, ids.iter().map(|id| id.0)).await?)?.records);
    }
    Ok(found)
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
    let (homes, _) = stored_records(tx, engine, county, of_moved).await?;
    let mut found: Vec<Record> = homes.into_iter().map(|(record, _)| record).collect();
    let words = "SELECT id, body FROM record WHERE county = {county} AND channel <> {channel} AND id {ids}";
    for (channel, homes) in of_new {
        let homes: Vec<Vec<u8>> = homes.iter().map(|home| key(home.0)).collect();
        if homes.is_empty() {
            continue;
        }
        let rows = by_ids(engine, words, county, Some(channel), homes).fetch_all(&mut *tx).await?;
        found.extend(Stored::read(&rows)?.records);
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
) -> sqlx::Result<Numbered> {
    let moves = |op: &&Op| op.kind == Kind::Household && (op.moves_to().is_some() || !there.contains(&op.record));
    let moved: HashSet<RecordId> = ops.iter().filter(moves).map(|op| op.record).collect();
    let words = "SELECT id, body, seq FROM record WHERE county = {county} AND parent {ids}";
    let (mut found, unreadable) = numbered(&of_ids(tx, engine, words, county, moved.iter().map(|id| id.0)).await?)?;
    found.retain(|(record, _)| !there.contains(&record.id));
    Ok((found, unreadable))
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

/// Returns the channels that these records moved away from.
async fn channels_left(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    records: impl Iterator<Item = &Record>,
) -> sqlx::Result<Vec<(RecordId, Channel)>> {
    let words = "SELECT record, channel FROM moved WHERE county = {county} AND record {ids}";
    let mut left = Vec::new();
    for row in of_ids(tx, engine, words, county, records.map(|record| record.id.0)).await? {
        left.push((RecordId(uuid(&row, 0)?), row.try_get::<String, _>(1)?.parse().map_err(decode)?));
    }
    Ok(left)
}

/// Reads the runs that wrote in a channel.
pub(super) fn timeline(runs: &str) -> sqlx::Result<Timeline> {
    if runs.is_empty() { Ok(Timeline::default()) } else { serde_json::from_str(runs).map_err(decode) }
}
