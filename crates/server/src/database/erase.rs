//! Erasing records for good: at a request of the person recorded, or because their time is over (个人信息保护法 47).
//! Erased values are gone from the records and from the history; that there were such ops stays, by identity and
//! digest, so that a phone that sends one again is told that its record is no more. Every phone that carries the
//! channel starts over, and forgets.

use super::{
    Database,
    audit::{Act, Entry, append},
    records::gathered,
    sql::Writing,
    sync::rows::{decode, key, uuid},
};
use chrono::NaiveDate;
use ruhu_domain::{
    Channel, Class, Kind, Record, RecordId,
    care::CareFile,
    record::{Field, Op},
    report::Report,
    retention,
};
use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use std::collections::BTreeMap;

/// Records looked at in one statement.
const PAGE: i64 = 1_000;

/// The text in place of an erased name.
pub const ERASED_NAME: &str = "×××";

impl Database {
    /// Erases records of a channel, and takes a person's name out of others.
    pub(super) async fn erase_in(
        &self,
        tx: &mut Writing,
        channel: &Channel,
        records: &[RecordId],
        person: Option<&Person<'_>>,
    ) -> sqlx::Result<()> {
        let village = channel.grid.village();
        let county = village.county();
        // The channel's row is locked first, as in a push. Nobody's position reaches the new floor: all start over.
        sqlx::query(
            "UPDATE channel SET seq = seq + 1, generation = generation + 1, floor = seq + 1
             WHERE county = $1 AND channel = $2",
        )
        .bind(county)
        .bind(channel.to_string())
        .execute(&mut **tx)
        .await?;
        for record in records {
            sqlx::query("DELETE FROM record WHERE county = $1 AND id = $2 AND channel = $3")
                .bind(county)
                .bind(key(record.0))
                .bind(channel.to_string())
                .execute(&mut **tx)
                .await?;
            // What waits for a decision can't be accepted any more; the worker is told.
            sqlx::query(
                "UPDATE op SET body = '', reason = NULL,
                 outcome = CASE outcome WHEN 'quarantined' THEN 'refused' ELSE outcome END
                 WHERE county = $1 AND record = $2",
            )
            .bind(county)
            .bind(key(record.0))
            .execute(&mut **tx)
            .await?;
        }
        let Some(person) = person else { return Ok(()) };
        for record in person.mentioned_in {
            self.rewrite(tx, county, *record, person).await?;
        }
        Ok(())
    }

