//! Lists of open cases, by their lines.

use super::{
    Database,
    projection::{NEVER, UNREADABLE, files_of},
    stored::{decode, key, uuid},
};
use chrono::{Days, NaiveDate};
use ruhu_domain::{
    Channel, Kind, Record, RecordId,
    case::book::CaseFile,
    office::{
        AfterCase, CasePage, LineDue, OfRecord, OpenCase, PRESSED_KINDS, SOON_DAYS, StateTotal, Urgency, WantedCases,
    },
};
use sqlx::{
    Any, AssertSqlSafe, Row,
    any::{AnyArguments, AnyRow},
    query::Query,
};
use std::collections::BTreeMap;

/// The most letters of a number that are looked for: a number has fewer, and a pattern of any length is dear.
const LETTERS: usize = 32;

impl Database {
    /// Returns a page of the open disputes, hazards and requests of grids whose codes start with one of these, as seen on a day.
    /// Whether the caller may read a file is theirs to say.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn open_cases(&self, areas: &[String], wanted: &WantedCases, today: NaiveDate) -> sqlx::Result<CasePage> {
        let mut page = CasePage::default();
        let mut totals: BTreeMap<(Kind, String), StateTotal> = BTreeMap::new();
        for (county, areas) in self.by_county(areas).await? {
            for (total, unreadable) in self.totals(&county, &areas, today).await? {
                page.unreadable += unreadable;
                if total.state == UNREADABLE {
                    continue;
                }
                let sum = totals.entry((total.kind.clone(), total.state.clone()));
                sum.and_modify(|sum| {
                    sum.all += total.all;
                    sum.late += total.late;
                    sum.soon += total.soon;
                    sum.waits += total.waits;
                })
                .or_insert(total);
            }
            page.cases.extend(self.page(&county, &areas, wanted, today).await?);
        }
        page.totals = totals.into_values().collect();
        page.cases.sort_by_key(|case| (case.due.is_none(), case.due.as_ref().map(|due| due.by), case.of.record));
        if page.cases.len() > CasePage::MOST {
            page.cases.truncate(CasePage::MOST);
            page.next = page
                .cases
                .last()
                .map(|case| AfterCase { by: case.due.as_ref().map(|due| due.by), record: case.of.record });
        }
        Ok(page)
    }

    /// Returns the areas by their county. One that lies in another is left out.
    async fn by_county(&self, areas: &[String]) -> sqlx::Result<BTreeMap<String, Vec<String>>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let outer = |area: &&String| !areas.iter().any(|other| other != *area && area.starts_with(other.as_str()));
        for area in areas.iter().filter(outer) {
            for county in self.counties(area).await? {
                let of_county = found.entry(county).or_default();
                if !of_county.contains(area) {
                    of_county.push(area.clone());
                }
            }
        }
        Ok(found)
    }

    /// Returns how many open cases there are by kind and state, each with how many of their records can't be read.
    async fn totals(&self, county: &str, areas: &[String], today: NaiveDate) -> sqlx::Result<Vec<(StateTotal, u64)>> {
        let mut query = Statement::new(
            "SELECT kind, state, COUNT(*), CAST(SUM(CASE WHEN due_on < $2 THEN 1 ELSE 0 END) AS BIGINT),
             CAST(SUM(CASE WHEN due_on >= $2 AND due_on <= $3 THEN 1 ELSE 0 END) AS BIGINT), CAST(SUM(waits) AS BIGINT),
             CAST(SUM(unreadable) AS BIGINT) FROM case_line WHERE county = $1",
            vec![Value::Text(county.to_owned()), Value::Text(today.to_string()), Value::Text(soon(today))],
        );
        query.of_areas(areas);
        query.push(" GROUP BY kind, state");
        let rows = query.bound().fetch_all(&self.pool).await?;
        let count = |row: &AnyRow, column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
        let total = |row: &AnyRow| {
            let total = StateTotal {
                kind: row.try_get::<String, _>(0)?.parse().map_err(decode)?,
                state: row.try_get(1)?,
                all: count(row, 2)?,
                late: count(row, 3)?,
                soon: count(row, 4)?,
                waits: count(row, 5)?,
            };
            Ok((total, count(row, 6)?))
        };
        rows.iter().map(total).collect()
    }

    /// Returns the first cases of a county that are wanted, one more than a page has where there are as many.
    async fn page(
        &self,
        county: &str,
        areas: &[String],
        wanted: &WantedCases,
        today: NaiveDate,
    ) -> sqlx::Result<Vec<OpenCase>> {
        let mut query = Statement::new(
            "SELECT record, channel, kind, number, state, sort, grade, owner, due_what, due_on, pressed FROM case_line
             WHERE county = $1",
            vec![Value::Text(county.to_owned())],
        );
        query.of_areas(areas);
        query.and("state <> ?", [Value::Text(UNREADABLE.to_owned())]);
        if let Some(kind) = &wanted.kind {
            query.and("kind = ?", [Value::Text(kind.as_str().to_owned())]);
        }
        if let Some(state) = &wanted.state {
            query.and("state = ?", [Value::Text(state.clone())]);
        }
        match wanted.urgency {
            None => {}
            Some(Urgency::Late) => query.and("due_on < ?", [Value::Text(today.to_string())]),
            Some(Urgency::Soon) => {
                query.and("due_on >= ? AND due_on <= ?", [Value::Text(today.to_string()), Value::Text(soon(today))]);
            }
            Some(Urgency::Waits) => query.and("waits = 1", []),
        }
        let letters = wanted.number.to_uppercase();
        let number: String = letters.chars().filter(|letter| !letter.is_whitespace()).take(LETTERS).collect();
        if !number.is_empty() {
            query.and("number LIKE ?", [Value::Text(format!("%{}%", number.replace(['%', '_', '\\'], "")))]);
        }
        if let Some(AfterCase { by, record }) = &wanted.after {
            let by = by.map_or_else(|| NEVER.to_owned(), |by| by.to_string());
            let [by, same] = [by.clone(), by].map(Value::Text);
            query.and("(due_on > ? OR (due_on = ? AND record > ?))", [by, same, Value::Id(key(record.0))]);
        }
        query.push(&format!(" ORDER BY due_on, record LIMIT {}", CasePage::MOST + 1));
        query.bound().fetch_all(&self.pool).await?.iter().map(open_case).collect()
    }

    /// Returns the open files of a sort of grids whose codes start with `area` (digits, or a whole grid code), each with the record
    /// at its head. Those that can't be read are left out.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn open_files<F: CaseFile>(&self, area: &str) -> sqlx::Result<Vec<(Record, F)>> {
        const PAGE: usize = 200;
        let kinds: Vec<String> = (4..F::HEADS.len() + 4).map(|number| format!("${number}")).collect();
        let words = format!(
            "SELECT record FROM case_line WHERE county = $1 AND open = 1 AND channel >= $2 AND channel < $3 AND kind IN ({})",
            kinds.join(", ")
        );
        let mut found = Vec::new();
        for county in self.counties(area).await? {
            let mut query = sqlx::query(AssertSqlSafe(words.clone())).bind(&county).bind(area).bind(format!("{area}~"));
            for kind in F::HEADS {
                query = query.bind(kind.as_str());
            }
            let rows = query.fetch_all(&self.pool).await?;
            let heads: Vec<RecordId> =
                rows.iter().map(|row| Ok(RecordId(uuid(row, 0)?))).collect::<sqlx::Result<_>>()?;
            for heads in heads.chunks(PAGE) {
                let mut connection = self.pool.acquire().await?;
                for file in files_of(&mut connection, self.engine, &county, heads).await?.into_values() {
                    let Some(head) = file.head.filter(|head| !head.withdrawn()) else { continue };
                    found.extend(F::gather(&head, &file.others).map(|gathered| (head, gathered)));
                }
            }
        }
        Ok(found)
    }
}

