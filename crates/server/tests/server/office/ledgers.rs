//! Ledgers.

use super::{COUNTY, HOUSEHOLD, TOWNSHIP, VILLAGE, family, id, op};
use crate::world::{
    Base, World,
    desk::{Desk, place},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use calamine::Reader;
use calamine::Xlsx;
use chrono::NaiveDate;
use ruhu_domain::{
    Class, Kind, codes::Outcome, day, ledger::Ledger, office::*, rights::Role, visit::Visit, wire::OpOutcome,
};
use ruhu_server::random;

async fn a_ledger_is_for_those_who_may_look_and_masked_without_a_purpose(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    let today = day::day(random::now_ms().cast_signed());
    let wanted = |ledger, at: &str, from: NaiveDate, purpose: &str| WantedLedger {
        ledger,
        place: place(at),
        from: Some(from),
        to: Some(today),
        purpose: purpose.into(),
    };
    let visits = |at: &str, purpose: &str| wanted(Ledger::Visits, at, today - chrono::Days::new(300), purpose);
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let rows = async |wanted: &WantedLedger| {
        let file: LedgerFile = desk.ask("ledger", wanted).await;
        let table = BASE64_STANDARD.decode(file.xlsx).expect("Base64");
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(table)).expect("an xlsx");
        let range = book.worksheet_range("走访台账").expect("the sheet");
        assert_eq!(range.height(), file.rows + 5, "three rows above, and a line to sign after a gap");
        range.get((3, 3)).map(ToString::to_string)
    };
    assert_eq!(rows(&visits(VILLAGE, "")).await.as_deref(), Some("陈*"));
    assert_eq!(rows(&visits(VILLAGE, "核对户主")).await.as_deref(), Some("陈静"));
    let acts: Vec<ActLine> = desk.ask("acts", &FindActs::default()).await;
    assert!(acts.iter().any(|act| act.act == "导出" && act.subject.contains("用途：核对户主")), "{acts:?}");

    let old = wanted(Ledger::Visits, VILLAGE, today - chrono::Days::new(400), "");
    assert_eq!(desk.status("ledger", &old).await, 422, "more than a year");
    let late = WantedLedger { to: None, ..visits(VILLAGE, "") };
    assert_eq!(desk.status("ledger", &late).await, 422, "without an end");
    assert_eq!(desk.status("ledger", &visits(COUNTY, "")).await, 403, "more than their place");
    assert_eq!(desk.status("ledger", &wanted(Ledger::Disputes, VILLAGE, today, "")).await, 403, "no mediation");
    let administrator = Desk::open(&world, "guanli", Role::Administrator, COUNTY, &[]).await;
    assert_eq!(administrator.status("ledger", &visits(VILLAGE, "")).await, 403);
    // The ledger of care is for who is near.
    let care = wanted(Ledger::Care, VILLAGE, today, "");
    assert_eq!(desk.status("ledger", &care).await, 403, "no care");
    for (account, role, at, status) in [
        ("cun", Role::VillageLead, VILLAGE, 200),
        ("xiang", Role::Township, TOWNSHIP, 200),
        ("xian", Role::County, COUNTY, 403),
    ] {
        let desk = Desk::open(&world, account, role, at, Class::ALL).await;
        assert_eq!(desk.status("ledger", &care).await, status, "{account}");
    }
}

/// Runs LibreOffice on a sheet, with a profile of its own; returns what it made of it.
fn in_libreoffice(folder: &std::path::Path, sheet: &[u8], format: &str) -> Vec<u8> {
    let file = folder.join("ledger.xlsx");
    std::fs::write(&file, sheet).expect("the sheet is written");
    let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
    let mut office = std::process::Command::new("soffice");
    office.args([&profile, "--headless", "--convert-to", format, "--outdir"]).arg(folder).arg(&file);
    let done = office.output().expect("LibreOffice is installed: cargo xtask test sets it up");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let made = file.with_extension(format.split(':').next().expect("an extension"));
    std::fs::read(made).expect("LibreOffice opened the sheet")
}

/// A township files a ledger from the program that it has: that is LibreOffice or WPS.
#[tokio::test]
async fn a_ledger_opens_in_libreoffice_as_it_is_filed() {
    let world = World::new(Base::Sqlite).await;
    let mut phone = world.log_in(1).await;
    phone.sync(family()).await;
    let long = "下午到家里看望，谈了很久。".repeat(60);
    let visits = (0..40).map(|n| {
        let mut visit = Visit::new(id(HOUSEHOLD), random::now_ms().cast_signed(), "王芳", Outcome::Met);
        visit.requests = if n == 0 { long.clone() } else { format!("第{n}次") };
        op(300 + n, Kind::Visit, id(300 + n), &visit)
    });
    let answer = phone.sync(visits.collect()).await;
    assert!(answer.results.iter().all(|result| result.outcome == OpOutcome::Applied), "{:?}", answer.results);
    let today = day::day(random::now_ms().cast_signed());
    let desk = Desk::open(&world, "zhen", Role::Township, TOWNSHIP, &[Class::General]).await;
    let wanted = WantedLedger {
        ledger: Ledger::Visits,
        place: place(VILLAGE),
        from: Some(today),
        to: Some(today),
        purpose: "年底归档".into(),
    };
    let file: LedgerFile = desk.ask("ledger", &wanted).await;
    let sheet = BASE64_STANDARD.decode(file.xlsx).expect("Base64");
    let folder = tempfile::tempdir().expect("a folder");

    let table = String::from_utf8(in_libreoffice(folder.path(), &sheet, "csv:Text - txt - csv (StarCalc):44,34,76"))
        .expect("UTF-8");
    let head = table.lines().next().unwrap_or_default();
    assert!(head.contains("三里店社区") && head.contains("走访台账"), "{head}");
    assert!(table.contains("年底归档") && table.contains("陈静"), "{table}");
    assert_eq!(table.matches('谈').count(), 60, "long words are whole, though they go on in the next row: {table}");
    assert_eq!(table.matches("第39次").count(), 1);
    // A date is a date: LibreOffice writes it in the form of the cell.
    assert!(table.contains(&today.format("%Y-%m-%d").to_string()), "{table}");

    in_libreoffice(folder.path(), &sheet, "pdf");
    let pdf = folder.path().join("ledger.pdf");
    let read = |program: &str, options: &[&str]| {
        let out = std::process::Command::new(program)
            .args(options)
            .arg(&pdf)
            .args((program == "pdftotext").then_some("-"))
            .output();
        String::from_utf8_lossy(&out.expect("poppler is installed: cargo xtask test sets it up").stdout).into_owned()
    };
    let info = read("pdfinfo", &[]);
    let pages: usize =
        info.lines().find_map(|line| line.strip_prefix("Pages:")).and_then(|n| n.trim().parse().ok()).expect("pages");
    assert!(info.contains("(A4)") && info.contains("841.") && pages > 1, "{info}");
    let text = read("pdftotext", &["-layout"]);
    let printed: Vec<&str> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
    assert_eq!(printed.len(), pages, "no page is empty");
    for (n, page) in printed.iter().enumerate() {
        assert!(page.contains("走访人"), "page {} repeats the header: {page}", n + 1);
        assert!(page.contains(&format!("第 {} 页，共 {pages} 页", n + 1)), "page {} says which it is", n + 1);
    }
    assert!(printed[pages - 1].contains("负责人（签字）"), "the last page is signed: {}", printed[pages - 1]);
}

on_both_databases! {
    a_ledger_is_for_those_who_may_look_and_masked_without_a_purpose,
}
