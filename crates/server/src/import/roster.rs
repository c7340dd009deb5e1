//! Rosters (花名册): one row a resident, as an office sends them.
//!
//! Reading and comparing are pure; what differs from the records becomes ops, so that an import
//! merges with what workers changed and importing twice changes nothing.

use super::sheet::{self, Row};
use crate::{
    database::{Author, Database, Incoming, Stored},
    random,
};
use chrono::{Days, NaiveDate};
use ruhu_domain::{
    Channel, DeviceId, GridCode, Kind, OpId, Record, RecordId, Stamp,
    codes::{Living, Relation, Sex, Tag},
    record::{Change, Name, Op, diff},
    rights::Grant,
    roster::{doors::Roster, household::Household, resident::Resident},
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The columns, as the header names them.
pub const COLUMNS: [&str; 12] = [
    "网格编码",
    "户号",
    "户主",
    "门牌地址",
    "联系电话",
    "走访顺序",
    "标签",
    "姓名",
    "与户主关系",
    "性别",
    "出生日期",
    "居住状态",
];

/// A row that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Its number as the spreadsheet shows it.
    pub line: usize,
    /// The fault, in Chinese.
    pub reason: String,
}

/// The outcome of an import, real or with `--dry-run`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// New households.
    pub households_added: usize,
    /// Households with something changed.
    pub households_changed: usize,
    /// New residents.
    pub residents_added: usize,
    /// Residents with something changed.
    pub residents_changed: usize,
    /// Households and residents that were there already.
    pub same: usize,
    /// Rows that could not be taken.
    pub bad: Vec<BadRow>,
}

/// A row, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    grid: GridCode,
    number: String,
    head: String,
    address: String,
    phone: String,
    order: Option<i64>,
    tags: Vec<Tag>,
    name: String,
    relation: Option<Relation>,
    sex: Option<Sex>,
    birth: Option<NaiveDate>,
    living: Option<Living>,
}

/// Imports a roster from a file's bytes. With `dry_run` nothing is written.
///
/// # Errors
/// The file can't be read at all, or the database's.
pub async fn import(database: &Database, bytes: &[u8], dry_run: bool) -> anyhow::Result<ImportSummary> {
    let (entries, bad) = read(bytes, &database.villages().await?)?;
    let mut summary = ImportSummary { bad, ..ImportSummary::default() };
    let mut grids: BTreeMap<GridCode, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        grids.entry(entry.grid.clone()).or_default().push(entry);
    }
    let device = DeviceId(u64::from_be_bytes(random::bytes()));
    for (grid, entries) in grids {
        let Stored { records, unreadable } =
            database.records(grid.as_str(), &[Kind::Household, Kind::Resident]).await?;
        // Whoever can't be read might be registered twice.
        anyhow::ensure!(
            unreadable.is_empty(),
            "网格 {grid} 有 {} 条户或居民的记录读不出来，没有导入：请联系管理员处理后再导入",
            unreadable.len()
        );
        let channel = Channel::general(grid);
        let ops = plan(&channel, &entries, &records, device, &mut summary);
        if dry_run {
            continue;
        }
        let grants = [Grant::grid_worker(channel.grid)];
        let author = Author { account: "import", name: "导入", device, grants: &grants };
        for chunk in ops.chunks(2_000) {
            let ops = chunk.iter().cloned().map(|op| Incoming::Op(Box::new(op))).collect();
            database.take(author, ops).await?;
        }
    }
    Ok(summary)
}

fn clean(cell: &str) -> String {
    let half = |character: char| match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
        other => other,
    };
    cell.chars().filter(|character| !character.is_whitespace() && *character != '\u{FEFF}').map(half).collect()
}

/// Where each column is; none of the row is the header.
fn header(row: &[String]) -> Option<HashMap<&'static str, usize>> {
    let cells: Vec<String> = row.iter().map(|cell| clean(cell)).collect();
    let columns: HashMap<&str, usize> = COLUMNS
        .into_iter()
        .filter_map(|column| Some((column, cells.iter().position(|cell| cell == column)?)))
        .collect();
    ["网格编码", "户号", "姓名"].iter().all(|column| columns.contains_key(column)).then_some(columns)
}

