//! Ledgers as `.xlsx`: which records are in one, in which order.

mod sheet;

use crate::{
    database::{AfterDay, Database, DayPage, GridNames},
    random,
};
use chrono::NaiveDate;
use ruhu_domain::{
    Kind, Record, RecordId,
    care::CareFile,
    case::{self, book::CaseFile},
    day,
    dispute::DisputeFile,
    ledger::{self, Cell, Column, Ledger},
    outreach::Outreach,
    patrol::{Finding, Patrol},
    report::Report,
    rights::Place,
    roster::household::Household,
    visit::Visit,
};
use sheet::{Heading, LedgerSheet};
use std::collections::{BTreeSet, HashMap};

/// The ledger that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which ledger.
    pub ledger: Ledger,
    /// Of where.
    pub place: Place,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The purpose that needs full names and the stories of disputes; family names alone are written where it is empty.
    pub purpose: String,
    /// The name of whoever asks for it. It is printed.
    pub by: String,
}

/// Why a ledger can't be written.
#[derive(Debug, thiserror::Error)]
pub enum CannotExport {
    /// The last day is before the first.
    #[error("截止日期在起始日期之前，请核对")]
    Backwards,
    /// It is more than a year.
    #[error("一次最多一年，请分几次导出")]
    TooLong,
    /// The areas have no such place.
    #[error("区划里没有 {0}：请核对代码")]
    NoPlace(Place),
    /// The database's reason.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The longest time in one ledger, in days: a year and the day it ends on.
const DAYS: i64 = 366;

impl Wanted {
    /// Checks the days and the place.
    ///
    /// # Errors
    /// See [`CannotExport`].
    pub async fn check(&self, database: &Database) -> Result<(), CannotExport> {
        match (self.to - self.from).num_days() {
            days if days < 0 => return Err(CannotExport::Backwards),
            days if days > DAYS => return Err(CannotExport::TooLong),
            _ => {}
        }
        if database.has_place(&self.place).await? { Ok(()) } else { Err(CannotExport::NoPlace(self.place.clone())) }
    }

    /// Returns the audit's subject of the export.
    pub fn subject(&self) -> String {
        let Self { ledger, place, from, to, purpose, by: _ } = self;
        let words = format!("{} {place} {from} 至 {to}", ledger.title());
        if purpose.is_empty() { words } else { format!("{words} 全名，用途：{purpose}") }
    }

    /// The beginning of the codes of its grids.
    fn prefix(&self) -> &str {
        self.place.prefix()
    }
}

/// A ledger as a sheet.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The `.xlsx`.
    pub xlsx: Vec<u8>,
    /// The number of rows.
    pub rows: usize,
    /// Records of the place and the time that can't be read. They are not in the ledger, or what is in it lacks them.
    pub unreadable: BTreeSet<RecordId>,
}

impl Sheet {
    /// Returns the words for the records that can't be read; `None` where there are none.
    pub fn lacks(&self) -> Option<String> {
        let first = self.unreadable.iter().next()?;
        Some(format!("有 {} 条记录读不出来，没有列入，请联系管理员（编号 {first} 等）", self.unreadable.len()))
    }
}

/// Writes a ledger. Records are read and written by a few hundred: one of any length takes the same memory, but for the file
/// itself. Of a city it goes county by county.
///
/// # Errors
/// The database can't be reached.
pub async fn ledger(database: &Database, wanted: &Wanted) -> anyhow::Result<Sheet> {
    let names = database.grid_names(&wanted.place).await?;
    let heading = Heading {
        name: wanted.ledger.title(),
        place: &database.place_name(&wanted.place).await?,
        period: (wanted.from, wanted.to),
        made_on: day::day(random::now_ms().cast_signed()),
        by: &wanted.by,
        purpose: &wanted.purpose,
    };
    let (kind, columns) = of(wanted.ledger);
    // A care case is in it while it is open, whenever that began.
    let from = if wanted.ledger == Ledger::Care { NaiveDate::default() } else { wanted.from };
    let mut file = LedgerSheet::begin(&heading, columns)?;
    let mut unreadable = BTreeSet::new();
    let area = wanted.prefix();
    for county in database.counties(area).await? {
        let mut after = AfterDay::default();
        loop {
            let page = database.by_day((&county, area), &kind, (from, wanted.to), &after).await?;
            for row in rows(wanted, &names, &page, file.rows()) {
                file.push(&row)?;
            }
            unreadable.extend(page.unreadable);
            let Some(next) = page.next else { break };
            after = next;
        }
    }
    let rows = file.rows();
    Ok(Sheet { xlsx: file.finish()?, rows, unreadable })
}

