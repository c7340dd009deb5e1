//! Takes in an answer from the office.

use super::{Cursor, Delta, Engine, Head, Plan, Queued, QueuedState, Spent, json, put_segments};
use crate::{
    id::{OpId, RecordId},
    merge::{join, merge},
    planted::{Bug, planted},
    record::{Op, Record},
    schema::{ClassOf, RecordClass, Schema},
    stamp::Stamp,
    storage::{Table, Write},
    timeline::Milestone,
    wire::{Left, OpOutcome, OpResult, Page, SyncResponse},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

/// An answer being worked through.
struct Answer<'a, S: Schema> {
    engine: &'a Engine<S>,
    /// The channels that the phone may carry.
    granted: Vec<S::Channel>,
    /// The server was restored from a backup: its sequence starts again.
    restored: bool,
    base: BTreeMap<RecordId, Arc<Record<S>>>,
    cursors: BTreeMap<S::Channel, Cursor>,
    forgotten: BTreeSet<RecordId>,
    /// Of these the ones that the office erased.
    erased: BTreeSet<RecordId>,
    /// Records that moved away from a channel, and where to.
    left: BTreeMap<RecordId, Option<S::Channel>>,
    /// See [`Head::unreadable`].
    unreadable: BTreeMap<RecordId, S::Channel>,
    plan: Plan<S>,
}

impl<S: Schema> Engine<S> {
    /// Plans what an answer means: ops acknowledged or set aside, records and cursors moved, all in
    /// one transaction. `now_ms` is the phone's clock.
    ///
    /// `asked` is the epoch that the request named. An answer to a request from before a restore that was
    /// noticed meanwhile means nothing any more.
    pub fn plan_answer(&self, asked: Option<&str>, response: SyncResponse<S>, now_ms: u64) -> Plan<S> {
        let other_epoch = self.head.epoch.as_ref().is_some_and(|epoch| *epoch != response.epoch);
        if other_epoch && asked != self.head.epoch.as_deref() {
            return Plan { delta: Delta { again: true, ..Delta::default() }, ..Plan::default() };
        }
        let mut answer = Answer {
            engine: self,
            granted: response.grants.iter().map(|grid| grid.channel.clone()).collect(),
            restored: other_epoch && !planted(Bug::RESTORE_NOT_NOTICED),
            base: BTreeMap::new(),
            cursors: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            erased: BTreeSet::new(),
            left: BTreeMap::new(),
            unreadable: self.head.unreadable.clone(),
            plan: Plan::default(),
        };
        if answer.restored {
            answer.start_over();
        }
        let mut last = self.head.last;
        for record in response.channels.iter().flat_map(|page| &page.records) {
            last = last.max(record.latest().map_or(last, |stamp| Stamp { device: last.device, ..stamp }));
        }
        answer.note_unreadable(&response);
        let mut milestones = if answer.restored { BTreeMap::new() } else { self.head.milestones.clone() };
        let pulled = response.channels.iter().map(|page| {
            let milestone = Milestone { number: page.next.next, run: page.run };
            (page.channel.clone(), milestone)
        });
        for (channel, milestone) in pulled.chain(response.written) {
            let known = milestones.entry(channel).or_default();
            *known = milestone.max(*known);
        }
        let (duplicates, results): (Vec<_>, Vec<_>) =
            response.results.into_iter().partition(|result| result.outcome == OpOutcome::Duplicate);
        for result in results {
            answer.take_result(result);
        }
        for page in response.channels {
            answer.take_page(page);
        }
        answer.follow_what_left();
        answer.let_go();
        for result in duplicates {
            answer.take_duplicate(&result);
        }
        let head = Head {
            last,
            offset_ms: response.now.cast_signed().saturating_sub(now_ms.cast_signed()),
            epoch: Some(response.epoch),
            grants: response.grants,
            synced_at: Some(now_ms),
            generation: self.head.generation + 1,
            unreadable: std::mem::take(&mut answer.unreadable),
            milestones,
            steady_ms: self.head.steady_at(response.now),
            ..self.head.clone()
        };
        answer.finish(head)
    }
}

