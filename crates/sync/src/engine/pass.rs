//! One pass: which requests to send, until both sides have all.

use super::{Delta, Engine, Queued, QueuedState};
use crate::{
    id::{OpId, RecordId},
    record::Op,
    schema::Schema,
    wire::{MAX_OP_BYTES, MAX_OPS, SyncRequest},
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The most requests on their way at once: while one is being answered the next is being packed.
pub const WINDOW: usize = 2;

/// A request takes so many ops before the queue is shared out among those that may be on their way at once.
const SHARED_FROM: usize = 250;

/// The most ops under review that a pass asks about.
const REVIEWS: usize = 50;

/// How many ops a request takes: fewer after one that broke off, for the connection may be too slow for so many; more
/// again as they go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(usize);

impl Default for Pace {
    fn default() -> Self {
        Self(MAX_OPS)
    }
}

impl Pace {
    /// The fewest, some kilobytes when packed: they go through where anything does.
    const LEAST: usize = 50;

    /// The most ops of a request.
    pub const fn most(self) -> usize {
        self.0
    }

    /// A pass broke off.
    #[must_use]
    pub fn broke_off(self) -> Self {
        Self((self.0 / 4).max(Self::LEAST))
    }

    /// A pass went through.
    #[must_use]
    pub fn went_through(self) -> Self {
        Self((self.0 * 2).min(MAX_OPS))
    }
}

/// A pass under way. Ops of one record, or of one file, are never on their way in two requests at once: they could
/// arrive in the wrong order, and a step without the one before it is set aside.
#[derive(Clone, Debug)]
pub struct Pass {
    app: String,
    limit: u32,
    most: usize,
    pull: bool,
    /// The ops still to be sent, in the order of the stamps; `None` before the first request.
    queue: Option<VecDeque<OpId>>,
    flying: BTreeMap<u32, Vec<(OpId, RecordId)>>,
    /// Whether an answer came that is not taken in yet.
    landing: bool,
    departed: u32,
}

impl Pass {
    /// A pass of an app of this version that pulls so many records at a time, and pushes at most `most` ops.
    pub fn new(app: &str, limit: u32, most: usize) -> Self {
        let flying = BTreeMap::new();
        Self { app: app.to_owned(), limit, most, pull: true, queue: None, flying, landing: false, departed: 0 }
    }

    /// Whether nothing is on its way.
    pub fn is_over(&self) -> bool {
        self.flying.is_empty()
    }

    /// An answer came, and is about to be taken in: the next ops may go meanwhile.
    pub fn land(&mut self, request: u32) {
        self.flying.remove(&request);
        self.landing = true;
    }

    /// The answer was taken in: what changed by it.
    pub fn landed<S: Schema>(&mut self, delta: &Delta<S>) {
        self.landing = false;
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
        for (op, _) in ops.into_iter().rev() {
            self.queue.get_or_insert_default().push_front(op);
        }
        None
    }
}

impl<S: Schema> Engine<S> {
    /// Returns the ops that a pass sends: those that wait, and some under review, to learn what was decided. They are in the
    /// order of their stamps: where a clock ran ahead, many ops share a millisecond, and ids don't tell.
    fn to_send(&self) -> VecDeque<OpId> {
        let mut reviews = 0;
        let mut chosen: Vec<_> = self
            .outbox()
            .filter(|queued| match queued.state {
                QueuedState::Waiting => true,
                QueuedState::Review { .. } => {
                    reviews += 1;
                    reviews <= REVIEWS
                }
                QueuedState::SetAside { .. } => false,
            })
            .map(|queued| (queued.op.stamp, queued.op.id))
            .collect();
        chosen.sort();
        chosen.into_iter().map(|(_, id)| id).collect()
    }

    /// The head of the file that an op's record is in; the record where it is in none.
    fn file_of(&self, op: &Op<S>) -> RecordId {
        let stored = || self.record(op.record).and_then(|record| record.parent());
        op.parent().or_else(stored).unwrap_or(op.record)
    }

    /// The next request of a pass, with its number: the oldest waiting ops within the limits, and where
    /// the pull goes on. None when there is nothing to send, or nothing before an answer.
    pub fn depart(&self, pass: &mut Pass) -> Option<(u32, SyncRequest<S>)> {
        if pass.flying.len() >= WINDOW {
            return None;
        }
        let queue = pass.queue.get_or_insert_with(|| self.to_send());
        let flying = BTreeSet::from_iter(pass.flying.values().flatten().map(|(_, record)| *record));
        let (mut ops, mut bytes, mut held) = (Vec::new(), 0, Vec::new());
        let most = pass.most.min(queue.len().div_ceil(WINDOW - pass.flying.len()).max(SHARED_FROM));
        while let Some(id) = queue.front().filter(|_| ops.len() < most) {
            if let Some(Queued { op, .. }) = self.outbox.get(*id) {
                if flying.contains(&self.file_of(op)) {
                    held.push(*id);
                } else {
                    bytes += size_hint(op);
                    if bytes > MAX_OP_BYTES && !ops.is_empty() {
                        break;
                    }
                    ops.push(op.clone());
                }
            }
            queue.pop_front();
        }
        for id in held.into_iter().rev() {
            queue.push_front(id);
        }
        // One pull at a time, and none while pushed records would come back with it, also those of a request that
        // overtakes this one: more than one request takes is pushed first, and pulled after.
        let pull = pass.pull && pass.flying.is_empty() && !pass.landing && queue.is_empty();
        if !pull && ops.is_empty() {
            return None;
        }
        pass.pull &= !pull;
        pass.departed += 1;
        pass.flying.insert(pass.departed, ops.iter().map(|op| (op.id, self.file_of(op))).collect());
        let cursors =
            BTreeMap::from_iter(self.cursors.iter().map(|(channel, cursor)| (channel.clone(), cursor.position)));
        let request = SyncRequest {
            device: self.head.device,
            app: pass.app.clone(),
            epoch: self.head.epoch.clone(),
            ops,
            cursors,
            milestones: self.head.milestones.clone(),
            limit: if pull { pass.limit } else { 0 },
        };
        Some((pass.departed, request))
    }
}

/// About how many bytes an op takes on the wire, before compression.
fn size_hint<S: Schema>(op: &Op<S>) -> usize {
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
