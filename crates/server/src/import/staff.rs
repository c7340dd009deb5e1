//! Accounts from a sheet: one row a person and right, as an office has its staff listed.

use super::{
    sheet::Cell,
    table::{self, Columns, Table},
};
use crate::text::{code, words};
use chrono::NaiveDate;
use ruhu_domain::{
    Class, GridCode,
    office::{Line, NamedArea, PutAccount, Remark, Right, StaffFile, StaffRow},
    rights::{Grant, Place, Role},
};
use rust_xlsxwriter::{DataValidation, Format, FormatAlign, Workbook, XlsxError};
use std::collections::{HashMap, HashSet};

/// A column of the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Name,
    Account,
    Team,
    Home,
    Role,
    Place,
    Classes,
    Until,
}

impl Columns for Column {
    const ALL: &'static [Self] =
        &[Self::Name, Self::Account, Self::Team, Self::Home, Self::Role, Self::Place, Self::Classes, Self::Until];
    const NEEDED: &'static [Self] = &[Self::Name, Self::Account];
    const MAX_ROWS: usize = 5_000;

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Name => &["姓名", "人员姓名", "网格员姓名"],
            Self::Account => &["登录名", "登录名或手机号", "账号", "手机号", "手机", "手机号码", "联系电话", "电话"],
            Self::Team => &["队伍", "所属队伍", "工作单位"],
            Self::Home => &["所属", "所属村", "所属村社区", "所属单位", "所属地方"],
            Self::Role => &["角色", "岗位", "身份", "职务"],
            Self::Place => &["管哪里", "网格编码", "负责网格", "网格", "负责区域", "管辖范围"],
            Self::Classes => &["类别", "记录类别", "可看类别"],
            Self::Until => &["截止日期", "有效期至", "到期日期"],
        }
    }
}

/// A row, and what of it the sheet does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// The row. It counts as new, with the right that it names.
    pub row: StaffRow,
    /// Whether its home is taken from the place of its right.
    pub home_is_derived: bool,
}

/// What a sheet says: the rows that can be taken, and the rest with empty rows.
pub type Sheet = (Vec<SheetRow>, StaffFile);

/// Reads a sheet of accounts. `areas` are those that there are.
///
/// # Errors
/// The file can't be read, or no sheet has the header.
pub fn read(bytes: &[u8], areas: &[NamedArea], today: NaiveDate) -> anyhow::Result<Sheet> {
    let Table { rows, left_out } = table::read::<Column>(bytes, "人员表")?;
    let areas = Areas::new(areas);
    let mut file = StaffFile { left_out, ..StaffFile::default() };
    let mut taken = Vec::with_capacity(rows.len());
    for (line, cells) in rows {
        match row(&line, &cells, &areas, today) {
            Ok((row, doubt)) => {
                file.doubts.extend(doubt.map(|words| Remark { line: line.clone(), words }));
                taken.push(row);
            }
            Err(words) => file.refused.push(Remark { line, words }),
        }
    }
    Ok((taken, file))
}

/// The areas, to be found by code and by name.
struct Areas<'a> {
    codes: HashSet<&'a str>,
    /// By the whole name with that of the area above, and by the name alone.
    named: HashMap<String, Vec<&'a NamedArea>>,
}

impl<'a> Areas<'a> {
    fn new(areas: &'a [NamedArea]) -> Self {
        let mut named: HashMap<String, Vec<&NamedArea>> = HashMap::new();
        for area in areas {
            let (whole, alone) = (code(&area.name), code(area.name.rsplit(' ').next().unwrap_or_default()));
            if whole != alone {
                named.entry(whole).or_default().push(area);
            }
            named.entry(alone).or_default().push(area);
        }
        Self { codes: areas.iter().map(|area| area.code.as_str()).collect(), named }
    }
}

