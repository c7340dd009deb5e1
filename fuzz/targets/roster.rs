//! A roster, `.xlsx` or `.csv`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruhu_server::import::roster;
use std::collections::HashSet;

fuzz_target!(|bytes: &[u8]| {
    let villages = HashSet::from(["411502001003".to_owned()]);
    drop(roster::read(bytes, &villages));
});
