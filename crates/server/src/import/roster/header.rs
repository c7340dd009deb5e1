//! Which column of a sheet is which: the header, wherever it stands, and the other names that offices give to columns.

use super::values::code;
use crate::import::sheet::{Cell, Row};
use std::collections::BTreeMap;

/// How many rows from the top the header is looked for in.
const SEARCHED: usize = 30;

/// A column of a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    Grid,
    Number,
    Head,
    Address,
    Phone,
    Order,
    Tags,
    Name,
    Relation,
    Sex,
    Birth,
    Living,
}

impl Column {
    /// Every column, in the order of the template.
    pub const ALL: [Self; 12] = [
        Self::Grid,
        Self::Number,
        Self::Head,
        Self::Address,
        Self::Phone,
        Self::Order,
        Self::Tags,
        Self::Name,
        Self::Relation,
        Self::Sex,
        Self::Birth,
        Self::Living,
    ];

    /// Without these no row can be taken.
    const NEEDED: [Self; 3] = [Self::Grid, Self::Number, Self::Name];

    /// Its names: that of the template first, then those that offices give it.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Grid => &["网格编码", "网格代码", "网格编号", "所属网格编码", "所属网格", "网格"],
            Self::Number => &["户号", "户编号", "家庭编号", "门户号", "住户编号", "户码"],
            Self::Head => &["户主", "户主姓名"],
            Self::Address => &[
                "门牌地址",
                "地址",
                "住址",
                "家庭住址",
                "家庭地址",
                "现住址",
                "现住地址",
                "居住地址",
                "详细地址",
                "门牌号",
                "门牌",
            ],
            Self::Phone => &["联系电话", "联系方式", "电话", "电话号码", "联系号码", "手机", "手机号", "手机号码"],
            Self::Order => &["走访顺序", "走访次序", "顺序"],
            Self::Tags => &["标签", "人员类别", "重点类别", "户类别", "特殊情况"],
            Self::Name => &["姓名", "成员姓名", "家庭成员", "家庭成员姓名", "人员姓名", "居民姓名"],
            Self::Relation => &["与户主关系", "与户主的关系", "户主关系", "家庭关系", "关系"],
            Self::Sex => &["性别"],
            Self::Birth => &["出生日期", "出生年月日", "出生年月", "出生时间", "生日"],
            Self::Living => &["居住状态", "居住状况", "居住情况", "在家情况", "现状"],
        }
    }

    /// Its name in the template.
    pub const fn name(self) -> &'static str {
        self.names()[0]
    }

    /// Returns the column that a cell of a header names: what stands in brackets, stars and colons don't matter.
    fn named(cell: &str) -> Option<Self> {
        let cell = code(cell);
        let bare = cell.split('(').next().unwrap_or_default().trim_matches(['*', ':', '：', '。']);
        Self::ALL.into_iter().find(|column| column.names().contains(&bare))
    }
}

/// Where the columns are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    places: BTreeMap<Column, usize>,
    /// The names of columns that are not used.
    pub unused: Vec<String>,
    /// How many rows of the sheet it ends after.
    pub ends: usize,
}

impl Header {
    /// Looks for the header: one row, or two of which the upper has merged cells above several columns.
    pub fn find(rows: &[Row]) -> Option<Self> {
        let upto = rows.partition_point(|(line, _)| *line <= SEARCHED);
        (0..upto)
            .find_map(|at| Self::of(&rows[at].1, &[], at + 1))
            .or_else(|| (1..upto).find_map(|at| Self::of(&rows[at].1, &rows[at - 1].1, at + 1)))
    }

    fn of(row: &[Cell], above: &[Cell], ends: usize) -> Option<Self> {
        let (mut places, mut unused) = (BTreeMap::new(), Vec::new());
        for at in 0..row.len().max(above.len()) {
            let [here, over] = [row, above].map(|cells| cells.get(at).map(Cell::text).unwrap_or_default());
            let column = Column::named(here).or_else(|| Column::named(over));
            match column {
                Some(column) if !places.contains_key(&column) => drop(places.insert(column, at)),
                _ if code(here).is_empty() => {}
                _ => unused.push(code(here)),
            }
        }
        Column::NEEDED.iter().all(|column| places.contains_key(column)).then_some(Self { places, unused, ends })
    }

    /// Whether a row is this header again, as on each page of a printed list.
    pub fn is_again(&self, row: &[Cell]) -> bool {
        Column::NEEDED.iter().all(|column| Column::named(self.cell(row, *column).text()) == Some(*column))
    }

    /// Returns the cell of a column in a row.
    pub fn cell<'a>(&self, row: &'a [Cell], column: Column) -> &'a Cell {
        const NOTHING: Cell = Cell::Empty;
        self.places.get(&column).and_then(|at| row.get(*at)).unwrap_or(&NOTHING)
    }
}

/// Returns the names of the columns, in the order of the template.
pub fn columns() -> [&'static str; 12] {
    Column::ALL.map(Column::name)
}

/// Whether a row sums up, or says who made the list.
pub fn is_sum(row: &[Cell]) -> bool {
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
