//! One pass: which requests to send, until both sides have all.

use super::{Delta, Engine, Queued, QueuedState};
use crate::{
    id::{OpId, RecordId},
    wire::{MAX_OP_BYTES, MAX_OPS, SyncRequest},
};
use std::collections::{BTreeMap, BTreeSet};

/// The most requests on their way at once: while one is being answered the next is being packed.
pub const WINDOW: usize = 2;

/// The most ops under review that a pass asks about.
const REVIEWS: usize = 50;

/// A pass under way. Ops of one record are never on their way in two requests at once: they could
/// arrive in the wrong order.
#[derive(Clone, Debug)]
pub struct Pass {
    app: String,
    limit: u32,
    most: usize,
    pull: bool,
    sent: BTreeSet<OpId>,
    flying: BTreeMap<u32, Vec<(OpId, RecordId)>>,
    departed: u32,
}

impl Pass {
    /// A pass of an app of this version that pulls so many records at a time.
    pub fn new(app: &str, limit: u32) -> Self {
        let (sent, flying) = Default::default();
        Self { app: app.to_owned(), limit, most: MAX_OPS, pull: true, sent, flying, departed: 0 }
    }

    /// An answer was taken in: what changed by it.
    pub fn land(&mut self, request: u32, delta: &Delta) {
        self.flying.remove(&request);
        self.pull |= delta.again;
    }

    /// The server found a request too large: smaller ones will do, or this op by itself is too large.
    pub fn too_large(&mut self, request: u32) -> Option<OpId> {
        let ops = self.flying.remove(&request).unwrap_or_default();
        self.pull = true;
        self.most = (ops.len() / 2).max(1);
        if let [(op, _)] = ops.as_slice() {
            return Some(*op);
        }
        for (op, _) in ops {
            self.sent.remove(&op);
        }
        None
    }
}

impl Engine {
    /// The next request of a pass, with its number: the oldest waiting ops within the limits, and where
    /// the pull goes on. None when there is nothing to send, or nothing before an answer.
    pub fn depart(&self, pass: &mut Pass) -> Option<(u32, SyncRequest)> {
        if pass.flying.len() >= WINDOW {
            return None;
        }
        let flying: BTreeSet<RecordId> = pass.flying.values().flatten().map(|(_, record)| *record).collect();
        let mut bytes = 0;
        let wanted = |queued: &&Queued| !pass.sent.contains(&queued.op.id) && !flying.contains(&queued.op.record);
        let is_waiting = |queued: &&Queued| queued.state == QueuedState::Waiting;
        let mut waiting: Vec<&Queued> = self.outbox.values().filter(is_waiting).collect();
        // Where a clock ran ahead, many ops share a millisecond: ids don't tell their order, stamps do.
        waiting.sort_by_key(|queued| queued.op.stamp);
        let under_review = self.outbox.values().filter(|queued| matches!(queued.state, QueuedState::Review { .. }));
        let reviews = if pass.departed == 0 { REVIEWS } else { 0 };
        let ops: Vec<_> = under_review
            .take(reviews)
            .chain(waiting)
            .filter(wanted)
            .take(pass.most)
            .take_while(|queued| {
                let first = bytes == 0;
                bytes += size_hint(&queued.op);
                first || bytes <= MAX_OP_BYTES
            })
            .map(|queued| queued.op.clone())
            .collect();
        // One pull at a time, and none while pushed records would come back with it.
        let pull = pass.pull && pass.flying.is_empty();
        if !pull && ops.is_empty() {
            return None;
        }
        pass.pull &= !pull;
        pass.departed += 1;
        pass.sent.extend(ops.iter().map(|op| op.id));
        pass.flying.insert(pass.departed, ops.iter().map(|op| (op.id, op.record)).collect());
        let cursors = self.cursors.iter().map(|(channel, cursor)| (channel.clone(), cursor.position)).collect();
        let request = SyncRequest {
            device: self.head.device,
            app: pass.app.clone(),
            epoch: self.head.epoch.clone(),
            ops,
            cursors,
            limit: if pull { pass.limit } else { 0 },
        };
        Some((pass.departed, request))
    }
}

/// About how many bytes an op takes on the wire, before compression.
fn size_hint(op: &crate::record::Op) -> usize {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.len(),
        serde_json::Value::Array(items) => items.len() * 40,
        _ => 8,
    };
    let fields = op
        .changes
        .iter()
        .map(|(name, change)| name.len() + 15 + text(&change.value) + if change.replaced.is_some() { 48 } else { 0 });
    260 + fields.sum::<usize>()
}
