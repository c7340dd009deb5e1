//! A server's answer, on a phone: whatever it is, the phone goes on, and what it would store it can load.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruhu_domain::{
    DeviceId,
    engine::{Engine, Head},
    storage::Snapshot,
    wire::SyncResponse,
};

fuzz_target!(|body: &[u8]| {
    let Ok(answer) = serde_json::from_slice::<SyncResponse>(body) else { return };
    let head = Head::new(DeviceId(1), "王芳", Vec::new());
    let mut engine = Engine::load(head, &Snapshot::default()).expect("an empty store");
    let plan = engine.plan_answer(None, answer, 1_795_000_000_000);
    engine.apply(plan.delta);
    drop(engine.records().count());
});
