//! A roster, `.xlsx`, `.xls` or text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruhu_server::import::roster;
use std::collections::HashSet;

fuzz_target!(|bytes: &[u8]| {
    let villages = HashSet::from(["411502001003".to_owned()]);
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day");
    drop(roster::read(bytes, &roster::Known { villages: &villages, today }));
});
