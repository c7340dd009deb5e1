//! Areas, rosters and ledgers, from real files to a real database.

use crate::world::{Base, GRID, database, place};
use calamine::{Data, DataType as _, Reader, Xlsx};
use chrono::NaiveDate;
use ruhu_domain::{
    DeviceId, Kind, Record,
    codes::{Living, Relation, Sex, Tag},
    ledger::Ledger,
    office::{Remark, RosterCounts, RosterRow},
    rights::Grant,
    roster::{household::Household, resident::Resident},
};
use ruhu_server::{
    database::{AreaCounts, Database, OPERATOR},
    demo, export,
    import::{areas, roster, template},
    random,
};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
    path::Path,
};

/// What an import came to, and what of its file was not read.
#[derive(Debug, PartialEq)]
struct Summary {
    counts: RosterCounts,
    doubts: Vec<Remark>,
    bad: Vec<Remark>,
    left_out: Vec<String>,
}

/// Imports a file as the command does. With `dry_run` nothing is written.
async fn import(database: &Database, bytes: &[u8], dry_run: bool) -> anyhow::Result<Summary> {
    let file = roster::read(bytes)?;
    let rows: Vec<RosterRow> = file.groups.into_iter().flat_map(|group| group.rows).collect();
    let import = DeviceId(u64::from_be_bytes(random::bytes()));
    let importer = roster::Importer { account: OPERATOR, file: "名单.xlsx", import };
    let importer = (!dry_run).then_some(importer);
    let done = roster::take(database, &rows, &BTreeMap::new(), &|_| true, importer).await?;
    Ok(Summary { counts: done.counts, doubts: done.doubts, bad: done.refused, left_out: file.left_out })
}

async fn people(database: &Database) -> (Vec<Household>, Vec<Resident>) {
    let records = database.records(GRID, &[Kind::Household, Kind::Resident]).await.expect("records");
    let of = |kind: Kind| records.iter().filter(move |record| record.kind == kind);
    (of(Kind::Household).filter_map(Record::view).collect(), of(Kind::Resident).filter_map(Record::view).collect())
}

/// A roster as an office sends it: a merged title, merged cells, numbers and dates as Excel keeps them,
/// spaces in names, full-width digits, an empty tail.
fn office_sheet() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let plain = Format::new();
    let date = Format::new().set_num_format("yyyy/m/d");
    sheet.merge_range(0, 0, 0, 11, "三里店社区 2026 年常住人口花名册", &plain).expect("a title");
    for (column, name) in (0..).zip(roster::columns()) {
        sheet.write(1, column, format!(" {name} ")).expect("a header");
    }
    let rows: [[&str; 12]; 4] = [
        ["", "", "李 明", "东湾1号", "", "", "独居老人、困难", "李 明", "户主", "男", "", "在家"],
        ["", "", "", "", "", "", "", "王　芳", "妻子", "女", "1970年10月1日", "外出"],
        [
            GRID,
            "００２",
            "赵强",
            "东湾3号",
            "０３７６－６３６００００",
            "2",
            "",
            "赵强",
            "本人或户主",
            "男",
            "1968-3-5",
            "在家",
        ],
        [GRID, "003", "钱进", "东湾5号", "", "3", "", "钱进", "本人", "男", "19680305", ""],
    ];
    for (row, cells) in (2..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            if !cell.is_empty() {
                sheet.write(row, column, cell).expect("a cell");
            }
        }
    }
    sheet.merge_range(2, 0, 3, 0, GRID, &plain).expect("merged");
    sheet.merge_range(2, 1, 3, 1, "001", &plain).expect("merged");
    sheet.write(2, 4, 13_800_001_234_i64).expect("a phone kept as a number");
    sheet.write(2, 5, 1).expect("a number");
    let birth = ExcelDateTime::from_ymd(1951, 3, 5).expect("a day");
    sheet.write_with_format(2, 10, &birth, &date).expect("a date");
    for row in 6..40 {
        sheet.write(row, 0, "  ").expect("an empty tail");
    }
    book.save_to_buffer().expect("a workbook")
}

async fn the_whole_area_table_loads_and_again_changes_nothing(base: Base) {
    let (_folder, location) = place(base).await;
    let database = Database::create(&location).await.expect("a database");
    let rows = areas::xinyang().expect("the table is right");
    let first = database.put_areas(&rows).await.expect("areas");
    assert_eq!(first, AreaCounts { added: 3_710, changed: 0, same: 0 });
    let again = database.put_areas(&rows).await.expect("areas");
    assert_eq!(again, AreaCounts { added: 0, changed: 0, same: 3_710 });
}

