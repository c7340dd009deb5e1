//! Retention: erasing records whose time is over (个人信息保护法 47), unless the clock or the number of them makes that doubtful.

use super::{
    Database,
    audit::{Act, Entry, append},
    clock::Jump,
    projection::{arrived, files_of, refresh},
    sql::Engine,
    stored,
    stored::{decode, key, uuid},
};
use chrono::NaiveDate;
use ruhu_domain::{
    Channel, Class, RecordId,
    office::{HeldRetention, WhyHeld},
    retention,
};
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use std::collections::{BTreeMap, BTreeSet};

/// Records looked at in one statement.
const PAGE: i64 = 1_000;

/// A night that erases more records than this, and more than [`SHARE`] of all, is unusual.
const FEW: usize = 50;

/// One in this many of all records: a year's records, kept for three years, are a third; those of one night a thousandth.
const SHARE: usize = 50;

/// The setting with the retention that waits for an office, as JSON of [`HeldRetention`].
const HELD: &str = "retention_held";

/// The setting with the last day that an office let be erased, as `2026-11-29`.
const APPROVED: &str = "retention_approved";

/// The outcome of a night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Night {
    /// So many records were erased.
    Erased(usize),
    /// Nothing was erased: an office has to look at it first.
    Held(HeldRetention),
}

impl Database {
    /// Erases what is over on this day, where neither the clock jumped nor the number is unusual, or an office approved it.
    ///
    /// # Errors
    /// Fails when the database does: channels done before stay done.
    pub async fn retain_tonight(&self, today: NaiveDate, by: &str) -> sqlx::Result<Night> {
        if !self.is_approved(today).await?
            && let Some(held) = self.doubtful(today).await?
        {
            let text = serde_json::to_string(&held).map_err(decode)?;
            self.put_setting(HELD, &text).await?;
            return Ok(Night::Held(held));
        }
        let erased = self.retain(today, by).await?;
        self.put_setting(HELD, "").await?;
        Ok(Night::Erased(erased))
    }

    /// Returns why the retention of a day should wait for an office; `None` where it need not.
    async fn doubtful(&self, today: NaiveDate) -> sqlx::Result<Option<HeldRetention>> {
        if let Some(Jump { from_ms, to_ms }) = self.look_at_clock().await? {
            return Ok(Some(HeldRetention { on: today, why: WhyHeld::ClockJumped { from_ms, to_ms } }));
        }
        let count = self.expired(today).await?.values().map(Vec::len).sum::<usize>();
        if count <= FEW {
            return Ok(None);
        }
        let all: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM record").fetch_one(&self.pool).await?;
        let all = usize::try_from(all).unwrap_or_default();
        Ok((count > all / SHARE).then_some(HeldRetention { on: today, why: WhyHeld::Many { count, all } }))
    }

