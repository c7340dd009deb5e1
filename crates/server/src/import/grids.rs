//! Sheets about grids: households that go to another grid, and villages whose code changes.

use super::table::{self, Columns, Table};
use crate::text::{code, words};
use ruhu_domain::{
    AreaCode, AreaLevel,
    office::{ChangeVillage, DoorsRead, Line},
};
use std::collections::HashSet;

/// The column of a sheet of households.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum DoorColumn {
    Number,
}

impl Columns for DoorColumn {
    const ALL: &'static [Self] = &[Self::Number];
    const NEEDED: &'static [Self] = &[Self::Number];
    const MAX_ROWS: usize = ruhu_domain::office::MAX_DOORS;

    fn names(self) -> &'static [&'static str] {
        &["户号", "户编号", "户编码", "门牌号"]
    }
}

/// Reads the numbers of households that are to go to another grid.
///
/// # Errors
/// The file can't be read, or no sheet has the header.
pub fn doors(bytes: &[u8]) -> anyhow::Result<DoorsRead> {
    let Table { rows, left_out } = table::read::<DoorColumn>(bytes, "分户表")?;
    let mut read = DoorsRead { numbers: Vec::new(), problems: left_out };
    let mut seen = HashSet::new();
    for (line, cells) in rows {
        let number = cells.first().map(|cell| code(cell.text())).unwrap_or_default();
        if number.is_empty() {
            read.problems.push(format!("{line}：没有户号"));
        } else if seen.insert(number.clone()) {
            read.numbers.push(number);
        }
    }
    Ok(read)
}

/// A column of a sheet of villages whose code changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum VillageColumn {
    From,
    To,
    Name,
}

impl Columns for VillageColumn {
    const ALL: &'static [Self] = &[Self::From, Self::To, Self::Name];
    const NEEDED: &'static [Self] = &[Self::From, Self::To];
    const MAX_ROWS: usize = 5_000;

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::From => &["旧代码", "原代码", "变更前代码", "撤销代码", "原区划代码", "旧区划代码"],
            Self::To => &["新代码", "现代码", "变更后代码", "并入代码", "现区划代码", "新区划代码"],
            Self::Name => &["新名称", "现名称", "名称", "变更后名称"],
        }
    }
}

/// Reads villages whose code changes, each with where it stands; or why a row can't be read.
///
/// # Errors
/// The file can't be read, or no sheet has the header.
#[expect(clippy::type_complexity, reason = "a row is read, or it says why not")]
pub fn villages(bytes: &[u8]) -> anyhow::Result<(Vec<(Line, Result<ChangeVillage, String>)>, Vec<String>)> {
    let Table { rows, left_out } = table::read::<VillageColumn>(bytes, "区划变更表")?;
    let mut seen = HashSet::new();
    let row = |(line, cells): (Line, Vec<super::sheet::Cell>)| {
        let text = |column: VillageColumn| cells.get(column as usize).map(super::sheet::Cell::text).unwrap_or_default();
        let village = |column| -> Result<AreaCode, String> {
            let written = code(text(column));
            let area: AreaCode = written.parse().map_err(|error| format!("{error}：“{written}”"))?;
            if area.level() == AreaLevel::Village { Ok(area) } else { Err(format!("{area} 不是村级代码")) }
        };
        let change = village(VillageColumn::From).and_then(|from| {
            let to = village(VillageColumn::To)?;
            if !seen.insert(from.clone()) {
                return Err(format!("{from} 在前面已经有一行"));
            }
            Ok(ChangeVillage { from, to, name: words(text(VillageColumn::Name)) })
        });
        (line, change)
    };
    Ok((rows.into_iter().map(row).collect(), left_out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_of_households_and_villages_say_what_they_mean() {
        let read =
            doors("分户名单\n户号,户主\n001,甲\n,乙\n001,甲\n\"=\"\"002\"\"\",丙\n".as_bytes()).expect("it reads");
        assert_eq!(read.numbers, ["001", "002"]);
        assert!(read.problems.iter().any(|words| words.contains("1 行")), "{:?}", read.problems);
        let (rows, _) = villages(
            "原代码,现代码,现名称\n411502001003,411502001009,\n411502001003,411502001010,\n411502001000,411502001010,\n"
                .as_bytes(),
        )
        .expect("it reads");
        let ok: Vec<bool> = rows.iter().map(|(_, row)| row.is_ok()).collect();
        assert_eq!(ok, [true, false, false]);
    }
}