async fn a_roster_as_an_office_sends_it_imports_and_again_changes_nothing(base: Base) {
    let (_folder, _, database) = database(base).await;
    let sheet = office_sheet();
    let dry = import(&database, &sheet, true).await.expect("it reads");
    assert_eq!((dry.counts.households_added, dry.counts.residents_added, dry.bad.len()), (3, 4, 0), "{:?}", dry.bad);
    assert!(people(&database).await.0.is_empty(), "a dry run writes nothing");

    let done = import(&database, &sheet, false).await.expect("it imports");
    assert_eq!(done, dry);
    let (households, residents) = people(&database).await;
    let first = households.iter().find(|household| household.number == "001").expect("the first household");
    assert_eq!(first.head, "李明");
    assert_eq!(first.phone, "13800001234");
    assert_eq!(first.order, Some(1));
    assert_eq!(first.tags, [Tag::ElderAlone, Tag::Hardship]);
    let second = households.iter().find(|household| household.number == "002").expect("full-width digits");
    assert_eq!(second.phone, "03766360000");
    let named = |name: &str| residents.iter().find(|resident| resident.name == name).expect("a resident").clone();
    assert_eq!(named("李明").birth, NaiveDate::from_ymd_opt(1951, 3, 5));
    assert_eq!(named("李明").relation, Some(Relation::Head));
    let wife = named("王芳");
    assert_eq!((wife.sex, wife.relation, wife.living), (Some(Sex::Female), Some(Relation::Spouse), Some(Living::Away)));
    assert_eq!(wife.birth, NaiveDate::from_ymd_opt(1970, 10, 1));
    assert_eq!(wife.household, named("李明").household, "merged cells mean the household above");
    assert_eq!(named("赵强").birth, named("钱进").birth);

    let again = import(&database, &sheet, false).await.expect("it imports");
    assert_eq!((again.counts.households_added, again.counts.households_changed), (0, 0));
    assert_eq!((again.counts.residents_added, again.counts.residents_changed, again.counts.same), (0, 0, 7));
}

async fn rosters_in_csv_import_in_utf_8_and_in_gbk(base: Base) {
    let text = format!(
        "{}\n{GRID},001,李明,东湾1号,13800001234,1,空巢,李明,户主,男,1951/3/5,在家\n",
        roster::columns().join(",")
    );
    let (gbk, _, _) = encoding_rs::GBK.encode(&text);
    let with_mark = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    for bytes in [text.as_bytes(), gbk.as_ref(), &with_mark, text.replace(',', "\t").as_bytes()] {
        let (_folder, _, database) = database(base).await;
        let report = import(&database, bytes, false).await.expect("it imports");
        assert_eq!(
            (report.counts.households_added, report.counts.residents_added, report.bad.len()),
            (1, 1, 0),
            "{:?}",
            report.bad
        );
        assert_eq!(people(&database).await.1[0].name, "李明");
    }
}

async fn bad_rows_are_named_and_the_rest_is_taken(base: Base) {
    let (_folder, _, database) = database(base).await;
    let header = roster::columns().join(",");
    let text = format!(
        "{header}\n\
         {GRID},001,李明,,,1,,李明,户主,男,1951-3-5,在家\n\
         41150200100,002,,,,,,赵一,,,,\n\
         999902001003-01,002,,,,,,赵二,,,,\n\
         {GRID},003,,,,,,,,,,\n\
         {GRID},004,,,见村委,,,赵四,,,,\n\
         {GRID},005,,,,,,赵五,,,1968-13-5,\n\
         {GRID},006,,,,,富裕,赵六,,,,\n\
         {GRID},007,,,,第三,,赵七,,,,\n\
         {GRID},008,,,,,,赵八,,不知,,\n\
         {GRID},009,,,,9,,赵九,,,,\n"
    );
    let report = import(&database, text.as_bytes(), false).await.expect("it imports");
    let said = |remarks: &[Remark], words: &[&str], first: usize| {
        assert_eq!(remarks.len(), words.len(), "{remarks:?}");
        for (at, (remark, word)) in remarks.iter().zip(words).enumerate() {
            assert_eq!(remark.line.number, first + at);
            assert!(remark.words.contains(word), "{}: {}", remark.line, remark.words);
        }
    };
    said(&report.bad, &["网格编码", "区划", "姓名"], 3);
    // What can be left open refuses nobody, and is said.
    said(&report.doubts, &["电话", "日期", "可填：独居老人", "顺序", "可填：未知、男"], 6);
    assert_eq!((report.counts.households_added, report.counts.residents_added), (7, 7));
    for nonsense in [&b"PK\x03\x04nonsense"[..], b"a,b\n1,2\n", b"", b"\xFF\xFE\x00"] {
        assert!(import(&database, nonsense, false).await.is_err());
    }
}

