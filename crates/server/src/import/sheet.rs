//! Sheets as offices make them, as rows of plain text.

use anyhow::{Context, bail};
use calamine::{DataRef, Reader, Xlsx};
use std::io::{self, Cursor, Read};
use zip::ZipArchive;

/// The most rows that are read.
const MAX_ROWS: usize = 200_000;

/// The most columns of a sheet.
const MAX_COLUMNS: usize = 200;

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
    let sheet = book.sheet_names().first().cloned().context("这个文件里没有表")?;
    let mut cells = book.worksheet_cells_reader(&sheet).context("无法读取第一张表")?;
    let mut rows: Vec<Row> = Vec::new();
    // A few bytes can say that a cell is far away, or is one long text again and again.
    let mut left = MAX_BYTES;
    while let Some(cell) = cells.next_cell().context("无法读取第一张表")? {
        let (row, column) = (cell.get_position().0 as usize + 1, cell.get_position().1 as usize);
        let text = text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        if row > MAX_ROWS || rows.last().is_some_and(|(last, _)| *last > row) {
            bail!("超过 {MAX_ROWS} 行，请分成几个文件导入");
        }
        left = left.checked_sub(text.len()).with_context(too_much)?;
        if column >= MAX_COLUMNS {
            bail!("超过 {MAX_COLUMNS} 列，请用花名册模板");
        }
        if rows.last().is_none_or(|(last, _)| *last < row) {
            rows.push((row, Vec::new()));
        }
        if let Some((_, cells)) = rows.last_mut() {
            cells.resize(cells.len().max(column + 1), String::new());
            cells[column] = text;
        }
    }
    Ok(rows)
}

fn too_much() -> &'static str {
    "这个 .xlsx 解开后超过 64 MB,无法导入"
}

/// Refuses an archive that unpacks to more than [`MAX_BYTES`], by unpacking it, a piece at a time: what it says of
/// itself need not be true.
fn refuse_bomb(bytes: &[u8]) -> anyhow::Result<()> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).context("无法打开这个 .xlsx 文件")?;
    let mut left = MAX_BYTES as u64;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).context("无法打开这个 .xlsx 文件")?;
        let unpacked = io::copy(&mut entry.take(left + 1), &mut io::sink()).context("无法打开这个 .xlsx 文件")?;
        left = left.checked_sub(unpacked).with_context(too_much)?;
    }
    Ok(())
}

fn text(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        DataRef::DateTime(date) => {
            date.as_datetime().map(|date| date.format("%Y-%m-%d").to_string()).unwrap_or_default()
        }
        _ => String::new(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::{ZipWriter, write::SimpleFileOptions};

    /// A workbook whose only sheet has these rows, and this shared text.
    fn book(rows: &str, shared: &str) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let xml = |name: &str, text: &str, zip: &mut ZipWriter<Cursor<Vec<u8>>>| {
            zip.start_file(name, SimpleFileOptions::default()).expect("memory");
            zip.write_all(text.as_bytes()).expect("memory");
        };
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let package = "http://schemas.openxmlformats.org/package/2006/relationships";
        let root = format!(
            "<Relationships xmlns=\"{package}\"><Relationship Id=\"r0\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        );
        xml("_rels/.rels", &root, &mut zip);
        xml(
            "xl/workbook.xml",
            &format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
            &mut zip,
        );
        xml(
            "xl/_rels/workbook.xml.rels",
            &format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{relations}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
            ),
            &mut zip,
        );
        xml("xl/sharedStrings.xml", &format!("<sst xmlns=\"{main}\"><si><t>{shared}</t></si></sst>"), &mut zip);
        xml(
            "xl/worksheets/sheet1.xml",
            &format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
            &mut zip,
        );
        zip.finish().expect("memory").into_inner()
    }

    #[test]
    fn a_small_file_that_would_fill_the_memory_is_refused() {
        let row = |number: usize, column: &str| {
            format!("<row r=\"{number}\"><c r=\"{column}{number}\" t=\"s\"><v>0</v></c></row>")
        };
        let good = read(&book(&(row(1, "A") + &row(3, "C")), "字")).expect("it is read");
        assert_eq!(good, [(1, vec!["字".to_owned()]), (3, vec![String::new(), String::new(), "字".to_owned()])]);
        let far = [row(1, "A") + &row(1_048_576, "A"), row(1, "XFD")];
        let again: String = (1..=20_000).map(|number| row(number, "A")).collect();
        let unpacks = "长".repeat(MAX_BYTES / 3 + 1);
        let bombs = [book(&far[0], "字"), book(&far[1], "字"), book(&again, &"长".repeat(4_000)), book("", &unpacks)];
        for (at, bomb) in bombs.iter().enumerate() {
            assert!(bomb.len() < 1024 * 1024, "{at}: {} bytes", bomb.len());
            assert!(read(bomb).is_err(), "{at}");
        }
        // What the archive says of itself is not believed.
        let mut lying = bombs[3].clone();
        let entries: Vec<usize> = (0..lying.len() - 4).filter(|at| lying[*at..].starts_with(b"PK\x01\x02")).collect();
        entries.iter().for_each(|at| lying[at + 24..at + 28].copy_from_slice(&1_u32.to_le_bytes()));
        assert!(read(&lying).is_err());
    }
}
