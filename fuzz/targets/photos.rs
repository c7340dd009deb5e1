//! Reads the message that says of which record a photo is, and the photo itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruhu_server::{http::metadata, photo_check};

fuzz_target!(|body: &[u8]| {
    if let Ok(text) = std::str::from_utf8(body) {
        drop(metadata(text));
    }
    let _ = photo_check::check(body);
});
