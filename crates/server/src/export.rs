//! Ledgers as `.xlsx`.

use crate::{
    database::{Database, Stored},
    random,
};
use chrono::NaiveDate;
use ruhu_domain::{
    Kind, Record, RecordId,
    care::CareFile,
    day,
    dispute::DisputeFile,
    ledger::{self, Ledger},
    outreach::Outreach,
    patrol::{Finding, Patrol},
    report::Report,
    rights::Place,
    roster::household::Household,
    visit::Visit,
};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook};
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
}

impl Wanted {
    /// Returns the audit's subject of the export.
    pub fn subject(&self) -> String {
        let Self { ledger, place, from, to, purpose } = self;
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
    match wanted.ledger {
        Ledger::Visits => visits(database, wanted).await,
        Ledger::Disputes => disputes(database, wanted).await,
        Ledger::Care => care(database, wanted).await,
        Ledger::Hazards | Ledger::Requests => reports(database, wanted).await,
        Ledger::Patrols => patrols(database, wanted).await,
        Ledger::Outreach => outreach(database, wanted).await,
    }
}

async fn visits(database: &Database, wanted: &Wanted) -> anyhow::Result<Sheet> {
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
        ledger::visit_row(at + 1, &record.channel.grid, household, visit, !wanted.purpose.is_empty())
    });
    let widths = [6, 12, 18, 10, 10, 22, 30, 30, 10, 12];
    write(&ledger::VISIT_COLUMNS, &widths, wanted, &rows.collect::<Vec<_>>(), unreadable)
}

async fn disputes(database: &Database, wanted: &Wanted) -> anyhow::Result<Sheet> {
    let (files, unreadable) = database.files::<DisputeFile>(wanted.prefix()).await?;
    let found = |file: &DisputeFile| file.dispute.found_on.is_some_and(|on| wanted.has(on));
    let mut files: Vec<DisputeFile> = files.into_iter().map(|(_, file)| file).filter(found).collect();
    files.sort_by_key(|file| (file.dispute.found_on, file.id));
    let in_full = !wanted.purpose.is_empty();
    let rows = files.iter().enumerate().map(|(at, file)| ledger::dispute_row(at + 1, file, in_full));
    let widths = [6, 16, 12, 10, 12, 16, 30, 10, 12, 10, 18, 10, 14, 16, 20, 12];
    write(&ledger::DISPUTE_COLUMNS, &widths, wanted, &rows.collect::<Vec<_>>(), unreadable)
}

async fn care(database: &Database, wanted: &Wanted) -> anyhow::Result<Sheet> {
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
        ledger::care_row(at + 1, &head.channel.grid, file, today, in_full)
    };
    let widths = [6, 16, 18, 12, 10, 8, 12, 12, 12, 10, 24, 30];
    write(&ledger::CARE_COLUMNS, &widths, wanted, &files.iter().enumerate().map(row).collect::<Vec<_>>(), unreadable)
}

async fn reports(database: &Database, wanted: &Wanted) -> anyhow::Result<Sheet> {
    let in_full = !wanted.purpose.is_empty();
    let kind = if wanted.ledger == Ledger::Hazards { Kind::Hazard } else { Kind::Request };
    let (mut reports, unreadable) = database.files::<Report>(wanted.prefix()).await?;
    reports.retain(|(head, report)| head.kind == kind && report.since().is_some_and(|on| wanted.has(on)));
    reports.sort_by_key(|(_, report)| (report.since(), report.id));
    let reports = reports.iter().enumerate().map(|(at, (head, report))| (at + 1, &head.channel.grid, report));
    if kind == Kind::Hazard {
        let rows = reports.filter_map(|(at, grid, report)| ledger::hazard_row(at, grid, report, in_full));
        let widths = [6, 16, 12, 18, 10, 8, 18, 30, 10, 14, 16, 10, 30, 18];
        return write(&ledger::HAZARD_COLUMNS, &widths, wanted, &rows.collect::<Vec<_>>(), unreadable);
    }
    let rows = reports.filter_map(|(at, grid, report)| ledger::request_row(at, grid, report, in_full));
    let widths = [6, 16, 12, 18, 12, 30, 14, 16, 10, 30, 10];
    write(&ledger::REQUEST_COLUMNS, &widths, wanted, &rows.collect::<Vec<_>>(), unreadable)
}

