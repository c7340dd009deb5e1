//! Reads what phones and servers of an earlier version stored and sent, without loss. The file was written by the version of
//! 2026-11-28, before sync became a crate of its own: a phone's tables after a pass whose last answer did not come and two more
//! saves, the request and the answer of that pass, and the server's history with the digests of its ops.

use ruhu_domain::{
    Kind, Record, RecordId,
    engine::{Engine, Head, QueuedState},
    intake::{Intake, OpDigest, Past, Sender, Verdict},
    record::Op,
    storage::{READ_ON_OPEN, Snapshot},
    wire::{OpOutcome, SyncRequest, SyncResponse},
};
use serde_json::{Value, json};

fn kept() -> Value {
    serde_json::from_str(include_str!("kept/2026-11-28.json")).expect("the kept file")
}

fn id(n: u64) -> RecordId {
    RecordId::new(n, [n as u8; 10])
}

fn snapshot() -> Snapshot {
    let kept = kept();
    let mut snapshot = Snapshot::default();
    for table in READ_ON_OPEN {
        let entries = kept["stored"][table.name()].as_object().into_iter().flatten();
        snapshot.put(table, entries.map(|(key, value)| (key.clone(), value.to_string().into_bytes())).collect());
    }
    snapshot
}

#[test]
fn a_phone_of_the_version_before_opens_with_all_that_it_had() {
    let stored = snapshot();
    let head = Head::stored(&stored).expect("a head can be read").expect("there is one");
    assert_eq!((head.by.as_str(), head.epoch.as_deref(), head.grants.len()), ("王芳", Some("e1"), 3));
    let engine = Engine::load(head, &stored).expect("what was stored can be read");
    let found = |n: u64, name: &str| engine.record(id(n)).expect("the record").fields[name].value.clone();
    assert_eq!(found(1, "head"), json!("李明"));
    assert_eq!(found(3, "found"), json!("还好"), "a save that was not sent lies on what the office has");
    assert_eq!(found(7, "new"), json!([1, 2]), "a kind that this version does not know is carried along");
    assert_eq!(engine.record(id(7)).map(|record| &record.kind), Some(&Kind::Other("from_2030".into())));
    assert_eq!([1, 2, 4, 5].map(|n| engine.at_office(id(n))), [true; 4]);
    assert_eq!([3, 6, 7, 8].map(|n| engine.at_office(id(n))), [false; 4]);
    let under_review = engine.outbox().filter(|queued| matches!(queued.state, QueuedState::Review { .. }));
    assert_eq!(under_review.map(|queued| queued.op.record).collect::<Vec<_>>(), [id(6)]);
    assert_eq!((engine.outbox().len(), engine.acknowledged().count()), (4, 5));
}

#[test]
fn records_and_messages_of_the_version_before_are_written_as_they_were() {
    let kept = kept();
    for table in ["segments", "segments_mediation"] {
        for segment in kept["stored"][table].as_object().expect("segments").values() {
            for record in segment["records"].as_array().expect("records") {
                let read: Record = serde_json::from_value(record.clone()).expect("a record");
                assert_eq!(serde_json::to_value(&read).expect("JSON"), *record);
            }
        }
    }
    let request: SyncRequest = serde_json::from_value(kept["request"].clone()).expect("a request");
    assert_eq!(serde_json::to_value(&request).expect("JSON"), kept["request"]);
    let response: SyncResponse = serde_json::from_value(kept["response"].clone()).expect("an answer");
    assert_eq!(serde_json::to_value(&response).expect("JSON"), kept["response"]);
}

#[test]
fn an_op_that_a_server_took_before_is_known_again_by_its_digest() {
    let kept = kept();
    let history = kept["history"].as_array().expect("a history").iter().map(|entry| {
        let op: Op = serde_json::from_value(entry["op"].clone()).expect("an op");
        let text = entry["digest"].as_str().expect("a digest");
        let byte = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("two digits");
        let digest: OpDigest = std::array::from_fn(byte);
        (op, Past { digest, verdict: Verdict::Accepted, stamp: None })
    });
    let history: Vec<(Op, Past)> = history.collect();
    let mut intake = Intake::new(history.iter().map(|(op, past)| (op.id, past.clone())), [], []);
    let sender = Sender { name: "王芳", grants: &[], now_ms: 1_795_406_500_000 };
    for (op, _) in &history {
        // Its record is not here, so the answer is that it is gone; other bytes would be refused.
        assert_eq!(intake.take(op.clone(), &sender).outcome, OpOutcome::Gone, "{op:?}");
    }
    let (op, _) = &history[0];
    let forged = Op { channel: history[3].0.channel.clone(), ..op.clone() };
    assert_eq!(intake.take(forged, &sender).outcome, OpOutcome::Rejected);
}
