//! Workbooks as offices make them, as sheets of plain cells: `.xlsx`, `.xls`, and `.csv` in the usual encodings.

mod text;

use crate::text::is_invisible;
use anyhow::{Context, bail};
use calamine::{Data, DataRef, Dimensions, Range, Reader, SheetVisible, Xls, XlsError, Xlsx, XlsxError};
pub use ruhu_domain::office::Cell;
use std::{
    collections::BTreeMap,
    io::{self, Cursor, Read},
};
use zip::ZipArchive;

/// The most columns of a sheet.
const MAX_COLUMNS: usize = 200;

/// The most bytes of a file, and of what it unpacks to.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Whether there is nothing to be seen in a text.
fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| letter.is_whitespace() || is_invisible(letter))
}

/// A row's number as the spreadsheet shows it, and its cells.
pub type Row = (usize, Vec<Cell>);

/// A sheet that is to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its name; nothing for a file that has no sheets.
    pub name: String,
    /// Its rows that are not empty. A merged cell's value stands in each of its rows.
    pub rows: Vec<Row>,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// The sheets that are to be seen.
    pub sheets: Vec<Sheet>,
    /// The names of those that are hidden: they are left out.
    pub hidden: Vec<String>,
    /// The names of those that have no cells, such as a chart's, or can't be read: they are left out.
    pub without_cells: Vec<String>,
}

/// Reads a file. Its sort follows from its bytes, not from its name. A sheet may have `max_rows` rows that are filled in.
///
/// # Errors
/// The file is too large, protected by a password, or of another sort.
pub fn read(bytes: &[u8], max_rows: usize) -> anyhow::Result<Book> {
    if bytes.len() > MAX_BYTES {
        bail!("文件超过 64 MB，请分成几个文件导入");
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return read_xlsx(bytes, max_rows);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return read_xls(bytes, max_rows);
    }
    text::read(bytes, max_rows)
}

/// What is said of a file with a password.
const PASSWORD: &str = "这个文件有打开密码：请在表格软件里取消密码，另存后再导入";

fn read_xlsx(bytes: &[u8], max_rows: usize) -> anyhow::Result<Book> {
    refuse_bomb(bytes)?;
    let mut book: Xlsx<_> = match Xlsx::new(Cursor::new(bytes)) {
        Ok(book) => book,
        Err(XlsxError::Password) => bail!(PASSWORD),
        Err(error) => return Err(error).context("无法打开这个 .xlsx 文件，可能已损坏"),
    };
    let mut read = Book::default();
    let mut left = MAX_BYTES;
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.visible != SheetVisible::Visible {
            read.hidden.push(sheet.name);
            continue;
        }
        let merged = book.merge_cells_by_sheet_name(&sheet.name).unwrap_or_default();
        let Ok(mut cells) = book.worksheet_cells_reader(&sheet.name) else {
            read.without_cells.push(sheet.name);
            continue;
        };
        let mut rows = Rows::new(&sheet.name, max_rows, &mut left);
        while let Some(cell) = cells.next_cell_with_formula().with_context(|| format!("无法读取表“{}”", sheet.name))?
        {
            let value = match cell.value {
                DataRef::Empty if cell.formula.is_some() => Cell::NoValue { formula: () },
                value => of_data(&Data::from(value)),
            };
            rows.put(cell.pos.0 as usize, cell.pos.1 as usize, value)?;
        }
        let rows = rows.finish(&merged);
        read.sheets.push(Sheet { name: sheet.name, rows });
    }
    Ok(read)
}