/// The rows of a roster, and those that can't be taken.
///
/// # Errors
/// The file can't be read at all.
pub fn read(bytes: &[u8], villages: &HashSet<String>) -> anyhow::Result<(Vec<Entry>, Vec<BadRow>)> {
    let rows: &[Row] = &sheet::read(bytes)?;
    let found = rows.iter().take(10).enumerate().find_map(|(at, (_, row))| Some((at, header(row)?)));
    let Some((at, columns)) = found else {
        anyhow::bail!(
            "前 10 行里没有找到表头：至少要有“网格编码”“户号”“姓名”三列。可用 ruhu-server template roster 生成模板"
        );
    };
    let (mut entries, mut bad) = (Vec::new(), Vec::new());
    let mut above: Option<Entry> = None;
    for (line, row) in &rows[at + 1..] {
        let cell =
            |column: &str| columns.get(column).and_then(|at| row.get(*at)).map(|cell| clean(cell)).unwrap_or_default();
        if COLUMNS.iter().all(|column| cell(column).is_empty()) {
            continue;
        }
        match entry(&cell, above.as_ref(), villages) {
            Ok(entry) => {
                above = Some(entry.clone());
                entries.push(entry);
            }
            Err(reason) => bad.push(BadRow { line: *line, reason }),
        }
    }
    Ok((entries, bad))
}

/// Reads a row. Merged cells leave the rows below empty: those take what stands above.
fn entry(cell: &dyn Fn(&str) -> String, above: Option<&Entry>, villages: &HashSet<String>) -> Result<Entry, String> {
    let merged = cell("网格编码").is_empty() && cell("户号").is_empty();
    let above = above.filter(|_| merged);
    let grid = match above {
        Some(above) => above.grid.clone(),
        None => cell("网格编码").parse::<GridCode>().map_err(|error| format!("{error}：“{}”", cell("网格编码")))?,
    };
    if !villages.contains(grid.village().as_str()) {
        return Err(format!("区划表里没有村级代码 {}，请先导入区划或核对编码", grid.village()));
    }
    let number = above.map_or_else(|| cell("户号"), |above| above.number.clone());
    let name = cell("姓名");
    if number.is_empty() {
        return Err("没有户号".into());
    }
    if name.is_empty() {
        return Err("没有姓名".into());
    }
    let or_above = |text: String, of: fn(&Entry) -> &String| match above {
        Some(above) if text.is_empty() => of(above).clone(),
        _ => text,
    };
    let code = |column: &str| Some(cell(column)).filter(|text| !text.is_empty());
    let wrong = |column: &str| format!("{column}“{}”不在可填的范围内", cell(column));
    let order = match code("走访顺序") {
        Some(text) => Some(text.parse().map_err(|_| format!("走访顺序“{text}”不是整数"))?),
        None => above.and_then(|above| above.order),
    };
    let tags = cell("标签");
    let tags = tags.split(['、', ',', ';', '/', '|', '\u{FF0C}']).filter(|tag| !tag.is_empty());
    let tags: Vec<Tag> = tags
        .map(|tag| Tag::find(tag).ok_or_else(|| format!("标签“{tag}”不在可填的范围内")))
        .collect::<Result<_, _>>()?;
    Ok(Entry {
        head: or_above(cell("户主"), |above| &above.head),
        address: or_above(cell("门牌地址"), |above| &above.address),
        phone: or_above(phone(&cell("联系电话"))?, |above| &above.phone),
        order,
        tags: if tags.is_empty() { above.map(|above| above.tags.clone()).unwrap_or_default() } else { tags },
        relation: code("与户主关系").map(|text| relation(&text).ok_or_else(|| wrong("与户主关系"))).transpose()?,
        sex: code("性别").map(|text| Sex::find(&text).ok_or_else(|| wrong("性别"))).transpose()?,
        birth: code("出生日期").map(|text| date(&text)).transpose()?,
        living: code("居住状态").map(|text| Living::find(&text).ok_or_else(|| wrong("居住状态"))).transpose()?,
        grid,
        number,
        name,
    })
}

fn relation(text: &str) -> Option<Relation> {
    Relation::find(text).or(match text {
        "户主" | "本人" => Some(Relation::Head),
        "妻" | "妻子" | "丈夫" | "夫" => Some(Relation::Spouse),
        "儿子" | "长子" | "次子" | "三子" => Some(Relation::Son),
        "女儿" | "长女" | "次女" | "三女" => Some(Relation::Daughter),
        "孙子" | "孙女" | "外孙" | "外孙女" => Some(Relation::Grandchild),
        "父亲" | "母亲" | "父" | "母" => Some(Relation::Parent),
        _ => None,
    })
}

fn phone(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|character| !matches!(character, '-' | '(' | ')')).collect();
    let plausible = digits.is_empty() || (7..=12).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if plausible { Ok(digits) } else { Err(format!("联系电话“{text}”不是电话号码")) }
}

