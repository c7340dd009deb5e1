//! Erasing records for good, whoever decided on it (个人信息保护法 47).
//! Erased values are gone from the records and from the history; that there were such ops stays, by identity and
//! digest, so that a phone that sends one again is told that its record is no more. Every phone that carries the
//! channel starts over, and forgets.

use super::{
    Database,
    projection::refresh,
    sql::{Engine, Writing},
    stored,
    stored::{decode, key, uuid},
};
use ruhu_domain::{Channel, RecordId, record::Field};
use serde_json::Value;
use sqlx::Row;
use std::{collections::BTreeSet, time::Duration};

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
        let mut changed: BTreeSet<RecordId> = records.iter().copied().collect();
        for record in records {
            let words = "SELECT parent FROM record WHERE county = $1 AND id = $2 AND parent IS NOT NULL";
            let parent = sqlx::query(words).bind(county).bind(key(record.0)).fetch_optional(&mut **tx).await?;
            changed.extend(parent.map(|row| uuid(&row, 0)).transpose()?.map(RecordId));
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
        if let Some(person) = person {
            for record in person.mentioned_in {
                self.rewrite(tx, county, *record, person).await?;
            }
            changed.extend(person.mentioned_in);
        }
        refresh(tx, self.engine, county, &changed).await
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
            let (id, body): (_, String) = (uuid(&row, 0)?, row.try_get(1)?);
            // Of one that can't be read it is enough that it names a file.
            let theirs = stored::op(id, &body).map_or_else(
                || heads.iter().any(|head| body.contains(&head.to_string())),
                |op| op.parent().is_some_and(|head| heads.contains(&head)),
            );
            if !theirs {
                continue;
            }
            sqlx::query("UPDATE op SET body = '', reason = NULL, outcome = 'refused' WHERE county = $1 AND id = $2")
                .bind(&county)
                .bind(key(id))
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }

    /// Takes names out of what waits for a decision, or was refused, whatever record it is on: of ops on the person's
    /// household all of `theirs`, of others those that nobody else has.
    pub(super) async fn take_out_of_waiting(
        &self,
        tx: &mut Writing,
        channel: &Channel,
        theirs: &Person<'_>,
        unique: &Person<'_>,
        homes: &BTreeSet<RecordId>,
    ) -> sqlx::Result<()> {
        let county = channel.grid.village().county().to_owned();
        let words = "SELECT id, body FROM op WHERE county = $1 AND channel = $2 AND body <> ''
                     AND outcome IN ('quarantined', 'refused')";
        let query = sqlx::query(words).bind(&county).bind(channel.to_string());
        for row in query.fetch_all(&mut **tx).await? {
            let (id, body): (_, String) = (uuid(&row, 0)?, row.try_get(1)?);
            let cleaned = match stored::op(id, &body) {
                Some(mut op) => {
                    let person = if op.home().is_some_and(|home| homes.contains(&home)) { theirs } else { unique };
                    for (name, change) in &mut op.changes {
                        person.take_out(name, &mut change.value, false);
                    }
                    serde_json::to_string(&op).map_err(decode)?
                }
                None => unique.take_out_unread(&body),
            };
            if cleaned != body {
                sqlx::query("UPDATE op SET body = $1, redacted = 1 WHERE county = $2 AND id = $3")
                    .bind(cleaned)
                    .bind(&county)
                    .bind(key(id))
                    .execute(&mut **tx)
                    .await?;
            }
        }
        Ok(())
    }

    /// Empties SQLite's log, in which pages as they were before an erasing stand until it is written over. What reads at this
    /// moment may need them: then it is tried again.
    pub(super) async fn empty_log(&self) {
        const TRIES: usize = 50;
        if self.engine != Engine::Sqlite {
            return;
        }
        for _ in 0..TRIES {
            let busy = sqlx::query_scalar::<_, i64>("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.writer).await;
            match busy {
                Ok(0) => return,
                Ok(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => return tracing::error!(%error, "the log was not emptied after an erasing"),
            }
        }
        tracing::error!("the log was not emptied after an erasing: something has been reading for seconds");
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
            let body = match stored::record(record, &body) {
                Some(mut stored) => {
                    let is_theirs = |head: &Field| person.names.iter().any(|name| head.value == name.as_str());
                    is_head =
                        ["head", "asker", "to"].iter().any(|name| stored.fields.get(*name).is_some_and(is_theirs));
                    for (name, field) in &mut stored.fields {
                        person.take_out(name, &mut field.value, is_head);
                    }
                    for (name, fields) in &mut stored.contested {
                        fields.iter_mut().for_each(|field| person.take_out(name, &mut field.value, is_head));
                    }
                    serde_json::to_string(&stored).map_err(decode)?
                }
                None => person.take_out_unread(&body),
            };
            sqlx::query("UPDATE record SET body = $1 WHERE county = $2 AND id = $3")
                .bind(body)
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
            let body: String = row.try_get(1)?;
            let body = match stored::op(id, &body) {
                Some(mut op) => {
                    for (name, change) in &mut op.changes {
                        person.take_out(name, &mut change.value, is_head);
                    }
                    serde_json::to_string(&op).map_err(decode)?
                }
                None => person.take_out_unread(&body),
            };
            sqlx::query("UPDATE op SET body = $1, redacted = 1 WHERE county = $2 AND id = $3")
                .bind(body)
                .bind(county)
                .bind(key(id))
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }
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
            // The head of a household and the name of a resident are one name each; workers are no persons recorded.
            ("head" | "name" | "workers", _) => {}
            (_, Value::String(text)) if !is_reference(text) => *text = self.without(name, text),
            // A newer app's records may have lists and maps.
            (_, Value::Array(items)) => items.iter_mut().for_each(|item| self.take_out_name(name, "", item, head)),
            (_, Value::Object(entries)) => {
                entries.values_mut().for_each(|item| self.take_out_name(name, "", item, head));
            }
            _ => {}
        }
    }

    /// Takes the names out of a text as a whole: of a record or an op that can't be read, or of words that are no record.
    pub(super) fn take_out_unread(&self, body: &str) -> String {
        self.names.iter().fold(body.to_owned(), |body, name| self.without(name, &body))
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
