//! A row of a roster: what it says of a person and their household.

use super::{
    column::Column,
    values::{birth, phone},
};
use crate::{
    import::table::Columns,
    text::{code, words},
};
use chrono::NaiveDate;
use ruhu_domain::{
    GridCode,
    codes::{Living, Relation, Sex, Tag},
    field::MAX_TEXT,
    office::{Cell, Line, RosterRow},
};
use std::collections::{HashMap, HashSet};

/// A row, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it stands, for whoever looks it up.
    pub place: Line,
    pub grid: GridCode,
    pub number: String,
    pub head: String,
    pub address: String,
    pub phone: String,
    /// The cell of the phone, where it holds more than the number.
    pub phone_to_check: String,
    pub order: Option<i64>,
    pub tags: Vec<Tag>,
    pub name: String,
    pub relation: Option<Relation>,
    pub sex: Option<Sex>,
    pub birth: Option<NaiveDate>,
    pub living: Option<Living>,
}

/// What is known while rows are read.
pub struct Known<'a> {
    /// The codes of the villages that there are.
    pub villages: &'a HashSet<String>,
    /// Grids by the official codes (统一网格编码) that offices gave them.
    pub aliases: &'a HashMap<String, GridCode>,
    /// Grids that were closed, each with the one that has its records now.
    pub closed: &'a HashMap<GridCode, Option<GridCode>>,
    /// Today.
    pub today: NaiveDate,
}

impl Known<'_> {
    /// Returns the grid that has the records of a grid now, and the words for it where that is another.
    ///
    /// # Errors
    /// The grid was closed, and no other took over.
    fn current(&self, written: GridCode) -> Result<(GridCode, Option<String>), String> {
        let mut grid = &written;
        // As many steps as there are closed grids: a circle of them ends.
        for _ in 0..=self.closed.len() {
            match self.closed.get(grid) {
                None if *grid == written => return Ok((written, None)),
                None => return Ok((grid.clone(), Some(format!("网格 {written} 已经并入 {grid}，按 {grid} 导入")))),
                Some(Some(next)) => grid = next,
                Some(None) => break,
            }
        }
        Err(format!("网格 {written} 已经关闭，请核对网格编码"))
    }
}

/// Returns the cell of a column in a row.
pub fn cell(row: &RosterRow, column: Column) -> &Cell {
    const NOTHING: Cell = Cell::Empty;
    row.cells.get(column as usize).unwrap_or(&NOTHING)
}

