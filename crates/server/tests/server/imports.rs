//! Areas, rosters and ledgers, from real files to a real database.

use crate::world::{Base, GRID, database, place};
use calamine::{Data, Reader, Xlsx};
use chrono::NaiveDate;
use ruhu_domain::{
    Kind, Record,
    codes::{Living, Relation, Sex, Tag},
    ledger::Ledger,
    rights::Grant,
    roster::{household::Household, resident::Resident},
};
use ruhu_server::{
    database::{AreaCounts, Database},
    demo, export,
    import::{areas, roster, template},
};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use std::io::Cursor;

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
    for (column, name) in (0..).zip(roster::COLUMNS) {
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
    let rows = areas::read(areas::XINYANG).expect("the table is right");
    let first = database.put_areas(&rows).await.expect("areas");
    assert_eq!(first, AreaCounts { added: 3_710, changed: 0, same: 0 });
    let again = database.put_areas(&rows).await.expect("areas");
    assert_eq!(again, AreaCounts { added: 0, changed: 0, same: 3_710 });
}

async fn a_roster_as_an_office_sends_it_imports_and_again_changes_nothing(base: Base) {
    let (_folder, _, database) = database(base).await;
    let sheet = office_sheet();
    let dry = roster::import(&database, &sheet, true).await.expect("it reads");
    assert_eq!((dry.households_added, dry.residents_added, dry.bad.len()), (3, 4, 0), "{:?}", dry.bad);
    assert!(people(&database).await.0.is_empty(), "a dry run writes nothing");

    let done = roster::import(&database, &sheet, false).await.expect("it imports");
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

    let again = roster::import(&database, &sheet, false).await.expect("it imports");
    assert_eq!((again.households_added, again.households_changed), (0, 0));
    assert_eq!((again.residents_added, again.residents_changed, again.same), (0, 0, 7));
}

async fn rosters_in_csv_import_in_utf_8_and_in_gbk(base: Base) {
    let text = format!(
        "{}\n{GRID},001,李明,东湾1号,13800001234,1,空巢,李明,户主,男,1951/3/5,在家\n",
        roster::COLUMNS.join(",")
    );
    let (gbk, _, _) = encoding_rs::GBK.encode(&text);
    let with_mark = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    for bytes in [text.as_bytes(), gbk.as_ref(), &with_mark, text.replace(',', "\t").as_bytes()] {
        let (_folder, _, database) = database(base).await;
        let report = roster::import(&database, bytes, false).await.expect("it imports");
        assert_eq!((report.households_added, report.residents_added, report.bad.len()), (1, 1, 0), "{:?}", report.bad);
        assert_eq!(people(&database).await.1[0].name, "李明");
    }
}

async fn bad_rows_are_named_and_the_rest_is_taken(base: Base) {
    let (_folder, _, database) = database(base).await;
    let header = roster::COLUMNS.join(",");
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
    let report = roster::import(&database, text.as_bytes(), false).await.expect("it imports");
    assert_eq!(report.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [3, 4, 5, 6, 7, 8, 9, 10]);
    for (bad, word) in report.bad.iter().zip(["网格编码", "区划", "姓名", "电话", "日期", "标签", "顺序", "性别"])
    {
        assert!(bad.reason.contains(word), "{}: {}", bad.line, bad.reason);
    }
    assert_eq!((report.households_added, report.residents_added), (2, 2));
    for nonsense in [&b"PK\x03\x04nonsense"[..], b"a,b\n1,2\n", b"", b"\xFF\xFE\x00"] {
        assert!(roster::import(&database, nonsense, false).await.is_err());
    }
}

async fn a_changed_row_updates_and_an_empty_cell_leaves_what_is_there(base: Base) {
    let (_folder, _, database) = database(base).await;
    let header = roster::COLUMNS.join(",");
    let first = format!("{header}\n{GRID},001,李明,东湾1号,13800001234,1,空巢,李明,户主,男,1951-3-5,在家\n");
    roster::import(&database, first.as_bytes(), false).await.expect("it imports");
    let second = format!("{header}\n{GRID},001,,东湾2号,,,,李明,,,,外出\n");
    let report = roster::import(&database, second.as_bytes(), false).await.expect("it imports");
    assert_eq!((report.households_changed, report.residents_changed), (1, 1));
    let (households, residents) = people(&database).await;
    assert_eq!((households.len(), households[0].address.as_str()), (1, "东湾2号"));
    assert_eq!((households[0].phone.as_str(), households[0].order), ("13800001234", Some(1)));
    assert_eq!((residents.len(), residents[0].living), (1, Some(Living::Away)));
    assert_eq!(residents[0].birth, NaiveDate::from_ymd_opt(1951, 3, 5));
}

async fn the_templates_example_is_what_an_import_takes(base: Base) {
    let bytes = template().expect("a template");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("an xlsx");
    let range = book.worksheet_range("填写示例").expect("the example");
    let rows: Vec<String> =
        range.rows().map(|row| row.iter().map(|cell| cell.to_string()).collect::<Vec<_>>().join(",")).collect();
    let (_folder, _, database) = database(base).await;
    let report = roster::import(&database, rows.join("\n").as_bytes(), false).await.expect("it imports");
    assert_eq!((report.households_added, report.residents_added, report.bad.len()), (1, 2, 0), "{:?}", report.bad);
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
    roster::import(&database, &sheet, false).await.expect("it imports");
    let records = database.records(GRID, &[Kind::Household]).await.expect("records");
    let household = records.iter().find(|record| record.fields["number"].value == "001").expect("a household").id;
    let grants = [Grant::grid_worker(crate::world::channel().grid)];
    let author = ruhu_server::database::Author {
        account: "test",
        name: "王芳",
        device: ruhu_domain::DeviceId(1),
        grants: &grants,
    };
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
    };
    let (mut book, count) = out(&wanted).await;
    assert_eq!(count, 1);
    let range = book.worksheet_range("走访台账").expect("the sheet");
    let rows: Vec<&[Data]> = range.rows().collect();
    let text = |row: usize, column: usize| rows[row][column].to_string();
    assert_eq!((text(1, 0), text(1, 9)), ("序号".to_owned(), "办结日期".to_owned()));
    assert_eq!((text(2, 1), text(2, 2), text(2, 3)), ("2026-11-23".into(), GRID.into(), "李*".into()));
    assert_eq!(text(2, 6), "'=cmd|' /C calc'!A0", "no formula runs in the office");
    assert_eq!(rows.len(), 3);

    wanted.purpose = "核对户主".into();
    let (mut book, _) = out(&wanted).await;
    assert_eq!(
        book.worksheet_range("走访台账").expect("the sheet").get((2, 3)).map(ToString::to_string),
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
    rosters_in_csv_import_in_utf_8_and_in_gbk,
    bad_rows_are_named_and_the_rest_is_taken,
    a_changed_row_updates_and_an_empty_cell_leaves_what_is_there,
    the_templates_example_is_what_an_import_takes,
    the_demo_is_the_same_for_the_same_seed_and_fills_once,
    the_ledger_holds_the_visits_of_the_area_and_days_with_names_masked,
);