/// Reads a row, and says what of it should be looked at.
fn row(line: &Line, cells: &[Cell], areas: &Areas<'_>, today: NaiveDate) -> Result<(SheetRow, Option<String>), String> {
    if let Some(column) = Column::ALL
        .iter()
        .find(|column| matches!(cells.get(**column as usize), Some(Cell::Error { .. } | Cell::NoValue { .. })))
    {
        return Err(format!("{}是公式，读不出结果：请在表格软件里改好再导入", column.name()));
    }
    let text = |column: Column| words(cells.get(column as usize).map(Cell::text).unwrap_or_default());
    let (name, account, team) = (text(Column::Name), code(&text(Column::Account)), text(Column::Team));
    if name.is_empty() {
        return Err("没有姓名".to_owned());
    }
    if account.is_empty() {
        return Err("没有登录名或手机号".to_owned());
    }
    let (of_role, at) = (text(Column::Role), text(Column::Place));
    let place = if at.is_empty() { None } else { Some(place(&at, areas)?) };
    let home_is_derived = text(Column::Home).is_empty();
    let home = match (text(Column::Home), &place) {
        (home, _) if !home.is_empty() => self::place(&home, areas)?,
        (_, Some(Place::Grid(grid))) => Place::Area(grid.village()),
        (_, Some(area)) => area.clone(),
        _ => return Err("“所属”和“管哪里”至少填一个：村、乡镇或县的代码或名称".to_owned()),
    };
    let mut doubt = None;
    let right = match (of_role.as_str(), place) {
        ("", None) => None,
        ("", Some(_)) => return Err("填了“管哪里”，没有填角色".to_owned()),
        (_, None) => return Err("填了角色，没有填“管哪里”".to_owned()),
        (title, Some(place)) => {
            let role = role(title)?;
            let classes = match classes(&text(Column::Classes))? {
                classes if !classes.is_empty() => classes,
                // No more than was asked for: the first is that of everyday work.
                _ => {
                    let first: Vec<Class> = role.classes().iter().take(1).copied().collect();
                    if let Some(class) = first.first().filter(|_| role.classes().len() > 1) {
                        doubt = Some(format!("没有填类别，只给“{}”", class.title()));
                    }
                    first
                }
            };
            let grant = Grant::new(role, place.clone(), classes.clone()).map_err(|error| error.to_string())?;
            Some(Right { role: grant.role(), place, classes })
        }
    };
    let until = match code(&text(Column::Until)) {
        text if text.is_empty() => None,
        text => Some(day(&text).ok_or_else(|| format!("截止日期“{text}”认不出来，请写成 2027-12-31"))?),
    };
    if until.is_some_and(|until| until < today) {
        return Err("截止日期已经过了".to_owned());
    }
    let account = PutAccount { account, name, team, home };
    let row = StaffRow { line: line.clone(), account, new: true, changed: false, right, until };
    Ok((SheetRow { row, home_is_derived }, doubt))
}

/// Reads a day: 2027-12-31, 2027/12/31, 2027.12.31, 2027年12月31日.
fn day(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
    let mut part = || parts.next()?.parse::<u32>().ok();
    let day = NaiveDate::from_ymd_opt(part()?.cast_signed(), part()?, part()?);
    day.filter(|_| parts.next().is_none())
}

/// Finds a role by its title, or by what offices call it.
fn role(title: &str) -> Result<Role, String> {
    let plain: String = code(title).chars().filter(|letter| !matches!(letter, '(' | ')' | '（' | '）')).collect();
    let bare =
        |role: Role| code(role.title()).chars().filter(|letter| !matches!(letter, '(' | ')')).collect::<String>();
    if let Some(role) = Role::ALL.into_iter().find(|role| bare(*role) == plain) {
        return Ok(role);
    }
    Ok(match plain.as_str() {
        "专职网格员" | "兼职网格员" => Role::GridWorker,
        "调解员" => Role::Mediator,
        "巡逻员" | "义务巡逻队员" | "专职巡逻队员" | "巡逻" => Role::PatrolMember,
        "心理辅导员" | "帮扶人" => Role::Carer,
        "村负责人" | "社区负责人" | "村支书" | "村主任" | "村书记" | "社区书记" => {
            Role::VillageLead
        }
        "乡镇" | "街道" => Role::Township,
        "县" | "区" | "县级" => Role::County,
        _ => {
            let known: Vec<&str> = Role::ALL.into_iter().map(Role::title).collect();
            return Err(format!("没有“{title}”这个角色；可填：{}", known.join("、")));
        }
    })
}

