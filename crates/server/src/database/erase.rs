//! Erasing records for good: at a request of the person recorded, or because their time is over (个人信息保护法 47).
//! What is erased is gone from the records and from the history; that there were such ops stays, by identity and
//! digest, so that a phone that sends one again is told that its record is no more. Every phone that carries the
//! channel starts over, and forgets.

use super::{
    Database,
    audit::{Act, Entry, append},
    sql::Writing,
    stored::{decode, key, uuid},
};
use chrono::NaiveDate;
use ruhu_domain::{Channel, Record, RecordId, record::Op, retention};
use serde_json::Value;
use sqlx::Row;
use std::collections::BTreeMap;

/// Records looked at in one statement.
const PAGE: i64 = 1_000;

/// What stands in place of an erased name.
pub const ERASED_NAME: &str = "×××";

impl Database {
    /// Erases records of a channel, and puts [`ERASED_NAME`] in the place of a name in others of it that speak of the
    /// same household.
    ///
    /// # Errors
    /// The database's: then nothing was erased.
    pub async fn erase(
        &self,
        channel: &Channel,
        records: &[RecordId],
        name: Option<(&str, &[RecordId])>,
        by: &str,
    ) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        self.erase_in(&mut tx, channel, records, name).await?;
        for record in records {
            let entry = Entry { account: by, device: None, act: Act::Erase, subject: record.to_string() };
            append(&mut tx, self.engine, &entry).await?;
        }
        tx.commit().await
    }

    pub(super) async fn erase_in(
        &self,
        tx: &mut Writing,
        channel: &Channel,
        records: &[RecordId],
        name: Option<(&str, &[RecordId])>,
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
        let Some((name, mention)) = name else { return Ok(()) };
        for record in mention {
            self.rewrite(tx, county, *record, name).await?;
        }
        Ok(())
    }

    /// Takes a name out of a record and its history.
    async fn rewrite(&self, tx: &mut Writing, county: &str, record: RecordId, name: &str) -> sqlx::Result<()> {
        let body: Option<String> = sqlx::query_scalar("SELECT body FROM record WHERE county = $1 AND id = $2")
            .bind(county)
            .bind(key(record.0))
            .fetch_optional(&mut **tx)
            .await?;
        if let Some(body) = body {
            let mut stored: Record = serde_json::from_str(&body).map_err(decode)?;
            stored.fields.values_mut().for_each(|field| redact(&mut field.value, name));
            stored.contested.values_mut().flatten().for_each(|field| redact(&mut field.value, name));
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
            op.changes.values_mut().for_each(|change| redact(&mut change.value, name));
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
    /// The database's.
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
            let Some(end) = rows.last() else { return Ok(expired) };
            (county, last) = (end.try_get(0)?, end.try_get(1)?);
            for row in &rows {
                let record: Record = serde_json::from_str(&row.try_get::<String, _>(2)?).map_err(decode)?;
                if retention::erased_on(&record).is_some_and(|day| day <= today) {
                    expired.entry(record.channel).or_default().push(record.id);
                }
            }
        }
    }

    /// Erases what is over on this day; how many records that were. Codes and sessions that are over go too.
    ///
    /// # Errors
    /// The database's: channels done before stay done.
    pub async fn retain(&self, today: NaiveDate, by: &str) -> sqlx::Result<usize> {
        let mut count = 0;
        for (channel, records) in self.expired(today).await? {
            // One look at a time is what decides: an edit since then keeps the record until tomorrow.
            self.erase(&channel, &records, None, by).await?;
            count += records.len();
        }
        self.forget_sessions().await?;
        Ok(count)
    }

    /// Sessions of devices that were not revoked, and codes, thirty days after their end: nobody can use them.
    async fn forget_sessions(&self) -> sqlx::Result<()> {
        const LONG_MS: i64 = 60 * 86_400_000;
        let before = crate::random::now_ms().cast_signed() - LONG_MS;
        let mut tx = self.begin().await?;
        for words in [
            "DELETE FROM enrolment WHERE until < $1",
            "DELETE FROM session WHERE created_at < $1 AND device NOT IN
             (SELECT id FROM device WHERE revoked_at IS NOT NULL AND handed_over_at IS NULL)",
        ] {
            sqlx::query(words).bind(before).execute(&mut *tx).await?;
        }
        tx.commit().await
    }
}

/// Takes a name out of a value's texts.
fn redact(value: &mut Value, name: &str) {
    match value {
        Value::String(text) if text.contains(name) => *text = text.replace(name, ERASED_NAME),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, name)),
        Value::Object(fields) => fields.values_mut().for_each(|item| redact(item, name)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_is_taken_out_wherever_it_stands() {
        let mut value = json!(["陈静", {"a": "陈静和陈静的孩子"}, 1, null, "陈明"]);
        redact(&mut value, "陈静");
        assert_eq!(value, json!(["×××", {"a": "×××和×××的孩子"}, 1, null, "陈明"]));
    }
}