fn soon(today: NaiveDate) -> String {
    (today + Days::new(SOON_DAYS)).to_string()
}

/// A value of a statement.
enum Value {
    Text(String),
    Id(Vec<u8>),
}

/// A statement that is put together from what is asked for.
struct Statement {
    words: String,
    values: Vec<Value>,
}

impl Statement {
    /// Begins a statement whose placeholders have these values.
    fn new(words: &str, values: Vec<Value>) -> Self {
        Self { words: words.to_owned(), values }
    }

    fn push(&mut self, words: &str) {
        self.words.push_str(words);
    }

    /// Adds a condition with a value for each `?` in it.
    fn and<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        self.push(" AND ");
        self.condition(condition, values);
    }

    fn condition<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        let mut parts = condition.split('?');
        self.words.push_str(parts.next().unwrap_or_default());
        for (value, part) in values.into_iter().zip(parts) {
            self.values.push(value);
            self.words.push_str(&format!("${}{part}", self.values.len()));
        }
    }

    /// Adds the condition that a line is of an open case of some areas, and of a kind that an office presses for.
    fn of_areas(&mut self, areas: &[String]) {
        self.and("open = 1 AND kind IN (?, ?, ?)", PRESSED_KINDS.map(|kind| Value::Text(kind.as_str().to_owned())));
        self.push(" AND (");
        for (at, area) in areas.iter().enumerate() {
            self.push(if at == 0 { "" } else { " OR " });
            let values = [Value::Text(area.clone()), Value::Text(format!("{area}~"))];
            self.condition("(channel >= ? AND channel < ?)", values);
        }
        self.push(")");
    }

    /// Returns the statement with its values.
    fn bound(self) -> Query<'static, Any, AnyArguments> {
        let query = sqlx::query(AssertSqlSafe(self.words));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Id(id) => query.bind(id),
        })
    }
}

fn open_case(row: &AnyRow) -> sqlx::Result<OpenCase> {
    let channel: Channel = row.try_get::<String, _>(1)?.parse().map_err(decode)?;
    let due_on: String = row.try_get(9)?;
    let due = if due_on == NEVER {
        None
    } else {
        Some(LineDue { what: row.try_get(8)?, by: due_on.parse().map_err(decode)? })
    };
    let pressed: Option<String> = row.try_get(10)?;
    Ok(OpenCase {
        of: OfRecord { record: RecordId(uuid(row, 0)?), channel },
        kind: row.try_get::<String, _>(2)?.parse().map_err(decode)?,
        number: row.try_get(3)?,
        state: row.try_get(4)?,
        sort: row.try_get(5)?,
        grade: row.try_get(6)?,
        owner: row.try_get(7)?,
        due,
        pressed: pressed.map(|pressed| serde_json::from_str(&pressed).map_err(decode)).transpose()?,
        readable: false,
    })
}