/// A day as people write it: 1968-3-5, 1968年3月5日, 1968/3/5, 1968.3.5, 19680305, or Excel's count of days.
fn date(text: &str) -> Result<NaiveDate, String> {
    let wrong = || format!("出生日期“{text}”不是日期");
    let parts: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let date = match parts.as_slice() {
        [year, month, day, ..] => NaiveDate::from_ymd_opt(
            year.parse().map_err(|_| wrong())?,
            month.parse().map_err(|_| wrong())?,
            day.parse().map_err(|_| wrong())?,
        ),
        [one] if one.len() == 8 && one.len() == text.len() => NaiveDate::parse_from_str(one, "%Y%m%d").ok(),
        [one] if one.len() == text.len() && (3..=5).contains(&one.len()) => {
            let excel = NaiveDate::from_ymd_opt(1899, 12, 30);
            excel.zip(one.parse().ok()).and_then(|(start, days)| start.checked_add_days(Days::new(days)))
        }
        _ => None,
    };
    let earliest = NaiveDate::from_ymd_opt(1890, 1, 1);
    date.filter(|date| Some(*date) >= earliest && *date <= ruhu_domain::day::day(random::now_ms().cast_signed()))
        .ok_or_else(wrong)
}

/// The ops that bring the records to what the entries of one grid say.
fn plan(
    channel: &Channel,
    entries: &[Entry],
    records: &[Record],
    device: DeviceId,
    summary: &mut ImportSummary,
) -> Vec<Op> {
    let mut writer = Writer { channel, stamp: Stamp::zero(device), ops: Vec::new() };
    let kept: Vec<&Record> = records.iter().filter(|record| !record.withdrawn()).collect();
    for record in &kept {
        writer.stamp = record.latest().map_or(writer.stamp, |latest| writer.stamp.max(Stamp { device, ..latest }));
    }
    // What was registered twice and is merged is one: its rows change the record that shows.
    let mut roster = Roster::default();
    kept.iter().for_each(|record| roster.put(record));
    let mut households: HashMap<String, &Record> = HashMap::new();
    for record in kept.iter().filter(|record| record.kind == Kind::Household) {
        if let Some(Household { number, .. }) = record.view() {
            let shows = roster.home(record.id) == record.id;
            if shows || !households.contains_key(&number) {
                households.insert(number, record);
            }
        }
    }
    let mut residents: HashMap<(RecordId, String), Vec<(&Record, Resident)>> = HashMap::new();
    for record in kept.iter().filter(|record| record.kind == Kind::Resident).rev() {
        let shows = roster.home(record.id);
        let merged = kept.iter().filter(|_| shows != record.id).find(|other| other.id == shows);
        let shown = *merged.unwrap_or(record);
        if let Some((resident, shown_as)) = record.view::<Resident>().zip(shown.view()) {
            let of = residents.entry((roster.home(resident.household), resident.name)).or_default();
            if !of.iter().any(|(known, _)| known.id == shows) {
                of.push((shown, shown_as));
            }
        }
    }

    let mut numbers: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for entry in entries {
        let rows = numbers.entry(&entry.number).or_default();
        if rows.is_empty() {
            order.push(&entry.number);
        }
        rows.push(entry);
    }
    for number in order {
        let rows = &numbers[number];
        let before = households.get(number).copied();
        let household = household(before.and_then(|record| record.view()).unwrap_or_default(), rows);
        let id = before.map_or_else(new_id, |record| record.id);
        match (writer.write(id, Kind::Household, before, &household), before) {
            (false, _) => summary.same += 1,
            (true, None) => summary.households_added += 1,
            (true, Some(_)) => summary.households_changed += 1,
        }
        for row in rows {
            // Two of one name in a household are told apart by their birth dates.
            let same_name = residents.get_mut(&(roster.home(id), row.name.clone()));
            let found = same_name.and_then(|found| {
                let at = found.iter().position(|(_, resident)| resident.birth == row.birth);
                let at = at.or_else(|| found.len().checked_sub(1));
                at.map(|at| found.remove(at))
            });
            let (before, old) = found.map_or((None, None), |(record, resident)| (Some(record), Some(resident)));
            let resident = resident(id, old, row);
            let resident_id = before.map_or_else(new_id, |record| record.id);
            match (writer.write(resident_id, Kind::Resident, before, &resident), before) {
                (false, _) => summary.same += 1,
                (true, None) => summary.residents_added += 1,
                (true, Some(_)) => summary.residents_changed += 1,
            }
        }
    }
    writer.ops
}

fn new_id() -> RecordId {
    RecordId::new(random::now_ms(), random::bytes())
}

