//! The body of a push, and the intake of its ops: whatever they are, each is answered, and what comes out reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruhu_domain::{
    Record,
    intake::{Intake, Sender},
    rights::Grant,
    wire::SyncRequest,
};

fuzz_target!(|body: &[u8]| {
    let Ok(request) = serde_json::from_slice::<SyncRequest>(body) else { return };
    let grants: Vec<Grant> = request.ops.iter().map(|op| Grant::grid_worker(op.channel.grid.clone())).collect();
    let sender = Sender { name: "王芳", grants: &grants, now_ms: 1_795_000_000_000 };
    let mut intake = Intake::default();
    for op in &request.ops {
        let answer = intake.take(op.as_ref().clone(), &sender);
        assert_eq!(answer.op, op.id);
    }
    for record in intake.finish().1.into_values().flat_map(|changes| changes.records).map(|changed| changed.record) {
        let text = serde_json::to_string(&record).expect("it is written");
        assert_eq!(serde_json::from_str::<Record>(&text).expect("it reads back"), record);
    }
});