    /// Erases what waits for a decision and was to be added to these files; the worker is told that it was refused.
    pub(super) async fn erase_waiting(
        &self,
        tx: &mut Writing,
        channel: &Channel,
        heads: &[RecordId],
    ) -> sqlx::Result<()> {
        let county = channel.grid.village().county().to_owned();
        let waiting = "SELECT id, body FROM op WHERE county = $1 AND outcome = 'quarantined' AND body <> ''";
        for row in sqlx::query(waiting).bind(&county).fetch_all(&mut **tx).await? {
            let op: Op = serde_json::from_str(&row.try_get::<String, _>(1)?).map_err(decode)?;
            if op.parent().is_none_or(|head| !heads.contains(&head)) {
                continue;
            }
            sqlx::query("UPDATE op SET body = '', reason = NULL, outcome = 'refused' WHERE county = $1 AND id = $2")
                .bind(&county)
                .bind(key(uuid(&row, 0)?))
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }

    /// Takes a name out of a record and its history.
    async fn rewrite(&self, tx: &mut Writing, county: &str, record: RecordId, person: &Person<'_>) -> sqlx::Result<()> {
        let body: Option<String> = sqlx::query_scalar("SELECT body FROM record WHERE county = $1 AND id = $2")
            .bind(county)
            .bind(key(record.0))
            .fetch_optional(&mut **tx)
            .await?;
        let mut is_head = false;
        if let Some(body) = body {
            let mut stored: Record = serde_json::from_str(&body).map_err(decode)?;
            let is_theirs = |head: &Field| person.names.iter().any(|name| head.value == name.as_str());
            let head = ["head", "asker", "to"].iter().any(|name| stored.fields.get(*name).is_some_and(is_theirs));
            for (name, field) in &mut stored.fields {
                person.take_out(name, &mut field.value, head);
            }
            for (name, fields) in &mut stored.contested {
                fields.iter_mut().for_each(|field| person.take_out(name, &mut field.value, head));
            }
            is_head = head;
            sqlx::query("UPDATE record SET body = $1 WHERE county = $2 AND id = $3")
                .bind(serde_json::to_string(&stored).map_err(decode)?)
                .bind(county)
                .bind(key(record.0))
                .execute(&mut **tx)
                .await?;
        }
        let ops = sqlx::query("SELECT id, body FROM op WHERE county = $1 AND record = $2 AND body <> ''")
            .bind(county)
            .bind(key(record.0))
            .fetch_all(&mut **tx)
            .await?;
        for row in &ops {
            let id = uuid(row, 0)?;
            let mut op: Op = serde_json::from_str(&row.try_get::<String, _>(1)?).map_err(decode)?;
            for (name, change) in &mut op.changes {
                person.take_out(name, &mut change.value, is_head);
            }
            sqlx::query("UPDATE op SET body = $1 WHERE county = $2 AND id = $3")
                .bind(serde_json::to_string(&op).map_err(decode)?)
                .bind(county)
                .bind(key(id))
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
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
                let record: Record = serde_json::from_str(&row.try_get::<String, _>(2)?).map_err(decode)?;
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
            let mut files: Vec<Record> = Vec::new();
            for kind in in_whole_files().into_iter().filter(|kind| kind.class() == channel.class) {
                let words = "SELECT body FROM record WHERE county = $1 AND channel = $2 AND kind = $3";
                let query = sqlx::query_scalar(words).bind(village.county()).bind(channel.to_string());
                let bodies: Vec<String> = query.bind(kind.as_str().to_owned()).fetch_all(&mut *tx).await?;
                let records: Result<Vec<Record>, _> = bodies.iter().map(|body| serde_json::from_str(body)).collect();
                files.extend(records.map_err(decode)?);
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
                let Some(body) = body else { continue };
                let stored: Record = serde_json::from_str(&body).map_err(decode)?;
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
                let entry = Entry { account: by, device: None, act: Act::Erase, subject: record.to_string() };
                append(&mut tx, self.engine, &entry).await?;
            }
            tx.commit().await?;
            count += still.len();
        }
        self.forget_the_rest().await?;
        Ok(count)
    }

    /// Codes and offices' sessions that ended long ago, and the words of saves that were refused a year ago. A phone's
    /// sessions stay: its token shows whose it is when it is revoked, however late.
    async fn forget_the_rest(&self) -> sqlx::Result<()> {
        const DAY_MS: i64 = 86_400_000;
        let now = crate::random::now_ms().cast_signed();
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
    records: Vec<Record>,
    today: NaiveDate,
) -> sqlx::Result<Vec<(Channel, Vec<RecordId>)>> {
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

/// A person whose name is taken out of records that speak of their household.
#[derive(Clone, Debug)]
pub struct Person<'a> {
    /// The name, and others under which they were registered; none is empty.
    pub names: &'a [String],
    /// Others of the household: a longer name that has this one in it stays.
    pub others: &'a [String],
    /// The records.
    pub mentioned_in: &'a [RecordId],
}

/// Whether a text names a record or a channel: nobody wrote it.
fn is_reference(text: &str) -> bool {
    text.parse::<RecordId>().is_ok() || text.parse::<Channel>().is_ok()
}

impl Person<'_> {
    /// Whether a field names the person.
    pub(super) fn is_in(&self, field: &str, value: &Value) -> bool {
        let mut without = value.clone();
        self.take_out(field, &mut without, false);
        without != *value
    }

    /// Takes the name out of a field. `head` is whether the person is the head of the household, or asked for
    /// something: then the phone is theirs.
    fn take_out(&self, field: &str, value: &mut Value, head: bool) {
        self.names.iter().for_each(|name| self.take_out_name(name, field, value, head));
    }

    fn take_out_name(&self, name: &str, field: &str, value: &mut Value, head: bool) {
        match (field, &mut *value) {
            ("head" | "asker" | "to", Value::String(text)) if text == name => *text = ERASED_NAME.to_owned(),
            ("phone", Value::String(text)) if head => text.clear(),
            ("met", Value::Array(items)) => {
                items.iter_mut().filter(|item| **item == name).for_each(|item| *item = ERASED_NAME.into());
                items.iter_mut().for_each(|item| {
                    if let Value::String(text) = item {
                        *text = self.without(name, text);
                    }
                });
            }
            // The head of a household and the name of a resident are one name each.
            ("head" | "name", _) => {}
            (_, Value::String(text)) if !is_reference(text) => *text = self.without(name, text),
            _ => {}
        }
    }

    /// A text without the name, where it is not part of another's.
    fn without(&self, name: &str, text: &str) -> String {
        let longer: Vec<&String> = self.others.iter().filter(|other| other.contains(name)).collect();
        let (mut rest, mut out) = (text, String::with_capacity(text.len()));
        while let Some(first) = rest.chars().next() {
            if let Some(other) = longer.iter().find(|other| rest.starts_with(other.as_str())) {
                out.push_str(other);
                rest = &rest[other.len()..];
            } else if let Some(after) = rest.strip_prefix(name) {
                out.push_str(ERASED_NAME);
                rest = after;
            } else {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_is_taken_out_where_people_wrote_it_and_nothing_else() {
        let others = ["陈静怡".to_owned(), "陈明".to_owned()];
        // Registered twice, once with another character.
        let names = ["陈静".to_owned(), "陈靖".to_owned()];
        let person = Person { names: &names, others: &others, mentioned_in: &[] };
        let cases = [
            ("found", json!("陈静说腿疼，陈静怡在家"), true, json!("×××说腿疼，陈静怡在家")),
            ("met", json!(["陈静", "陈静怡", "陈明"]), true, json!(["×××", "陈静怡", "陈明"])),
            ("head", json!("陈静"), true, json!("×××")),
            ("found", json!("陈靖在家，陈静不在"), true, json!("×××在家，×××不在")),
            ("head", json!("陈静怡"), false, json!("陈静怡")),
            ("way_there", json!("过桥问陈静"), true, json!("过桥问×××")),
            (
                "household",
                json!("0198c8a4-0000-7000-8000-000000000001"),
                false,
                json!("0198c8a4-0000-7000-8000-000000000001"),
            ),
            ("phone", json!("19900000001"), true, json!("")),
            ("phone", json!("19900000001"), false, json!("19900000001")),
            ("workers", json!(["陈静"]), true, json!(["陈静"])),
            ("name", json!("陈静"), true, json!("陈静")),
        ];
        for (field, mut value, head, expected) in cases {
            person.take_out(field, &mut value, head);
            assert_eq!(value, expected, "{field}");
        }
    }
}
