//! What an answer from the office means.

use super::{Cursor, Delta, Engine, Head, Plan, Queued, QueuedState, json, put_segments};
use crate::{
    id::{OpId, RecordId},
    merge::{join, merge},
    planted::{Bug, planted},
    record::{Channel, Op, Record},
    stamp::Stamp,
    storage::{Table, Write},
    wire::{OpOutcome, OpResult, Page, SyncResponse},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

/// An answer being worked through.
struct Answer<'a> {
    engine: &'a Engine,
    /// The server was restored from a backup: its sequence starts again.
    restored: bool,
    base: BTreeMap<RecordId, Record>,
    cursors: BTreeMap<Channel, Cursor>,
    forgotten: BTreeSet<RecordId>,
    plan: Plan,
}

impl Engine {
    /// Plans what an answer means: ops acknowledged or set aside, records and cursors moved, all in
    /// one transaction. `now_ms` is the phone's clock.
    pub fn plan_answer(&self, response: SyncResponse, now_ms: u64) -> Plan {
        let other_epoch = self.head.epoch.as_ref().is_some_and(|epoch| *epoch != response.epoch);
        let mut answer = Answer {
            engine: self,
            restored: other_epoch && !planted(Bug::RestoreNotNoticed),
            base: BTreeMap::new(),
            cursors: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            plan: Plan::default(),
        };
        if answer.restored {
            answer.start_over();
        }
        let mut last = self.head.last;
        for record in response.channels.iter().flat_map(|page| &page.records) {
            last = last.max(record.latest().map_or(last, |stamp| Stamp { device: last.device, ..stamp }));
        }
        for result in response.results {
            answer.take_result(result);
        }
        for page in response.channels {
            answer.take_page(page);
        }
        let head = Head {
            last,
            offset_ms: response.now.cast_signed().saturating_sub(now_ms.cast_signed()),
            epoch: Some(response.epoch),
            grants: response.grants,
            synced_at: Some(now_ms),
            generation: self.head.generation + 1,
            ..self.head.clone()
        };
        answer.finish(head)
    }
}