fn read_xls(bytes: &[u8], max_rows: usize) -> anyhow::Result<Book> {
    // An .xlsx with a password is packed into a file of this sort.
    let packed: Vec<u8> = "EncryptedPackage".bytes().flat_map(|byte| [byte, 0]).collect();
    if bytes.windows(packed.len()).any(|window| window == packed) {
        bail!(PASSWORD);
    }
    let mut book: Xls<_> = match Xls::new(Cursor::new(bytes)) {
        Ok(book) => book,
        Err(XlsError::Password) => bail!(PASSWORD),
        Err(error) => return Err(error).context("无法打开这个 .xls 文件：请在表格软件里另存为 .xlsx 再导入"),
    };
    let mut read = Book::default();
    let mut left = MAX_BYTES;
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.visible != SheetVisible::Visible {
            read.hidden.push(sheet.name);
            continue;
        }
        let Ok(range): Result<Range<Data>, _> = book.worksheet_range(&sheet.name) else {
            read.without_cells.push(sheet.name);
            continue;
        };
        let merged = book.merge_cells_by_sheet_name(&sheet.name).unwrap_or_default();
        let (top, side) = range.start().unwrap_or_default();
        let mut rows = Rows::new(&sheet.name, max_rows, &mut left);
        for (row, column, value) in range.used_cells() {
            rows.put(top as usize + row, side as usize + column, of_data(value))?;
        }
        let rows = rows.finish(&merged);
        read.sheets.push(Sheet { name: sheet.name, rows });
    }
    Ok(read)
}

fn too_much() -> &'static str {
    "这个文件解开后超过 64 MB，无法导入"
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

fn of_data(data: &Data) -> Cell {
    let text = match data {
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::Float(number) => number.to_string(),
        Data::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        Data::DateTime(date) => {
            return date
                .as_datetime()
                .map_or(Cell::Empty, |date| Cell::Day { day: date.format("%Y-%m-%d").to_string() });
        }
        Data::Error(error) => return Cell::Error { error: error.to_string() },
        Data::Empty => String::new(),
    };
    if is_blank(&text) { Cell::Empty } else { Cell::Text(text) }
}

/// The rows of a sheet as they are read, within bounds.
struct Rows<'a> {
    sheet: &'a str,
    max_rows: usize,
    /// By their numbers: some programs write rows out of order.
    rows: BTreeMap<usize, Vec<Cell>>,
    /// How many more bytes of text there may be.
    left: &'a mut usize,
}

impl<'a> Rows<'a> {
    const fn new(sheet: &'a str, max_rows: usize, left: &'a mut usize) -> Self {
        Self { sheet, max_rows, rows: BTreeMap::new(), left }
    }

    /// Puts a cell in. A few bytes can say that a cell is far away, or is one long text again and again.
    fn put(&mut self, row: usize, column: usize, cell: Cell) -> anyhow::Result<()> {
        if cell == Cell::Empty {
            return Ok(());
        }
        let (sheet, max_rows) = (self.sheet, self.max_rows);
        if column >= MAX_COLUMNS {
            bail!("表“{sheet}”第 {} 行超过 {MAX_COLUMNS} 列，请删掉多余的列", row + 1);
        }
        *self.left = self.left.checked_sub(cell.text().len()).with_context(too_much)?;
        if self.rows.len() == max_rows && !self.rows.contains_key(&(row + 1)) {
            bail!("表“{sheet}”有字的行超过 {max_rows} 行：请删掉多余的行，或分成几个文件");
        }
        let cells = self.rows.entry(row + 1).or_default();
        if cells.len() <= column {
            cells.resize(column + 1, Cell::Empty);
        }
        cells[column] = cell;
        Ok(())
    }

