//! Saves of an office in records of the field: they go through the intake like a phone's, in the caller's name.

use super::{Official, Refusal};
use crate::{
    database::{Author, Database, Incoming},
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

/// Writes fields of a record, with these grants besides the caller's own: an office saves nothing by its own. The record's
/// history shows who and what.
///
/// # Errors
/// The reason of the intake where it was not taken.
pub(super) async fn save(
    database: &Database,
    official: &Official,
    grants: &[Grant],
    kind: Kind,
    of: &OfRecord,
    changes: BTreeMap<Name, Value>,
) -> Result<(), Refusal> {
    let (now, device) = (random::now_ms(), DeviceId(official.session.device.0));
    let replaced = database.stamps(of.record, &of.channel).await?;
    let change = |(name, value): (Name, Value)| {
        let replaced = replaced.get(&name).copied();
        (name, Change { value, replaced, settles: Vec::new() })
    };
    let latest = replaced.values().max().copied().unwrap_or(Stamp::zero(device));
    let op = Op {
        id: OpId::new(now, random::bytes()),
        record: of.record,
        kind,
        channel: of.channel.clone(),
        stamp: latest.next(now, device),
        by: Name::default(),
        changes: changes.into_iter().map(change).collect(),
    };
    take(database, official, grants, op).await
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
    take(database, official, grants, op).await
}

async fn take(database: &Database, official: &Official, grants: &[Grant], op: Op) -> Result<(), Refusal> {
    let grants = [grants, &official.grants].concat();
    let device = DeviceId(official.session.device.0);
    let author = Author { account: &official.session.account, name: &official.session.name, device, grants: &grants };
    let taken = database.take(author, vec![Incoming::Op(Box::new(op))]).await?;
    match taken.results.into_iter().next() {
        Some(result) if matches!(result.outcome, OpOutcome::Quarantined | OpOutcome::Rejected) => {
            Err(Refusal::Invalid(result.reason.unwrap_or_default().replace("，已交主管核对", "")))
        }
        Some(_) => Ok(()),
        None => Err(Refusal::Internal),
    }
}
