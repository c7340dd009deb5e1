//! Bounds on what is taken in. Whatever keeps them can be stored, read back and sent to every phone; whatever does not is
//! stopped at the server's door, before it is anywhere.

use crate::{
    incident::Incident,
    record::{Name, Op, Record},
    schema::{RecordKind, Schema},
    text::is_written,
};
use serde_json::Value;

/// The largest op that is taken, in bytes of JSON.
pub const MAX_OP: usize = 64 * 1024;

/// The most levels of lists and maps in a value. JSON readers stop at 128 levels, of which records, pages and answers around
/// the value take some.
pub const MAX_DEPTH: usize = 16;

/// The longest name of a field or a kind, in bytes.
pub const MAX_NAME: usize = 64;

/// The most fields of a record, and of an op.
pub const MAX_FIELDS: usize = 256;

/// The most values of one field that wait for a choice: one by each device that edited without knowing of the others.
pub const MAX_CONTESTED: usize = 32;

/// The largest record with its contested values, in bytes of text.
pub const MAX_RECORD: usize = 256 * 1024;

/// Checks that an op has a shape that any schema could take.
///
/// # Errors
/// Returns [`Incident::Malformed`] where names, depth or characters break a bound.
pub(crate) fn check_op<S: Schema>(op: &Op<S>) -> Result<(), Incident> {
    let values = op.changes.values().map(|change| &change.value);
    let sound = is_name(op.kind.name())
        && op.changes.len() <= MAX_FIELDS
        && op.changes.keys().all(|name| is_name(name))
        && values.into_iter().all(|value| is_flat(value, MAX_DEPTH) && is_clean(value));
    if sound { Ok(()) } else { Err(Incident::Malformed) }
}

/// Checks that a merged record can be stored and sent.
///
/// # Errors
/// Returns [`Incident::RecordTooLarge`] where it has too many fields, contested values or bytes.
pub(crate) fn check_record<S: Schema>(record: &Record<S>) -> Result<(), Incident> {
    let contested = || record.contested.values();
    let values = record.fields.values().chain(contested().flatten()).map(|field| weight(&field.value));
    let names = record.fields.keys().map(Name::len);
    let fits = record.fields.len() <= MAX_FIELDS
        && contested().all(|fields| fields.len() <= MAX_CONTESTED)
        && values.chain(names).sum::<usize>() <= MAX_RECORD;
    if fits { Ok(()) } else { Err(Incident::RecordTooLarge) }
}

/// Whether a text may name a field or a kind.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME && !text.chars().any(char::is_control)
}

/// Whether a value has at most so many levels.
fn is_flat(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| is_flat(item, levels - 1)),
        Value::Object(entries) => levels > 0 && entries.values().all(|item| is_flat(item, levels - 1)),
        _ => true,
    }
}

/// Whether no text in a value has a control character.
fn is_clean(value: &Value) -> bool {
    let clean = |text: &str| text.chars().all(is_written);
    match value {
        Value::String(text) => clean(text),
        Value::Array(items) => items.iter().all(is_clean),
        Value::Object(entries) => entries.iter().all(|(name, item)| clean(name) && is_clean(item)),
        _ => true,
    }
}

/// Returns about how many bytes a value takes as JSON.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| weight(item) + 1).sum::<usize>() + 2,
        Value::Object(entries) => entries.iter().map(|(name, item)| name.len() + weight(item) + 4).sum::<usize>() + 2,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{DeviceId, OpId, RecordId},
        intake::{Intake, Sender},
        merge::merge,
        record::Change,
        stamp::Stamp,
        testing::{Kind, NoteOp, Notes},
        wire::OpOutcome,
    };
    use serde_json::json;
    use std::collections::BTreeMap;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!("x"), |inner, _| json!([inner]))
    }

    fn op(n: u64, device: u64, changes: BTreeMap<Name, Value>) -> NoteOp {
        let change = |value| Change { value, replaced: None, settles: Vec::new() };
        NoteOp {
            id: OpId::new(n, [1; 10]),
            record: RecordId::new(1, [1; 10]),
            kind: Kind::Note,
            channel: "north-2/open".parse().expect("a channel"),
            stamp: Stamp { ms: n, counter: 0, device: DeviceId(device) },
            by: Name::default(),
            changes: changes.into_iter().map(|(name, value)| (name, change(value))).collect(),
        }
    }

    fn outcome(op: NoteOp) -> OpOutcome {
        let grants = [op.channel.clone()];
        Intake::<Notes>::default().take(op, &Sender { name: "王芳", grants: &grants, now_ms: 1_000 }).outcome
    }

    #[test]
    fn what_could_not_be_read_back_is_not_taken() {
        let one = |name: &str, value: Value| outcome(op(5, 1, [(Name::from(name), value)].into()));
        assert_eq!(one("found", nested(MAX_DEPTH)), OpOutcome::Applied);
        assert_eq!(one("found", nested(MAX_DEPTH + 1)), OpOutcome::Rejected);
        assert_eq!(one("found", nested(120)), OpOutcome::Rejected);
        assert_eq!(one("found", json!("一行\n\t又一行")), OpOutcome::Applied);
        assert_eq!(one("found", json!("\0")), OpOutcome::Rejected);
        assert_eq!(one("found", json!([{ "a\u{b}": 1 }])), OpOutcome::Rejected);
        assert_eq!(one("a\0", json!(1)), OpOutcome::Rejected);
        assert_eq!(one("", json!(1)), OpOutcome::Rejected);
        assert_eq!(one(&"a".repeat(MAX_NAME + 1), json!(1)), OpOutcome::Rejected);
        let fields = |count: usize| (0..count).map(|n| (Name::from(n.to_string()), json!(n))).collect();
        assert_eq!(outcome(op(5, 1, fields(MAX_FIELDS))), OpOutcome::Applied);
        assert_eq!(outcome(op(5, 1, fields(MAX_FIELDS + 1))), OpOutcome::Rejected);
        let kind = NoteOp { kind: Kind::Other("k".repeat(100)), ..op(5, 1, fields(1)) };
        assert_eq!(outcome(kind), OpOutcome::Rejected);
    }

    #[test]
    fn a_record_that_would_grow_without_end_stays_as_it_is_and_the_op_waits() {
        let text = "长".repeat(10_000);
        let mut record = merge::<Notes>(None, &op(1, 1, [("a".into(), json!("x"))].into())).record;
        let mut waited = 0;
        for n in 2..40 {
            let one = op(n, n, [("a".into(), json!(format!("{text}{n}")))].into());
            let mut intake = Intake::<Notes>::new([], [(record.clone(), 1)], []);
            let grants = [one.channel.clone()];
            let result = intake.take(one, &Sender { name: "王芳", grants: &grants, now_ms: 1_000 });
            let (kept, mut changes) = intake.finish();
            assert_eq!(kept.len(), 1, "it is in the history, whatever became of it");
            match result.outcome {
                OpOutcome::Quarantined => waited += 1,
                _ => record = changes.pop_first().expect("a change").1.records.remove(0).record,
            }
            let bytes = serde_json::to_vec(&record).expect("text").len();
            assert!(bytes <= MAX_RECORD + 16 * 1024, "{bytes}");
        }
        assert!(waited > 20, "{waited}");
    }
}
