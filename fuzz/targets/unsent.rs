//! A file of what a phone could not send.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruhu_server::import;
use ruhu_vault::RecoveryKey;

fuzz_target!(|bytes: &[u8]| {
    drop(import::read_ops(bytes, || Ok(RecoveryKey::new([8; 32]))));
});
