//! Retention: erasing records whose time is over (个人信息保护法 47), unless the clock or the number of them makes that doubtful.

use super::{
    Database,
    audit::{Act, Entry, append},
    clock::Jump,
    records::gathered,
    stored,
    stored::Stored,
    stored::{decode, key, uuid},
};
use chrono::NaiveDate;
use ruhu_domain::{
    Channel, Class, Kind, Record, RecordId,
    care::CareFile,
    office::{HeldRetention, WhyHeld},
    report::Report,
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
        let all: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM record").fetch_one(&self.pool).await?;
        let all = usize::try_from(all).unwrap_or_default();
        let unusual = count > FEW && count > all / SHARE;
        Ok(unusual.then_some(HeldRetention { on: today, why: WhyHeld::Many { count, all } }))
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

    /// The records whose time is over on this day, by channel.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn expired(&self, today: NaiveDate) -> sqlx::Result<BTreeMap<Channel, Vec<RecordId>>> {
        let mut expired: BTreeMap<Channel, Vec<RecordId>> = BTreeMap::new();
        let (mut county, mut last) = (String::new(), Vec::new());
        loop {
            let rows = sqlx::query(
                "SELECT county, id, body FROM record WHERE county > $1 OR (county = $2 AND id > $3)
                 ORDER BY county, id LIMIT $4",
            )
            .bind(&county)
            .bind(&county)
            .bind(last.clone())
            .bind(PAGE)
            .fetch_all(&self.pool)
            .await?;
            let Some(end) = rows.last() else { break };
            (county, last) = (end.try_get(0)?, end.try_get(1)?);
            for row in &rows {
                let id = RecordId(uuid(row, 1)?);
                let Some(record) = stored::record(id, &row.try_get::<String, _>(2)?) else { continue };
                // When it arrived can only make it later: few records are asked for that.
                if !is_over(&record, 0, today) {
                    continue;
                }
                let mut connection = self.pool.acquire().await?;
                let arrived = arrived(&mut connection, &record).await?;
                if is_over(&record, arrived, today) {
                    expired.entry(record.channel).or_default().push(record.id);
                }
            }
        }
        let files = self.records("", &in_whole_files()).await?;
        for (channel, records) in files_over(&mut *self.pool.acquire().await?, files, today).await? {
            let of = expired.entry(channel).or_default();
            of.extend(records);
            of.sort_unstable();
            of.dedup();
        }
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
            let mut files = Stored::default();
            for kind in in_whole_files().into_iter().filter(|kind| kind.class() == channel.class) {
                let words = "SELECT id, body FROM record WHERE county = $1 AND channel = $2 AND kind = $3";
                let query = sqlx::query(words).bind(village.county()).bind(channel.to_string());
                let rows = query.bind(kind.as_str().to_owned()).fetch_all(&mut *tx).await?;
                let stored = Stored::read(&rows)?;
                files.records.extend(stored.records);
                files.unreadable.extend(stored.unreadable);
            }
            let files = files_over(&mut tx, files, today).await?;
            let whole: Vec<RecordId> = files.into_iter().flat_map(|(_, records)| records).collect();
            let mut still = Vec::new();
            for record in records {
                if whole.contains(&record) {
                    still.push(record);
                    continue;
                }
                let body: Option<String> =
                    sqlx::query_scalar("SELECT body FROM record WHERE county = $1 AND id = $2 AND channel = $3")
                        .bind(village.county())
                        .bind(key(record.0))
                        .bind(channel.to_string())
                        .fetch_optional(&mut *tx)
                        .await?;
                let Some(stored) = body.and_then(|body| stored::record(record, &body)) else { continue };
                let arrived = arrived(&mut tx, &stored).await?;
                if is_over(&stored, arrived, today) {
                    still.push(record);
                }
            }
            if still.is_empty() {
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

/// The kinds of records that are erased with their file as a whole.
fn in_whole_files() -> Vec<Kind> {
    let heads = [Kind::CareCase, Kind::Hazard, Kind::Request];
    heads.iter().flat_map(Kind::in_files_of).chain([Kind::Outreach, Kind::Photo]).collect()
}

/// The records of care cases, hazards and requests that are over on a day, and outreach with its photos, by channel.
async fn files_over(
    connection: &mut AnyConnection,
    Stored { records, unreadable }: Stored,
    today: NaiveDate,
) -> sqlx::Result<Vec<(Channel, Vec<RecordId>)>> {
    // A file of which something can't be read stays whole: that may be the step which keeps it open.
    let mut in_doubt = unreadable;
    let counties: BTreeSet<String> =
        records.iter().map(|record| record.channel.grid.village().county().to_owned()).collect();
    for record in in_doubt.clone() {
        for county in &counties {
            let parent = sqlx::query("SELECT parent FROM record WHERE county = $1 AND id = $2 AND parent IS NOT NULL")
                .bind(county)
                .bind(key(record.0))
                .fetch_optional(&mut *connection)
                .await?;
            in_doubt.extend(parent.map(|row| uuid(&row, 0)).transpose()?.map(RecordId));
        }
    }
    let by_id: BTreeMap<RecordId, Record> = records.iter().map(|record| (record.id, record.clone())).collect();
    let mut files: Vec<(Record, Erased, Vec<RecordId>)> = Vec::new();
    for (head, file, all) in gathered::<CareFile>(records.clone()) {
        files.push((head, Box::new(move |head, arrived| retention::case_erased_on(head, &file, arrived, today)), all));
    }
    let mut photos: BTreeMap<RecordId, Vec<RecordId>> = BTreeMap::new();
    for photo in records.iter().filter(|record| record.kind == Kind::Photo) {
        photos.entry(photo.parent().unwrap_or(photo.id)).or_default().push(photo.id);
    }
    for head in records.iter().filter(|record| record.kind == Kind::Outreach) {
        let photos = photos.remove(&head.id).unwrap_or_default();
        files.push((head.clone(), Box::new(retention::erased_on), [vec![head.id], photos].concat()));
    }
    for (head, report, all) in gathered::<Report>(records) {
        files.push((head, Box::new(move |head, arrived| retention::report_erased_on(head, &report, arrived)), all));
    }
    let mut over = Vec::new();
    files.retain(|(head, ..)| !in_doubt.contains(&head.id));
    for (head, erased_on, all) in files {
        let on = |arrived| erased_on(&head, arrived).is_some_and(|day| day <= today);
        if !on(0) {
            continue;
        }
        let mut last = 0;
        for record in all.iter().filter_map(|id| by_id.get(id)) {
            last = last.max(arrived(connection, record).await?);
        }
        if on(last) {
            over.push((head.channel, all));
        }
    }
    Ok(over)
}

/// The day on which a file is to be erased, by its head and when the last of it arrived.
type Erased = Box<dyn Fn(&Record, u64) -> Option<NaiveDate> + Send + Sync>;

/// When the last save of a record arrived, Unix milliseconds.
async fn arrived(connection: &mut AnyConnection, record: &Record) -> sqlx::Result<u64> {
    let village = record.channel.grid.village();
    let last: Option<i64> = sqlx::query_scalar("SELECT MAX(received_at) FROM op WHERE county = $1 AND record = $2")
        .bind(village.county())
        .bind(key(record.id.0))
        .fetch_one(connection)
        .await?;
    Ok(last.unwrap_or_default().cast_unsigned())
}

/// Whether a record that is erased by itself is over. Outreach goes with its photos.
fn is_over(record: &Record, arrived_ms: u64, today: NaiveDate) -> bool {
    record.kind != Kind::Outreach && retention::erased_on(record, arrived_ms).is_some_and(|day| day <= today)
}
