//! What lists, searches and nightly work read in place of the records: the day that a record is about, the day from which it may be
//! erased, a line per case, and the words by which people are found. All of it is written in the transaction that writes
//! the records, so that it is never behind them, and has no fact of its own
//! ([ADR 46](../../../../../docs/adr/0046-projections.md)).

mod names;

pub(super) use names::{name_term, phone_term};

use super::{
    sql::{Engine, ROWS, by_ids, insert},
    stored::{self, decode, key, uuid},
};
use chrono::{Datelike, NaiveDate};
use names::Term;
use ruhu_domain::{
    Channel, Kind, Record, RecordId, ledger,
    office::{CaseLine, LINE_KINDS},
    retention::{self, WHOLE_FILES},
};
use sqlx::{AnyConnection, Row, any::AnyRow};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The deadline of a line on which nothing is due: it comes after all others.
pub(super) const NEVER: &str = "9999-12-31";

/// The state of a line whose head can't be read.
pub(super) const UNREADABLE: &str = "";

/// Records looked at in one statement.
pub(super) const PAGE: usize = 500;

/// Returns a day as a column has it. Columns are compared as text: what a slip of the pen puts after the year 9999, or before the
/// year 0, stands at the end or the beginning.
fn day_column(day: NaiveDate) -> String {
    match day.year() {
        10_000.. => NEVER.to_owned(),
        0.. => day.to_string(),
        _ => "0000-01-01".to_owned(),
    }
}

/// The days of a record, as the columns `day` and `over_on` have them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Days {
    /// The day that it is about.
    pub(super) day: Option<String>,
    /// The day from which it may be erased by itself; none for the head of a file, whose day is written when the file was.
    pub(super) over_on: Option<String>,
}

impl Days {
    /// Returns the days of a record of which the last save arrived then, Unix milliseconds.
    pub(super) fn of(record: &Record, arrived_ms: u64) -> Self {
        Self {
            day: ledger::day_of(record).map(day_column),
            over_on: retention::erased_on(record, arrived_ms).map(day_column),
        }
    }

    /// Reads the columns of a row, the first of which is at `column`.
    pub(super) fn read(row: &AnyRow, column: usize) -> sqlx::Result<Self> {
        Ok(Self { day: row.try_get(column)?, over_on: row.try_get(column + 1)? })
    }
}

/// The records that a transaction wrote, as far as more than their own row follows from them.
#[derive(Default)]
pub(super) struct Touched {
    /// The heads of files, and what may be one.
    heads: BTreeSet<RecordId>,
    /// The words of people, and of households that have a phone.
    terms: BTreeMap<RecordId, Vec<Term>>,
    /// Those of them that had words before, or may have had.
    before: BTreeSet<RecordId>,
    /// People whose earlier names are in the history.
    renamed: BTreeSet<RecordId>,
}

impl Touched {
    /// Takes in a record. `is_new` is whether this is its first save.
    pub(super) fn put(&mut self, record: &Record, is_new: bool) {
        self.heads.extend(head_of(&record.kind, record.id, record.parent()));
        let Some(terms) = names::of(record) else { return };
        if !is_new {
            self.before.insert(record.id);
            if !record.withdrawn() && record.kind != Kind::Household {
                self.renamed.insert(record.id);
            }
        }
        if !terms.is_empty() {
            self.terms.insert(record.id, terms);
        }
    }

    /// Takes in a record that is there no more, or can't be read.
    fn lose(&mut self, id: RecordId, head: Option<RecordId>) {
        self.before.insert(id);
        self.heads.insert(id);
        self.heads.extend(head);
    }

    /// Writes what follows from the records. Those are written.
    pub(super) async fn write(mut self, tx: &mut AnyConnection, engine: Engine, county: &str) -> sqlx::Result<()> {
        for (id, former) in names::former(tx, engine, county, &self.renamed).await? {
            names::add_former(self.terms.entry(id).or_default(), former);
        }
        names::write(tx, engine, county, &self.before, &self.terms).await?;
        let heads: Vec<RecordId> = self.heads.into_iter().collect();
        for heads in heads.chunks(PAGE) {
            write_files(tx, engine, county, heads).await?;
        }
        Ok(())
    }
}

/// Returns the head of the file that a record is in: its parent, or itself; none for those in no file.
fn head_of(kind: &Kind, id: RecordId, parent: Option<RecordId>) -> Option<RecordId> {
    let is_head = LINE_KINDS.contains(kind) || WHOLE_FILES.contains(kind);
    if is_head { Some(id) } else { parent.filter(|_| kind.head().is_some() || *kind == Kind::Photo) }
}

/// Writes anew what follows from these records, whatever became of them.
pub(super) async fn refresh(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    ids: &BTreeSet<RecordId>,
) -> sqlx::Result<()> {
    let ids: Vec<RecordId> = ids.iter().copied().collect();
    for ids in ids.chunks(PAGE) {
        refresh_page(tx, engine, county, ids).await?;
    }
    Ok(())
}

