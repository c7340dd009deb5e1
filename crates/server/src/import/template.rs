//! The roster's empty sheet, with a filled example.

use super::roster::{EXAMPLE_SHEET, columns};
use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};

const EXAMPLE: [[&str; 12]; 2] = [
    [
        "411502001003-02",
        "001",
        "示例甲",
        "示例村一组1号",
        "13800000000",
        "1",
        "独居老人、困难",
        "示例甲",
        "本人或户主",
        "男",
        "1951-03-05",
        "在家",
    ],
    ["411502001003-02", "001", "示例甲", "示例村一组1号", "", "1", "", "示例乙", "子", "男", "1978年6月1日", "外出"],
];

/// The template as the bytes of an `.xlsx`. Everything is formatted as text, so that phones and codes
/// keep their digits.
///
/// # Errors
/// Fails when the file can't be written.
pub fn template() -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let text = Format::new().set_num_format("@");
    let head = Format::new().set_bold().set_align(FormatAlign::Center);
    let sheet = book.add_worksheet();
    sheet.set_name("花名册")?.set_freeze_panes(1, 0)?;
    for (column, name) in (0..).zip(columns()) {
        sheet.set_column_width(column, 16)?.set_column_format(column, &text)?;
        sheet.write_with_format(0, column, name, &head)?;
    }
    let sheet = book.add_worksheet();
    sheet.set_name(EXAMPLE_SHEET)?;
    for (column, name) in (0..).zip(columns()) {
        sheet.set_column_width(column, 16)?;
        sheet.write_with_format(0, column, name, &head)?;
        for (row, example) in (1..).zip(&EXAMPLE) {
            sheet.write_with_format(row, column, example[usize::from(column)], &text)?;
        }
    }
    book.save_to_buffer()
}