impl<S: Schema> Answer<'_, S> {
    /// Offers again what the office had acknowledged lately, and pulls everything anew. What is on the
    /// phone stays to be seen until the new pull is through.
    fn start_over(&mut self) {
        let fresh = Some(self.engine.next_segment());
        // Also those that were only pushed to, and not pulled yet.
        let granted = self.engine.head.grants.iter().map(|grid| &grid.channel);
        for channel in self.engine.cursors.keys().chain(granted) {
            self.cursors.insert(channel.clone(), Cursor { fresh, ..Cursor::default() });
        }
        if planted(Bug::ACKNOWLEDGED_NOT_OFFERED) {
            return;
        }
        for (_, queued) in self.engine.acknowledged.values() {
            self.requeue(Queued::waiting(queued.op.clone()));
        }
    }

    /// Notes the records that can't be read, and those that can be again, left, or are pulled anew.
    fn note_unreadable(&mut self, response: &SyncResponse<S>) {
        if self.restored {
            self.unreadable.clear();
        }
        for page in &response.channels {
            self.unreadable.retain(|_, channel| !(page.reset && *channel == page.channel));
            for id in page.records.iter().map(|record| record.id).chain(page.left.iter().map(|left| left.record)) {
                self.unreadable.remove(&id);
            }
        }
        self.unreadable.extend(response.unreadable.clone());
        self.unreadable.retain(|_, channel| self.granted.contains(channel));
    }

    fn requeue(&mut self, queued: Queued<S>) {
        self.plan.writes.push(queued.write());
        self.plan.delta.queued.push(queued);
    }

    fn take_result(&mut self, result: OpResult) {
        let Some(queued) = self.queued(result.op) else { return };
        let reason = result.reason.clone().unwrap_or_default();
        let state = match result.outcome {
            OpOutcome::Applied | OpOutcome::Superseded | OpOutcome::Duplicate => {
                let op = merged_as(&queued.op, &result);
                let known = self.known(op.record);
                let seen = self.engine.seen_with(&op, known);
                let merged = seen.unwrap_or_else(|| Arc::new(merge(known.map(Arc::as_ref), &op).record));
                self.base.insert(op.record, merged);
                self.plan.delta.acknowledged.push(result.op);
                return;
            }
            OpOutcome::Elsewhere => {
                self.plan.delta.acknowledged.push(result.op);
                return;
            }
            OpOutcome::Gone => {
                self.plan.writes.push(Write::Delete(Table::Outbox, result.op.to_string()));
                self.plan.delta.swept.push(result.op);
                return;
            }
            OpOutcome::Quarantined => QueuedState::Review { reason },
            OpOutcome::Rejected => QueuedState::SetAside { reason },
        };
        if queued.state != state {
            let queued = Queued { op: queued.op.clone(), state };
            self.requeue(queued);
        }
    }

    /// The office had the op before, so its record comes with a pull. Until it is here the op stays queued:
    /// the worker goes on seeing what they wrote. Where the right to see it is lost the office's word is enough.
    fn take_duplicate(&mut self, result: &OpResult) {
        let Some(queued) = self.queued(result.op) else { return };
        let op = merged_as(&queued.op, result);
        let came = self.known(op.record).is_some_and(|record| record.includes(&op));
        if came || !self.granted.contains(&op.channel) {
            self.plan.delta.acknowledged.push(result.op);
        } else if !self.unreadable.contains_key(&op.record) {
            self.plan.delta.again = true;
        }
    }

    /// An op of the queue, or one that is being offered again.
    fn queued(&self, op: OpId) -> Option<&Queued<S>> {
        let reoffered = || self.engine.acknowledged.get(&op).filter(|_| self.restored).map(|(_, queued)| queued);
        self.engine.outbox.get(op).or_else(reoffered)
    }

    fn take_page(&mut self, page: Page<S>) {
        let mut cursor = self.cursor(&page.channel);
        if page.next.generation < cursor.position.generation {
            // From before a purge that was noticed meanwhile: its records may be gone by now.
            return;
        }
        if page.reset {
            cursor = Cursor { fresh: Some(self.engine.next_segment()), ..Cursor::default() };
            self.cursors.insert(page.channel.clone(), cursor);
        }
        for record in page.records {
            let joined = join(self.known(record.id).map(Arc::as_ref), record);
            self.base.insert(joined.id, Arc::new(joined));
        }
        let gap = page.after > cursor.position.next && !planted(Bug::GAPS_IGNORED);
        let behind = page.next.next < cursor.position.next;
        if gap || behind {
            // Something in between has not come yet: a later pull brings it.
            self.plan.delta.again |= gap;
            return;
        }
        self.left.extend(page.left.into_iter().map(|Left { record, to }| (record, to)));
        self.plan.delta.again |= page.more && page.next != cursor.position;
        cursor.position = page.next;
        if let (Some(fresh), false) = (cursor.fresh, page.more) {
            cursor.fresh = None;
            self.forget_what_did_not_come(&page.channel, fresh);
        }
        self.cursors.insert(page.channel, cursor);
    }

    /// Records that moved to where the phone may not follow are forgotten. Others stay to be seen: what was written in
    /// them since comes with the channel where they are.
    fn follow_what_left(&mut self) {
        for (id, to) in std::mem::take(&mut self.left) {
            let Some(channel) = to else {
                self.base.remove(&id);
                self.forgotten.extend(self.engine.base.contains_key(&id).then_some(id));
                continue;
            };
            if let Some(known) = self.known(id).filter(|known| known.channel != channel) {
                let moved = Record { channel, ..known.as_ref().clone() };
                self.base.insert(id, Arc::new(moved));
            }
        }
    }

    /// Forgets the records of channels that the phone may no longer carry. What waits in the outbox stays: the
    /// office decides on it. Granted again, a channel is pulled from its beginning.
    fn let_go(&mut self) {
        if planted(Bug::LOST_RIGHT_KEPT) {
            return;
        }
        let lost = |channel: &S::Channel| !self.granted.contains(channel);
        // What is in the base was carried by right when the last answer came: most answers take nothing away.
        if self.engine.head.grants.iter().any(|grid| lost(&grid.channel)) {
            let of_lost = self.engine.base.values().filter(|record| lost(&record.channel)).map(|record| record.id);
            self.forgotten.extend(of_lost);
        }
        self.base.retain(|_, record| !lost(&record.channel));
        let channels: Vec<S::Channel> = self.engine.cursors.keys().filter(|channel| lost(channel)).cloned().collect();
        self.cursors.retain(|channel, _| !lost(channel));
        self.plan.writes.extend(channels.iter().map(|channel| Write::Delete(Table::Cursors, channel.to_string())));
        self.plan.delta.lost = channels;
    }

    fn cursor(&self, channel: &S::Channel) -> Cursor {
        self.cursors.get(channel).or_else(|| self.engine.cursors.get(channel)).copied().unwrap_or_default()
    }

    /// A record as the office has it, as far as this phone knows. What was known before a pull began
    /// anew does not count.
    fn known(&self, id: RecordId) -> Option<&Arc<Record<S>>> {
        if let Some(record) = self.base.get(&id) {
            return Some(record);
        }
        let record = self.engine.base.get(&id).filter(|_| !self.forgotten.contains(&id))?;
        match self.cursor(&record.channel).fresh {
            Some(fresh) if !self.engine.came_since(fresh, id) => None,
            _ => Some(record),
        }
    }

    fn forget_what_did_not_come(&mut self, channel: &S::Channel, fresh: u64) {
        let engine = self.engine;
        let came: HashSet<RecordId> = engine.segments.range(fresh..).flat_map(|(_, (_, ids))| ids).copied().collect();
        let of_channel = engine.base.values().filter(|record| record.channel == *channel).map(|record| record.id);
        // What can't be read came all the same.
        let here = |id: &RecordId| came.contains(id) || self.base.contains_key(id) || self.unreadable.contains_key(id);
        let gone: Vec<RecordId> = of_channel.filter(|id| !here(id)).collect();
        self.erased.extend(gone.iter().filter(|id| !self.left.contains_key(id)));
        self.forgotten.extend(gone);
    }

    /// Erases here what was erased at the office: also the saves that the office had acknowledged, which are
    /// kept for a server that has to be restored. What it acknowledged after it wrote this answer is not: the record
    /// may be newer than the answer.
    fn sweep_erased(&mut self, head: &Head<S>) {
        if head.epoch != self.engine.head.epoch {
            return;
        }
        let written = head.steady();
        let gone =
            |(_, (at, queued)): &(&OpId, &(u64, Queued<S>))| *at < written && self.erased.contains(&queued.op.record);
        let of_erased = self.engine.acknowledged.iter().filter(gone);
        let swept: Vec<OpId> = of_erased.map(|(id, _)| *id).collect();
        self.plan.writes.extend(swept.iter().map(|op| Write::Delete(Table::Outbox, op.to_string())));
        self.plan.delta.swept.extend(swept);
    }

    fn finish(mut self, head: Head<S>) -> Plan<S> {
        let mut spent = Spent::new();
        if !self.plan.delta.acknowledged.is_empty() {
            spent.insert(head.steady(), self.plan.delta.acknowledged.clone());
        }
        let epoch = head.epoch.as_deref();
        self.sweep_erased(&head);
        if self.forgotten.is_empty() {
            let records = self.base.values().map(Arc::as_ref).filter(|_| !planted(Bug::ROWS_NOT_WRITTEN));
            put_segments(self.engine.next_segment(), epoch, records, spent, &mut self.plan);
        } else {
            if head.epoch == self.engine.head.epoch {
                for (at, ops) in self.engine.spent() {
                    let kept = ops.into_iter().filter(|op| !self.plan.delta.swept.contains(op));
                    spent.entry(at).or_default().extend(kept);
                }
            }
            self.write_anew(epoch, spent);
        }
        let Self { engine, base, cursors, forgotten, mut plan, .. } = self;
        for (channel, cursor) in &cursors {
            if engine.cursors.get(channel) != Some(cursor) {
                plan.writes.push(Write::Put(Table::Cursors, channel.to_string(), json(cursor)));
            }
        }
        plan.writes.extend(head.writes());
        plan.writes.splice(..0, engine.fence());
        plan.delta = Delta {
            base: base.into_values().collect(),
            forgotten: forgotten.into_iter().collect(),
            cursors,
            head: Some(head),
            ..plan.delta
        };
        if planted(Bug::UNNAMED_FORGOTTEN) {
            plan.forget_all(engine);
        }
        plan
    }

    /// The older segments hold what is forgotten: all that stays is written anew. Of channels whose pull
    /// is not through, what did not come yet goes first, and the rest counts as come since. Numbers begin again, as they
    /// would where nothing stays.
    fn write_anew(&mut self, epoch: Option<&str>, spent: Spent) {
        let engine = self.engine;
        self.plan.writes.extend(ClassOf::<S>::ALL.iter().map(|class| Write::Clear(Table::Segments(*class))));
        self.plan.delta.dropped = engine.segments.keys().copied().collect();
        let stay = engine.base.values().map(Arc::as_ref);
        let stay = stay.filter(|record| !self.forgotten.contains(&record.id) && !self.base.contains_key(&record.id));
        let (stale, come): (Vec<&Record<S>>, Vec<&Record<S>>) =
            stay.partition(|record| self.known(record.id).is_none());
        let come: Vec<&Record<S>> = come.into_iter().chain(self.base.values().map(Arc::as_ref)).collect();
        let mut plan = std::mem::take(&mut self.plan);
        put_segments(1, epoch, stale, spent, &mut plan);
        let since = 1 + plan.delta.segments.len() as u64;
        put_segments(since, epoch, come, Spent::new(), &mut plan);
        self.plan = plan;
        for channel in engine.cursors.keys().chain(self.cursors.clone().keys()) {
            if !self.granted.contains(channel) {
                continue;
            }
            let cursor = self.cursor(channel);
            if cursor.fresh.is_some() {
                self.cursors.insert(channel.clone(), Cursor { fresh: Some(since), ..cursor });
            }
        }
    }
}

