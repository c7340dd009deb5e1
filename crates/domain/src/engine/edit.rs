//! What the worker does: saves, choices, and what becomes of ops that the office did not take.

use super::{Delta, Engine, Plan, Queued, QueuedState};
use crate::{
    id::{OpId, RecordId},
    planted::{Bug, planted},
    record::{Change, Channel, Kind, MOVED, Name, Op, Record, diff},
    stamp::Stamp,
    storage::{Table, Write},
};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// When a save is made, and ten random bytes for its identity.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The phone's clock, Unix milliseconds.
    pub now_ms: u64,
    /// Random bytes.
    pub random: [u8; 10],
}

impl Engine {
    /// Plans a save: the changed fields of `after` as an op in the outbox. None when nothing changed.
    pub fn plan_edit<T: Serialize>(
        &self,
        record: RecordId,
        kind: Kind,
        channel: Channel,
        after: &T,
        moment: Moment,
    ) -> Option<Plan> {
        let before = self.record(record);
        let changes = diff(before.map(Arc::as_ref), after);
        let channel = before.map_or(channel, |record| record.channel.clone());
        (!changes.is_empty()).then(|| self.plan_op(record, kind, channel, changes, moment))
    }

    /// Plans a choice between the values of a contested field: `chosen` is the stamp of the one to keep.
    /// None when the field is not contested or has no such value.
    pub fn plan_choice(&self, record: RecordId, field: &str, chosen: Stamp, moment: Moment) -> Option<Plan> {
        let record: &Record = self.record(record)?;
        let (current, others) = (record.fields.get(field)?, record.contested.get(field)?);
        let value = others.iter().chain([current]).find(|value| value.stamp == chosen)?.value.clone();
        let settles = others.iter().map(|other| other.stamp).collect();
        let change = Change { value, replaced: Some(current.stamp), settles };
        let changes = BTreeMap::from([(Name::from(field), change)]);
        Some(self.plan_op(record.id, record.kind.clone(), record.channel.clone(), changes, moment))
    }

    /// Plans to move a record to another channel. None when there is no such record, it is there already, or it can't
    /// go there ([`Channel::leads_to`]).
    pub fn plan_move(&self, record: RecordId, to: &Channel, moment: Moment) -> Option<Plan> {
        let record: &Record = self.record(record)?;
        if record.channel == *to || !record.channel.leads_to(to) {
            return None;
        }
        let replaced = record.fields.get(MOVED).map(|field| field.stamp);
        let change = Change { value: to.to_string().into(), replaced, settles: Vec::new() };
        let changes = BTreeMap::from([(Name::from(MOVED), change)]);
        Some(self.plan_op(record.id, record.kind.clone(), record.channel.clone(), changes, moment))
    }

    fn plan_op(
        &self,
        record: RecordId,
        kind: Kind,
        channel: Channel,
        changes: BTreeMap<Name, Change>,
        Moment { now_ms, random }: Moment,
    ) -> Plan {
        let head = &self.head;
        let last = if planted(Bug::StampsGoBack) { Stamp::zero(head.device) } else { head.last };
        let stamp = last.next(now_ms.saturating_add_signed(head.offset_ms), head.device);
        let by = head.by.clone();
        let op = Op { id: OpId::new(stamp.ms, random), record, kind, channel, stamp, by, changes };
        let queued = Queued::waiting(Arc::new(op));
        let writes = if planted(Bug::SaveNotWritten) { Vec::new() } else { vec![queued.write()] };
        Plan { writes, delta: Delta { queued: vec![queued], last: Some(stamp), ..Delta::default() } }
    }

    /// Plans to send again an op that was set aside; none when it is not.
    pub fn plan_retry(&self, op: OpId) -> Option<Plan> {
        Some(requeue(Queued::waiting(self.set_aside(op)?.op.clone())))
    }

    /// Plans to set aside an op that can't be sent, with the reason.
    pub fn plan_set_aside(&self, op: OpId, reason: &str) -> Option<Plan> {
        let op = self.outbox.get(op)?.op.clone();
        Some(requeue(Queued { op, state: QueuedState::SetAside { reason: reason.to_owned() } }))
    }

    /// Plans to give up an op that was set aside; none when it is not.
    pub fn plan_give_up(&self, op: OpId) -> Option<Plan> {
        self.set_aside(op)?;
        let writes = vec![Write::Delete(Table::Outbox, op.to_string())];
        Some(Plan { writes, delta: Delta { swept: vec![op], ..Delta::default() } })
    }

    fn set_aside(&self, op: OpId) -> Option<&Queued> {
        self.outbox.get(op).filter(|queued| matches!(queued.state, QueuedState::SetAside { .. }))
    }
}

fn requeue(queued: Queued) -> Plan {
    Plan { writes: vec![queued.write()], delta: Delta { queued: vec![queued], ..Delta::default() } }
}
