//! Records in the order of the day that they are about, a page at a time: what ledgers are written from.

use super::{
    Database,
    sql::by_ids,
    stored::{self, Stored, key, uuid},
};
use chrono::NaiveDate;
use ruhu_domain::{Kind, Record, RecordId};
use sqlx::Row;
use std::collections::BTreeSet;

/// Records of a page.
const PAGE: i64 = 500;

/// The end of a page: the last record's day and identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AfterDay {
    day: String,
    id: Vec<u8>,
}

/// Some records in the order of their days.
#[derive(Clone, Debug, Default)]
pub struct DayPage {
    /// The records.
    pub records: Vec<Record>,
    /// What belongs to them: the household of a visit, the records of a file.
    pub beside: Vec<Record>,
    /// Records of the page that can't be read.
    pub unreadable: BTreeSet<RecordId>,
    /// The end of the page; `None` where there are no more.
    pub next: Option<AfterDay>,
}

impl Database {
    /// Returns the next records of a kind, of one county, in grids whose codes start with `area`, that are about a day of a period, with
    /// what belongs to them.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn by_day(
        &self,
        (county, area): (&str, &str),
        kind: &Kind,
        (from, to): (NaiveDate, NaiveDate),
        after: &AfterDay,
    ) -> sqlx::Result<DayPage> {
        let rows = sqlx::query(
            "SELECT id, body, day FROM record WHERE county = $1 AND kind = $2 AND day >= $3 AND day <= $4 AND channel >= $5
             AND channel < $6 AND (day > $7 OR (day = $8 AND id > $9)) ORDER BY day, id LIMIT $10",
        )
        .bind(county)
        .bind(kind.as_str().to_owned())
        .bind(from.to_string())
        .bind(to.to_string())
        .bind(area)
        .bind(format!("{area}~"))
        .bind(&after.day)
        .bind(&after.day)
        .bind(after.id.clone())
        .bind(PAGE)
        .fetch_all(&self.pool)
        .await?;
        let next = rows.last().map(|row| Ok::<_, sqlx::Error>(AfterDay { day: row.try_get(2)?, id: row.try_get(0)? }));
        let mut page = DayPage { next: next.transpose()?, ..DayPage::default() };
        for row in &rows {
            let id = RecordId(uuid(row, 0)?);
            match row.try_get(1).ok().and_then(|body: String| stored::record(id, &body)) {
                Some(record) => page.records.push(record),
                None => drop(page.unreadable.insert(id)),
            }
        }
        let homes: BTreeSet<RecordId> = page.records.iter().filter_map(Record::home).collect();
        let is_file = Kind::in_files_of(kind).len() > 1;
        let heads: BTreeSet<RecordId> = page.records.iter().filter(|_| is_file).map(|record| record.id).collect();
        for (words, ids) in [
            ("SELECT id, body FROM record WHERE county = {county} AND id {ids}", homes),
            ("SELECT id, body FROM record WHERE county = {county} AND parent {ids}", heads),
        ] {
            let ids: Vec<Vec<u8>> = ids.into_iter().map(|id| key(id.0)).collect();
            if ids.is_empty() {
                continue;
            }
            let rows = by_ids(self.engine, words, county, None, ids).fetch_all(&self.pool).await?;
            let Stored { records, unreadable } = Stored::read(&rows)?;
            page.beside.extend(records);
            page.unreadable.extend(unreadable);
        }
        Ok(page)
    }
}
