//! Rosters as sheets: the records of a place in the shape in which they are taken in, and rows with what was said of them.

use super::{
    column::{Column, columns},
    row::cell,
};
use crate::database::{Database, Stored};
use ruhu_domain::{
    Kind, Record, RecordId, day,
    office::{RosterReport, RosterRow},
    rights::Place,
    roster::{doors::Roster, household::Household, resident::Resident},
};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use std::collections::HashMap;

/// The name of the column that says why a row was not taken.
const REASON: &str = "说明";

/// The sheet of what was not read.
const OTHERS: &str = "其他说明";

/// The widths of the columns, in the order of the template.
const WIDTHS: [u8; 12] = [17, 8, 10, 24, 14, 9, 18, 10, 12, 6, 12, 9];

/// Returns the households and residents of a place as an `.xlsx`, and the number of its rows. A household of which nobody is
/// known has no row: a roster has one a resident.
///
/// # Errors
/// The database can't be reached, or the file can't be written.
pub async fn export(database: &Database, place: &Place) -> anyhow::Result<(usize, Vec<u8>)> {
    let Stored { records, .. } = database.records(place.prefix(), &[Kind::Household, Kind::Resident]).await?;
    let mut roster = Roster::default();
    records.iter().for_each(|record| roster.put(record));
    let shows = |record: &&Record| !record.withdrawn() && roster.home(record.id) == record.id;
    let of = |kind: Kind| records.iter().filter(move |record| record.kind == kind);
    let households: HashMap<RecordId, (&Record, Household)> =
        of(Kind::Household).filter(shows).filter_map(|record| Some((record.id, (record, record.view()?)))).collect();
    let mut people: Vec<(&Record, &Household, Resident)> = Vec::new();
    for record in of(Kind::Resident).filter(shows) {
        let Some(resident) = record.view::<Resident>() else { continue };
        if let Some((home, household)) = households.get(&roster.home(resident.household)) {
            // What may not be used is not given out (个人信息保护法 44).
            let bare = |resident: Resident| Resident::new(resident.household, resident.name);
            let resident = if roster.is_restricted(record.id) { bare(resident) } else { resident };
            people.push((home, household, resident));
        }
    }
    let key = |(home, household, resident): &(&Record, &Household, Resident)| {
        (home.channel.grid.clone(), household.number.clone(), home.id, resident.name != household.head)
    };
    people.sort_by_key(key);
    let rows: Vec<[String; 12]> =
        people.iter().map(|(home, household, resident)| row(home, household, resident)).collect();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("花名册")?;
    write(sheet, &columns(), &rows)?;
    Ok((rows.len(), book.save_to_buffer()?))
}

/// Returns a resident as a row of a roster.
fn row(home: &Record, household: &Household, resident: &Resident) -> [String; 12] {
    let tags: Vec<&str> = household.tags.iter().map(|tag| tag.label()).collect();
    Column::ALL.map(|column| match column {
        Column::Grid => home.channel.grid.to_string(),
        Column::Number => household.number.clone(),
        Column::Head => household.head.clone(),
        Column::Address => household.address.clone(),
        Column::Phone => household.phone.clone(),
        Column::Order => household.order.map(|order| order.to_string()).unwrap_or_default(),
        Column::Tags => tags.join("、"),
        Column::Name => resident.name.clone(),
        Column::Relation => resident.relation.map(|relation| relation.label().to_owned()).unwrap_or_default(),
        Column::Sex => resident.sex.map(|sex| sex.label().to_owned()).unwrap_or_default(),
        Column::Birth => resident.birth.map(day::ledger).unwrap_or_default(),
        Column::Living => resident.living.map(|living| living.label().to_owned()).unwrap_or_default(),
    })
}

/// Returns rows with what was said of each beside it, as an `.xlsx` that can be mended and taken in again.
///
/// # Errors
/// The file can't be written.
pub fn report(report: &RosterReport) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("请核对")?;
    let names: Vec<&str> = [REASON, "原来的位置"].into_iter().chain(columns()).collect();
    let row = |(row, words): &(RosterRow, String)| {
        let own = [words.clone(), row.line.to_string()];
        own.into_iter().chain(Column::ALL.map(|column| cell(row, column).shown().to_owned())).collect::<Vec<_>>()
    };
    write(sheet, &names, &report.rows.iter().map(row).collect::<Vec<_>>())?;
    sheet.set_column_width(0, 48)?.set_column_width(1, 16)?;
    let sheet = book.add_worksheet();
    sheet.set_name(OTHERS)?.set_column_width(0, 90)?;
    for (at, words) in (0..).zip(&report.others) {
        sheet.write(at, 0, words)?;
    }
    book.save_to_buffer()
}

/// Writes a header and rows of texts, to be printed across the page.
fn write<R: AsRef<[String]>>(sheet: &mut Worksheet, names: &[&str], rows: &[R]) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_align(FormatAlign::Center).set_border(FormatBorder::Thin);
    let text = Format::new().set_num_format("@").set_border(FormatBorder::Thin).set_text_wrap();
    sheet.set_freeze_panes(1, 0)?.set_landscape().set_paper_size(9).set_repeat_rows(0, 0)?.set_print_fit_to_pages(1, 0);
    let before = names.len() - WIDTHS.len();
    for (column, name) in (0..).zip(names) {
        let width = usize::from(column).checked_sub(before).and_then(|at| WIDTHS.get(at)).copied().unwrap_or(12);
        sheet.set_column_width(column, width)?;
        sheet.write_with_format(0, column, *name, &head)?;
    }
    for (at, row) in (1..).zip(rows) {
        for (column, words) in (0..).zip(row.as_ref()) {
            sheet.write_with_format(at, column, words, &text)?;
        }
    }
    Ok(())
}
