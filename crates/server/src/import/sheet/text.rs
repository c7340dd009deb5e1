//! Sheets as text: `.csv` and what tables are copied to, in the usual encodings.

use super::{Book, Cell, Row, Sheet, is_blank};
use anyhow::{Context, bail};
use csv::StringRecord;
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

/// Reads a text file.
///
/// # Errors
/// It is a web page, or in no known encoding.
pub(super) fn read(bytes: &[u8], max_rows: usize) -> anyhow::Result<Book> {
    let text = decode(bytes)?;
    let start: String = text.trim_start().chars().take(20).collect::<String>().to_ascii_lowercase();
    if ["<html", "<!doctype", "<table", "<head", "<meta", "<?xml"].iter().any(|tag| start.starts_with(tag)) {
        bail!("这个文件其实是网页或 XML，不是表格：请在表格软件里打开，另存为 .xlsx 再导入");
    }
    Ok(Book { sheets: vec![Sheet { name: String::new(), rows: rows(&text, max_rows)? }], ..Book::default() })
}

fn decode(bytes: &[u8]) -> anyhow::Result<String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, broken) = encoding.decode_without_bom_handling(&bytes[mark..]);
        if !broken {
            return Ok(text.into_owned());
        }
    }
    // UTF-16 without a mark: every second byte of digits, commas and line ends is 0.
    let zeros = |odd: usize| bytes.iter().take(2_000).skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let guesses = match (zeros(0), zeros(1)) {
        (0, 0) => [UTF_8, GB18030],
        (even, odd) if even > odd => [UTF_16BE, UTF_16BE],
        _ => [UTF_16LE, UTF_16LE],
    };
    for encoding in guesses {
        let (text, broken) = encoding.decode_without_bom_handling(bytes);
        if !broken {
            return Ok(text.into_owned());
        }
    }
    bail!("文字编码认不出来（不是 UTF-8、UTF-16，也不是 GBK）：请另存为 .xlsx 再导入")
}

fn rows(text: &str, max_rows: usize) -> anyhow::Result<Vec<Row>> {
    // A title above the header may have none: the one that most of the first lines have most of.
    let first: Vec<&str> = text.lines().take(30).collect();
    let delimiter = [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|delimiter| first.iter().flat_map(|line| line.bytes()).filter(|byte| byte == delimiter).count())
        .unwrap_or(b',');
    // Lines are counted at their ends: each has one, of one sort.
    let text = text.replace("\r\n", "\n").replace('\r', "\n") + "\n";
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut rows: Vec<Row> = Vec::new();
    let mut row = StringRecord::new();
    // Ends of lines inside of cells: the spreadsheet shows one row.
    let mut inside = 0;
    while reader.read_record(&mut row).context("这个 .csv 文件有一行无法读取")? {
        inside += row.iter().map(|cell| cell.matches('\n').count()).sum::<usize>();
        let line = (reader.position().line() as usize).saturating_sub(1 + inside);
        if rows.len() == max_rows {
            bail!("有字的行超过 {max_rows} 行，请分成几个文件导入");
        }
        let cells: Vec<Cell> = row.iter().map(cell).collect();
        if cells.iter().any(|cell| *cell != Cell::Empty) {
            rows.push((line, cells));
        }
    }
    Ok(rows)
}

/// A cell; `="001"` is how some programs keep the zeros of a number.
fn cell(text: &str) -> Cell {
    let text = text.strip_prefix("=\"").and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    match text.trim() {
        blank if is_blank(blank) => Cell::Empty,
        error if matches!(error, "#N/A" | "#REF!" | "#VALUE!" | "#NAME?" | "#DIV/0!" | "#NULL!" | "#NUM!") => {
            Cell::Error { error: error.to_owned() }
        }
        _ => Cell::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_numbers_that_a_spreadsheet_shows() {
        for end in ["\n", "\r\n", "\r"] {
            for last in ["", end] {
                let lines = ["花名册", "", "户号,姓名", "001,\"李明\n（户主）\"", "", "002,王芳"].join(end);
                let numbers: Vec<usize> =
                    rows(&(lines + last), 10).expect("rows").iter().map(|(number, _)| *number).collect();
                assert_eq!(numbers, [1, 3, 4, 6], "{end:?} {last:?}");
            }
        }
    }
}
