//! The roster's empty sheet, with a filled example.

use super::{roster::columns, table::EXAMPLE_SHEET};
use ruhu_domain::codes::{Living, Relation, Sex, Tag};
use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Format, FormatAlign, Workbook, XlsxError};

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

/// The rows for which the template offers the words to choose from.
const OFFERED: u32 = 2_000;

/// Returns the words that can be filled in, by column; none where everything can.
fn words(column: &str) -> Vec<&'static str> {
    let labels = |rows: &[(&'static str, &'static str)]| rows.iter().map(|(_, label)| *label).collect();
    match column {
        "与户主关系" => labels(Relation::ROWS),
        "性别" => labels(Sex::ROWS),
        "居住状态" => labels(Living::ROWS),
        "标签" => labels(Tag::ROWS),
        _ => Vec::new(),
    }
}

/// The template as the bytes of an `.xlsx`. Everything is formatted as text, so that phones and codes
/// keep their digits. Where one word of a few is filled in, a list of them drops down; another can be written all the same.
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
        let words = words(name);
        // Several tags may stand in one cell: they are listed with the example.
        if !words.is_empty() && name != "标签" {
            let offered = DataValidation::new()
                .allow_list_strings(&words)?
                .set_error_style(DataValidationErrorStyle::Information)
                .set_error_title("不在列表里")?
                .set_error_message("可以这样写，但导入时可能认不出来，会请您核对")?;
            sheet.add_data_validation(1, column, OFFERED, column, &offered)?;
        }
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
    let list = columns().into_iter().map(|name| (name, words(name))).filter(|(_, words)| !words.is_empty());
    for (row, (name, words)) in (4..).zip(list) {
        sheet.write(row, 0, format!("{name}可填：{}", words.join("、")))?;
    }
    sheet.write(8, 0, "其余各列可以空着；格子空着不会清掉已有的内容。标签可填几个，用顿号隔开")?;
    book.save_to_buffer()
}