/// Reads classes: 日常、调解、关爱.
fn classes(text: &str) -> Result<Vec<Class>, String> {
    let mut classes = Vec::new();
    for word in code(text).split(['、', ',', ';', '/', '|']).filter(|word| !word.is_empty()) {
        let class = Class::ALL.iter().find(|class| class.title() == word);
        classes.push(*class.ok_or_else(|| format!("没有“{word}”这个类别；可填：日常、调解、关爱"))?);
    }
    classes.sort_unstable();
    classes.dedup();
    Ok(classes)
}

/// Finds a place by its code, or by its name where one area alone has it.
fn place(text: &str, areas: &Areas<'_>) -> Result<Place, String> {
    let plain = code(text);
    if let Ok(grid) = plain.parse::<GridCode>() {
        let village = grid.village();
        let known = areas.codes.contains(village.as_str());
        return if known { Ok(Place::Grid(grid)) } else { Err(format!("区划表里没有村级代码 {village}")) };
    }
    let unknown = || format!("没有“{text}”这个地方，请写 12 位代码、网格编码，或区划里的全名");
    let no_right = |_| format!("“{text}”不能授权，请写市、县、乡、村的代码或网格编码");
    if plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return if areas.codes.contains(plain.as_str()) { plain.parse().map_err(no_right) } else { Err(unknown()) };
    }
    match areas.named.get(&plain).map(Vec::as_slice).unwrap_or_default() {
        [] => Err(unknown()),
        [area] => area.code.parse().map_err(no_right),
        several => {
            let names: Vec<String> =
                several.iter().take(4).map(|area| format!("{} {}", area.name, area.code)).collect();
            Err(format!("有 {} 个“{text}”（{}），请写代码", several.len(), names.join("，")))
        }
    }
}

/// The rows for which the template offers the words to choose from.
const OFFERED: u32 = 2_000;

