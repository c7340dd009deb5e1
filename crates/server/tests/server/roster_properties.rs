//! Properties of roster imports, on lists made at random: no row is lost, and the same list in another form changes nothing.
//!
//! A failure prints its seed: `RUHU_SEED=17 cargo test -p ruhu-server --test server roster_properties`.

use crate::world::{Base, GRID, database};
use rand::{
    Rng, SeedableRng,
    seq::{IndexedRandom, SliceRandom},
};
use rand_chacha::ChaCha8Rng;
use ruhu_domain::{
    DeviceId, Kind, Record,
    office::{RosterPlan, RosterRow},
    roster::{household::Household, resident::Resident},
};
use ruhu_server::{
    database::{Database, OPERATOR},
    import::roster,
    random,
};
use rust_xlsxwriter::Workbook;
use std::collections::{BTreeMap, BTreeSet};

/// Lists of one run.
const LISTS: u64 = 24;

const FAMILIES: [&str; 8] = ["王", "李", "欧阳", "阿不都·热合曼", "陈", "Müller", "丁", "司马"];
const GIVEN: [&str; 8] = ["芳", "强", "建国", "小 丽", "静", "国庆", "桂英", "平"];

/// A list: a row of cells by the names of its columns.
type List = Vec<BTreeMap<&'static str, String>>;

/// Makes a list with a few rows that can't be taken, and a few with something left open.
fn list(dice: &mut ChaCha8Rng) -> List {
    let mut rows = List::new();
    for number in 1..=dice.random_range(1..12) {
        let family = FAMILIES.choose(dice).expect("one");
        for member in 0..dice.random_range(1..5) {
            let given = format!("{}{}", GIVEN.choose(dice).expect("one"), ["", "一", "二", "三", "四"][member]);
            let birth = match dice.random_range(0..6) {
                0 => format!(
                    "{}年{}月{}日",
                    dice.random_range(1930..2020),
                    dice.random_range(1..=12),
                    dice.random_range(1..=28)
                ),
                1 => format!(
                    "{}-{}-{}",
                    dice.random_range(1930..2020),
                    dice.random_range(1..=12),
                    dice.random_range(1..=28)
                ),
                2 => format!(
                    "{}0{}1{}",
                    dice.random_range(1930..2020),
                    dice.random_range(1..=9),
                    dice.random_range(0..=9)
                ),
                3 => "记不清".to_owned(),
                4 => "2090-01-01".to_owned(),
                _ => String::new(),
            };
            let head =
                if member == 0 { "户主" } else { ["妻", "长子", "女儿", "不明"].choose(dice).expect("one") };
            let mut row = BTreeMap::from([
                ("网格编码", GRID.to_owned()),
                ("户号", format!("{number:03}")),
                ("姓名", format!("{family}{given}")),
                ("与户主关系", (*head).to_owned()),
                ("性别", (*["男", "女", "", "？"].choose(dice).expect("one")).to_owned()),
                ("出生日期", birth),
                (
                    "联系电话",
                    (*["13800001234", "0376-6360000/13900001111", "", "无"].choose(dice).expect("one")).to_owned(),
                ),
            ]);
            match dice.random_range(0..12) {
                0 => drop(row.insert("网格编码", "411599999999-01".to_owned())),
                1 => drop(row.insert("户号", String::new())),
                _ => {}
            }
            rows.push(row);
        }
    }
    rows
}

/// The words of a row, in an order of columns.
fn words(row: &BTreeMap<&'static str, String>, columns: &[&'static str]) -> Vec<String> {
    columns.iter().map(|column| row.get(column).cloned().unwrap_or_default()).collect()
}

