//! A table of areas.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruhu_server::import::areas;

fuzz_target!(|bytes: &[u8]| {
    drop(areas::read(bytes));
});