async fn a_changed_row_updates_and_an_empty_cell_leaves_what_is_there(base: Base) {
    let (_folder, _, database) = database(base).await;
    let header = roster::columns().join(",");
    let first = format!("{header}\n{GRID},001,李明,东湾1号,13800001234,1,空巢,李明,户主,男,1951-3-5,在家\n");
    import(&database, first.as_bytes(), false).await.expect("it imports");
    let second = format!("{header}\n{GRID},001,,东湾2号,,,,李明,,,,外出\n");
    let report = import(&database, second.as_bytes(), false).await.expect("it imports");
    assert_eq!((report.counts.households_changed, report.counts.residents_changed), (1, 1));
    let (households, residents) = people(&database).await;
    assert_eq!((households.len(), households[0].address.as_str()), (1, "东湾2号"));
    assert_eq!((households[0].phone.as_str(), households[0].order), ("13800001234", Some(1)));
    assert_eq!((residents.len(), residents[0].living), (1, Some(Living::Away)));
    assert_eq!(residents[0].birth, NaiveDate::from_ymd_opt(1951, 3, 5));
}

/// Rosters as offices sent them, with invented people: what is right for each.
const SENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/rosters");

/// What an import of a file should come to: people taken, and what has to be said of rows refused, of doubts and of what was
/// not read. `-`: nothing.
const RIGHT: [(&str, usize, &str, &str, &str); 22] = [
    ("01.xlsx", 4, "-", "-", "-"),
    ("02.xlsx", 1, "#N/A", "-", "-"),
    ("03a.xlsx", 3, "-", "-", "-"),
    ("04.xlsx", 3, "-", "-", "-"),
    ("05.xlsx", 1, "-", "-", "2024旧"),
    ("06.csv", 11, "-", "13800000605（儿子）", "-"),
    ("07a.csv", 2, "-", "-", "-"),
    ("07b.csv", 0, "-", "-", "-"),
    ("08a.csv", 2, "-", "-", "-"),
    ("08b.xlsx", 0, "-", "-", "-"),
    ("10.csv", 1, "门牌地址太长", "-", "-"),
    ("12.csv", 2, "-", "韩一、郝二", "-"),
    ("14a.csv", 1, "-", "-", "-"),
    ("15.csv", 10, "-", "只有年月", "-"),
    ("16.xlsx", 0, "改成“文本”", "-", "-"),
    ("18a.csv", 1, "-", "-", "-"),
    ("18b.csv", 0, "-", "-", "-"),
    ("20.csv", 1, "-", "-", "-"),
    ("23.xlsx", 0, "密码", "-", "-"),
    ("24.xls", 0, "网页", "-", "-"),
    // Of a table program of before 2007, with merged cells, a hidden sheet, and a day as such programs keep it.
    ("31.xls", 2, "-", "-", "旧表"),
    ("30.xlsx", 1, "打开、保存一次", "-", "-"),
];

