//! Ledgers.

use super::{COUNTY, TOWNSHIP, VILLAGE, family};
use crate::world::{
    Base, World,
    desk::{Desk, place},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use calamine::Reader;
use calamine::Xlsx;
use chrono::NaiveDate;
use ruhu_domain::{Class, day, ledger::Ledger, office::*, rights::Role};
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

on_both_databases! {
    a_ledger_is_for_those_who_may_look_and_masked_without_a_purpose,
}