/// Returns the empty sheet as the bytes of an `.xlsx`, with an example.
///
/// # Errors
/// The file can't be written.
pub fn template() -> Result<Vec<u8>, XlsxError> {
    const EXAMPLE: [[&str; 8]; 2] = [
        ["示例甲", "13800000000", "专职网格员", "", "网格员", "411502001003-02", "日常", ""],
        ["示例乙", "shiliyi", "调委会", "411502001003", "人民调解员", "411502001003", "日常、调解", "2027-12-31"],
    ];
    let mut book = Workbook::new();
    let text = Format::new().set_num_format("@");
    let head = Format::new().set_bold().set_align(FormatAlign::Center);
    let roles: Vec<&str> = Role::ALL.into_iter().map(Role::title).collect();
    for name in ["人员表", table::EXAMPLE_SHEET] {
        let sheet = book.add_worksheet();
        sheet.set_name(name)?.set_freeze_panes(1, 0)?;
        for (at, column) in (0..).zip(Column::ALL) {
            sheet.set_column_width(at, 18)?.set_column_format(at, &text)?;
            sheet.write_with_format(0, at, column.name(), &head)?;
            if *column == Column::Role {
                let offered = DataValidation::new().allow_list_strings(&roles)?;
                sheet.add_data_validation(1, at, OFFERED, at, &offered)?;
            }
        }
        if name == table::EXAMPLE_SHEET {
            for (row, example) in (1..).zip(EXAMPLE) {
                for (column, cell) in (0..).zip(example) {
                    sheet.write_with_format(row, column, cell, &text)?;
                }
            }
            let how = "一人管几处就写几行。所属可空着，按“管哪里”的村填；类别可填几个，用顿号隔开，空着只给日常";
            sheet.write(4, 0, how)?;
        }
    }
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas() -> Vec<NamedArea> {
        let area = |code: &str, name: &str| NamedArea { code: code.to_owned(), name: name.to_owned() };
        vec![
            area("411502000000", "信阳市 浉河区"),
            area("411502001000", "浉河区 老城街道"),
            area("411502001003", "老城街道 三里店社区居民委员会"),
            area("411502002001", "民权街道 东湾村"),
            area("411502002002", "五星街道 东湾村"),
        ]
    }

    fn of(rows: &[&str]) -> Sheet {
        let today = NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day");
        let header = "姓名,手机号,队伍,所属,岗位,负责网格,类别,截止日期";
        read(format!("{header}\n{}", rows.join("\n")).as_bytes(), &areas(), today).expect("a sheet")
    }

    #[test]
    fn rows_are_read_as_offices_write_them() {
        let (rows, file) = of(&[
            "赵敏,138 0000 9001,巡逻队,,专职网格员,411502001003-02,,",
            "钱一,qian,,三里店社区居民委员会,人民调解员,４１１５０２００１００３,日常、调解,2027年12月31日",
            "孙二,sun,,浉河区 老城街道,,,,",
        ]);
        assert_eq!(file.refused, []);
        assert_eq!((rows.len(), file.doubts.len()), (3, 1));
        assert!(file.doubts[0].words.contains("只给“日常”"));
        let [zhao, qian, sun] = rows.as_slice() else { panic!("three") };
        assert_eq!([zhao, qian, sun].map(|row| row.home_is_derived), [true, false, false]);
        let [zhao, qian, sun] = [zhao, qian, sun].map(|row| &row.row);
        assert_eq!(
            (zhao.account.account.as_str(), zhao.account.home.to_string().as_str()),
            ("13800009001", "411502001003")
        );
        assert_eq!(
            zhao.right.as_ref().map(|right| (right.role, right.classes.clone())),
            Some((Role::GridWorker, vec![Class::General]))
        );
        assert_eq!(qian.right.as_ref().map(|right| right.classes.len()), Some(2));
        assert_eq!(qian.until, NaiveDate::from_ymd_opt(2027, 12, 31));
        assert_eq!((sun.right.as_ref(), sun.account.home.to_string().as_str()), (None, "411502001000"));
    }

    #[test]
    fn what_can_not_be_meant_is_refused_with_what_to_write() {
        for (row, words) in [
            (",1,,411502001003,,,,", "没有姓名"),
            ("甲,,,411502001003,,,,", "没有登录名"),
            ("甲,a,,,,,,", "至少填一个"),
            ("甲,a,,东湾村,,,,", "有 2 个“东湾村”"),
            ("甲,a,,西湾村,,,,", "没有“西湾村”"),
            ("甲,a,,,网格员,999902001003-01,,", "999902001003"),
            ("甲,a,,411502001003,保安,411502001003-02,,", "可填：网格员、"),
            ("甲,a,,411502001003,网格员,,,", "没有填“管哪里”"),
            ("甲,a,,411502001003,,411502001003-02,,", "没有填角色"),
            ("甲,a,,,网格员,411502001003-02,全部,", "可填：日常、调解、关爱"),
            ("甲,a,,,网格员,411502001003-02,关爱,", ""),
            ("甲,a,,,网格员,411502001003-02,,明年", "2027-12-31"),
            ("甲,a,,,网格员,411502001003-02,,2020-1-1", "已经过了"),
        ] {
            let (rows, file) = of(&[row]);
            assert_eq!((rows.len(), file.refused.len()), (0, 1), "{row}");
            assert!(file.refused[0].words.contains(words), "{row}: {}", file.refused[0].words);
        }
    }
}
