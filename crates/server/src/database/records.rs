//! Reading records for imports, ledgers and their history.

use super::{
    Database,
    audit::Broken,
    stored::{self, Stored, key, uuid},
};
use ruhu_domain::{
    Channel, Kind, OpId, Record, RecordId, Stamp,
    case::book::CaseFile,
    office::OfRecord,
    record::{Name, Op},
    wire::HistoryEntry,
};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The saves that were held against their digests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckedOps {
    /// Those whose words are what was sent.
    pub sound: usize,
    /// Those that can't be held against it: a name was taken out of their words by law.
    pub redacted: usize,
}

/// Saves held against their digests at a time.
const PAGE: i64 = 2_000;

impl Database {
    /// Holds every save of the history against the digest of what its phone sent.
    ///
    /// # Errors
    /// The first that is not what it was.
    pub async fn verify_ops(&self) -> Result<CheckedOps, Broken> {
        let (mut checked, mut county, mut last) = (CheckedOps::default(), String::new(), Vec::new());
        loop {
            let rows = sqlx::query(
                "SELECT county, id, body, digest, redacted FROM op WHERE body <> '' AND (county > $1 OR (county = $2
                 AND id > $3)) ORDER BY county, id LIMIT $4",
            )
            .bind(&county)
            .bind(&county)
            .bind(last.clone())
            .bind(PAGE)
            .fetch_all(&self.pool)
            .await?;
            let Some(end) = rows.last() else { return Ok(checked) };
            (county, last) = (end.try_get(0)?, end.try_get(1)?);
            for row in &rows {
                if row.try_get::<i64, _>(4)? != 0 {
                    checked.redacted += 1;
                    continue;
                }
                let id = uuid(row, 1)?;
                let op = stored::op(id, &row.try_get::<String, _>(2)?);
                // As the phone sent it: the name is the server's.
                let sent = op.map(|op| Op { by: Name::default(), ..op });
                let bytes = sent.and_then(|op| serde_json::to_vec(&op).ok()).unwrap_or_default();
                if Sha256::digest(bytes).as_slice() != row.try_get::<Vec<u8>, _>(3)? {
                    return Err(Broken::Op(OpId(id)));
                }
                checked.sound += 1;
            }
        }
    }

    /// Returns the saves of a record, the latest first, but for those that can't be read. Nothing where the record does not
    /// belong to the channel.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn history(&self, channel: &Channel, record: RecordId) -> sqlx::Result<Vec<HistoryEntry>> {
        let rows = sqlx::query(
            "SELECT o.id, o.body, o.received_at, o.outcome FROM op o JOIN record r ON r.county = o.county AND r.id = o.record
             WHERE o.county = $1 AND o.record = $2 AND r.channel = $3 AND o.body <> '' ORDER BY o.received_at DESC, o.id DESC",
        )
        .bind(channel.grid.village().county())
        .bind(key(record.0))
        .bind(channel.to_string())
        .fetch_all(&self.pool)
        .await?;
        let entry = |row: &AnyRow| {
            let Some(op) = stored::op(uuid(row, 0)?, &row.try_get::<String, _>(1)?) else { return Ok(None) };
            let outcome: String = row.try_get(3)?;
            Ok(Some(HistoryEntry {
                by: op.by,
                saved_at: op.stamp.ms,
                received_at: row.try_get::<i64, _>(2)?.cast_unsigned(),
                changes: op.changes.into_iter().map(|(name, change)| (name, change.value)).collect(),
                merged: outcome == "applied",
            }))
        };
        rows.iter().filter_map(|row| entry(row).transpose()).collect()
    }

    /// Returns the stamps of a record's fields; none where the channel has no such record, or it can't be read.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn stamps(&self, record: RecordId, channel: &Channel) -> sqlx::Result<BTreeMap<Name, Stamp>> {
        let body: Option<String> =
            sqlx::query_scalar("SELECT body FROM record WHERE county = $1 AND id = $2 AND channel = $3")
                .bind(channel.grid.village().county())
                .bind(key(record.0))
                .bind(channel.to_string())
                .fetch_optional(&self.pool)
                .await?;
        let Some(record) = body.and_then(|body| stored::record(record, &body)) else { return Ok(BTreeMap::new()) };
        Ok(record.fields.into_iter().map(|(name, field)| (name, field.stamp)).collect())
    }

    /// Returns the files of a sort whose grid's code starts with `area` (digits, or a whole grid code), each with the record
    /// at its head; and the records of such files that can't be read.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn files<F: CaseFile>(&self, area: &str) -> sqlx::Result<(Vec<(Record, F)>, BTreeSet<RecordId>)> {
        let kinds: Vec<Kind> = F::HEADS.iter().flat_map(Kind::in_files_of).collect();
        let Stored { records, unreadable } = self.records(area, &kinds).await?;
        let files = gathered(records).into_iter().filter(|(head, ..)| !head.withdrawn());
        Ok((files.map(|(head, file, _)| (head, file)).collect(), unreadable))
    }

    /// Returns the record of a dispute, and those that name it, as far as they can be read. None where it is not there, or was
    /// withdrawn.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn file(&self, of: &OfRecord) -> sqlx::Result<Option<(Record, Vec<Record>)>> {
        let rows = sqlx::query(
            "SELECT id, body FROM record WHERE county = $1 AND channel = $2 AND (id = $3 OR parent = $4) ORDER BY seq",
        )
        .bind(of.channel.grid.village().county())
        .bind(of.channel.to_string())
        .bind(key(of.record.0))
        .bind(key(of.record.0))
        .fetch_all(&self.pool)
        .await?;
        let records = Stored::read(&rows)?.records;
        let (own, others): (Vec<Record>, Vec<Record>) = records.into_iter().partition(|record| record.id == of.record);
        let own = own.into_iter().find(|record| record.kind == Kind::Dispute && !record.withdrawn());
        Ok(own.map(|own| (own, others)))
    }

    /// Returns every record of a channel, also of kinds that this version does not know.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub(super) async fn records_in(&self, channel: &Channel) -> sqlx::Result<Stored> {
        let rows = sqlx::query("SELECT id, body FROM record WHERE county = $1 AND channel = $2 ORDER BY seq")
            .bind(channel.grid.village().county())
            .bind(channel.to_string())
            .fetch_all(&self.pool)
            .await?;
        Stored::read(&rows)
    }

    /// Returns the records of some kinds whose grid's code starts with `area` (digits, or a whole grid code).
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn records(&self, area: &str, kinds: &[Kind]) -> sqlx::Result<Stored> {
        let places: Vec<String> = (4..kinds.len() + 4).map(|number| format!("${number}")).collect();
        let words = format!(
            "SELECT id, body FROM record WHERE county = $1 AND channel >= $2 AND channel < $3 AND kind IN ({}) ORDER BY channel, seq",
            places.join(", ")
        );
        let mut stored = Stored::default();
        for county in self.counties(area).await? {
            let mut query = sqlx::query(AssertSqlSafe(words.clone())).bind(county).bind(area).bind(format!("{area}~"));
            for kind in kinds {
                query = query.bind(kind.as_str());
            }
            stored.extend(Stored::read(&query.fetch_all(&self.pool).await?)?);
        }
        Ok(stored)
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
