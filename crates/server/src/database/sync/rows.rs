//! The statements of a push that write what comes out.

use super::ground::{Ground, timeline};
use crate::database::{
    projection::{Days, Touched, refresh},
    sql::{Engine, ROWS, insert, overtaken},
    stored::key,
};
use ruhu_domain::{
    Channel, DeviceId, Record, RecordId,
    intake::{Changes, Kept, Verdict},
    rights::Grant,
    wire::{Page, Position},
};
use serde_json::value::RawValue;
use sqlx::{AnyConnection, Row};
use std::collections::{BTreeSet, HashMap};

const INSERT_OPS: &str = "INSERT INTO op (county, id, record, channel, account, device, received_at, outcome, \
                          reason, stamp, digest, body) VALUES {}";

const INSERT_RECORDS: &str =
    "INSERT INTO record (county, id, kind, village, channel, seq, parent, body, day, over_on) VALUES {}";

pub(in crate::database) const UPDATE_RECORDS: &str = "INSERT INTO record (county, id, kind, village, channel, seq, parent, body, day, over_on) VALUES {} \
     ON CONFLICT (county, id) DO UPDATE SET seq = excluded.seq, body = excluded.body, channel = excluded.channel, \
     village = excluded.village, parent = excluded.parent, day = excluded.day, over_on = excluded.over_on";

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
    pub(in crate::database) run: u64,
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
            run: self.run,
        })
    }
}

impl Ground<'_> {
    /// Writes what changed in a channel under its next numbers.
    pub(in crate::database) async fn write(
        &self,
        tx: &mut AnyConnection,
        channel: &Channel,
        Changes { records, left }: Changes,
    ) -> sqlx::Result<Written> {
        let count = records.len() + left.len();
        let (last, generation) = advance(tx, self.county, channel, count, self.run).await?;
        let after = last - count as u64;
        if after > 0 && !self.locked.contains_key(&channel.to_string()) {
            // The channel began while this transaction was reading.
            return Err(overtaken());
        }
        let (mut new, mut old) = (Vec::new(), Vec::new());
        let mut known = HashMap::new();
        let mut touched = Touched::default();
        // Records that go along with another: nothing of theirs arrived now.
        let mut along = BTreeSet::new();
        for (seq, changed) in (after + 1..).zip(&records) {
            let before = changed.number_before();
            if changed.clean && (before > 0 || changed.before.is_none()) {
                known.insert(seq, before);
            }
            let rows = if changed.before.is_none() { &mut new } else { &mut old };
            let ops = self.ops_on.get(&changed.record.id).copied().unwrap_or_default();
            touched.put(&changed.record, changed.before.is_none() && ops == 1);
            if ops == 0 {
                along.insert(changed.record.id);
            }
            let row = RecordRow {
                seq,
                record: &changed.record,
                body: json(&changed.record)?,
                days: Days::of(&changed.record, self.arrived_ms),
            };
            rows.push(row);
            if before == 0 && changed.before.is_some() {
                came_back(tx, self.county, channel, changed.record.id).await?;
            }
        }
        for (words, rows) in [(INSERT_RECORDS, new), (UPDATE_RECORDS, old)] {
            write_records(tx, self.engine, words, self.county, channel, &rows).await?;
        }
        touched.write(tx, self.engine, self.county).await?;
        refresh(tx, self.engine, self.county, &along).await?;
        let first_left = after + records.len() as u64 + 1;
        write_moved(tx, self.engine, self.county, channel, first_left, &left).await?;
        Ok(Written { after, last, generation, run: self.run, known })
    }
}

fn json<T: serde::Serialize>(value: &T) -> sqlx::Result<String> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

/// Adds ops to the history.
pub(in crate::database) async fn insert_history(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    author: Author<'_>,
    ops: &[Kept],
    arrived_ms: u64,
) -> sqlx::Result<()> {
    let device = author.device.to_string();
    for chunk in ops.chunks(ROWS) {
        let mut query = insert(engine, INSERT_OPS, chunk.len(), 12);
        for Kept { op, channel, past } in chunk {
            let (outcome, reason) = match &past.verdict {
                Verdict::Accepted => ("applied", None),
                Verdict::Quarantined { reason } => ("quarantined", Some(reason.as_str())),
                Verdict::Refused { reason } => ("refused", Some(reason.as_str())),
            };
            query = query
                .bind(county)
                .bind(key(op.id.0))
                .bind(key(op.record.0))
                .bind(channel.to_string())
                .bind(author.account)
                .bind(&device)
                .bind(arrived_ms.cast_signed())
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
pub(in crate::database) async fn advance(
    tx: &mut AnyConnection,
    county: &str,
    channel: &Channel,
    count: usize,
    run: u64,
) -> sqlx::Result<(u64, u64)> {
    let row = sqlx::query(
        "INSERT INTO channel (county, channel, seq) VALUES ($1, $2, $3)
         ON CONFLICT (county, channel) DO UPDATE SET seq = channel.seq + excluded.seq RETURNING seq, generation, runs",
    )
    .bind(county)
    .bind(channel.to_string())
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .fetch_one(&mut *tx)
    .await?;
    let (last, generation) = (row.try_get::<i64, _>(0)?.cast_unsigned(), row.try_get::<i64, _>(1)?.cast_unsigned());
    let mut known = timeline(&row.try_get::<String, _>(2)?)?;
    if known.begin(run, last.saturating_sub(count as u64)) {
        sqlx::query("UPDATE channel SET runs = $1 WHERE county = $2 AND channel = $3")
            .bind(json(&known)?)
            .bind(county)
            .bind(channel.to_string())
            .execute(&mut *tx)
            .await?;
    }
    Ok((last, generation))
}

/// A record as it is written.
pub(in crate::database) struct RecordRow<'a> {
    /// Its number in the channel.
    pub(in crate::database) seq: u64,
    /// The record.
    pub(in crate::database) record: &'a Record,
    /// Its JSON.
    pub(in crate::database) body: String,
    /// Its days.
    pub(in crate::database) days: Days,
}

pub(in crate::database) async fn write_records(
    tx: &mut AnyConnection,
    engine: Engine,
    words: &str,
    county: &str,
    channel: &Channel,
    records: &[RecordRow<'_>],
) -> sqlx::Result<()> {
    let (village, channel) = (channel.grid.village().to_string(), channel.to_string());
    for chunk in records.chunks(ROWS) {
        let mut query = insert(engine, words, chunk.len(), 10);
        for RecordRow { seq, record, body, days } in chunk {
            query = query
                .bind(county)
                .bind(key(record.id.0))
                .bind(record.kind.as_str())
                .bind(&village)
                .bind(&channel)
                .bind(seq.cast_signed())
                .bind(record.parent().or_else(|| record.home()).map(|parent| key(parent.0)))
                .bind(body)
                .bind(&days.day)
                .bind(&days.over_on);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Notes that records moved away from a channel, under its numbers from `first` on.
pub(in crate::database) async fn write_moved(
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
pub(in crate::database) async fn came_back(
    tx: &mut AnyConnection,
    county: &str,
    channel: &Channel,
    record: RecordId,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM moved WHERE county = $1 AND channel = $2 AND record = $3")
        .bind(county)
        .bind(channel.to_string())
        .bind(key(record.0))
        .execute(tx)
        .await
        .map(drop)
}