/// Writes a list as a file in some form: columns in any order, any encoding and separator, one sheet or several.
fn file(rows: &List, dice: &mut ChaCha8Rng) -> Vec<u8> {
    let mut columns: Vec<&'static str> = rows[0].keys().copied().collect();
    columns.shuffle(dice);
    let form = dice.random_range(0..5);
    if form == 4 {
        let mut book = Workbook::new();
        let mut parts: Vec<&[BTreeMap<&'static str, String>]> =
            rows.chunks(dice.random_range(1..=rows.len())).collect();
        // A family that stands on two sheets is one family all the same.
        parts.shuffle(dice);
        for part in parts {
            let sheet = book.add_worksheet();
            for (column, name) in (0..).zip(&columns) {
                sheet.write(0, column, *name).expect("a header");
            }
            for (line, row) in (1..).zip(part) {
                for (column, cell) in (0..).zip(words(row, &columns)) {
                    sheet.write(line, column, cell).expect("a cell");
                }
            }
        }
        return book.save_to_buffer().expect("a workbook");
    }
    let comma = ["\t", ",", ";"].choose(dice).expect("one");
    let head = columns.iter().map(ToString::to_string).collect();
    let lines: Vec<String> = [head]
        .into_iter()
        .chain(rows.iter().map(|row| words(row, &columns)))
        .map(|cells: Vec<String>| cells.join(comma))
        .collect();
    let text = lines.join(["\n", "\r\n"].choose(dice).expect("one")) + "\n";
    match form {
        0 => text.into_bytes(),
        1 => encoding_rs::GB18030.encode(&text).0.into_owned(),
        2 => [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
        _ => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
    }
}

async fn import(database: &Database, bytes: &[u8]) -> (Vec<RosterRow>, RosterPlan) {
    let file = roster::read(bytes).expect("it is a roster");
    let rows: Vec<RosterRow> = file.groups.into_iter().flat_map(|group| group.rows).collect();
    let import = DeviceId(u64::from_be_bytes(random::bytes()));
    let importer = roster::Importer { account: OPERATOR, file: "名单", import };
    let done = roster::take(database, &rows, &BTreeMap::new(), &|_| true, Some(importer)).await.expect("it is taken");
    (rows, done)
}

/// All that the roster holds, without identities.
async fn held(database: &Database) -> BTreeSet<String> {
    let records = database.records("", &[Kind::Household, Kind::Resident]).await.expect("records");
    let homes: BTreeMap<_, Household> = records.iter().filter_map(|record| Some((record.id, record.view()?))).collect();
    let residents = records.iter().filter(|record| record.kind == Kind::Resident).filter_map(Record::view::<Resident>);
    let words = residents.map(|one| {
        let home = homes.get(&one.household).map(|home| home.number.clone());
        format!("{home:?} {} {:?} {:?} {:?} {}", one.name, one.relation, one.sex, one.birth, one.phone)
    });
    let doors = records.iter().filter(|record| record.kind == Kind::Household).filter_map(Record::view::<Household>);
    words
        .collect::<BTreeSet<_>>()
        .into_iter()
        .chain(doors.map(|home| format!("{} {}", home.number, home.head)))
        .collect()
}

#[tokio::test]
async fn no_row_of_a_list_is_lost_and_its_form_makes_no_difference() {
    let given = std::env::var("RUHU_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds: Vec<u64> = given.map_or_else(|| (0..LISTS).collect(), |seed| vec![seed]);
    for seed in seeds {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let (_folder, _, database) = database(Base::Sqlite).await;
        let rows = list(&mut dice);
        let (read, first) = import(&database, &file(&rows, &mut dice)).await;
        assert_eq!(read.len(), rows.len(), "seed {seed}: every row is read");

        // Each row is taken, asked about or refused with the reason, and none is two of these.
        let refused: BTreeSet<_> = first.refused.iter().map(|remark| remark.line.clone()).collect();
        let asked: BTreeSet<_> = first.questions.iter().map(|question| question.line.clone()).collect();
        let residents = database.records("", &[Kind::Resident]).await.expect("records").len();
        let left = rows.len() - refused.union(&asked).count();
        assert!(residents >= left, "seed {seed}: {residents} of {left} rows are there: {first:?}");
        assert!(residents <= rows.len() - refused.len(), "seed {seed}: nobody is made twice: {first:?}");
        assert!(first.refused.iter().chain(&first.doubts).all(|remark| !remark.words.is_empty()));

        let before = held(&database).await;
        for turn in 0..3 {
            let (_, again) = import(&database, &file(&rows, &mut dice)).await;
            assert_eq!(held(&database).await, before, "seed {seed}, form {turn}");
            let counts = again.counts;
            let wrote =
                [counts.households_added, counts.households_changed, counts.residents_added, counts.residents_changed];
            assert_eq!(wrote, [0; 4], "seed {seed}, form {turn}: {again:?}");
            assert_eq!(again.refused.len(), first.refused.len(), "seed {seed}, form {turn}");
        }
    }
}
