//! Ledgers as `.xlsx`: which records are in one, in which order.

mod sheet;

use crate::{
    database::{Database, GridNames, Stored},
    random,
};
use chrono::NaiveDate;
use ruhu_domain::{
    Kind, Record, RecordId,
    care::CareFile,
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
use sheet::{Heading, write};
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

/// The longest time in one ledger, in days: a year and the day it ends on.
const DAYS: i64 = 366;

impl Wanted {
    /// Checks the days.
    ///
    /// # Errors
    /// The words for days that are no period, or more than a year.
    pub fn check(&self) -> Result<(), &'static str> {
        match (self.to - self.from).num_days() {
            days if days < 0 => Err("截止日期在起始日期之前，请核对"),
            days if days > DAYS => Err("一次最多一年，请分几次导出"),
            _ => Ok(()),
        }
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

    fn has(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

/// A ledger as a sheet.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The `.xlsx`.
    pub xlsx: Vec<u8>,
    /// The number of rows.
    pub rows: usize,
    /// Records of the place that can't be read, of any time. They are not in the ledger.
    pub unreadable: BTreeSet<RecordId>,
}

impl Sheet {
    /// Returns the words for the records that can't be read; `None` where there are none.
    pub fn lacks(&self) -> Option<String> {
        let first = self.unreadable.iter().next()?;
        Some(format!("有 {} 条记录读不出来，没有列入，请联系管理员（编号 {first} 等）", self.unreadable.len()))
    }
}

/// Writes a ledger.
///
/// # Errors
/// The database can't be reached.
pub async fn ledger(database: &Database, wanted: &Wanted) -> anyhow::Result<Sheet> {
    let names = database.grid_names(&wanted.place).await?;
    let Rows { columns, rows, unreadable } = match wanted.ledger {
        Ledger::Visits => visits(database, wanted, &names).await?,
        Ledger::Disputes => disputes(database, wanted, &names).await?,
        Ledger::Care => care(database, wanted, &names).await?,
        Ledger::Hazards | Ledger::Requests => reports(database, wanted, &names).await?,
        Ledger::Patrols => patrols(database, wanted, &names).await?,
        Ledger::Outreach => outreach(database, wanted, &names).await?,
    };
    let heading = Heading {
        name: wanted.ledger.title(),
        place: &database.place_name(&wanted.place).await?,
        period: (wanted.from, wanted.to),
        made_on: day::day(random::now_ms().cast_signed()),
        by: &wanted.by,
        purpose: &wanted.purpose,
    };
    Ok(Sheet { xlsx: write(&heading, columns, &rows)?, rows: rows.len(), unreadable })
}

/// The content of a ledger.
struct Rows {
    columns: &'static [Column],
    /// The rows, each with its number first.
    rows: Vec<Vec<Cell>>,
    unreadable: BTreeSet<RecordId>,
}

impl Rows {
    fn new<const N: usize>(
        columns: &'static [Column; N],
        rows: impl Iterator<Item = [Cell; N]>,
        unreadable: BTreeSet<RecordId>,
    ) -> Self {
        Self { columns, rows: rows.map(Vec::from).collect(), unreadable }
    }
}

async fn visits(database: &Database, wanted: &Wanted, names: &GridNames) -> anyhow::Result<Rows> {
    let Stored { records, unreadable } = database.records(wanted.prefix(), &[Kind::Household, Kind::Visit]).await?;
    let households: HashMap<RecordId, Household> = records
        .iter()
        .filter(|record| record.kind == Kind::Household)
        .filter_map(|record| Some((record.id, record.view()?)))
        .collect();
    let mut visits: Vec<_> = records
        .iter()
        .filter(|record| record.kind == Kind::Visit && !record.withdrawn())
        .filter_map(|record| Some((record, record.view::<Visit>()?)))
        .filter(|(_, visit)| wanted.has(day::day(visit.at)))
        .collect();
    visits.sort_by_key(|(record, visit)| (visit.at, record.id));

    let rows = visits.iter().enumerate().map(|(at, (record, visit))| {
        let household = households.get(&visit.household);
        ledger::visit_row(at + 1, &names.of(&record.channel.grid), household, visit, !wanted.purpose.is_empty())
    });
    Ok(Rows::new(&ledger::VISIT_COLUMNS, rows, unreadable))
}

async fn disputes(database: &Database, wanted: &Wanted, names: &GridNames) -> anyhow::Result<Rows> {
    let (mut files, unreadable) = database.files::<DisputeFile>(wanted.prefix()).await?;
    files.retain(|(_, file)| file.dispute.found_on.is_some_and(|on| wanted.has(on)));
    files.sort_by_key(|(_, file)| (file.dispute.found_on, file.id));
    let in_full = !wanted.purpose.is_empty();
    let row = |(at, (head, file)): (usize, &(Record, DisputeFile))| {
        ledger::dispute_row(at + 1, &names.of(&head.channel.grid), file, in_full)
    };
    Ok(Rows::new(&ledger::DISPUTE_COLUMNS, files.iter().enumerate().map(row), unreadable))
}

async fn care(database: &Database, wanted: &Wanted, names: &GridNames) -> anyhow::Result<Rows> {
    let today = day::day(random::now_ms().cast_signed());
    let open_then = |file: &CareFile| {
        let begun = file.case.opened_on.is_none_or(|on| on <= wanted.to);
        begun && file.ended_on(today).is_none_or(|on| on >= wanted.from)
    };
    let (mut files, unreadable) = database.files::<CareFile>(wanted.prefix()).await?;
    files.retain(|(_, file)| open_then(file));
    files.sort_by_key(|(_, file)| (file.case.opened_on, file.id));
    let in_full = !wanted.purpose.is_empty();
    let row = |(at, (head, file)): (usize, &(Record, CareFile))| {
        ledger::care_row(at + 1, &names.of(&head.channel.grid), file, today, in_full)
    };
    Ok(Rows::new(&ledger::CARE_COLUMNS, files.iter().enumerate().map(row), unreadable))
}

async fn reports(database: &Database, wanted: &Wanted, names: &GridNames) -> anyhow::Result<Rows> {
    let in_full = !wanted.purpose.is_empty();
    let kind = if wanted.ledger == Ledger::Hazards { Kind::Hazard } else { Kind::Request };
    let (mut reports, unreadable) = database.files::<Report>(wanted.prefix()).await?;
    reports.retain(|(head, report)| head.kind == kind && report.since().is_some_and(|on| wanted.has(on)));
    reports.sort_by_key(|(_, report)| (report.since(), report.id));
    let reports = reports.iter().enumerate().map(|(at, (head, report))| (at + 1, names.of(&head.channel.grid), report));
    if kind == Kind::Hazard {
        let rows = reports.filter_map(|(at, grid, report)| ledger::hazard_row(at, &grid, report, in_full));
        return Ok(Rows::new(&ledger::HAZARD_COLUMNS, rows, unreadable));
    }
    let rows = reports.filter_map(|(at, grid, report)| ledger::request_row(at, &grid, report, in_full));
    Ok(Rows::new(&ledger::REQUEST_COLUMNS, rows, unreadable))
}

async fn patrols(database: &Database, wanted: &Wanted, names: &GridNames) -> anyhow::Result<Rows> {
    let in_full = !wanted.purpose.is_empty();
    let Stored { mut records, unreadable } = database.records(wanted.prefix(), &[Kind::Patrol, Kind::Finding]).await?;
    records.retain(|record| !record.withdrawn());
    let mut found: HashMap<RecordId, Vec<String>> = HashMap::new();
    records.sort_by_key(|record| (record.created.at, record.id));
    for record in records.iter().filter(|record| record.kind == Kind::Finding) {
        if let Some(Finding { patrol, what }) = record.view() {
            found.entry(patrol).or_default().push(what);
        }
    }
    let patrols = records.iter().filter(|record| record.kind == Kind::Patrol);
    let mut patrols: Vec<(&Record, Patrol)> =
        patrols.filter_map(|record| Some((record, record.view::<Patrol>()?))).collect();
    patrols.retain(|(_, patrol)| wanted.has(day::day(patrol.began)));
    patrols.sort_by_key(|(record, patrol)| (patrol.began, record.id));
    let rows = patrols.iter().enumerate().map(|(at, (record, patrol))| {
        let found = found.get(&record.id).map_or(&[][..], Vec::as_slice);
        ledger::patrol_row(at + 1, &names.of(&record.channel.grid), patrol, found, in_full)
    });
    Ok(Rows::new(&ledger::PATROL_COLUMNS, rows, unreadable))
}

async fn outreach(database: &Database, wanted: &Wanted, names: &GridNames) -> anyhow::Result<Rows> {
    let in_full = !wanted.purpose.is_empty();
    let Stored { records, unreadable } = database.records(wanted.prefix(), &[Kind::Outreach]).await?;
    let sessions = records.iter().filter(|record| !record.withdrawn());
    let mut sessions: Vec<(&Record, Outreach)> =
        sessions.filter_map(|record| Some((record, record.view::<Outreach>()?))).collect();
    sessions.retain(|(_, session)| session.on.is_some_and(|on| wanted.has(on)));
    sessions.sort_by_key(|(record, session)| (session.on, record.id));
    let row = |(at, (record, session)): (usize, &(&Record, Outreach))| {
        ledger::outreach_row(at + 1, &names.of(&record.channel.grid), session, in_full)
    };
    Ok(Rows::new(&ledger::OUTREACH_COLUMNS, sessions.iter().enumerate().map(row), unreadable))
}