async fn refresh_page(tx: &mut AnyConnection, engine: Engine, county: &str, ids: &[RecordId]) -> sqlx::Result<()> {
    let words = "SELECT id, body, kind, parent, day, over_on FROM record WHERE county = {county} AND id {ids}";
    let rows = of_ids(tx, engine, words, county, ids).await?;
    let (mut touched, mut records) = (Touched::default(), Vec::new());
    let mut there = BTreeSet::new();
    for row in &rows {
        let id = RecordId(uuid(row, 0)?);
        there.insert(id);
        match row.try_get(1).ok().and_then(|body: String| stored::record(id, &body)) {
            Some(record) => records.push((record, Days::read(row, 4)?)),
            None => touched.lose(id, head_of(&kind(row, 2)?, id, parent(row, 3)?)),
        }
    }
    ids.iter().filter(|id| !there.contains(id)).for_each(|id| touched.lose(*id, None));
    // When it arrived can only make a day later: those that have none are not asked for that.
    let wanted = records.iter().map(|(record, _)| record).filter(|record| Days::of(record, 0).over_on.is_some());
    let wanted: Vec<RecordId> = wanted.map(|record| record.id).collect();
    let arrived = arrived(tx, engine, county, &wanted).await?;
    for (record, before) in &records {
        touched.put(record, false);
        let mut days = Days::of(record, arrived.get(&record.id).copied().unwrap_or_default());
        if WHOLE_FILES.contains(&record.kind) {
            days.over_on.clone_from(&before.over_on);
        }
        if days != *before {
            sqlx::query("UPDATE record SET day = $1, over_on = $2 WHERE county = $3 AND id = $4")
                .bind(days.day)
                .bind(days.over_on)
                .bind(county)
                .bind(key(record.id.0))
                .execute(&mut *tx)
                .await?;
        }
    }
    touched.write(tx, engine, county).await
}

/// The records of a file as they are stored.
pub(super) struct StoredFile {
    /// The head's kind.
    pub(super) kind: Kind,
    /// Where the head is.
    pub(super) channel: Channel,
    /// The head; none where it can't be read.
    pub(super) head: Option<Record>,
    /// What names the head, as far as it can be read.
    pub(super) others: Vec<Record>,
    /// All of its records, the head first, also those that can't be read.
    pub(super) all: Vec<RecordId>,
    /// How many of them can't be read.
    pub(super) unreadable: usize,
    /// The day from which it may be erased, as it is noted.
    over_on: Option<String>,
}

impl StoredFile {
    /// Returns the day from which the file may be erased; none where there is no such day. One of which something can't be
    /// read stays whole: that may be the step which keeps it open.
    pub(super) async fn over_on(
        &self,
        tx: &mut AnyConnection,
        engine: Engine,
        county: &str,
    ) -> sqlx::Result<Option<NaiveDate>> {
        let Some(head) = self.head.as_ref().filter(|_| self.unreadable == 0) else { return Ok(None) };
        if retention::file_erased_on(head, &self.others, 0).is_none() {
            return Ok(None);
        }
        let arrived = arrived(tx, engine, county, &self.all).await?.into_values().max().unwrap_or_default();
        Ok(retention::file_erased_on(head, &self.others, arrived))
    }
}

/// Returns the files of which these records are the heads.
pub(super) async fn files_of(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    heads: &[RecordId],
) -> sqlx::Result<BTreeMap<RecordId, StoredFile>> {
    let mut files = BTreeMap::new();
    let words = "SELECT id, body, kind, channel, over_on FROM record WHERE county = {county} AND id {ids}";
    for row in of_ids(tx, engine, words, county, heads).await? {
        let (id, kind) = (RecordId(uuid(&row, 0)?), kind(&row, 2)?);
        if head_of(&kind, id, None) != Some(id) {
            continue;
        }
        let head = row.try_get(1).ok().and_then(|body: String| stored::record(id, &body));
        let channel = row.try_get::<String, _>(3)?.parse().map_err(decode)?;
        let (all, unreadable) = (vec![id], usize::from(head.is_none()));
        let over_on = row.try_get(4)?;
        files.insert(id, StoredFile { kind, channel, head, others: Vec::new(), all, unreadable, over_on });
    }
    let heads: Vec<RecordId> = files.keys().copied().collect();
    let words = "SELECT id, body, parent, channel FROM record WHERE county = {county} AND parent {ids}";
    for row in of_ids(tx, engine, words, county, &heads).await? {
        let id = RecordId(uuid(&row, 0)?);
        let Some(file) = parent(&row, 2)?.and_then(|head| files.get_mut(&head)) else { continue };
        // What is elsewhere is in no file, and is not erased with one.
        if row.try_get::<String, _>(3)? != file.channel.to_string() {
            continue;
        }
        file.all.push(id);
        match row.try_get(1).ok().and_then(|body: String| stored::record(id, &body)) {
            Some(record) => file.others.push(record),
            None => file.unreadable += 1,
        }
    }
    for file in files.values_mut() {
        file.others.sort_by_key(|record| record.id);
        file.all[1..].sort();
    }
    Ok(files)
}

