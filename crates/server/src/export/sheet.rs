//! A ledger as a sheet that is filed as it is: A4 across, with a title, the place and the time, real dates, and a line to sign.

use chrono::NaiveDate;
use ruhu_domain::{
    day,
    ledger::{Cell, Column},
};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use unicode_width::UnicodeWidthChar;

/// The words above a ledger's rows.
pub(super) struct Heading<'a> {
    /// The name of the ledger.
    pub name: &'static str,
    /// The name of the place.
    pub place: &'a str,
    /// The first and the last day.
    pub period: (NaiveDate, NaiveDate),
    /// The day on which it is made.
    pub made_on: NaiveDate,
    /// The name of whoever asked for it.
    pub by: &'a str,
    /// The purpose of full names; empty where there are none.
    pub purpose: &'a str,
}

/// The rows above the first: title, place and time, names of the columns.
const ABOVE: u32 = 3;

/// A4 in the numbers of the format (ECMA-376, part 1, 18.3.1.63).
const A4: u8 = 9;

/// The height of a line, in points.
const LINE: f64 = 15.0;

/// The most lines of a row. A row may be 409 points high (Excel specifications and limits); what is longer goes on in the next.
const LINES: usize = 26;

/// A ledger that is being written, row by row. What is written goes to a file at once, which is gone when this is: memory holds
/// a row.
pub(super) struct LedgerSheet<'a> {
    book: Workbook,
    columns: &'a [Column],
    /// The formats of texts, days and numbers.
    formats: [Format; 3],
    /// The next line of the sheet.
    at: u32,
    /// The rows of the ledger so far. A long one takes several lines.
    rows: usize,
}

impl<'a> LedgerSheet<'a> {
    /// Begins with the title and the names of the columns.
    ///
    /// # Errors
    /// The file can't be written.
    pub(super) fn begin(heading: &Heading<'_>, columns: &'a [Column]) -> Result<Self, XlsxError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet_with_constant_memory();
        sheet.set_name(heading.name)?;
        sheet.set_freeze_panes(ABOVE, 0)?.set_repeat_rows(0, ABOVE - 1)?;
        sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
        sheet.set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3).set_print_center_horizontally(true);
        sheet.set_footer("&L&A&C第 &P 页，共 &N 页");
        head(sheet, heading, columns, last(columns))?;
        let text = Format::new().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::Top);
        let [date, number] = ["yyyy-mm-dd", "0"].map(|format| text.clone().set_num_format(format));
        Ok(Self { book, columns, formats: [text, date, number], at: ABOVE, rows: 0 })
    }

    /// Returns the number of rows so far.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// Writes a row.
    ///
    /// # Errors
    /// The file can't be written, or the sheet is full.
    pub(super) fn push(&mut self, row: &[Cell]) -> Result<(), XlsxError> {
        let sheet = self.book.worksheet_from_index(0)?;
        let [text, date, number] = &self.formats;
        let wrapped: Vec<Vec<String>> =
            row.iter().zip(self.columns).map(|(cell, (_, width))| lines(&safe(&cell.to_string()), *width)).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or_default().max(1);
        for first in (0..height).step_by(LINES) {
            let own = u32::try_from((height - first).min(LINES)).unwrap_or_default();
            sheet.set_row_height(self.at, f64::from(own) * LINE + 3.0)?;
            for ((column, cell), lines) in (0..).zip(row).zip(&wrapped) {
                match cell {
                    Cell::Day(day) if first == 0 => sheet.write_datetime_with_format(self.at, column, day, date)?,
                    Cell::Number(count) if first == 0 => sheet.write_with_format(self.at, column, *count, number)?,
                    Cell::Day(_) | Cell::Number(_) => sheet.write_blank(self.at, column, text)?,
                    Cell::Text(_) => {
                        let part = lines.iter().skip(first).take(LINES).map(String::as_str).collect::<String>();
                        sheet.write_string_with_format(self.at, column, part.trim_end_matches('\n'), text)?
                    }
                };
            }
            self.at += 1;
        }
        self.rows += 1;
        Ok(())
    }

    /// Ends with the line to sign, and returns the file.
    ///
    /// # Errors
    /// The file can't be written.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, XlsxError> {
        let sheet = self.book.worksheet_from_index(0)?;
        let last = last(self.columns);
        let mut at = self.at;
        if self.rows == 0 {
            let none = Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::Center);
            sheet.merge_range(at, 0, at, last, "这段时间没有记录", &none)?;
            at += 1;
        }
        let signed = Format::new().set_align(FormatAlign::Left);
        let words = "制表人：                审核人：                负责人（签字）：                盖章：                年    月    日";
        sheet.set_row_height(at + 1, 2.0 * LINE)?;
        sheet.merge_range(at + 1, 0, at + 1, last, words, &signed)?;
        self.book.save_to_buffer()
    }
}

