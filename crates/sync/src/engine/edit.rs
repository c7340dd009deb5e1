//! Plans the worker's saves and choices, and the handling of ops that the office did not take.

use super::{Delta, Engine, Plan, Queued, QueuedState};
use crate::{
    id::{OpId, RecordId},
    planted::{Bug, planted},
    record::{Change, MOVED, Name, Op, Record, diff},
    schema::{RecordChannel, Schema},
    stamp::Stamp,
    storage::{Table, Write},
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};

/// When a save is made, and ten random bytes for its identity.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The phone's clock, Unix milliseconds.
    pub now_ms: u64,
    /// Random bytes.
    pub random: [u8; 10],
}

/// A save of one record, where several are saved at once.
#[derive(Clone, Debug)]
pub struct Edit<S: Schema> {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: S::Kind,
    /// Where it belongs, if it is new.
    pub channel: S::Channel,
    /// The fields as they are to be; what is not named stays. [`MOVED`] moves the record.
    pub after: Map<String, Value>,
}

impl<S: Schema> Engine<S> {
    /// Plans a save: the changed fields of `after` as an op in the outbox. None when nothing changed.
    pub fn plan_edit<T: Serialize>(
        &self,
        record: RecordId,
        kind: S::Kind,
        channel: S::Channel,
        after: &T,
        moment: Moment,
    ) -> Option<Plan<S>> {
        let before = self.record(record);
        let changes = diff(before.map(Arc::as_ref), after);
        let channel = before.map_or(channel, |record| record.channel.clone());
        (!changes.is_empty()).then(|| self.plan_op(record, kind, channel, changes, moment))
    }

    /// Plans several saves, each of another record: all are kept, or none. None when nothing changed, or one was to move
    /// where it can't go ([`RecordChannel::leads_to`]).
    pub fn plan_edits(&self, edits: &[Edit<S>], moment: &mut dyn FnMut() -> Moment) -> Option<Plan<S>> {
        let mut plan = Plan { delta: Delta { last: Some(self.head.last), ..Delta::default() }, ..Plan::default() };
        for Edit { record, kind, channel, after } in edits {
            let before = self.record(*record);
            let channel = before.map_or(channel, |record| &record.channel).clone();
            let mut changes = diff(before.map(Arc::as_ref), after);
            if let Some(to) = changes.get(MOVED) {
                let to: S::Channel = to.value.as_str()?.parse().ok()?;
                if to == channel {
                    changes.remove(MOVED);
                } else if !channel.leads_to(&to) {
                    return None;
                }
            }
            if !changes.is_empty() {
                let last = plan.delta.last.unwrap_or(self.head.last);
                let next = self.plan_op_after(last, *record, kind.clone(), channel, changes, moment());
                plan.writes.extend(next.writes);
                plan.delta.queued.extend(next.delta.queued);
                plan.delta.last = next.delta.last;
            }
        }
        (!plan.delta.queued.is_empty()).then_some(plan)
    }

    /// Plans a choice between the values of a contested field: `chosen` is the stamp of the one to keep.
    /// None when the field is not contested or has no such value.
    pub fn plan_choice(&self, record: RecordId, field: &str, chosen: Stamp, moment: Moment) -> Option<Plan<S>> {
        let record: &Record<S> = self.record(record)?;
        let (current, others) = (record.fields.get(field)?, record.contested.get(field)?);
        let value = others.iter().chain([current]).find(|value| value.stamp == chosen)?.value.clone();
        let settles = others.iter().map(|other| other.stamp).collect();
        let change = Change { value, replaced: Some(current.stamp), settles };
        let changes = BTreeMap::from([(Name::from(field), change)]);
        Some(self.plan_op(record.id, record.kind.clone(), record.channel.clone(), changes, moment))
    }

    fn plan_op(
        &self,
        record: RecordId,
        kind: S::Kind,
        channel: S::Channel,
        changes: BTreeMap<Name, Change>,
        moment: Moment,
    ) -> Plan<S> {
        self.plan_op_after(self.head.last, record, kind, channel, changes, moment)
    }

    /// Plans an op whose stamp is after `last`.
    fn plan_op_after(
        &self,
        last: Stamp,
        record: RecordId,
        kind: S::Kind,
        channel: S::Channel,
        changes: BTreeMap<Name, Change>,
        Moment { now_ms, random }: Moment,
    ) -> Plan<S> {
        let head = &self.head;
        let last = if planted(Bug::STAMPS_GO_BACK) { Stamp::zero(head.device) } else { last };
        let stamp = last.next(now_ms.saturating_add_signed(head.offset_ms), head.device);
        let by = head.by.clone();
        let op = Op { id: OpId::new(stamp.ms, random), record, kind, channel, stamp, by, changes };
        let queued = Queued::waiting(Arc::new(op));
        let writes = if planted(Bug::SAVE_NOT_WRITTEN) { Vec::new() } else { vec![queued.write()] };
        Plan { writes, delta: Delta { queued: vec![queued], last: Some(stamp), ..Delta::default() } }
    }

    /// Plans to send again an op that was set aside; none when it is not.
    pub fn plan_retry(&self, op: OpId) -> Option<Plan<S>> {
        Some(requeue(Queued::waiting(self.set_aside(op)?.op.clone())))
    }

    /// Plans to set aside an op that can't be sent, with the reason.
    pub fn plan_set_aside(&self, op: OpId, reason: &str) -> Option<Plan<S>> {
        let op = self.outbox.get(op)?.op.clone();
        Some(requeue(Queued { op, state: QueuedState::SetAside { reason: reason.to_owned() } }))
    }

    /// Plans to give up an op that was set aside; none when it is not.
    pub fn plan_give_up(&self, op: OpId) -> Option<Plan<S>> {
        self.set_aside(op)?;
        let writes = vec![Write::Delete(Table::Outbox, op.to_string())];
        Some(Plan { writes, delta: Delta { swept: vec![op], ..Delta::default() } })
    }

    fn set_aside(&self, op: OpId) -> Option<&Queued<S>> {
        self.outbox.get(op).filter(|queued| matches!(queued.state, QueuedState::SetAside { .. }))
    }
}

fn requeue<S: Schema>(queued: Queued<S>) -> Plan<S> {
    Plan { writes: vec![queued.write()], delta: Delta { queued: vec![queued], ..Delta::default() } }
}
