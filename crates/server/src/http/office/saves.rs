//! Saves of an office in records of the field: they go through the intake like a phone's, in the caller's name.

use super::{Official, Refusal};
use crate::{
    database::{Author, Database, Incoming, Session},
    random,
};
use ruhu_domain::{
    Channel, DeviceId, Kind, OpId, RecordId, Stamp,
    office::OfRecord,
    record::{Change, Name, Op, diff},
    rights::Grant,
    wire::OpOutcome,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Fields of a record that are written.
pub(super) struct Save {
    /// The kind of the record.
    pub kind: Kind,
    /// The record.
    pub of: OfRecord,
    /// The fields with their new values.
    pub changes: BTreeMap<Name, Value>,
}

/// Writes fields of records of one county, all in one transaction, with these grants besides the caller's own: an office saves
/// nothing by its own. The records' histories show who and what.
///
/// # Errors
/// The reason of the intake for the first that was not taken. None of those waits for a decision.
pub(super) async fn save(
    database: &Database,
    official: &Official,
    grants: &[Grant],
    saves: Vec<Save>,
) -> Result<(), Refusal> {
    let (now, device) = (random::now_ms(), DeviceId(official.session.device.0));
    let mut ops = Vec::with_capacity(saves.len());
    for Save { kind, of, changes } in saves {
        let replaced = database.stamps(of.record, &of.channel).await?;
        let change = |(name, value): (Name, Value)| {
            let replaced = replaced.get(&name).copied();
            (name, Change { value, replaced, settles: Vec::new() })
        };
        let latest = replaced.values().max().copied().unwrap_or(Stamp::zero(device));
        ops.push(Op {
            id: OpId::new(now, random::bytes()),
            record: of.record,
            kind,
            channel: of.channel,
            stamp: latest.next(now, device),
            by: Name::default(),
            changes: changes.into_iter().map(change).collect(),
        });
    }
    take(database, official, grants, ops).await
}

/// Takes a step of a file, with these grants besides the caller's own.
///
/// # Errors
/// The reason of the intake where it was not taken.
pub(super) async fn take_step<T: Serialize>(
    database: &Database,
    official: &Official,
    grants: &[Grant],
    kind: Kind,
    channel: Channel,
    step: &T,
) -> Result<(), Refusal> {
    let (now, device) = (random::now_ms(), DeviceId(official.session.device.0));
    let op = Op {
        id: OpId::new(now, random::bytes()),
        record: RecordId::new(now, random::bytes()),
        kind,
        channel,
        stamp: Stamp::zero(device).next(now, device),
        by: Name::default(),
        changes: diff(None, step),
    };
    take(database, official, grants, vec![op]).await
}

async fn take(database: &Database, official: &Official, grants: &[Grant], ops: Vec<Op>) -> Result<(), Refusal> {
    let grants = [grants, &official.grants].concat();
    let device = DeviceId(official.session.device.0);
    let Session { account, name, .. } = &official.session;
    let author = Author { account, name, device, grants: &grants };
    let ops = ops.into_iter().map(|op| Incoming::Op(Box::new(op))).collect();
    let mut refused = None;
    for result in database.take(author, ops).await?.results {
        let reason = result.reason.unwrap_or_default().replace("，已交主管核对", "");
        if result.outcome == OpOutcome::Quarantined {
            // The caller is told at once: nobody else is to decide on it later.
            database.refuse(result.op, &reason, account).await?;
        }
        if matches!(result.outcome, OpOutcome::Quarantined | OpOutcome::Rejected) {
            refused.get_or_insert(reason);
        }
    }
    refused.map_or(Ok(()), |reason| Err(Refusal::Invalid(reason)))
}
