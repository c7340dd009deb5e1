//! Tables as offices make them: the header, wherever it stands, under the names that offices give to columns, and the rows below
//! it.

use super::sheet::{self, Cell, Row, Sheet};
use crate::text::code;
use ruhu_domain::office::Line;
use std::collections::BTreeMap;

/// How many rows from the top the header is looked for in.
const SEARCHED: usize = 30;

/// The sheet of a template that shows how it is filled in: nobody lives there.
pub const EXAMPLE_SHEET: &str = "填写示例";

/// The columns of a table.
pub trait Columns: Copy + Ord + 'static {
    /// Every column, in the order of the template.
    const ALL: &'static [Self];

    /// Without these no row can be taken.
    const NEEDED: &'static [Self];

    /// The most rows of a file.
    const MAX_ROWS: usize = 200_000;

    /// Its names: that of the template first, then those that offices give it.
    fn names(self) -> &'static [&'static str];

    /// Its name in the template.
    fn name(self) -> &'static str {
        self.names()[0]
    }

    /// Returns the column that a cell of a header names: what stands in brackets, stars and colons don't matter.
    fn named(cell: &str) -> Option<Self> {
        let cell = code(cell);
        let bare = cell.split('(').next().unwrap_or_default().trim_matches(['*', ':', '：', '。']);
        Self::ALL.iter().copied().find(|column| column.names().contains(&bare))
    }
}

/// A table.
#[derive(Debug, Default)]
pub struct Table {
    /// Its rows: where each stands, and its cells in the order of the columns.
    pub rows: Vec<(Line, Vec<Cell>)>,
    /// What of the file was not read: hidden sheets, columns that are not used, sums.
    pub left_out: Vec<String>,
}

/// Reads every sheet that has the header of the table and is to be seen. `what` is the table's name.
///
/// # Errors
/// The file can't be read, or no sheet has the header.
pub fn read<C: Columns>(bytes: &[u8], what: &str) -> anyhow::Result<Table> {
    let book = sheet::read(bytes, C::MAX_ROWS)?;
    let mut table = Table::default();
    let hidden = book.hidden.iter().map(|name| format!("表“{name}”是隐藏的，没有读：要导入请先在表格软件里取消隐藏"));
    table.left_out.extend(hidden);
    let without_cells = book.without_cells.iter().map(|name| format!("表“{name}”里没有读得出的单元格，没有读"));
    table.left_out.extend(without_cells);
    let several = book.sheets.len() > 1;
    let mut headers = 0;
    for sheet in &book.sheets {
        if sheet.rows.is_empty() {
            continue;
        }
        if sheet.name == EXAMPLE_SHEET {
            table.left_out.push(format!("表“{EXAMPLE_SHEET}”是模板里的示例，没有读"));
            continue;
        }
        let name = if several { sheet.name.clone() } else { String::new() };
        let Some(header) = Header::<C>::find(&sheet.rows) else {
            table.left_out.push(format!("表“{}”没有{what}的表头，没有读", sheet.name));
            continue;
        };
        headers += 1;
        read_sheet(sheet, &name, &header, &mut table);
    }
    let needed: String = C::NEEDED.iter().map(|column| format!("“{}”", column.name())).collect();
    anyhow::ensure!(
        headers > 0,
        "前 {SEARCHED} 行里没有找到表头：至少要有{needed}这几列。可以先下载{what}模板，照着整理"
    );
    Ok(table)
}

/// Reads the rows of a sheet that have somebody in them, and says what else there is.
fn read_sheet<C: Columns>(sheet: &Sheet, name: &str, header: &Header<C>, table: &mut Table) {
    let of = |what: String| if name.is_empty() { what } else { format!("表“{name}”：{what}") };
    if !header.unused.is_empty() {
        table.left_out.push(of(format!("没有用到的列：{}", header.unused.join("、"))));
    }
    let (mut sums, mut again, mut others) = (0, 0, 0);
    for (number, cells) in &sheet.rows[header.ends..] {
        if header.is_again(cells) {
            again += 1;
            continue;
        }
        let used: Vec<Cell> = C::ALL.iter().map(|column| printable(header.cell(cells, *column))).collect();
        if used.iter().all(|cell| *cell == Cell::Empty) {
            others += 1;
            continue;
        }
        if is_sum(cells) {
            sums += 1;
            continue;
        }
        table.rows.push((Line { sheet: name.to_owned(), number: *number }, used));
    }
    for (count, what) in [(again, "行重复的表头"), (sums, "行合计、说明"), (others, "行只在没有用到的列里有字")]
    {
        if count > 0 {
            table.left_out.push(of(format!("{count} {what}，没有读")));
        }
    }
}

/// Returns a cell without control characters, which nobody sees and no text of a request has.
fn printable(cell: &Cell) -> Cell {
    let hidden = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
    match cell {
        Cell::Text(text) if text.contains(hidden) => Cell::Text(text.replace(hidden, "")),
        cell => cell.clone(),
    }
}

/// Where the columns are.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Header<C> {
    places: BTreeMap<C, usize>,
    /// The names of columns that are not used.
    unused: Vec<String>,
    /// How many rows of the sheet it ends after.
    ends: usize,
}

impl<C: Columns> Header<C> {
    /// Looks for the header: one row, or two of which the upper has merged cells above several columns.
    fn find(rows: &[Row]) -> Option<Self> {
        let upto = rows.partition_point(|(line, _)| *line <= SEARCHED);
        (0..upto)
            .find_map(|at| Self::of(&rows[at].1, &[], at + 1))
            .or_else(|| (1..upto).find_map(|at| Self::of(&rows[at].1, &rows[at - 1].1, at + 1)))
    }

    fn of(row: &[Cell], above: &[Cell], ends: usize) -> Option<Self> {
        let (mut places, mut unused) = (BTreeMap::new(), Vec::new());
        for at in 0..row.len().max(above.len()) {
            let [here, over] = [row, above].map(|cells| cells.get(at).map(Cell::text).unwrap_or_default());
            let column = C::named(here).or_else(|| C::named(over));
            match column {
                Some(column) if !places.contains_key(&column) => drop(places.insert(column, at)),
                _ if code(here).is_empty() => {}
                _ => unused.push(code(here)),
            }
        }
        C::NEEDED.iter().all(|column| places.contains_key(column)).then_some(Self { places, unused, ends })
    }

    /// Whether a row is this header again, as on each page of a printed list.
    fn is_again(&self, row: &[Cell]) -> bool {
        C::NEEDED.iter().all(|column| C::named(self.cell(row, *column).text()) == Some(*column))
    }

    /// Returns the cell of a column in a row.
    fn cell<'a>(&self, row: &'a [Cell], column: C) -> &'a Cell {
        const NOTHING: Cell = Cell::Empty;
        self.places.get(&column).and_then(|at| row.get(*at)).unwrap_or(&NOTHING)
    }
}

/// Whether a row sums up, or says who made the list.
fn is_sum(row: &[Cell]) -> bool {
    let first = row.iter().map(|cell| code(cell.text())).find(|text| !text.is_empty()).unwrap_or_default();
    let any = |words: &[&str]| words.iter().any(|word| first.starts_with(word));
    any(&[
        "合计",
        "总计",
        "小计",
        "共计",
        "制表",
        "填表",
        "审核人",
        "负责人",
        "备注:",
        "备注：",
        "注:",
        "注：",
        "说明:",
        "说明：",
    ])
}
