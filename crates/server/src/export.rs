//! Ledgers as `.xlsx`.

use crate::database::Database;
use anyhow::Context;
use chrono::NaiveDate;
use ruhu_domain::{Kind, RecordId, day, dispute::File, household::Household, ledger, visit::Visit};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook};
use std::{collections::HashMap, path::Path};

/// What of a ledger is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The digits that the grids' codes start with, or a whole grid code.
    pub area: String,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Whether names are written in full, and of disputes the story too.
    pub in_full: bool,
}

/// Writes the 走访台账; returns how many visits it holds.
///
/// # Errors
/// The database can't be read or the file can't be written.
pub async fn visits(database: &Database, wanted: &Wanted, out: &Path) -> anyhow::Result<usize> {
    let records = database.records(&wanted.area, &[Kind::Household, Kind::Visit]).await?;
    let households: HashMap<RecordId, Household> = records
        .iter()
        .filter(|record| record.kind == Kind::Household)
        .filter_map(|record| Some((record.id, record.view()?)))
        .collect();
    let mut visits: Vec<_> = records
        .iter()
        .filter(|record| record.kind == Kind::Visit && !record.withdrawn())
        .filter_map(|record| Some((record, record.view::<Visit>()?)))
        .filter(|(_, visit)| (wanted.from..=wanted.to).contains(&day::day(visit.at)))
        .collect();
    visits.sort_by_key(|(record, visit)| (visit.at, record.id));

    let rows = visits.iter().enumerate().map(|(at, (record, visit))| {
        let household = households.get(&visit.household);
        ledger::visit_row(at + 1, &record.channel.grid, household, visit, wanted.in_full).to_vec()
    });
    let widths = [6, 12, 18, 10, 10, 22, 30, 30, 10, 12];
    write("走访台账", &ledger::VISIT_COLUMNS, &widths, wanted, &rows.collect::<Vec<_>>(), out)
}

/// Writes the 纠纷台账 of disputes found in that time; returns how many it holds.
///
/// # Errors
/// The database can't be read or the file can't be written.
pub async fn disputes(database: &Database, wanted: &Wanted, out: &Path) -> anyhow::Result<usize> {
    let files = database.files(&wanted.area).await?;
    let found = |file: &File| file.dispute.found_on.is_some_and(|on| (wanted.from..=wanted.to).contains(&on));
    let mut files: Vec<File> = files.into_iter().map(|(_, file)| file).filter(found).collect();
    files.sort_by_key(|file| (file.dispute.found_on, file.id));
    let rows = files.iter().enumerate().map(|(at, file)| ledger::dispute_row(at + 1, file, wanted.in_full).to_vec());
    let widths = [6, 16, 12, 10, 12, 16, 30, 10, 12, 10, 18, 10, 14, 16, 20, 12];
    write("矛盾纠纷台账", &ledger::DISPUTE_COLUMNS, &widths, wanted, &rows.collect::<Vec<_>>(), out)
}

/// Writes a ledger's rows, each with its number first.
fn write(
    name: &str,
    columns: &[&str],
    widths: &[u16],
    wanted: &Wanted,
    rows: &[Vec<String>],
    out: &Path,
) -> anyhow::Result<usize> {
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
    book.save(out).with_context(|| format!("无法写入 {}", out.display()))?;
    Ok(rows.len())
}

/// A text that no spreadsheet takes for a formula: what starts like one gets an apostrophe before it.
fn safe(text: &str) -> String {
    let text: String = text.chars().filter(|character| *character != '\0').collect();
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
    }
}
