//! Ledgers as `.xlsx`.

use crate::database::Database;
use anyhow::Context;
use chrono::NaiveDate;
use ruhu_domain::{Kind, RecordId, day, household::Household, ledger, visit::Visit};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook};
use std::{collections::HashMap, path::Path};

/// What of the 走访台账 is wanted.
#[derive(Clone, Debug)]
pub struct Visits {
    /// The digits that the grids' codes start with, or a whole grid code.
    pub area: String,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Whether names are written in full.
    pub full_names: bool,
}

/// Writes the 走访台账; returns how many visits it holds.
///
/// # Errors
/// The database can't be read or the file can't be written.
pub async fn visits(database: &Database, wanted: &Visits, out: &Path) -> anyhow::Result<usize> {
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

    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("走访台账")?;
    let title = Format::new().set_bold().set_font_size(14).set_align(FormatAlign::Center);
    let head = Format::new().set_bold().set_border(FormatBorder::Thin).set_align(FormatAlign::Center);
    let cell = Format::new().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::Top);
    let last = u16::try_from(ledger::VISIT_COLUMNS.len() - 1)?;
    let words = format!("入户走访台账（{} 至 {}）", day::ledger(wanted.from), day::ledger(wanted.to));
    sheet.merge_range(0, 0, 0, last, &words, &title)?;
    for (column, (name, width)) in (0..).zip(ledger::VISIT_COLUMNS.iter().zip([6, 12, 18, 10, 10, 22, 30, 30, 10, 12]))
    {
        sheet.write_with_format(1, column, *name, &head)?;
        sheet.set_column_width(column, width)?;
    }
    for (row, (record, visit)) in (2..).zip(&visits) {
        let household = households.get(&visit.household);
        let number = row as usize - 1;
        let texts = ledger::visit_row(number, &record.channel.grid, household, visit, wanted.full_names);
        sheet.write_number_with_format(row, 0, number as f64, &cell)?;
        for (column, text) in (1..).zip(&texts[1..]) {
            sheet.write_string_with_format(row, column, safe(text), &cell)?;
        }
    }
    sheet.set_freeze_panes(2, 0)?.set_repeat_rows(0, 1)?.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    book.save(out).with_context(|| format!("无法写入 {}", out.display()))?;
    Ok(visits.len())
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
