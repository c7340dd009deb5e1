//! Handing out the records that changed.

use super::{
    super::{
        Database,
        stored::{decode, uuid},
    },
    ground::timeline,
    push::Pushed,
};
use futures::TryStreamExt;
use ruhu_domain::{
    Channel, RecordId,
    timeline::{Milestone, Timeline},
    wire::{Left, MAX_RECORDS, Page, Position},
};
use serde_json::value::{RawValue, to_raw_value};
use sqlx::{AnyConnection, Row as _};
use std::collections::BTreeMap;

impl Database {
    /// Returns the records that changed in the channels after the positions, at most `limit` in all. Leaves out those that the
    /// sender of `pushed` has already. With a limit of 0 it returns only the numbers of what was pushed. `None` where a
    /// position is ahead of its channel: the database was set back.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn pull(
        &self,
        channels: &[Channel],
        positions: &BTreeMap<Channel, Position>,
        limit: u32,
        pushed: &Pushed,
    ) -> sqlx::Result<Option<Vec<Page<Box<RawValue>>>>> {
        if limit == 0 {
            return Ok(Some(pushed.written.iter().filter_map(|(channel, written)| written.page(channel)).collect()));
        }
        let mut tx = self.engine.begin_reading(&self.pool).await?;
        let mut left = Budget { records: limit.min(MAX_RECORDS) as usize, bytes: MAX_BYTES };
        let mut pages = Vec::new();
        for channel in channels {
            let position = positions.get(channel).copied();
            let (before, position) = (position, position.unwrap_or_default());
            let county = channel.grid.village().county().to_owned();
            let Standing { last, floor, timeline } = standing(&mut tx, &county, channel).await?;
            if position.next > last.next {
                return Ok(None);
            }
            let generation = last.generation;
            let reset = position.generation != generation && position.next < floor;
            let after = if reset { 0 } else { position.next };
            let next = Position { next: after, generation };
            let mut page = Page {
                channel: channel.clone(),
                records: Vec::new(),
                left: Vec::new(),
                after,
                next,
                more: true,
                reset,
                run: timeline.run(),
            };
            if left.is_spent() {
                pages.push(page);
                continue;
            }
            // What the sender wrote just now, and has, need not be read again.
            let written = pushed.written.get(channel).filter(|written| !reset && written.generation == generation);
            let own = written.filter(|written| written.after == after).and_then(|written| written.page(channel));
            if let Some(own) = own {
                page.next = own.next;
            }
            let rows = changes(&mut tx, &county, channel, page.next.next, &mut left).await?;
            page.more = left.is_spent();
            let known = pushed.written.get(channel).map(|written| &written.known);
            for (seq, row) in rows {
                page.next.next = seq;
                match row {
                    Row::Left(left) => page.left.push(Left { to: left.to.filter(|to| channels.contains(to)), ..left }),
                    Row::Record(_)
                        if known.and_then(|known| known.get(&seq)).is_some_and(|before| *before <= after) => {}
                    Row::Record(body) => page.records.push(body),
                }
            }
            if before != Some(page.next) || page.more || reset {
                pages.push(page);
            }
        }
        tx.commit().await?;
        Ok(Some(pages))
    }
}

/// The change that a sequence number of a channel stands for.
enum Row {
    /// A record that is in the channel. One whose text is damaged has its identity alone: the phone names it as unreadable.
    Record(Box<RawValue>),
    /// A record that moved away, and where it is now.
    Left(Left),
}

