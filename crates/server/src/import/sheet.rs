//! Sheets as offices make them, as rows of plain text.

use anyhow::{Context, bail};
use calamine::{Data, Reader, Xlsx};
use std::io::Cursor;

/// The most rows that are read.
const MAX_ROWS: usize = 200_000;

/// The most bytes of a file, and of what an `.xlsx` unpacks to.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A row's number as the spreadsheet shows it, and its cells.
pub type Row = (usize, Vec<String>);

/// The rows of the first sheet of an `.xlsx`, or of a `.csv` in UTF-8 or GBK. Which of them it is
/// follows from the bytes.
///
/// # Errors
/// The file is too large or neither.
pub fn read(bytes: &[u8]) -> anyhow::Result<Vec<Row>> {
    if bytes.len() > MAX_BYTES {
        bail!("文件超过 64 MB,请分成几个文件导入");
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return read_xlsx(bytes);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        bail!("这是旧版 .xls 文件：请在表格软件里另存为 .xlsx 再导入");
    }
    read_csv(&decode(bytes)?)
}

fn read_xlsx(bytes: &[u8]) -> anyhow::Result<Vec<Row>> {
    refuse_bomb(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).context("无法打开这个 .xlsx 文件")?;
    let range = book.worksheet_range_at(0).context("这个文件里没有表")?.context("无法读取第一张表")?;
    let first = range.start().map_or(0, |(row, _)| row as usize);
    let rows = range.rows().take(MAX_ROWS + 1).enumerate();
    let rows: Vec<Row> = rows.map(|(at, cells)| (first + at + 1, cells.iter().map(text).collect())).collect();
    if rows.len() > MAX_ROWS {
        bail!("超过 {MAX_ROWS} 行，请分成几个文件导入");
    }
    Ok(rows)
}

/// Refuses an archive that says it unpacks to more than [`MAX_BYTES`], by its central directory.
fn refuse_bomb(bytes: &[u8]) -> anyhow::Result<()> {
    let mut total: usize = 0;
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.windows(4).position(|four| four == b"PK\x01\x02")) {
        let entry = at + found;
        let Some(size) = bytes.get(entry + 24..entry + 28) else { break };
        total = total.saturating_add(u32::from_le_bytes([size[0], size[1], size[2], size[3]]) as usize);
        at = entry + 46;
    }
    if total > MAX_BYTES {
        bail!("这个 .xlsx 解开后超过 64 MB,无法导入");
    }
    Ok(())
}

fn text(cell: &Data) -> String {
    match cell {
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::Float(number) => number.to_string(),
        Data::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        Data::DateTime(date) => date.as_datetime().map(|date| date.format("%Y-%m-%d").to_string()).unwrap_or_default(),
        Data::Error(_) | Data::Empty => String::new(),
    }
}

fn decode(bytes: &[u8]) -> anyhow::Result<String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let (text, _, broken) = encoding_rs::GB18030.decode(bytes);
    if broken {
        bail!("文字编码既不是 UTF-8 也不是 GBK,请另存为 UTF-8 的 .csv 或 .xlsx");
    }
    Ok(text.into_owned())
}

fn read_csv(text: &str) -> anyhow::Result<Vec<Row>> {
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|delimiter| first.bytes().filter(|byte| byte == delimiter).count())
        .unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.context("这个 .csv 文件有一行无法读取")?;
        let line = row.position().map_or(0, |position| position.line() as usize);
        if rows.len() == MAX_ROWS {
            bail!("超过 {MAX_ROWS} 行，请分成几个文件导入");
        }
        rows.push((line, row.iter().map(str::to_owned).collect()));
    }
    Ok(rows)
}