/// The last of the columns.
fn last(columns: &[Column]) -> u16 {
    u16::try_from(columns.len().saturating_sub(1)).unwrap_or(u16::MAX)
}

fn head(sheet: &mut Worksheet, heading: &Heading<'_>, columns: &[Column], last: u16) -> Result<(), XlsxError> {
    let title = Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center);
    let name = format!("{}{}", heading.place, heading.name);
    sheet.merge_range(0, 0, 0, last, &safe(&name), &title)?.set_row_height(0, 26)?;
    let (from, to) = heading.period;
    let mut words = format!(
        "填报单位：{}    时间：{} 至 {}    导出：{} {}",
        heading.place,
        day::ledger(from),
        day::ledger(to),
        day::ledger(heading.made_on),
        heading.by
    );
    if !heading.purpose.is_empty() {
        words.push_str(&format!("    用途：{}", heading.purpose));
    }
    let widths: u16 = columns.iter().map(|(_, width)| width).sum();
    let height = u32::try_from(lines(&words, widths).len()).unwrap_or(1);
    let left = Format::new().set_align(FormatAlign::Left).set_align(FormatAlign::VerticalCenter).set_text_wrap();
    sheet.merge_range(1, 0, 1, last, &safe(&words), &left)?.set_row_height(1, f64::from(height) * LINE + 3.0)?;
    let bold = Format::new().set_bold().set_border(FormatBorder::Thin).set_text_wrap();
    let bold = bold.set_align(FormatAlign::Center).set_align(FormatAlign::VerticalCenter);
    for (column, (name, width)) in (0..).zip(columns) {
        sheet.write_with_format(2, column, *name, &bold)?;
        sheet.set_column_width(column, *width)?;
    }
    Ok(())
}

/// The lines that a text takes in a column. Together they are the text; those that the writer ended end with a line feed.
fn lines(text: &str, width: u16) -> Vec<String> {
    // A table program keeps a little room at both sides.
    let room = usize::from(width.saturating_sub(1)).max(2);
    let (mut all, mut line, mut taken) = (Vec::new(), String::new(), 0);
    for letter in text.chars() {
        let wide = letter.width().unwrap_or_default();
        if taken + wide > room {
            all.push(std::mem::take(&mut line));
            taken = 0;
        }
        line.push(letter);
        taken += wide;
        if letter == '\n' {
            all.push(std::mem::take(&mut line));
            taken = 0;
        }
    }
    if !line.is_empty() {
        all.push(line);
    }
    all
}

/// The most letters of a text that is written, in units of UTF-16. A cell holds 32,767 (Excel specifications and limits).
const CELL: usize = 32_700;

/// A text that no spreadsheet takes for a formula, and that fits into a cell: what starts like a formula gets an apostrophe
/// before it, and what is longer than a cell says that it goes on.
fn safe(text: &str) -> String {
    let mut text: String = text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).collect();
    if text.encode_utf16().count() > CELL {
        text = text.chars().take(CELL / 2).chain("…（太长，余下的请在系统里看）".chars()).collect();
    }
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_written_as_text() {
        assert_eq!(safe("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(safe("-3 度"), "'-3 度");
        assert_eq!(safe("\t=1+1"), "'=1+1", "what is before it can't be seen");
        assert_eq!(safe("路灯\0坏了"), "路灯坏了");
        let long = safe(&"𠮷".repeat(40_000));
        assert!(long.encode_utf16().count() <= 32_767 && long.ends_with("请在系统里看）"));
    }

    #[test]
    fn a_text_is_its_lines() {
        assert_eq!(lines("", 10), Vec::<String>::new());
        assert_eq!(lines("路灯坏了，一号楼", 10), ["路灯坏了", "，一号楼"]);
        assert_eq!(lines("一\n二", 10), ["一\n", "二"]);
        let text = "门前的路灯坏了 3 天\n\n等人来修".repeat(9);
        assert_eq!(lines(&text, 7).concat(), text);
    }
}
