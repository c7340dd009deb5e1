//! A roster, `.xlsx`, `.xls` or text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruhu_server::import::roster;
use std::collections::HashSet;

fuzz_target!(|bytes: &[u8]| {
    let villages = HashSet::from(["411502001003".to_owned()]);
    let today = ruhu_domain::day::day(1_796_000_000_000);
    let known = roster::Known { villages: &villages, today };
    if let Ok(file) = roster::read(bytes) {
        file.groups.iter().for_each(|group| drop(roster::readable(&group.rows, &known)));
    }
});