/// Reads a row; with it come the words for what could not be known and was left open.
///
/// # Errors
/// Why the row can't be taken, and how to mend it.
pub fn read(row: &RosterRow, known: &Known<'_>) -> Result<(Entry, Vec<String>), String> {
    let cell = |column| cell(row, column);
    for column in Column::ALL {
        match cell(column) {
            Cell::Error { error } => return Err(format!("{}是公式的错误值 {error}，请改好再导入", column.name())),
            Cell::NoValue { .. } => {
                let how = "文件里没有存它的结果：请在表格软件里打开、保存一次，再导入";
                return Err(format!("{}是公式，{how}", column.name()));
            }
            _ => {}
        }
    }
    if let Cell::Day { day } = cell(Column::Number) {
        let how = "请把这一列的格式改成“文本”，重新填写";
        return Err(format!("户号“{day}”像是被表格软件改成了日期，{how}"));
    }
    let text = |column| words(cell(column).text());
    let of_grid = code(cell(Column::Grid).text());
    if of_grid.is_empty() {
        return Err("没有网格编码".into());
    }
    let grid = match known.aliases.get(&of_grid) {
        Some(grid) => grid.clone(),
        None => of_grid.parse::<GridCode>().map_err(|error| format!("{error}：“{of_grid}”"))?,
    };
    let (grid, merged) = known.current(grid)?;
    if grid.number() == "00" {
        return Err(format!("{grid} 留给村一级，不能放户：请核对网格编码"));
    }
    if !known.villages.contains(grid.village().as_str()) {
        return Err(format!("区划表里没有村级代码 {}，请先导入区划或核对编码", grid.village()));
    }
    let number = code(cell(Column::Number).text());
    // A number that a table program took for one with decimals.
    let whole = number.strip_suffix(".0").filter(|whole| whole.bytes().all(|byte| byte.is_ascii_digit()));
    let number = whole.unwrap_or(&number).to_owned();
    if number.is_empty() {
        return Err("没有户号".into());
    }
    let name = text(Column::Name);
    if name.is_empty() {
        return Err("没有姓名".into());
    }
    let long = [Column::Number, Column::Head, Column::Address, Column::Phone, Column::Name]
        .into_iter()
        .find(|column| text(*column).chars().count() > MAX_TEXT);
    if let Some(column) = long {
        return Err(format!("{}太长，请控制在 {MAX_TEXT} 字以内", column.name()));
    }
    let mut doubts: Vec<String> = merged.into_iter().collect();
    let of_phone = phone(cell(Column::Phone).text());
    if !of_phone.to_check.is_empty() {
        let taken =
            if of_phone.number.is_empty() { "没有填".to_owned() } else { format!("按 {} 填", of_phone.number) };
        doubts.push(format!("联系电话“{}”{taken}，原样记在备注里，请核对", of_phone.to_check));
    }
    let of_birth = birth(cell(Column::Birth).text(), known.today);
    doubts.extend(of_birth.doubt);
    let mut one_of = |column: Column, found: bool, rows: &[(&str, &str)]| {
        let said = code(cell(column).text());
        if !found && !matches!(said.as_str(), "" | "无" | "-" | "/" | "不详") {
            let known = rows.iter().map(|(_, label)| *label).collect::<Vec<_>>().join("、");
            doubts.push(format!("{}“{said}”不在可填的范围内（可填：{known}），没有填", column.name()));
        }
    };
    let relation = relation(&code(cell(Column::Relation).text()));
    one_of(Column::Relation, relation.is_some(), Relation::ROWS);
    let sex = match code(cell(Column::Sex).text()).as_str() {
        "男性" => Some(Sex::Male),
        "女性" => Some(Sex::Female),
        other => Sex::find(other),
    };
    one_of(Column::Sex, sex.is_some(), Sex::ROWS);
    let living = living(&code(cell(Column::Living).text()));
    one_of(Column::Living, living.is_some(), Living::ROWS);
    let order = code(cell(Column::Order).text());
    let of_order = order.parse().ok();
    if of_order.is_none() && !order.is_empty() {
        doubts.push(format!("走访顺序“{order}”不是整数，没有填"));
    }
    let (mut tags, mut unknown) = (Vec::new(), Vec::new());
    let said = code(cell(Column::Tags).text());
    for tag in said.split(['、', ',', ';', '/', '|']).filter(|tag| !matches!(*tag, "" | "无" | "-")) {
        match Tag::find(tag) {
            Some(tag) => tags.push(tag),
            None => unknown.push(tag),
        }
    }
    if !unknown.is_empty() {
        let known = Tag::ROWS.iter().map(|(_, label)| *label).collect::<Vec<_>>().join("、");
        doubts.push(format!("标签“{}”不在可填的范围内（可填：{known}），没有填", unknown.join("、")));
    }
    let entry = Entry {
        place: row.line.clone(),
        grid,
        number,
        head: text(Column::Head),
        address: text(Column::Address),
        phone: of_phone.number,
        phone_to_check: of_phone.to_check,
        order: of_order,
        tags,
        name,
        relation,
        sex,
        birth: of_birth.day,
        living,
    };
    Ok((entry, doubts))
}

fn relation(text: &str) -> Option<Relation> {
    Relation::find(text).or(match text {
        "户主" | "本人" => Some(Relation::Head),
        "妻" | "妻子" | "丈夫" | "夫" | "配偶" | "媳妇" | "老婆" | "爱人" => Some(Relation::Spouse),
        "儿子" | "儿" | "长子" | "次子" | "三子" | "四子" | "大儿子" | "二儿子" => Some(Relation::Son),
        "女儿" | "长女" | "次女" | "三女" | "四女" | "大女儿" | "二女儿" => Some(Relation::Daughter),
        "孙子" | "孙女" | "外孙" | "外孙女" | "孙" => Some(Relation::Grandchild),
        "父亲" | "母亲" | "父" | "母" => Some(Relation::Parent),
        _ => None,
    })
}

fn living(text: &str) -> Option<Living> {
    Living::find(text).or(match text {
        "在村" | "常住" | "在家居住" => Living::find("在家"),
        "外出务工" | "务工" | "外出打工" | "打工" | "外地" => Living::find("外出"),
        _ => None,
    })
}
