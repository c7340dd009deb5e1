//! The area table: CSV with the columns `code,name,level,parent`.

use crate::database::Area;
use anyhow::{Context, bail};
use ruhu_domain::AreaCode;
use std::collections::HashSet;

/// The rows of an area table, checked: every code fits its level, and every parent is there.
///
/// # Errors
/// The first line that is wrong, with its number.
pub fn read(bytes: &[u8]) -> anyhow::Result<Vec<Area>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let mut areas = Vec::new();
    for (line, row) in (2..).zip(reader.records()) {
        let row = row.with_context(|| format!("第 {line} 行无法读取"))?;
        let (Some(code), Some(name), Some(level)) = (row.get(0), row.get(1), row.get(2)) else {
            bail!("第 {line} 行缺少列：应为 code,name,level,parent");
        };
        let code: AreaCode = code.parse().with_context(|| format!("第 {line} 行：“{code}”"))?;
        if code.level().as_str() != level {
            bail!("第 {line} 行：代码 {code} 不是 {level} 级");
        }
        let parent = row.get(3).filter(|parent| !parent.is_empty()).map(str::parse).transpose();
        let parent = parent.with_context(|| format!("第 {line} 行：上级代码有误"))?;
        areas.push(Area { level: code.level(), code, name: name.to_owned(), parent });
    }
    let codes: HashSet<&AreaCode> = areas.iter().map(|area| &area.code).collect();
    if let Some(area) = areas.iter().find(|area| area.parent.as_ref().is_some_and(|parent| !codes.contains(parent))) {
        bail!("{} {} 的上级不在表里", area.code, area.name);
    }
    Ok(areas)
}

/// The real tree of one city that the demo lives in: 11 counties, 224 townships, 3,474 villages.
pub const XINYANG: &[u8] = include_bytes!("../../data/areas-xinyang.csv");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_citys_table_reads_whole() {
        assert_eq!(read(XINYANG).expect("the table is right").len(), 3_710);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = read("code,name,level,parent\n411502000000,浉河区,village,\n".as_bytes()).expect_err("a county");
        assert!(format!("{error:#}").contains("第 2 行"), "{error:#}");
        let error = read("code,name,level,parent\n411502000000,浉河区,county,411500000000\n".as_bytes());
        assert!(error.is_err(), "its parent is not in the table");
    }
}