/// The op as the office merged it: with another stamp where its own was too far ahead.
fn merged_as<'a, S: Schema>(op: &'a Op<S>, result: &OpResult) -> Cow<'a, Op<S>> {
    match result.stamp {
        Some(stamp) => Cow::Owned(Op { stamp, ..op.clone() }),
        None => Cow::Borrowed(op),
    }
}

impl<S: Schema> Plan<S> {
    /// The planted bug: an answer is taken for an answer to everything.
    fn forget_all(&mut self, engine: &Engine<S>) {
        let ops: Vec<OpId> = engine.outbox().map(|queued| queued.op.id).collect();
        self.writes.extend(ops.iter().map(|op| Write::Delete(Table::Outbox, op.to_string())));
        self.delta.swept.extend(ops);
    }
}

impl<S: Schema> Engine<S> {
    /// The record as the worker sees it, where that is just this op laid on what is known: it need not be merged
    /// a second time.
    fn seen_with(&self, op: &Op<S>, known: Option<&Arc<Record<S>>>) -> Option<Arc<Record<S>>> {
        let mut queued = self.outbox.of(op.record);
        let alone = queued.next().is_some_and(|queued| (queued.op.id, queued.op.stamp) == (op.id, op.stamp))
            && queued.next().is_none();
        let same_base = known.map(Arc::as_ptr) == self.base.get(&op.record).map(Arc::as_ptr);
        (alone && same_base).then(|| self.overlay.get(&op.record).cloned()).flatten()
    }

    fn came_since(&self, fresh: u64, id: RecordId) -> bool {
        self.segments.range(fresh..).any(|(_, (_, ids))| ids.contains(&id))
    }
}
