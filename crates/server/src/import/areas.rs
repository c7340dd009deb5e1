//! The area table (统计用区划代码): as offices and the statistics bureau hand it out, in any of the usual files.

use super::{
    sheet::Cell,
    table::{self, Columns, Table},
};
use crate::{
    database::{Area, AreaCounts, Database},
    text::{code, words},
};
use ruhu_domain::{
    AreaCode, AreaLevel,
    office::{Line, Remark},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Code,
    Name,
    Level,
    Parent,
}

impl Columns for Column {
    const ALL: &'static [Self] = &[Self::Code, Self::Name, Self::Level, Self::Parent];
    const NEEDED: &'static [Self] = &[Self::Code, Self::Name];
    /// The whole country has about 660,000.
    const MAX_ROWS: usize = 1_000_000;

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Code => &["code", "代码", "区划代码", "行政区划代码", "统计用区划代码", "区划编码", "12位代码"],
            Self::Name => &["name", "名称", "区划名称", "行政区划名称", "单位名称", "地名"],
            Self::Level => &["level", "级别", "层级", "级次", "行政级别"],
            Self::Parent => &["parent", "上级代码", "上级区划代码", "上级编码", "父级代码", "上级"],
        }
    }
}

/// What a table says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AreaFile {
    /// The areas, each with the row that it comes from.
    pub areas: Vec<(Area, Line)>,
    /// Rows that can't be taken, and why.
    pub refused: Vec<Remark>,
    /// What of the file was not read.
    pub left_out: Vec<String>,
}

/// The outcome of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AreaSummary {
    /// What was taken.
    pub counts: AreaCounts,
    /// Rows that could not be taken, and why.
    pub refused: Vec<Remark>,
    /// What of the file was not read.
    pub left_out: Vec<String>,
    /// Areas that the database has below those of the file, and the file has not. They stay.
    pub missing: Vec<(String, String)>,
    /// The number of rows of places that are not the caller's. They are left alone.
    pub outside: usize,
}

/// Imports the areas of a file that `may` allows; only compares them with those that there are unless `take` is set.
///
/// # Errors
/// The database's: then nothing was taken.
pub async fn import(
    database: &Database,
    AreaFile { mut areas, mut refused, left_out }: AreaFile,
    may: impl Fn(&AreaCode) -> bool,
    take: bool,
) -> anyhow::Result<AreaSummary> {
    let all = areas.len();
    areas.retain(|(area, _)| may(&area.code));
    let outside = all - areas.len();
    let known: BTreeMap<String, String> = database.area_names().await?.into_iter().collect();
    let own: HashSet<String> = areas.iter().map(|(area, _)| area.code.to_string()).collect();
    let has_parent = |area: &Area| {
        area.parent.as_ref().is_none_or(|parent| own.contains(parent.as_str()) || known.contains_key(parent.as_str()))
    };
    let mut taken = Vec::with_capacity(areas.len());
    for (area, line) in areas {
        if has_parent(&area) {
            taken.push(area);
        } else {
            let parent = area.parent.map(|parent| parent.to_string()).unwrap_or_default();
            refused.push(Remark {
                line,
                words: format!("{} {} 的上级 {parent} 不在表里，也没有导入过", area.code, area.name),
            });
        }
    }
    refused.sort_by(|one, other| one.line.cmp(&other.line));
    // The tops of the file: what is below them should be in it.
    let tops = taken.iter().filter(|area| area.parent.as_ref().is_none_or(|parent| !own.contains(parent.as_str())));
    let tops: HashSet<&str> = tops.map(|area| area.code.prefix()).collect();
    let is_below =
        |code: &str| [4, 6, 9, 12].iter().any(|digits| code.get(..*digits).is_some_and(|top| tops.contains(top)));
    let missing = known.into_iter().filter(|(code, _)| is_below(code) && !own.contains(code)).collect();
    let counts = if take { database.put_areas(&taken).await? } else { database.compare_areas(&taken).await? };
    Ok(AreaSummary { counts, refused, left_out, missing, outside })
}

/// Reads an area table. The level and the area above follow from the code; where the table says them, they are held against it.
///
/// # Errors
/// The file can't be read, or has no header.
pub fn read(bytes: &[u8]) -> anyhow::Result<AreaFile> {
    let Table { rows, left_out } = table::read::<Column>(bytes, "区划表")?;
    let mut file = AreaFile { left_out, ..AreaFile::default() };
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut provinces = 0;
    for (line, cells) in rows {
        match row(&cells) {
            Ok(Some(area)) => match seen.get(area.code.as_str()) {
                Some(name) if *name == area.name => {}
                Some(name) => {
                    let words = format!("代码 {} 在前面已经是“{name}”", area.code);
                    file.refused.push(Remark { line, words });
                }
                None => {
                    seen.insert(area.code.to_string(), area.name.clone());
                    file.areas.push((area, line));
                }
            },
            Ok(None) => provinces += 1,
            Err(words) => file.refused.push(Remark { line, words }),
        }
    }
    if provinces > 0 {
        file.left_out.push(format!("{provinces} 行省级，没有读：从市开始"));
    }
    Ok(file)
}

