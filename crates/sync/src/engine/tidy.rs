//! Plans the work that can wait until the phone is idle.

use super::{Delta, Engine, Head, Plan, SEGMENT, put_segments, segment_key};
use crate::{
    id::OpId,
    planted::{Bug, planted},
    record::Record,
    schema::Schema,
    storage::{Table, Write},
};
use std::{collections::BTreeSet, sync::Arc};

/// Segments below this size are merged when there are more than [`SMALL_SEGMENTS`] of them.
const SMALL: usize = SEGMENT / 2;
const SMALL_SEGMENTS: usize = 8;

/// How long an acknowledged op is kept, in milliseconds: longer than a server's backups are apart.
pub const KEEP_MS: u64 = 14 * 86_400_000;

/// The most entries that one transaction forgets: a save must not wait long behind it.
const SWEEP: usize = 500;

/// The most acknowledged ops kept.
pub const KEEP: usize = 2_000;

impl<S: Schema> Engine<S> {
    /// Plans to delete outbox entries that were acknowledged long ago, some hundred at a time. None when
    /// there are none. Time is that of [`Head::steady`]: every clock can jump.
    pub fn plan_sweep(&self) -> Option<Plan<S>> {
        let now = self.head.steady();
        let surplus = self.acknowledged.len().saturating_sub(KEEP);
        let mut swept: Vec<OpId> = self
            .acknowledged
            .iter()
            .enumerate()
            .filter(|(place, (_, (at, _)))| *place < surplus || at.saturating_add(KEEP_MS) < now)
            .map(|(_, (op, _))| *op)
            .take(SWEEP)
            .collect();
        if planted(Bug::SWEPT_TOO_EARLY) {
            swept.extend(self.outbox().map(|queued| queued.op.id).take(1));
        }
        let delete = |op: &OpId| Write::Delete(Table::Outbox, op.to_string());
        // Another window may have learned that one has to be offered again.
        let writes = self.fence().into_iter().chain(swept.iter().map(delete)).collect();
        (!swept.is_empty()).then(|| Plan { writes, delta: Delta { swept, ..Delta::default() } })
    }

    /// Plans to tidy the segments when there are many small ones or much of them is out of date. None
    /// when there is nothing to gain, or while a pull that began anew is not through.
    pub fn plan_compaction(&self) -> Option<Plan<S>> {
        if self.cursors.values().any(|cursor| cursor.fresh.is_some()) {
            return None;
        }
        let entries: usize = self.segments.values().map(|(_, records)| records.len()).sum();
        let stale = entries > 2 * self.base.len() + SEGMENT;
        let small = self.segments.iter().filter(|(_, (_, records))| stale || records.len() < SMALL);
        let chosen: Vec<u64> = small.map(|(number, _)| *number).collect();
        if !stale && chosen.len() <= SMALL_SEGMENTS {
            return None;
        }
        let mut ids = BTreeSet::from_iter(chosen.iter().flat_map(|number| &self.segments[number].1).copied());
        if planted(Bug::COMPACTION_DROPS_ONE) {
            ids.pop_first();
        }
        let records: Vec<&Record<S>> = ids.iter().filter_map(|id| self.base.get(id).map(Arc::as_ref)).collect();
        let delete = |number: &u64| Write::Delete(Table::Segments(self.segments[number].0), segment_key(*number));
        let mut plan = Plan { writes: chosen.iter().map(delete).collect(), delta: Delta::default() };
        plan.delta.dropped = chosen;
        put_segments(self.next_segment(), self.head.epoch.as_deref(), records, self.spent(), &mut plan);
        let head = Head { generation: self.head.generation + 1, ..self.head.clone() };
        plan.writes.extend(head.writes());
        plan.writes.splice(..0, self.fence());
        plan.delta.head = Some(head);
        Some(plan)
    }
}