    /// Puts the value of each merged cell into the cells below it that belong to it. Beside it, it stays in its first column.
    fn finish(self, merged: &[Dimensions]) -> Vec<Row> {
        let mut rows: Vec<Row> = self.rows.into_iter().collect();
        for region in merged {
            let (top, column) = (region.start.0 as usize + 1, region.start.1 as usize);
            let from = rows.partition_point(|(line, _)| *line < top);
            let to = rows.partition_point(|(line, _)| *line <= region.end.0 as usize + 1);
            let first = rows.get(from).filter(|(line, _)| *line == top);
            let Some(value) = first.and_then(|(_, cells)| cells.get(column).cloned()) else { continue };
            for (_, cells) in rows[from..to].iter_mut().skip(1).filter(|_| value != Cell::Empty) {
                if cells.len() <= column {
                    cells.resize(column + 1, Cell::Empty);
                }
                if cells[column] == Cell::Empty {
                    cells[column] = value.clone();
                }
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: usize = 25_000;

    fn read(bytes: &[u8]) -> anyhow::Result<Book> {
        super::read(bytes, ROWS)
    }
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
    fn a_merged_cell_stands_in_each_of_its_cells_and_a_blank_one_stays_blank() {
        let rows = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\"><v>1</v></c></row>\
                    <row r=\"2\"><c r=\"B2\"><v>2</v></c></row><row r=\"3\"><c r=\"B3\"><v>3</v></c></row>\
                    <row r=\"4\"><c r=\"A4\" t=\"e\"><v>#N/A</v></c><c r=\"B4\"><f>B3+1</f></c></row>";
        let merged = rows.to_owned() + "</sheetData><mergeCells><mergeCell ref=\"A1:A2\"/></mergeCells><sheetData>";
        let read = read(&book(&merged, "字")).expect("it is read");
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(
            read.sheets[0].rows,
            [
                (1, vec![text("字"), text("1")]),
                (2, vec![text("字"), text("2")]),
                (3, vec![Cell::Empty, text("3")]),
                (4, vec![Cell::Error { error: "#N/A".to_owned() }, Cell::NoValue { formula: () }]),
            ]
        );
    }

    #[test]
    fn text_is_read_in_the_encodings_that_programs_write() {
        let text = "户号,姓名\r\n=\"001\",李明\r\n";
        let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let gbk = encoding_rs::GB18030.encode(text).0.into_owned();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        let tabs = text.replace(',', "\t").into_bytes();
        for (at, bytes) in [
            text.as_bytes().to_vec(),
            marked(b"\xEF\xBB\xBF", text.as_bytes()),
            gbk,
            marked(b"\xFF\xFE", &utf_16),
            marked(b"\xFE\xFF", &be),
            utf_16,
            be,
            tabs.clone(),
            ["三里店社区花名册\n\n".as_bytes(), &tabs].concat(),
        ]
        .into_iter()
        .enumerate()
        {
            let rows = read(&bytes).expect("it is read").sheets.remove(0).rows;
            let cells: Vec<&str> = rows[rows.len() - 1].1.iter().map(Cell::text).collect();
            assert_eq!(cells, ["001", "李明"], "{at}");
        }
        for page in ["<html><table></table></html>", "  <!DOCTYPE html>", "<?xml version=\"1.0\"?><Workbook/>"] {
            let error = read(page.as_bytes()).expect_err("it is no sheet");
            assert!(error.to_string().contains("网页"), "{error}");
        }
    }

    #[test]
    fn a_small_file_that_would_fill_the_memory_is_refused() {
        let row = |number: usize, column: &str| {
            format!("<row r=\"{number}\"><c r=\"{column}{number}\" t=\"s\"><v>0</v></c></row>")
        };
        let good = read(&book(&(row(1, "A") + &row(3, "C")), "字")).expect("it is read");
        let word = || Cell::Text("字".to_owned());
        assert_eq!(good.sheets[0].rows, [(1, vec![word()]), (3, vec![Cell::Empty, Cell::Empty, word()])]);
        // One cell far down is one row more.
        let far = read(&book(&(row(1, "A") + &row(1_048_576, "A")), "字")).expect("it is read");
        assert_eq!(far.sheets[0].rows, [(1, vec![word()]), (1_048_576, vec![word()])]);
        let many: String = (1..=ROWS + 1).map(|number| row(number, "A")).collect();
        let again: String = (1..=20_000).map(|number| row(number, "A")).collect();
        let unpacks = "长".repeat(MAX_BYTES / 3 + 1);
        let bombs =
            [book(&many, "字"), book(&row(1, "XFD"), "字"), book(&again, &"长".repeat(4_000)), book("", &unpacks)];
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