/// Returns the kind of records that a ledger has a row for each of, and its columns.
const fn of(ledger: Ledger) -> (Kind, &'static [Column]) {
    match ledger {
        Ledger::Visits => (Kind::Visit, &ledger::VISIT_COLUMNS),
        Ledger::Disputes => (Kind::Dispute, &ledger::DISPUTE_COLUMNS),
        Ledger::Care => (Kind::CareCase, &ledger::CARE_COLUMNS),
        Ledger::Hazards => (Kind::Hazard, &ledger::HAZARD_COLUMNS),
        Ledger::Requests => (Kind::Request, &ledger::REQUEST_COLUMNS),
        Ledger::Patrols => (Kind::Patrol, &ledger::PATROL_COLUMNS),
        Ledger::Outreach => (Kind::Outreach, &ledger::OUTREACH_COLUMNS),
    }
}

/// Returns the rows of a page, numbered from the one after `before`.
fn rows(wanted: &Wanted, names: &GridNames, page: &DayPage, before: usize) -> Vec<Vec<Cell>> {
    let in_full = !wanted.purpose.is_empty();
    let today = day::day(random::now_ms().cast_signed());
    let homes: HashMap<RecordId, &Record> = page.beside.iter().map(|record| (record.id, record)).collect();
    let mut others: HashMap<RecordId, Vec<&Record>> = HashMap::new();
    for record in &page.beside {
        if let Some(head) = record.parent() {
            others.entry(head).or_default().push(record);
        }
    }
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for record in page.records.iter().filter(|record| !record.withdrawn()) {
        let (at, grid) = (before + rows.len() + 1, names.of(&record.channel.grid));
        let others = || others.get(&record.id).into_iter().flatten().copied();
        let row = match wanted.ledger {
            Ledger::Visits => record.view::<Visit>().map(|visit| {
                let household = homes.get(&visit.household).and_then(|home| home.view::<Household>());
                Vec::from(ledger::visit_row(at, &grid, household.as_ref(), &visit, in_full))
            }),
            Ledger::Disputes => DisputeFile::gather(record, others())
                .map(|file| Vec::from(ledger::dispute_row(at, &grid, &file, in_full))),
            Ledger::Care => CareFile::gather(record, others())
                .filter(|file| file.ended_on(today).is_none_or(|on| on >= wanted.from))
                .map(|file| Vec::from(ledger::care_row(at, &grid, &file, today, in_full))),
            Ledger::Hazards => Report::gather(record, others())
                .and_then(|report| ledger::hazard_row(at, &grid, &report, in_full))
                .map(Vec::from),
            Ledger::Requests => Report::gather(record, others())
                .and_then(|report| ledger::request_row(at, &grid, &report, in_full))
                .map(Vec::from),
            Ledger::Patrols => record.view::<Patrol>().map(|patrol| {
                let mut found = case::in_order(record, others());
                found.retain(|record| record.kind == Kind::Finding);
                let found = found.iter().filter_map(|record| record.view::<Finding>()).map(|finding| finding.what);
                Vec::from(ledger::patrol_row(at, &grid, &patrol, &found.collect::<Vec<_>>(), in_full))
            }),
            Ledger::Outreach => {
                record.view::<Outreach>().map(|session| Vec::from(ledger::outreach_row(at, &grid, &session, in_full)))
            }
        };
        rows.extend(row);
    }
    rows
}
