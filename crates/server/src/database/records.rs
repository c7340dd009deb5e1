//! Reading records for imports, ledgers and their history.

use super::{
    Database,
    sync::rows::{decode, key},
};
use ruhu_domain::{
    Channel, Kind, Record, RecordId, Stamp,
    case::book::CaseFile,
    office::OfRecord,
    record::{Name, Op},
    wire::HistoryEntry,
};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use std::collections::{BTreeMap, HashMap};

impl Database {
    /// The saves of a record, the latest first. Nothing where the record does not belong to the channel.
    ///
    /// # Errors
    /// Fails when the database does, or an op can't be read.
    pub async fn history(&self, channel: &Channel, record: RecordId) -> sqlx::Result<Vec<HistoryEntry>> {
        let rows = sqlx::query(
            "SELECT o.body, o.received_at, o.outcome FROM op o JOIN record r ON r.county = o.county AND r.id = o.record
             WHERE o.county = $1 AND o.record = $2 AND r.channel = $3 AND o.body <> '' ORDER BY o.received_at DESC, o.id DESC",
        )
        .bind(channel.grid.village().county())
        .bind(key(record.0))
        .bind(channel.to_string())
        .fetch_all(&self.pool)
        .await?;
        let entry = |row: &AnyRow| {
            let body: String = row.try_get(0)?;
            let op: Op = serde_json::from_str(&body).map_err(decode)?;
            let outcome: String = row.try_get(2)?;
            Ok(HistoryEntry {
                by: op.by,
                saved_at: op.stamp.ms,
                received_at: row.try_get::<i64, _>(1)?.cast_unsigned(),
                changes: op.changes.into_iter().map(|(name, change)| (name, change.value)).collect(),
                merged: outcome == "applied",
            })
        };
        rows.iter().map(entry).collect()
    }

    /// The stamps of a record's fields; none where the channel has no such record.
    ///
    /// # Errors
    /// Fails when the database does, or a record can't be read.
    pub async fn stamps(&self, record: RecordId, channel: &Channel) -> sqlx::Result<BTreeMap<Name, Stamp>> {
        let body: Option<String> =
            sqlx::query_scalar("SELECT body FROM record WHERE county = $1 AND id = $2 AND channel = $3")
                .bind(channel.grid.village().county())
                .bind(key(record.0))
                .bind(channel.to_string())
                .fetch_optional(&self.pool)
                .await?;
        let Some(body) = body else { return Ok(BTreeMap::new()) };
        let record: Record = serde_json::from_str(&body).map_err(decode)?;
        Ok(record.fields.into_iter().map(|(name, field)| (name, field.stamp)).collect())
    }

    /// The files of a sort whose grid's code starts with `area` (digits, or a whole grid code), each with the record at
    /// its head.
    ///
    /// # Errors
    /// Fails when the database does, or a record can't be read.
    pub async fn files<F: CaseFile>(&self, area: &str) -> sqlx::Result<Vec<(Record, F)>> {
        let records = self.records(area, &F::HEADS.iter().flat_map(Kind::in_files_of).collect::<Vec<_>>()).await?;
        let files = gathered(records).into_iter().filter(|(head, ..)| !head.withdrawn());
        Ok(files.map(|(head, file, _)| (head, file)).collect())
    }

    /// The record of a dispute, and those that name it. None where it is not there, or was withdrawn.
    ///
    /// # Errors
    /// Fails when the database does, or a record can't be read.
    pub async fn file(&self, of: &OfRecord) -> sqlx::Result<Option<(Record, Vec<Record>)>> {
        let bodies: Vec<String> = sqlx::query_scalar(
            "SELECT body FROM record WHERE county = $1 AND channel = $2 AND (id = $3 OR parent = $4) ORDER BY seq",
        )
        .bind(of.channel.grid.village().county())
        .bind(of.channel.to_string())
        .bind(key(of.record.0))
        .bind(key(of.record.0))
        .fetch_all(&self.pool)
        .await?;
        let records: Result<Vec<Record>, _> = bodies.iter().map(|body| serde_json::from_str(body)).collect();
        let (own, others): (Vec<Record>, Vec<Record>) =
            records.map_err(decode)?.into_iter().partition(|record| record.id == of.record);
        let own = own.into_iter().find(|record| record.kind == Kind::Dispute && !record.withdrawn());
        Ok(own.map(|own| (own, others)))
    }

    /// The records of some kinds whose grid's code starts with `area` (digits, or a whole grid code).
    ///
    /// # Errors
    /// Fails when the database does, or a record can't be read.
    pub async fn records(&self, area: &str, kinds: &[Kind]) -> sqlx::Result<Vec<Record>> {
        let places: Vec<String> = (3..kinds.len() + 3).map(|number| format!("${number}")).collect();
        let words = format!(
            "SELECT body FROM record WHERE channel >= $1 AND channel < $2 AND kind IN ({}) ORDER BY channel, seq",
            places.join(", ")
        );
        let mut query = sqlx::query_scalar(AssertSqlSafe(words)).bind(area).bind(format!("{area}~"));
        for kind in kinds {
            query = query.bind(kind.as_str());
        }
        let bodies: Vec<String> = query.fetch_all(&self.pool).await?;
        let parse = |body: String| serde_json::from_str(&body).map_err(decode);
        bodies.into_iter().map(parse).collect()
    }
}

/// The files that records make up: each with the record at its head, and the identities of all of its records.
pub(super) fn gathered<F: CaseFile>(records: Vec<Record>) -> Vec<(Record, F, Vec<RecordId>)> {
    let (heads, others): (Vec<Record>, Vec<Record>) =
        records.into_iter().partition(|record| F::HEADS.contains(&record.kind));
    let mut of: HashMap<RecordId, Vec<&Record>> = HashMap::new();
    for record in &others {
        if let Some(parent) = record.parent() {
            of.entry(parent).or_default().push(record);
        }
    }
    let files = heads.into_iter().filter_map(|record| {
        let others = of.get(&record.id).map(Vec::as_slice).unwrap_or_default();
        let file = F::gather(&record, others.iter().copied())?;
        let all = [record.id].into_iter().chain(others.iter().map(|other| other.id)).collect();
        Some((record, file, all))
    });
    files.collect()
}