/// Reads a row; nothing where it is a province.
fn row(cells: &[Cell]) -> Result<Option<Area>, String> {
    let text = |column: Column| cells.get(column as usize).map(Cell::text).unwrap_or_default();
    let written = code(text(Column::Code));
    let name = words(text(Column::Name));
    // Shorter codes, as some tables have them: 4115, 411502, 411502001.
    let whole = matches!(written.len(), 2 | 4 | 6 | 9) && written.bytes().all(|digit| digit.is_ascii_digit());
    let written = if whole { format!("{written:0<12}") } else { written };
    let area: AreaCode = written.parse().map_err(|error| format!("{error}：“{written}”"))?;
    if area.as_str()[2..].bytes().all(|digit| digit == b'0') {
        return Ok(None);
    }
    if name.is_empty() {
        return Err(format!("{area} 没有名称"));
    }
    let level = area.level();
    let said = code(text(Column::Level)).to_lowercase();
    // Dongguan and its like have no counties, and some tables list them as one, too.
    let is_own_county = level == AreaLevel::City && level_of(&said) == Some(AreaLevel::County);
    if !said.is_empty() && level_of(&said) != Some(level) && !is_own_county {
        let of_code = match level {
            AreaLevel::City => "市",
            AreaLevel::County => "县",
            AreaLevel::Township => "乡",
            AreaLevel::Village => "村",
        };
        return Err(format!("代码 {area} 是{of_code}级的，表里写的是“{said}”"));
    }
    let parent = area.parent();
    let above = code(text(Column::Parent));
    let above = if matches!(above.len(), 2 | 4 | 6 | 9) { format!("{above:0<12}") } else { above };
    // A city's is its province, which is not kept.
    if let Some(parent) = &parent
        && !above.is_empty()
        && above.bytes().all(|digit| digit.is_ascii_digit())
        && above != parent.as_str()
    {
        return Err(format!("{area} {name} 的上级应是 {parent}，表里写的是 {above}"));
    }
    Ok(Some(Area { level, code: area, name, parent }))
}

/// Reads a level as tables name it.
fn level_of(said: &str) -> Option<AreaLevel> {
    Some(match said {
        "city" | "市" | "市级" | "地级" | "地市" | "地市级" | "地级市" => AreaLevel::City,
        "county" | "县" | "区" | "县级" | "区县" | "区县级" | "县区" | "县级市" => AreaLevel::County,
        "township" | "乡" | "镇" | "街道" | "乡级" | "乡镇" | "乡镇级" | "镇级" | "街道级" | "乡镇街道" => {
            AreaLevel::Township
        }
        "village" | "村" | "社区" | "村级" | "村社区" | "居委会" | "村委会" => AreaLevel::Village,
        _ => return None,
    })
}

/// The real tree of one city that the demo lives in: 11 counties, 224 townships, 3,474 villages.
pub const XINYANG: &[u8] = include_bytes!("../../data/areas-xinyang.csv");

/// Returns the areas of that city.
///
/// # Errors
/// The table that comes with the program can't be read.
pub fn xinyang() -> anyhow::Result<Vec<Area>> {
    let AreaFile { areas, refused, .. } = read(XINYANG)?;
    anyhow::ensure!(refused.is_empty(), "{refused:?}");
    Ok(areas.into_iter().map(|(area, _)| area).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &str) -> AreaFile {
        read(rows.as_bytes()).expect("a table")
    }

    #[test]
    fn the_citys_table_reads_whole() {
        assert_eq!(xinyang().expect("the table is right").len(), 3_710);
    }

    #[test]
    fn tables_are_read_as_offices_hand_them_out() {
        let text = "2026年区划代码\n\n统计用区划代码,名称,级别\n410000000000,河南省,省级\n4115,信阳市,地级市\n411502,浉河区,\n\
                    411502001000,老城街道,街道\n411502001003,三里店社区居民委员会,社区\n";
        let gbk = encoding_rs::GBK.encode(text).0.into_owned();
        for bytes in [text.as_bytes().to_vec(), gbk, text.replace(',', "\t").into_bytes()] {
            let file = read(&bytes).expect("a table");
            assert_eq!(file.refused, []);
            let codes: Vec<&str> = file.areas.iter().map(|(area, _)| area.code.as_str()).collect();
            assert_eq!(codes, ["411500000000", "411502000000", "411502001000", "411502001003"]);
            assert!(file.left_out.iter().any(|words| words.contains("1 行省级")), "{:?}", file.left_out);
        }
    }

    #[test]
    fn cities_without_counties_and_counties_without_townships_are_taken() {
        let file = of("code,name,level,parent\n\
             440000000000,广东省,province,\n\
             441900000000,东莞市,city,440000000000\n\
             441900000000,东莞市,county,441900000000\n\
             441900003000,东城街道,township,441900000000\n\
             441900003001,岗贝社区,village,441900003000\n\
             442000000000,中山市,city,\n\
             460400000000,儋州市,city,460000000000\n\
             350500000000,泉州市,city,350000000000\n\
             350527000000,金门县,county,350500000000\n");
        assert_eq!(file.refused, []);
        assert_eq!(file.areas.len(), 7);
        let (district, _) = &file.areas[1];
        assert_eq!(district.parent.as_ref().map(AreaCode::as_str), Some("441900000000"));
    }

    #[test]
    fn a_wrong_row_is_named_and_holds_up_no_other() {
        let file = of("code,name,level,parent\n\
             411502000000,浉河区,village,\n\
             411502001003,三里店社区,village,411502000000\n\
             411502001004,,village,411502001000\n\
             41150200100x,某村,village,\n\
             411503000000,平桥区,county,411500000000\n\
             411503000000,别名,county,411500000000\n");
        let words: Vec<String> = file.refused.iter().map(|remark| format!("{}{}", remark.line, remark.words)).collect();
        for (words, wanted) in words.iter().zip([
            "第 2 行代码 411502000000 是县级的",
            "第 3 行411502001003 三里店社区 的上级应是 411502001000",
            "第 4 行411502001004 没有名称",
            "第 5 行区划代码应为 12 位数字",
            "第 7 行代码 411503000000 在前面已经是“平桥区”",
        ]) {
            assert!(words.starts_with(wanted), "{words}");
        }
        assert_eq!((file.areas.len(), words.len()), (1, 5));
    }
}