/// Writes the lines of files, and the days from which they may be erased.
async fn write_files(tx: &mut AnyConnection, engine: Engine, county: &str, heads: &[RecordId]) -> sqlx::Result<()> {
    let files = files_of(tx, engine, county, heads).await?;
    let mut lines = Vec::new();
    for head in heads {
        let Some(file) = files.get(head) else {
            forget_line(tx, county, *head).await?;
            continue;
        };
        if LINE_KINDS.contains(&file.kind) {
            match line_of(*head, file) {
                Some(line) => lines.push((line, file.unreadable)),
                None => forget_line(tx, county, *head).await?,
            }
        }
        if WHOLE_FILES.contains(&file.kind) {
            let over_on = file.over_on(tx, engine, county).await?.map(day_column);
            if over_on != file.over_on {
                sqlx::query("UPDATE record SET over_on = $1 WHERE county = $2 AND id = $3")
                    .bind(over_on)
                    .bind(county)
                    .bind(key(head.0))
                    .execute(&mut *tx)
                    .await?;
            }
        }
    }
    write_lines(tx, engine, county, &lines).await
}

/// Returns the line of a stored file. Of one whose head can't be read it says that, and where it is.
fn line_of(id: RecordId, file: &StoredFile) -> Option<CaseLine> {
    match &file.head {
        Some(head) => CaseLine::of(head, &file.others),
        None => {
            let line = CaseLine::begin(id, &file.channel, &file.kind);
            Some(CaseLine { state: UNREADABLE, open: true, ..line })
        }
    }
}

async fn forget_line(tx: &mut AnyConnection, county: &str, head: RecordId) -> sqlx::Result<()> {
    let words = "DELETE FROM case_line WHERE county = $1 AND record = $2";
    sqlx::query(words).bind(county).bind(key(head.0)).execute(tx).await.map(drop)
}

const PUT_LINES: &str =
    "INSERT INTO case_line (county, record, channel, kind, number, state, open, opened_on, sort, grade, owner, due_what, due_on,
     pressed, waits, unreadable) VALUES {} ON CONFLICT (county, record) DO UPDATE SET channel = excluded.channel,
     kind = excluded.kind, number = excluded.number, state = excluded.state, open = excluded.open, opened_on = excluded.opened_on,
     sort = excluded.sort, grade = excluded.grade, owner = excluded.owner, due_what = excluded.due_what,
     due_on = excluded.due_on, pressed = excluded.pressed, waits = excluded.waits, unreadable = excluded.unreadable";

async fn write_lines(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    lines: &[(CaseLine, usize)],
) -> sqlx::Result<()> {
    for chunk in lines.chunks(ROWS) {
        let mut query = insert(engine, PUT_LINES, chunk.len(), 16);
        for (line, unreadable) in chunk {
            let due_on = line.due.as_ref().map_or_else(|| NEVER.to_owned(), |due| day_column(due.by));
            let pressed = line.pressed.as_ref().map(serde_json::to_string).transpose().map_err(decode)?;
            let waits = line.pressed.as_ref().is_some_and(|pressed| !pressed.acknowledged);
            query = query
                .bind(county)
                .bind(key(line.record.0))
                .bind(line.channel.to_string())
                .bind(line.kind.as_str().to_owned())
                .bind(&line.number)
                .bind(line.state)
                .bind(i64::from(line.open))
                .bind(line.opened_on.map(day_column))
                .bind(line.sort)
                .bind(line.grade)
                .bind(&line.owner)
                .bind(line.due.as_ref().map_or("", |due| due.what.as_str()))
                .bind(due_on)
                .bind(pressed)
                .bind(i64::from(waits))
                .bind(i64::try_from(*unreadable).unwrap_or(i64::MAX));
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Returns when the last save of each of these records arrived, Unix milliseconds.
pub(super) async fn arrived(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    ids: &[RecordId],
) -> sqlx::Result<HashMap<RecordId, u64>> {
    let words = "SELECT record, MAX(received_at) FROM op WHERE county = {county} AND record {ids} GROUP BY record";
    let rows = of_ids(tx, engine, words, county, ids).await?;
    rows.iter().map(|row| Ok((RecordId(uuid(row, 0)?), row.try_get::<i64, _>(1)?.cast_unsigned()))).collect()
}

/// The rows of a statement on a county and these records.
async fn of_ids(
    tx: &mut AnyConnection,
    engine: Engine,
    words: &str,
    county: &str,
    ids: &[RecordId],
) -> sqlx::Result<Vec<AnyRow>> {
    let mut rows = Vec::new();
    for ids in ids.chunks(PAGE) {
        let ids = ids.iter().map(|id| key(id.0)).collect();
        rows.extend(by_ids(engine, words, county, None, ids).fetch_all(&mut *tx).await?);
    }
    Ok(rows)
}

fn kind(row: &AnyRow, column: usize) -> sqlx::Result<Kind> {
    row.try_get::<String, _>(column)?.parse().map_err(decode)
}

fn parent(row: &AnyRow, column: usize) -> sqlx::Result<Option<RecordId>> {
    let parent: Option<Vec<u8>> = row.try_get(column)?;
    parent.map(|bytes| uuid::Uuid::from_slice(&bytes).map(RecordId).map_err(decode)).transpose()
}
