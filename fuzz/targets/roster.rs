//! A roster, `.xlsx`, `.xls` or text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruhu_server::import::roster;
use std::collections::{HashMap, HashSet};

fuzz_target!(|bytes: &[u8]| {
    let villages = HashSet::from(["411502001003".to_owned()]);
    let today = ruhu_domain::day::day(1_796_000_000_000);
    let (aliases, closed) = (HashMap::new(), HashMap::new());
    let known = roster::Known { villages: &villages, aliases: &aliases, closed: &closed, today };
    if let Ok(file) = roster::read(bytes) {
        file.groups.iter().for_each(|group| drop(roster::readable(&group.rows, &known)));
    }
});