async fn rosters_as_they_were_sent_come_to_what_is_right(base: Base) {
    let (_folder, location, database) = database(base).await;
    for (file, people_taken, refused, doubted, unread) in RIGHT {
        let bytes = std::fs::read(Path::new(SENT).join(file)).expect("a file that was sent");
        let says = |words: &[String], expected: &str| match expected {
            "-" => assert!(words.is_empty(), "{file}: {words:?}"),
            expected => assert!(words.iter().any(|words| words.contains(expected)), "{file}: {words:?}"),
        };
        let summary = match import(&database, &bytes, false).await {
            Ok(summary) => summary,
            Err(error) => {
                says(&[error.to_string()], refused);
                continue;
            }
        };
        let words = |remarks: &[Remark]| remarks.iter().map(|one| one.words.clone()).collect::<Vec<_>>();
        says(&words(&summary.bad), refused);
        says(&words(&summary.doubts), doubted);
        says(&summary.left_out, unread);
        assert_eq!(summary.counts.residents_added, people_taken, "{file}: {summary:?}");
        let again = import(&database, &bytes, false).await.expect("it is read again");
        let changed = (again.counts.households_added + again.counts.households_changed)
            + (again.counts.residents_added + again.counts.residents_changed);
        assert_eq!(changed, 0, "{file} again: {again:?}");
    }
    let (households, residents) = people(&database).await;
    let of = |number: &str| {
        let found = households.iter().find(|household| household.number == number);
        found.cloned().unwrap_or_else(|| panic!("household {number}"))
    };
    assert_eq!(of("102").head, "何二");
    let named = |name: &str| residents.iter().find(|resident| resident.name == name).expect("somebody").clone();
    assert_eq!(named("何四").household, named("何二").household, "all three are in household 102");
    assert_eq!((of("601").phone.as_str(), of("609").phone.as_str()), ("13800000601", "03766360608"));
    assert_eq!((of("604").phone.as_str(), of("604").note.contains("0376-6360604")), ("13800000604", true));
    assert!(of("606").phone.is_empty() && of("606").note.is_empty());
    let of_old = [named("毛一"), named("毛二")];
    assert_eq!(of_old[0].household, of_old[1].household);
    assert_eq!(of_old[0].birth, NaiveDate::from_ymd_opt(1968, 3, 5));
    assert_eq!(named("黄9").birth, NaiveDate::from_ymd_opt(1968, 3, 5));
    assert_eq!(named("黄6").birth, None);
    assert_eq!((of("2001").phone.as_str(), named("赖一").living), ("13800002001", Some(Living::Away)));
    assert_eq!(named("阿不都·热合曼").relation, Some(Relation::Head));
    let on_record: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM audit WHERE act = 'import'")
        .fetch_one(&mut crate::world::connect(&crate::world::address(&location)).await)
        .await
        .expect("the audit");
    assert!(on_record > 10, "each import that changed something is on record");
}

/// A header of two rows, titles above it, columns in another order and with other names, the header again on each page, sums,
/// remarks, a column that is not used, and the same on a second sheet.
async fn headers_are_found_wherever_they_stand_and_sums_are_nobody(base: Base) {
    let (_folder, _, database) = database(base).await;
    let mut book = Workbook::new();
    let plain = Format::new();
    for (name, first) in [("一组", 0), ("二组", 2)] {
        let sheet = book.add_worksheet();
        sheet.set_name(name).expect("a name");
        sheet.merge_range(0, 0, 0, 5, "三里店社区常住人口花名册", &plain).expect("a title");
        sheet.write(1, 0, "填报时间：2026年11月").expect("a line");
        for (column, label) in [(0, "序号"), (1, "姓名"), (2, "与户主关系（必填）"), (5, "*联系方式")]
        {
            sheet.merge_range(3, column, 4, column, label, &plain).expect("a header of two rows");
        }
        sheet.merge_range(3, 3, 3, 4, "所在网格", &plain).expect("a header above two columns");
        sheet.write(4, 3, "所属网格").expect("a header").write(4, 4, "家庭编号").expect("a header");
        let mut row = 5;
        for number in first..first + 2 {
            let cells = [&number.to_string(), &format!("住户{number}"), "本人", GRID, &format!("0{number}9"), "无"];
            for (column, cell) in (0..).zip(cells) {
                sheet.write(row, column, cell).expect("a cell");
            }
            // The page ends, and the next begins with the header.
            let again = ["序号", "姓名", "与户主关系", "所属网格", "家庭编号", "联系方式"];
            for (column, cell) in (0..).zip(again) {
                sheet.write(row + 1, column, cell).expect("a cell");
            }
            row += 2;
        }
        sheet.write(row, 0, "合计").expect("a sum").write(row, 1, "2 人").expect("a sum");
        sheet.write(row + 1, 0, "制表人：王芳").expect("a line");
    }
    book.add_worksheet().set_name("说明").expect("a name").write(0, 0, "请按户填写").expect("a line");
    let bytes = book.save_to_buffer().expect("a workbook");
    let report = import(&database, &bytes, false).await.expect("it imports");
    assert_eq!((report.counts.households_added, report.counts.residents_added), (4, 4), "{report:?}");
    assert_eq!((report.bad.len(), report.doubts.len()), (0, 0), "{report:?}");
    for words in ["表“一组”：没有用到的列：序号", "表“二组”：2 行重复的表头", "1 行合计", "表“说明”没有花名册的表头"]
    {
        assert!(report.left_out.iter().any(|left| left.contains(words)), "{words}: {:?}", report.left_out);
    }
    let again = import(&database, &bytes, false).await.expect("it imports");
    assert_eq!((again.counts.same, again.counts.residents_added), (8, 0));
}