impl Database {
    /// Returns the positions, those that are ahead of their channels at the channels' ends.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn as_far_as_it_came(
        &self,
        mut positions: BTreeMap<Channel, Position>,
    ) -> sqlx::Result<BTreeMap<Channel, Position>> {
        let mut tx = self.engine.begin_reading(&self.pool).await?;
        for (channel, position) in &mut positions {
            let Standing { last, .. } = standing(&mut tx, channel.grid.village().county(), channel).await?;
            position.next = position.next.min(last.next);
        }
        tx.commit().await?;
        Ok(positions)
    }

    /// Whether all milestones were given out by this database as it is now. Where one was not, it was set back.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn gave_out(&self, milestones: &BTreeMap<Channel, Milestone>) -> sqlx::Result<bool> {
        let mut tx = self.engine.begin_reading(&self.pool).await?;
        for (channel, milestone) in milestones.iter().take(MOST_MILESTONES) {
            let Standing { last, timeline, .. } = standing(&mut tx, channel.grid.village().county(), channel).await?;
            if !timeline.gave_out(*milestone, last.next) {
                return Ok(false);
            }
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// The most milestones of one request that are looked at: more than a phone carries channels.
const MOST_MILESTONES: usize = 1_000;

/// What an answer may still hold.
struct Budget {
    records: usize,
    bytes: usize,
}

impl Budget {
    fn is_spent(&self) -> bool {
        self.records == 0 || self.bytes == 0
    }
}

/// The bytes of records after which an answer takes no more: a phone takes it in, and the server writes it, in one piece of
/// memory.
const MAX_BYTES: usize = 4 * 1024 * 1024;

impl Row {
    /// Returns about how many bytes it takes in an answer.
    fn bytes(&self) -> usize {
        match self {
            Self::Record(body) => body.get().len(),
            Self::Left(_) => 100,
        }
    }
}

/// Returns the changes of a channel after a number, as many as the budget has room for, with their numbers. The last record
/// may be larger than what was left.
async fn changes(
    tx: &mut AnyConnection,
    county: &str,
    channel: &Channel,
    after: u64,
    left: &mut Budget,
) -> sqlx::Result<Vec<(u64, Row)>> {
    const RECORDS: &str =
        "SELECT seq, id, body FROM record WHERE county = $1 AND channel = $2 AND seq > $3 ORDER BY seq LIMIT $4";
    const LEFT: &str = "SELECT m.seq, m.record, COALESCE(r.channel, '') FROM moved m
         LEFT JOIN record r ON r.county = m.county AND r.id = m.record
         WHERE m.county = $1 AND m.channel = $2 AND m.seq > $3 ORDER BY m.seq LIMIT $4";
    let mut changes = Vec::new();
    for words in [RECORDS, LEFT] {
        // Planned each time: PostgreSQL would keep a plan from when the table was small.
        let mut rows = sqlx::query(words)
            .persistent(false)
            .bind(county)
            .bind(channel.to_string())
            .bind(after.cast_signed())
            .bind(i64::try_from(left.records).unwrap_or(i64::MAX))
            .fetch(&mut *tx);
        let mut bytes = 0;
        while bytes < left.bytes
            && let Some(row) = rows.try_next().await?
        {
            let seq = row.try_get::<i64, _>(0)?.cast_unsigned();
            let change = if words == RECORDS {
                let id = RecordId(uuid(&row, 1)?);
                let body = row.try_get(2).ok().and_then(|body| RawValue::from_string(body).ok());
                Row::Record(match body {
                    Some(body) => body,
                    None => {
                        tracing::error!(%id, "can't be read and is handed out as its identity alone");
                        to_raw_value(&serde_json::json!({ "id": id })).map_err(decode)?
                    }
                })
            } else {
                Row::Left(Left { record: RecordId(uuid(&row, 1)?), to: row.try_get::<String, _>(2)?.parse().ok() })
            };
            bytes += change.bytes();
            changes.push((seq, change));
        }
    }
    changes.sort_unstable_by_key(|(seq, _)| *seq);
    let mut taken = 0;
    for (_, change) in &changes {
        if left.is_spent() {
            break;
        }
        left.records -= 1;
        left.bytes = left.bytes.saturating_sub(change.bytes());
        taken += 1;
    }
    changes.truncate(taken);
    Ok(changes)
}

/// How far a channel is.
#[derive(Debug, Default)]
struct Standing {
    last: Position,
    floor: u64,
    timeline: Timeline,
}

async fn standing(tx: &mut AnyConnection, county: &str, channel: &Channel) -> sqlx::Result<Standing> {
    let row = sqlx::query("SELECT generation, floor, seq, runs FROM channel WHERE county = $1 AND channel = $2")
        .bind(county)
        .bind(channel.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    let Some(row) = row else { return Ok(Standing::default()) };
    let number = |column: usize| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(column)?.cast_unsigned());
    let last = Position { next: number(2)?, generation: number(0)? };
    Ok(Standing { last, floor: number(1)?, timeline: timeline(&row.try_get::<String, _>(3)?)? })
}
