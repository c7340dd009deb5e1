//! What says of which record a picture is, and the picture itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruhu_server::{http::metadata, picture};

fuzz_target!(|body: &[u8]| {
    if let Ok(text) = std::str::from_utf8(body) {
        drop(metadata(text));
    }
    drop(picture::check(body));
});