/// The same people in any order of columns, in any encoding, are the same people.
async fn the_order_of_columns_and_the_encoding_make_no_difference(base: Base) {
    let (_folder, _, database) = database(base).await;
    let rows = [
        roster::columns().map(str::to_owned),
        [GRID, "001", "李明", "东湾1号", "13800001234", "1", "空巢", "李明", "户主", "男", "1951-3-5", "在家"]
            .map(str::to_owned),
        [GRID, "001", "", "", "", "", "", "王芳", "妻", "女", "1953年1月2日", "在家"].map(str::to_owned),
        [GRID, "A-2", "阿不都·热合曼", "", "0376-6360000", "", "", "阿不都·热合曼", "户主", "男", "", ""]
            .map(str::to_owned),
    ];
    for turned in 0..12 {
        let mut text = String::new();
        for row in &rows {
            let mut row = row.clone();
            row.rotate_left(turned);
            if turned % 2 == 1 {
                row.reverse();
            }
            text += &(row.join([",", "\t", ";"][turned % 3]) + "\n");
        }
        let bytes = match turned % 4 {
            0 => text.into_bytes(),
            1 => encoding_rs::GB18030.encode(&text).0.into_owned(),
            2 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        };
        let report = import(&database, &bytes, false).await.expect("it imports");
        let all = report.counts.households_added + report.counts.residents_added;
        assert_eq!((all, report.counts.same), if turned == 0 { (5, 0) } else { (0, 5) }, "{turned}: {report:?}");
        assert_eq!((report.bad.len(), report.doubts.len()), (0, 0), "{turned}: {report:?}");
    }
}

fn labels(rows: &[(&'static str, &'static str)]) -> Vec<&'static str> {
    rows.iter().map(|(_, label)| *label).collect()
}

async fn the_templates_example_is_what_an_import_takes(base: Base) {
    let bytes = template().expect("a template");
    let mut sheet = String::new();
    let mut parts = zip::ZipArchive::new(Cursor::new(&bytes)).expect("an archive");
    parts.by_name("xl/worksheets/sheet1.xml").expect("the sheet").read_to_string(&mut sheet).expect("text");
    for words in [labels(Relation::ROWS), labels(Sex::ROWS), labels(Living::ROWS)] {
        assert!(sheet.contains(&words.join(",")), "a list of {words:?} drops down");
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("an xlsx");
    let range = book.worksheet_range("填写示例").expect("the example");
    // Below the example stand the words that can be filled in.
    let tags = format!("标签可填：{}", labels(Tag::ROWS).join("、"));
    assert!(range.rows().skip(3).any(|row| row[0].to_string() == tags));
    let rows: Vec<String> =
        range.rows().take(3).map(|row| row.iter().map(|cell| cell.to_string()).collect::<Vec<_>>().join(",")).collect();
    let (_folder, _, database) = database(base).await;
    let report = import(&database, rows.join("\n").as_bytes(), false).await.expect("it imports");
    assert_eq!(
        (report.counts.households_added, report.counts.residents_added, report.bad.len()),
        (1, 2, 0),
        "{:?}",
        report.bad
    );
}

async fn the_demo_is_the_same_for_the_same_seed_and_fills_once(base: Base) {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let (_folder, location) = place(base).await;
        let database = Database::create(&location).await.expect("a database");
        let logins = demo::fill(&database, 7, 30).await.expect("demo data");
        assert_eq!(demo::fill(&database, 7, 30).await.expect("demo data"), logins);
        let given = database.given(Some(logins[0].account)).await.expect("grants");
        let grid = given[0].grant.place().to_string();
        let records = database.records(&grid, &[Kind::Household, Kind::Resident]).await.expect("records");
        let households: Vec<Household> = records.iter().filter_map(Record::view).collect();
        assert_eq!(records.iter().filter(|record| record.kind == Kind::Household).count(), 15);
        seen.push(households);
    }
    assert_eq!(seen[0], seen[1]);
}

