//! Handing out the records that changed.

use super::{
    super::Database,
    push::Pushed,
    rows::{decode, uuid},
};
use ruhu_domain::{
    Channel, RecordId,
    wire::{Left, MAX_RECORDS, Page, Position},
};
use serde_json::value::RawValue;
use sqlx::{AnyConnection, Row as _};
use std::collections::BTreeMap;

impl Database {
    /// Returns the records that changed in the channels after the positions, at most `limit` in all. Leaves out those that the
    /// sender of `pushed` has already. With a limit of 0 it returns only the numbers of what was pushed.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn pull(
        &self,
        channels: &[Channel],
        positions: &BTreeMap<Channel, Position>,
        limit: u32,
        pushed: &Pushed,
    ) -> sqlx::Result<Vec<Page<Box<RawValue>>>> {
        if limit == 0 {
            return Ok(pushed.written.iter().filter_map(|(channel, written)| written.page(channel)).collect());
        }
        let mut tx = self.engine.begin_reading(&self.pool).await?;
        let mut left = limit.min(MAX_RECORDS);
        let mut pages = Vec::new();
        for channel in channels {
            let asked = positions.get(channel).copied();
            let position = asked.unwrap_or_default();
            let county = channel.grid.village().county().to_owned();
            let (generation, floor) = generation(&mut tx, &county, channel).await?;
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
            };
            if left == 0 {
                pages.push(page);
                continue;
            }
            // What the sender wrote just now, and has, need not be read again.
            let written = pushed.written.get(channel).filter(|written| !reset && written.generation == generation);
            let own = written.filter(|written| written.after == after).and_then(|written| written.page(channel));
            if let Some(own) = own {
                page.next = own.next;
            }
            let rows = changes(&mut tx, &county, channel, page.next.next, left).await?;
            page.more = rows.len() == left as usize;
            left = left.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            let known = pushed.written.get(channel).map(|written| &written.known);
            for (seq, row) in rows {
                page.next.next = seq;
                match row {
                    Row::Left(left) => page.left.push(Left { to: left.to.filter(|to| channels.contains(to)), ..left }),
                    Row::Record(_)
                        if known.and_then(|known| known.get(&seq)).is_some_and(|before| *before <= after) => {}
                    Row::Record(body) => page.records.push(RawValue::from_string(body).map_err(decode)?),
                }
            }
            if asked != Some(page.next) || page.more || reset {
                pages.push(page);
            }
        }
        tx.commit().await?;
        Ok(pages)
    }
}

/// The change that a sequence number of a channel stands for.
enum Row {
    /// A record that is in the channel.
    Record(String),
    /// A record that moved away, and where it is now.
    Left(Left),
}

/// Returns the changes of a channel after a number, at most `limit`, with their numbers.
async fn changes(
    tx: &mut AnyConnection,
    county: &str,
    channel: &Channel,
    after: u64,
    limit: u32,
) -> sqlx::Result<Vec<(u64, Row)>> {
    const RECORDS: &str =
        "SELECT seq, body FROM record WHERE county = $1 AND channel = $2 AND seq > $3 ORDER BY seq LIMIT $4";
    const LEFT: &str = "SELECT m.seq, m.record, COALESCE(r.channel, '') FROM moved m
         LEFT JOIN record r ON r.county = m.county AND r.id = m.record
         WHERE m.county = $1 AND m.channel = $2 AND m.seq > $3 ORDER BY m.seq LIMIT $4";
    let mut changes = Vec::new();
    for words in [RECORDS, LEFT] {
        // Planned each time: PostgreSQL would keep a plan from when the table was small.
        let rows = sqlx::query(words)
            .persistent(false)
            .bind(county)
            .bind(channel.to_string())
            .bind(after.cast_signed())
            .bind(i64::from(limit))
            .fetch_all(&mut *tx)
            .await?;
        for row in &rows {
            let seq = row.try_get::<i64, _>(0)?.cast_unsigned();
            let change = if words == RECORDS {
                Row::Record(row.try_get(1)?)
            } else {
                Row::Left(Left { record: RecordId(uuid(row, 1)?), to: row.try_get::<String, _>(2)?.parse().ok() })
            };
            changes.push((seq, change));
        }
    }
    changes.sort_unstable_by_key(|(seq, _)| *seq);
    changes.truncate(limit as usize);
    Ok(changes)
}

/// A channel's generation and floor.
async fn generation(tx: &mut AnyConnection, county: &str, channel: &Channel) -> sqlx::Result<(u64, u64)> {
    let row = sqlx::query("SELECT generation, floor FROM channel WHERE county = $1 AND channel = $2")
        .bind(county)
        .bind(channel.to_string())
        .fetch_optional(&mut *tx)
        .await?;
    let Some(row) = row else { return Ok((0, 0)) };
    Ok((row.try_get::<i64, _>(0)?.cast_unsigned(), row.try_get::<i64, _>(1)?.cast_unsigned()))
}