    /// Returns the retention that waits for an office; `None` where none does.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn held_retention(&self) -> sqlx::Result<Option<HeldRetention>> {
        let held = self.setting(HELD).await?.filter(|held| !held.is_empty());
        held.map(|held| serde_json::from_str(&held).map_err(decode)).transpose()
    }

    /// Lets the retention of a day go on, for somebody who looked at the server's date and the number. The time that the
    /// server shows is taken for right.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn approve_retention(&self, today: NaiveDate, by: &str) -> sqlx::Result<()> {
        self.trust_clock().await?;
        self.put_setting(APPROVED, &today.to_string()).await?;
        self.put_setting(HELD, "").await?;
        let entry = Entry::of(by, Act::Approve, today);
        self.put_on_record(&[entry]).await
    }

    /// Whether an office approved the retention of a day.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn is_approved(&self, today: NaiveDate) -> sqlx::Result<bool> {
        Ok(self.setting(APPROVED).await?.is_some_and(|day| day == today.to_string()))
    }

    /// The records whose time is over on this day, by channel: those that are erased by themselves, and files as a whole.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn expired(&self, today: NaiveDate) -> sqlx::Result<BTreeMap<Channel, Vec<RecordId>>> {
        let mut expired: BTreeMap<Channel, Vec<RecordId>> = BTreeMap::new();
        for county in self.counties("").await? {
            let mut last = (String::new(), Vec::new());
            loop {
                let rows = sqlx::query(
                    "SELECT over_on, id, channel FROM record WHERE county = $1 AND over_on <= $2
                     AND (over_on > $3 OR (over_on = $4 AND id > $5)) ORDER BY over_on, id LIMIT $6",
                )
                .bind(&county)
                .bind(today.to_string())
                .bind(&last.0)
                .bind(&last.0)
                .bind(last.1.clone())
                .bind(PAGE)
                .fetch_all(&self.pool)
                .await?;
                let Some(end) = rows.last() else { break };
                last = (end.try_get(0)?, end.try_get(1)?);
                for row in &rows {
                    let channel: Channel = row.try_get::<String, _>(2)?.parse().map_err(decode)?;
                    expired.entry(channel).or_default().push(RecordId(uuid(row, 1)?));
                }
            }
        }
        let mut connection = self.pool.acquire().await?;
        for (channel, records) in &mut expired {
            *records = over(&mut connection, self.engine, channel, records, today).await?;
        }
        expired.retain(|_, records| !records.is_empty());
        Ok(expired)
    }

    /// Erases what is over on this day; how many records that were. What nobody can use any more goes too.
    ///
    /// # Errors
    /// Fails when the database does: channels done before stay done.
    pub async fn retain(&self, today: NaiveDate, by: &str) -> sqlx::Result<usize> {
        let mut count = 0;
        for (channel, records) in self.expired(today).await? {
            let mut tx = self.begin().await?;
            // With the channel's row locked nobody saves in it: a record that was edited since is not over.
            let words =
                format!("SELECT seq FROM channel WHERE county = $1 AND channel = $2{}", self.engine.for_update());
            let village = channel.grid.village();
            sqlx::query(AssertSqlSafe(words))
                .bind(village.county())
                .bind(channel.to_string())
                .fetch_optional(&mut *tx)
                .await?;
            let still = over(&mut tx, self.engine, &channel, &records, today).await?;
            // What was edited since is not looked at again before its new day.
            let edited = records.into_iter().filter(|record| !still.contains(record)).collect();
            refresh(&mut tx, self.engine, channel.grid.village().county(), &edited).await?;
            if still.is_empty() {
                tx.commit().await?;
                continue;
            }
            self.erase_in(&mut tx, &channel, &still, None).await?;
            if channel.class != Class::Mediation {
                self.erase_waiting(&mut tx, &channel, &still).await?;
            }
            for record in &still {
                let entry = Entry::of(by, Act::Erase, record).in_channel(&channel);
                append(&mut tx, self.engine, &entry).await?;
            }
            tx.commit().await?;
            count += still.len();
        }
        self.forget_the_rest().await?;
        if count > 0 {
            self.empty_log().await;
        }
        Ok(count)
    }

    /// Codes and offices' sessions that ended long ago, and the words of saves that were refused a year ago. A phone's
    /// sessions stay: its token shows whose it is when it is revoked, however late.
    async fn forget_the_rest(&self) -> sqlx::Result<()> {
        const DAY_MS: i64 = 86_400_000;
        let now = self.now_ms().cast_signed();
        let mut tx = self.begin().await?;
        for (words, before) in [
            ("DELETE FROM enrolment WHERE until < $1", now - 60 * DAY_MS),
            ("DELETE FROM session WHERE kind = 'office' AND created_at < $1", now - 60 * DAY_MS),
            (
                "UPDATE op SET body = '' WHERE outcome = 'refused' AND body <> '' AND received_at < $1",
                now - 365 * DAY_MS,
            ),
        ] {
            sqlx::query(words).bind(before).execute(&mut *tx).await?;
        }
        tx.commit().await
    }
}

/// Returns which of the records of a channel are over on a day, with all that is in their files, by what is stored now. Their
/// noted days say which ones may be.
async fn over(
    connection: &mut AnyConnection,
    engine: Engine,
    channel: &Channel,
    records: &[RecordId],
    today: NaiveDate,
) -> sqlx::Result<Vec<RecordId>> {
    let village = channel.grid.village();
    let county = village.county();
    let files = files_of(&mut *connection, engine, county, records).await?;
    let mut still = BTreeSet::new();
    for id in records {
        if let Some(file) = files.get(id) {
            let is_over = file.over_on(&mut *connection, engine, county).await?.is_some_and(|day| day <= today);
            if is_over && file.channel == *channel {
                still.extend(&file.all);
            }
            continue;
        }
        let words = "SELECT body FROM record WHERE county = $1 AND id = $2 AND channel = $3";
        let query = sqlx::query_scalar(words).bind(county).bind(key(id.0)).bind(channel.to_string());
        let body: Option<String> = query.fetch_optional(&mut *connection).await?;
        let Some(record) = body.and_then(|body| stored::record(*id, &body)) else { continue };
        let arrived = arrived(&mut *connection, engine, county, &[*id]).await?.remove(id).unwrap_or_default();
        if retention::erased_on(&record, arrived).is_some_and(|day| day <= today) {
            still.insert(*id);
        }
    }
    Ok(still.into_iter().collect())
}