async fn the_ledger_holds_the_visits_of_the_area_and_days_with_names_masked(base: Base) {
    let (_folder, _, database) = database(base).await;
    let sheet = office_sheet();
    import(&database, &sheet, false).await.expect("it imports");
    let records = database.records(GRID, &[Kind::Household]).await.expect("records");
    let household = records.iter().find(|record| record.fields["number"].value == "001").expect("a household").id;
    let grants = [Grant::grid_worker(crate::world::channel().grid)];
    let author =
        ruhu_server::database::Author { account: "test", name: "王芳", device: DeviceId(1), grants: &grants };
    let mut op = crate::world::visit(author.device, 1, "都好");
    op.changes.get_mut("household").expect("a field").value = household.to_string().into();
    let requests =
        ruhu_domain::record::Change { value: "=cmd|' /C calc'!A0".into(), replaced: None, settles: Vec::new() };
    op.changes.insert("requests".into(), requests);
    database.take(author, vec![ruhu_server::database::Incoming::Op(Box::new(op))]).await.expect("taken");

    let out = async |wanted: &export::Wanted| {
        let export::Sheet { xlsx: table, rows, .. } = export::ledger(&database, wanted).await.expect("a ledger");
        (calamine::open_workbook_from_rs::<Xlsx<_>, _>(Cursor::new(table)).expect("an xlsx"), rows)
    };
    let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).expect("a day");
    let mut wanted = export::Wanted {
        ledger: Ledger::Visits,
        place: "411502000000".parse().expect("a place"),
        from: day(23),
        to: day(23),
        purpose: String::new(),
        by: "周兰".into(),
    };
    let (mut book, count) = out(&wanted).await;
    assert_eq!(count, 1);
    let range = book.worksheet_range("走访台账").expect("the sheet");
    let rows: Vec<&[Data]> = range.rows().collect();
    let text = |row: usize, column: usize| rows[row][column].to_string();
    assert!(text(0, 0).ends_with("浉河区走访台账"), "{}", text(0, 0));
    assert!(text(1, 0).contains("时间：2026-11-23 至 2026-11-23") && text(1, 0).contains("周兰"), "{}", text(1, 0));
    assert_eq!((text(2, 0), text(2, 9)), ("序号".to_owned(), "办结日期".to_owned()));
    assert!(matches!(rows[3][1], Data::DateTime(_)) && matches!(rows[3][0], Data::Float(_)), "a day and a number");
    assert_eq!(rows[3][1].as_date(), Some(day(23)));
    assert!(text(3, 2).ends_with("社区居民委员会第2网格") && text(3, 2).contains("街道"), "{}", text(3, 2));
    assert_eq!(text(3, 3), "李*");
    assert_eq!(text(3, 6), "'=cmd|' /C calc'!A0", "no formula runs in the office");
    assert!(text(5, 0).contains("审核人"), "{}", text(5, 0));
    assert_eq!(rows.len(), 6);

    wanted.purpose = "核对户主".into();
    let (mut book, _) = out(&wanted).await;
    assert_eq!(
        book.worksheet_range("走访台账").expect("the sheet").get((3, 3)).map(ToString::to_string),
        Some("李明".into())
    );
    wanted.place = "411503000000".parse().expect("a place");
    assert_eq!(out(&wanted).await.1, 0, "another county");
    wanted.place = GRID.parse().expect("a place");
    assert_eq!(out(&wanted).await.1, 1);
    wanted.from = day(24);
    wanted.to = day(30);
    assert_eq!(out(&wanted).await.1, 0, "another week");
}

on_both_databases!(
    the_whole_area_table_loads_and_again_changes_nothing,
    a_roster_as_an_office_sends_it_imports_and_again_changes_nothing,
    rosters_as_they_were_sent_come_to_what_is_right,
    headers_are_found_wherever_they_stand_and_sums_are_nobody,
    the_order_of_columns_and_the_encoding_make_no_difference,
    rosters_in_csv_import_in_utf_8_and_in_gbk,
    bad_rows_are_named_and_the_rest_is_taken,
    a_changed_row_updates_and_an_empty_cell_leaves_what_is_there,
    the_templates_example_is_what_an_import_takes,
    the_demo_is_the_same_for_the_same_seed_and_fills_once,
    the_ledger_holds_the_visits_of_the_area_and_days_with_names_masked,
);