async fn patrols(database: &Database, wanted: &Wanted) -> anyhow::Result<Sheet> {
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
        ledger::patrol_row(at + 1, &record.channel.grid, patrol, found, in_full)
    });
    let widths = [6, 12, 18, 14, 18, 8, 8, 20, 36, 30];
    write(&ledger::PATROL_COLUMNS, &widths, wanted, &rows.collect::<Vec<_>>(), unreadable)
}

async fn outreach(database: &Database, wanted: &Wanted) -> anyhow::Result<Sheet> {
    let in_full = !wanted.purpose.is_empty();
    let Stored { records, unreadable } = database.records(wanted.prefix(), &[Kind::Outreach]).await?;
    let sessions = records.iter().filter(|record| !record.withdrawn());
    let mut sessions: Vec<(&Record, Outreach)> =
        sessions.filter_map(|record| Some((record, record.view::<Outreach>()?))).collect();
    sessions.retain(|(_, session)| session.on.is_some_and(|on| wanted.has(on)));
    sessions.sort_by_key(|(record, session)| (session.on, record.id));
    let row = |(at, (record, session)): (usize, &(&Record, Outreach))| {
        ledger::outreach_row(at + 1, &record.channel.grid, session, in_full)
    };
    let widths = [6, 12, 18, 12, 10, 18, 10, 12, 18, 24];
    write(
        &ledger::OUTREACH_COLUMNS,
        &widths,
        wanted,
        &sessions.iter().enumerate().map(row).collect::<Vec<_>>(),
        unreadable,
    )
}

/// Writes a ledger's rows, each with its number first.
fn write<const N: usize>(
    columns: &[&str; N],
    widths: &[u16; N],
    wanted: &Wanted,
    rows: &[[String; N]],
    unreadable: BTreeSet<RecordId>,
) -> anyhow::Result<Sheet> {
    let name = wanted.ledger.title();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(name)?;
    let title = Format::new().set_bold().set_font_size(14).set_align(FormatAlign::Center);
    let head = Format::new().set_bold().set_border(FormatBorder::Thin).set_align(FormatAlign::Center);
    let cell = Format::new().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::Top);
    let last = u16::try_from(columns.len() - 1)?;
    let words = format!("{name}（{} 至 {}）", day::ledger(wanted.from), day::ledger(wanted.to));
    sheet.merge_range(0, 0, 0, last, &words, &title)?;
    for (column, (name, width)) in (0..).zip(columns.iter().zip(widths)) {
        sheet.write_with_format(1, column, *name, &head)?;
        sheet.set_column_width(column, *width)?;
    }
    for (row, texts) in (2..).zip(rows) {
        sheet.write_number_with_format(row, 0, f64::from(row - 1), &cell)?;
        for (column, text) in (1..).zip(&texts[1..]) {
            sheet.write_string_with_format(row, column, safe(text), &cell)?;
        }
    }
    sheet.set_freeze_panes(2, 0)?.set_repeat_rows(0, 1)?.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    Ok(Sheet { xlsx: book.save_to_buffer()?, rows: rows.len(), unreadable })
}

/// The most letters of a cell (Excel specifications and limits), less the words that say that there is more.
const CELL: usize = 32_700;

/// A text that no spreadsheet takes for a formula, and that fits into a cell: what starts like a formula gets an apostrophe
/// before it, and what is longer than a cell says that it goes on.
fn safe(text: &str) -> String {
    let mut text: String = text.chars().filter(|character| *character != '\0').collect();
    // Cells are counted in units of UTF-16.
    if text.encode_utf16().count() > CELL {
        text = text.chars().take(CELL / 2).chain("…（太长，余下的请在系统里看）".chars()).collect();
    }
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_written_as_text() {
        assert_eq!(safe("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(safe("-3 度"), "'-3 度");
        assert_eq!(safe("路灯\0坏了"), "路灯坏了");
        let long = safe(&"𠮷".repeat(40_000));
        assert!(long.encode_utf16().count() <= 32_767 && long.ends_with("请在系统里看）"));
    }
}
