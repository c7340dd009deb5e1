//! The outbox in memory: ops by their identity, and which of them are on a record.

use super::Queued;
use crate::{
    id::{OpId, RecordId},
    schema::Schema,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Queued ops.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue<S: Schema> {
    ops: BTreeMap<OpId, Queued<S>>,
    of: HashMap<RecordId, BTreeSet<OpId>>,
}

impl<S: Schema> Queue<S> {
    /// Adds an op, or puts another state in its place.
    pub(super) fn insert(&mut self, queued: Queued<S>) {
        self.of.entry(queued.op.record).or_default().insert(queued.op.id);
        self.ops.insert(queued.op.id, queued);
    }

    /// Takes an op out.
    pub(super) fn remove(&mut self, id: OpId) -> Option<Queued<S>> {
        let queued = self.ops.remove(&id)?;
        if let Some(of) = self.of.get_mut(&queued.op.record) {
            of.remove(&id);
            if of.is_empty() {
                self.of.remove(&queued.op.record);
            }
        }
        Some(queued)
    }

    /// An op.
    pub(super) fn get(&self, id: OpId) -> Option<&Queued<S>> {
        self.ops.get(&id)
    }

    /// Every op.
    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = &Queued<S>> {
        self.ops.values()
    }

    /// The ops on a record.
    pub(super) fn of(&self, record: RecordId) -> impl Iterator<Item = &Queued<S>> {
        self.of.get(&record).into_iter().flatten().filter_map(|id| self.ops.get(id))
    }
}