/// The household with what its rows say; an empty cell leaves what is there.
fn household(mut household: Household, rows: &[&Entry]) -> Household {
    let text = |of: fn(&Entry) -> &String| rows.iter().map(|row| of(row)).find(|text| !text.is_empty()).cloned();
    let head = rows.iter().find(|row| row.relation == Some(Relation::Head)).map(|row| row.name.clone());
    household.number.clone_from(&rows[0].number);
    household.head = text(|row| &row.head).or(head).unwrap_or(household.head);
    if household.head.is_empty() {
        // Somebody to ask for at the door.
        household.head.clone_from(&rows[0].name);
    }
    household.address = text(|row| &row.address).unwrap_or(household.address);
    household.phone = text(|row| &row.phone).unwrap_or(household.phone);
    household.order = rows.iter().find_map(|row| row.order).or(household.order);
    let mut tags: Vec<Tag> = rows.iter().flat_map(|row| row.tags.iter().copied()).collect();
    tags.sort_unstable();
    tags.dedup();
    if !tags.is_empty() {
        household.tags = tags;
    }
    household
}

fn resident(household: RecordId, old: Option<Resident>, row: &Entry) -> Resident {
    let old = old.unwrap_or_else(|| Resident::new(household, row.name.clone()));
    Resident {
        sex: row.sex.or(old.sex),
        birth: row.birth.or(old.birth),
        relation: row.relation.or(old.relation),
        living: row.living.or(old.living),
        ..old
    }
}

struct Writer<'a> {
    channel: &'a Channel,
    stamp: Stamp,
    ops: Vec<Op>,
}

impl Writer<'_> {
    /// Adds the op that brings a record to `after`; false when nothing differs.
    fn write<T: Serialize>(&mut self, record: RecordId, kind: Kind, before: Option<&Record>, after: &T) -> bool {
        let changes: BTreeMap<Name, Change> = diff(before, after);
        if changes.is_empty() {
            return false;
        }
        self.stamp = self.stamp.next(random::now_ms(), self.stamp.device);
        let (id, channel) = (OpId::new(self.stamp.ms, random::bytes()), self.channel.clone());
        self.ops.push(Op { id, record, kind, channel, stamp: self.stamp, by: Name::default(), changes });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruhu_domain::merge::merge;
    use serde_json::{Value, json};

    #[test]
    fn dates_are_read_as_people_write_them() {
        let day = |y, m, d| Ok(NaiveDate::from_ymd_opt(y, m, d).expect("a day"));
        for text in ["1968-3-5", "1968年3月5日", "1968/03/05", "1968.3.5", "19680305", "24902"] {
            assert_eq!(date(text), day(1968, 3, 5), "{text}");
        }
        for text in ["1968-13-5", "不详", "3月5日", "2999-1-1", "0001-1-1", "99999999"] {
            assert!(date(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rows_of_what_was_registered_twice_change_the_record_that_shows() {
        let channel: Channel = "411502001003-02/general".parse().expect("a channel");
        let id = |n: u64| RecordId::new(n, [n as u8; 10]);
        let record = |n: u64, kind: Kind, view: Value| {
            let stamp = Stamp { ms: n, counter: 0, device: DeviceId(1) };
            let (op, changes) = (OpId::new(n, [0; 10]), diff(None, &view));
            let channel = channel.clone();
            merge(None, &Op { id: op, record: id(n), kind, channel, stamp, by: Name::default(), changes }).record
        };
        let records = [
            record(1, Kind::Household, json!({"number": "001", "head": "李明"})),
            record(2, Kind::Household, json!({"number": "021", "head": "李明", "same_as": id(1)})),
            record(3, Kind::Resident, json!({"household": id(1), "name": "李明"})),
            record(4, Kind::Resident, json!({"household": id(2), "name": "李明", "same_as": id(3)})),
            // Made without signal, with a number that was taken.
            record(5, Kind::Household, json!({"number": "001", "head": "李 明", "same_as": id(1)})),
        ];
        for number in ["001", "021"] {
            let entry = Entry {
                grid: channel.grid.clone(),
                number: number.into(),
                head: "李明".into(),
                address: String::new(),
                phone: String::new(),
                order: None,
                tags: Vec::new(),
                name: "李明".into(),
                relation: None,
                sex: None,
                birth: NaiveDate::from_ymd_opt(1968, 3, 5),
                living: None,
            };
            let mut summary = ImportSummary::default();
            let ops = plan(&channel, &[entry], &records, DeviceId(9), &mut summary);
            assert_eq!(ops.iter().map(|op| op.record).collect::<Vec<_>>(), [id(3)], "{number}: {summary:?}");
            assert_eq!((summary.residents_added, summary.residents_changed), (0, 1));
        }
    }

    #[test]
    fn cells_are_freed_of_spaces_and_full_width_characters() {
        assert_eq!(clean(" 李 明 \u{3000}"), "李明");
        assert_eq!(clean("１３８００００１２３４"), "13800001234");
        assert_eq!(phone("0376-6360000"), Ok("03766360000".into()));
        assert!(phone("见村委").is_err());
    }
}
