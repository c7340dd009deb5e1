//! How an edit lands on a record. The server and the phones use this one function.
//!
//! Fields merge one by one and the greater stamp wins. Where the writer had not seen the value that
//! is there, the losing one is kept as contested until a person chooses: the last write never wins
//! in silence.

use crate::{
    planted::{Bug, planted},
    record::{Change, Field, Mark, Op, Record},
    schema::Schema,
};

/// The outcome of laying an op on a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged<S: Schema> {
    /// The record after it.
    pub record: Record<S>,
    /// Whether every changed field took the op's value, with nothing contested by it: a device that
    /// knew the record before and made the op already has exactly this record.
    pub clean: bool,
    /// Whether at least one field took the op's value.
    pub applied: bool,
}

/// A record as the office hands it out, laid on what this phone knows of it: an answer from a server that
/// lags behind takes nothing back.
#[must_use]
pub fn join<S: Schema>(known: Option<&Record<S>>, mut pulled: Record<S>) -> Record<S> {
    let Some(known) = known.filter(|_| !planted(Bug::LAGGING_TAKES_BACK)) else { return pulled };
    for (name, field) in &known.fields {
        if pulled.fields.get(name).is_none_or(|other| other.stamp < field.stamp) {
            pulled.fields.insert(name.clone(), field.clone());
            match known.contested.get(name) {
                Some(contested) => drop(pulled.contested.insert(name.clone(), contested.clone())),
                None => drop(pulled.contested.remove(name)),
            }
        }
    }
    for (device, by) in &known.others {
        pulled.note_author(*device, by);
    }
    if known.changed.at > pulled.changed.at {
        pulled.changed = known.changed.clone();
    }
    pulled.follow();
    pulled
}

/// Lays an op on the record it is for, or makes the record. Doing it twice changes nothing more.
pub fn merge<S: Schema>(record: Option<&Record<S>>, op: &Op<S>) -> Merged<S> {
    let mark = Mark { by: op.by.clone(), at: op.stamp.ms };
    let mut merged = Merged {
        record: record.cloned().unwrap_or_else(|| Record {
            id: op.record,
            kind: op.kind.clone(),
            channel: op.channel.clone(),
            fields: Default::default(),
            contested: Default::default(),
            created: mark.clone(),
            changed: mark.clone(),
            others: Vec::new(),
        }),
        clean: true,
        applied: op.changes.is_empty(),
    };
    for (name, change) in &op.changes {
        merge_field(&mut merged, name, change, op);
    }
    merged.record.note_author(op.stamp.device, &op.by);
    if mark.at > merged.record.changed.at {
        merged.record.changed = mark;
    }
    merged.record.follow();
    merged
}