impl Answer<'_> {
    /// Offers again what the office had acknowledged lately, and pulls everything anew. What is on the
    /// phone stays to be seen until the new pull is through.
    fn start_over(&mut self) {
        let fresh = Some(self.engine.next_segment());
        for channel in self.engine.cursors.keys() {
            self.cursors.insert(channel.clone(), Cursor { fresh, ..Cursor::default() });
        }
        if planted(Bug::AcknowledgedNotOffered) {
            return;
        }
        for queued in self.engine.acknowledged.values() {
            self.requeue(Queued::waiting(queued.op.clone()));
        }
    }

    fn requeue(&mut self, queued: Queued) {
        self.plan.writes.push(queued.write());
        self.plan.delta.queued.push(queued);
    }

    fn take_result(&mut self, result: OpResult) {
        let engine = self.engine;
        let reoffered = engine.acknowledged.get(&result.op).filter(|_| self.restored);
        let Some(queued) = engine.outbox.get(&result.op).or(reoffered) else { return };
        let reason = result.reason.unwrap_or_default();
        let state = match result.outcome {
            OpOutcome::Applied | OpOutcome::Superseded | OpOutcome::Duplicate => {
                let op = Op { stamp: result.stamp.unwrap_or(queued.op.stamp), ..queued.op.clone() };
                let merged = merge(self.known(op.record, &op.channel), &op).record;
                self.base.insert(op.record, merged);
                self.plan.delta.acknowledged.push(result.op);
                return;
            }
            OpOutcome::Quarantined => QueuedState::Review { reason },
            OpOutcome::Rejected => QueuedState::SetAside { reason },
        };
        if queued.state != state {
            self.requeue(Queued { op: queued.op.clone(), state });
        }
    }

    fn take_page(&mut self, page: Page) {
        let mut cursor = self.cursor(&page.channel);
        if page.reset {
            cursor = Cursor { fresh: Some(self.engine.next_segment()), ..Cursor::default() };
            self.cursors.insert(page.channel.clone(), cursor);
        }
        for record in page.records {
            let joined = join(self.known(record.id, &page.channel), record);
            self.base.insert(joined.id, joined);
        }
        let gap = page.after > cursor.position.next && !planted(Bug::GapsIgnored);
        let behind = page.next.next < cursor.position.next && !planted(Bug::CursorsGoBack);
        if gap || behind {
            // Something in between has not come yet: a later pull brings it.
            self.plan.delta.again |= gap;
            return;
        }
        self.plan.delta.again |= page.more && page.next != cursor.position;
        cursor.position = page.next;
        if let (Some(fresh), false) = (cursor.fresh, page.more) {
            cursor.fresh = None;
            self.forget_what_did_not_come(&page.channel, fresh);
        }
        self.cursors.insert(page.channel, cursor);
    }

    fn cursor(&self, channel: &Channel) -> Cursor {
        self.cursors.get(channel).or_else(|| self.engine.cursors.get(channel)).copied().unwrap_or_default()
    }

    /// A record as the office has it, as far as this phone knows. What was known before a pull began
    /// anew does not count.
    fn known(&self, id: RecordId, channel: &Channel) -> Option<&Record> {
        if let Some(record) = self.base.get(&id) {
            return Some(record);
        }
        let record = self.engine.base.get(&id)?;
        match self.cursor(channel).fresh {
            Some(fresh) if !self.engine.came_since(fresh, id) => None,
            _ => Some(record),
        }
    }

    fn forget_what_did_not_come(&mut self, channel: &Channel, fresh: u64) {
        let engine = self.engine;
        let came: HashSet<RecordId> = engine.segments.range(fresh..).flat_map(|(_, ids)| ids).copied().collect();
        let of_channel = engine.base.values().filter(|record| record.channel == *channel).map(|record| record.id);
        self.forgotten.extend(of_channel.filter(|id| !came.contains(id) && !self.base.contains_key(id)));
    }

    fn finish(self, head: Head) -> Plan {
        let Self { engine, base, cursors, forgotten, mut plan, .. } = self;
        for (channel, cursor) in &cursors {
            if engine.cursors.get(channel) != Some(cursor) {
                plan.writes.push(Write::Put(Table::Cursors, channel.to_string(), json(cursor)));
            }
        }
        let epoch = head.epoch.as_deref();
        let next = engine.next_segment();
        let mut spent = plan.delta.acknowledged.clone();
        if forgotten.is_empty() {
            if planted(Bug::RowsNotWritten) {
                put_segments(next, epoch, [], spent, &mut plan);
            } else {
                put_segments(next, epoch, base.values(), spent, &mut plan);
            }
        } else {
            // The older segments hold them: all that stays is written anew.
            plan.writes.push(Write::Clear(Table::Segments));
            plan.delta.dropped = engine.segments.keys().copied().collect();
            if head.epoch == engine.head.epoch {
                spent.extend(engine.acknowledged.keys());
            }
            let stays = |id: &RecordId| !forgotten.contains(id) && !base.contains_key(id);
            let stay = engine.base.iter().filter(|(id, _)| stays(id)).map(|(_, record)| Arc::as_ref(record));
            put_segments(next, epoch, stay.chain(base.values()), spent, &mut plan);
        }
        plan.writes.push(head.write());
        plan.delta = Delta {
            base: base.into_values().collect(),
            forgotten: forgotten.into_iter().collect(),
            cursors,
            head: Some(head),
            ..plan.delta
        };
        if planted(Bug::UnnamedForgotten) {
            plan.forget_all(engine);
        }
        plan
    }
}

impl Plan {
    /// The planted bug: an answer is taken for an answer to everything.
    fn forget_all(&mut self, engine: &Engine) {
        let ops: Vec<OpId> = engine.outbox.keys().copied().collect();
        self.writes.extend(ops.iter().map(|op| Write::Delete(Table::Outbox, op.to_string())));
        self.delta.swept.extend(ops);
    }
}

impl Engine {
    fn came_since(&self, fresh: u64, id: RecordId) -> bool {
        self.segments.range(fresh..).any(|(_, ids)| ids.contains(&id))
    }
}