fn merge_field<S: Schema>(merged: &mut Merged<S>, name: &str, change: &Change, op: &Op<S>) {
    let record = &mut merged.record;
    let new = Field { value: change.value.clone(), stamp: op.stamp };
    let Some(current) = record.fields.get_mut(name) else {
        record.fields.insert(name.into(), new);
        merged.applied = true;
        return;
    };
    if current.stamp == op.stamp {
        merged.applied = true;
        return;
    }
    // A device knows its own edits, in whatever order and with whatever stamps they arrive.
    let same_device = current.stamp.device == op.stamp.device;
    let seen = change.replaced == Some(current.stamp) || current.value == change.value || same_device;
    let loser = if new.stamp > current.stamp {
        merged.applied = true;
        std::mem::replace(current, new)
    } else {
        merged.clean = false;
        new
    };
    let mut contested = record.contested.remove(name).unwrap_or_default();
    contested.retain(|field| {
        let replaced = Some(field.stamp) == change.replaced || change.settles.contains(&field.stamp);
        let own_earlier = field.stamp.device == op.stamp.device && field.stamp < op.stamp;
        !replaced && !own_earlier
    });
    let known = |field: &Field| field.stamp.device == loser.stamp.device && field.stamp >= loser.stamp;
    if !seen && !contested.iter().any(known) && !planted(Bug::CONTESTED_DROPPED) {
        merged.clean = false;
        contested.push(loser);
    }
    if !contested.is_empty() {
        contested.sort_by_key(|field| field.stamp);
        record.contested.insert(name.into(), contested);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{DeviceId, OpId, RecordId},
        stamp::Stamp,
        testing::{Kind, NoteOp as Op},
    };
    use serde_json::json;

    /// One edit of the field under test: who at what time, the value, what they had seen, what they settle.
    type Edit = (u64, u64, &'static str, Option<(u64, u64)>, &'static [(u64, u64)]);

    fn stamp(ms: u64, device: u64) -> Stamp {
        Stamp { ms, counter: 0, device: DeviceId(device) }
    }

    fn op((ms, device, value, replaced, settles): Edit) -> Op {
        let change = Change {
            value: json!(value),
            replaced: replaced.map(|(ms, device)| stamp(ms, device)),
            settles: settles.iter().map(|(ms, device)| stamp(*ms, *device)).collect(),
        };
        Op {
            id: OpId::new(ms, [device as u8; 10]),
            record: RecordId::new(1, [0; 10]),
            kind: Kind::Note,
            channel: "north-2/open".parse().expect("a channel"),
            stamp: stamp(ms, device),
            by: format!("{device}").into(),
            changes: [("found".into(), change)].into(),
        }
    }

    /// The winner and the contested values after the edits, in the order they arrive.
    fn after(edits: &[Edit]) -> (String, Vec<String>) {
        let mut record = None;
        for edit in edits {
            let op = op(*edit);
            let merged = merge(record.as_ref(), &op).record;
            assert_eq!(merge(Some(&merged), &op).record, merged, "an op laid on twice changes nothing more");
            record = Some(merged);
        }
        let record = record.expect("at least one edit");
        let text = |field: &Field| field.value.as_str().unwrap_or_default().to_owned();
        let contested = record.contested.get("found").map(|fields| fields.iter().map(text).collect());
        (text(&record.fields["found"]), contested.unwrap_or_default())
    }

    #[test]
    fn fields_merge_by_these_cases() {
        const NONE: &[(u64, u64)] = &[];
        let base: Edit = (1, 1, "父", None, NONE);
        let cases: &[(&str, &[Edit], &str, &[&str])] = &[
            ("a later edit that saw the value replaces it", &[base, (2, 2, "乙", Some((1, 1)), NONE)], "乙", &[]),
            (
                "two edits of the same value: the later wins, the other is kept",
                &[base, (2, 1, "甲", Some((1, 1)), NONE), (3, 2, "乙", Some((1, 1)), NONE)],
                "乙",
                &["甲"],
            ),
            (
                "the same two in the other order end the same",
                &[base, (3, 2, "乙", Some((1, 1)), NONE), (2, 1, "甲", Some((1, 1)), NONE)],
                "乙",
                &["甲"],
            ),
            (
                "two who wrote the same do not disagree",
                &[base, (2, 1, "同", Some((1, 1)), NONE), (3, 2, "同", Some((1, 1)), NONE)],
                "同",
                &[],
            ),
            (
                "equal times: the device decides, the same everywhere",
                &[base, (2, 2, "乙", Some((1, 1)), NONE), (2, 1, "甲", Some((1, 1)), NONE)],
                "乙",
                &["甲"],
            ),
            (
                "a further edit of one's own losing value replaces it, not both",
                &[
                    base,
                    (2, 1, "甲", Some((1, 1)), NONE),
                    (3, 2, "乙", Some((1, 1)), NONE),
                    (4, 1, "甲二", Some((2, 1)), NONE),
                ],
                "甲二",
                &["乙"],
            ),
            (
                "an edit by one who did not see the disagreement leaves it",
                &[
                    base,
                    (2, 1, "甲", Some((1, 1)), NONE),
                    (3, 2, "乙", Some((1, 1)), NONE),
                    (4, 2, "乙二", Some((3, 2)), NONE),
                ],
                "乙二",
                &["甲"],
            ),
            (
                "a choice settles it",
                &[
                    base,
                    (2, 1, "甲", Some((1, 1)), NONE),
                    (3, 2, "乙", Some((1, 1)), NONE),
                    (4, 3, "甲", Some((3, 2)), &[(2, 1)]),
                ],
                "甲",
                &[],
            ),
        ];
        for (name, edits, winner, contested) in cases {
            assert_eq!(
                after(edits),
                ((*winner).to_owned(), contested.iter().map(|v| (*v).to_owned()).collect()),
                "{name}"
            );
        }
    }

    #[test]
    fn who_made_and_who_last_changed_a_record_is_kept() {
        let first = merge(None, &op((5, 1, "a", None, &[]))).record;
        let late = merge(Some(&first), &op((3, 2, "b", None, &[]))).record;
        assert_eq!((late.created.by.as_str(), late.changed.by.as_str()), ("1", "1"));
        let next = merge(Some(&late), &op((9, 2, "c", Some((5, 1)), &[]))).record;
        assert_eq!((next.created.by.as_str(), next.changed.by.as_str(), next.changed.at), ("1", "2", 9));
    }
}
