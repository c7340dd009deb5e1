//! The phone's side of sync, as pure data: what is known, what is not yet acknowledged, and the
//! plans that change both.
//!
//! Every change is planned first ([`Engine::plan_edit`], [`Engine::plan_answer`],
//! [`Engine::plan_compaction`]), written by the caller in one transaction, and only then applied
//! ([`Engine::apply`]): memory never shows as saved what is not durable.
//!
//! Two layers make a record as the worker sees it: the *base*, as the office has it, and the ops of
//! the *outbox* laid on top. So a pull over an unacknowledged edit needs no special case.

use crate::{
    id::{DeviceId, OpId, RecordId},
    merge::merge,
    record::{Channel, Kind, Name, Op, Record, diff},
    stamp::Stamp,
    storage::{Batch, Snapshot, Table, Write},
    wire::{Grid, MAX_OP_BYTES, MAX_OPS, OpOutcome, SyncRequest, SyncResponse},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// The most records in one segment.
pub const SEGMENT: usize = 256;

/// Segments below this size are merged when there are more than [`SMALL_SEGMENTS`] of them.
const SMALL: usize = SEGMENT / 2;
const SMALL_SEGMENTS: usize = 16;

/// How a segment or an op in storage could not be read.
#[derive(Debug, thiserror::Error)]
#[error("a stored value in {table} could not be read")]
pub struct Unreadable {
    /// The table.
    pub table: &'static str,
    /// The parser's words.
    #[source]
    pub cause: serde_json::Error,
}

/// An op that the office has not acknowledged, and how far it got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Queued {
    /// The op.
    pub op: Op,
    /// How far it got.
    pub state: QueuedState,
}

/// How far an unacknowledged op got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum QueuedState {
    /// 等待: goes with the next pass.
    Waiting,
    /// 待核对: the office has it, and a supervisor looks at it.
    Review {
        /// Why, in words for the worker.
        reason: String,
    },
    /// 被退回: the office could not take it; set aside so that it holds up nothing.
    SetAside {
        /// Why, in words for the worker.
        reason: String,
    },
}

/// A value of [`Table::Segments`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Segment<R> {
    /// Records as the office has them.
    records: Vec<R>,
    /// Ops that the office acknowledged with them. Their outbox entries mean nothing any more and are
    /// deleted when idle: deleting hundreds of keys is slow, writing their names is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spent: Vec<OpId>,
}

/// The engine's own values, kept under [`Table::Meta`] as `engine`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// This device.
    pub device: DeviceId,
    /// The worker's name, written into each op.
    pub by: Name,
    /// The latest stamp made or seen.
    pub last: Stamp,
    /// Server time minus phone time, in milliseconds.
    pub offset_ms: i64,
    /// The server's epoch.
    pub epoch: Option<String>,
    /// The grids the worker is responsible for.
    pub grants: Vec<Grid>,
    /// When the last pass succeeded, Unix milliseconds on this phone.
    pub synced_at: Option<u64>,
    /// Counts the writes to segments: a window whose count is behind must load again before a pass.
    pub generation: u64,
}

/// The key of [`Head`] in [`Table::Meta`].
pub const HEAD: &str = "engine";

impl Head {
    /// A device that has not synced yet.
    pub fn new(device: DeviceId, by: impl Into<Name>, grants: Vec<Grid>) -> Self {
        Self {
            device,
            by: by.into(),
            last: Stamp::zero(device),
            offset_ms: 0,
            epoch: None,
            grants,
            synced_at: None,
            generation: 0,
        }
    }

    /// The write that keeps it.
    pub fn write(&self) -> Write {
        Write::Put(Table::Meta, HEAD.into(), json(self))
    }
}

/// The phone's records and queue.
#[derive(Clone, Debug)]
pub struct Engine {
    head: Head,
    base: HashMap<RecordId, Arc<Record>>,
    outbox: BTreeMap<OpId, Queued>,
    overlay: HashMap<RecordId, Arc<Record>>,
    cursors: BTreeMap<Channel, u64>,
    segments: BTreeMap<u64, Vec<RecordId>>,
    spent: BTreeSet<OpId>,
}

/// A planned change: first write `writes` in one transaction, then [`Engine::apply`] it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What to write.
    pub writes: Batch,
    /// What changes in memory.
    pub delta: Delta,
}

/// A change of the engine's memory. Also what one window tells the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// Queued, or their state changed.
    pub queued: Vec<Queued>,
    /// Acknowledged: no longer queued, though still in storage.
    pub acknowledged: Vec<OpId>,
    /// Acknowledged before, and gone from storage.
    pub swept: Vec<OpId>,
    /// Records as the office has them.
    pub base: Vec<Record>,
    /// Segments written: number and records.
    pub segments: Vec<(u64, Vec<RecordId>)>,
    /// Segments removed.
    pub dropped: Vec<u64>,
    /// Cursors moved.
    pub cursors: BTreeMap<Channel, u64>,
    /// The latest stamp, where an edit made one.
    pub last: Option<Stamp>,
    /// The engine's own values, where a pass changed them.
    pub head: Option<Head>,
    /// Whether the server has more to pull.
    pub more: bool,
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("records, ops and heads have only text keys")
}

fn parse<'a, T: Deserialize<'a>>(table: Table, bytes: &'a [u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(bytes).map_err(|cause| Unreadable { table: table.name(), cause })
}

fn segment_key(number: u64) -> String {
    format!("{number:016x}")
}

impl Engine {
    /// The engine as it was stored.
    ///
    /// # Errors
    /// A value that could not be read: nothing is dropped in silence.
    pub fn load(head: Head, stored: &Snapshot) -> Result<Self, Unreadable> {
        let mut engine = Self {
            head,
            base: HashMap::new(),
            outbox: BTreeMap::new(),
            overlay: HashMap::new(),
            cursors: BTreeMap::new(),
            segments: BTreeMap::new(),
            spent: BTreeSet::new(),
        };
        let mut spent = BTreeSet::new();
        for (key, bytes) in stored.entries(Table::Segments) {
            let number = u64::from_str_radix(key, 16).unwrap_or_default();
            let segment: Segment<Record> = parse(Table::Segments, bytes)?;
            engine.segments.insert(number, segment.records.iter().map(|record| record.id).collect());
            engine.base.extend(segment.records.into_iter().map(|record| (record.id, Arc::new(record))));
            spent.extend(segment.spent);
        }
        for (key, bytes) in stored.entries(Table::Cursors) {
            if let Ok(channel) = key.parse() {
                engine.cursors.insert(channel, parse(Table::Cursors, bytes)?);
            }
        }
        for (_, bytes) in stored.entries(Table::Outbox) {
            let queued: Queued = parse(Table::Outbox, bytes)?;
            engine.head.last = engine.head.last.max(queued.op.stamp);
            if spent.contains(&queued.op.id) {
                engine.spent.insert(queued.op.id);
            } else {
                engine.outbox.insert(queued.op.id, queued);
            }
        }
        let touched: BTreeSet<_> = engine.outbox.values().map(|queued| queued.op.record).collect();
        engine.lay(touched);
        Ok(engine)
    }

    /// The engine's own values.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// A record as the worker sees it.
    pub fn record(&self, id: RecordId) -> Option<&Arc<Record>> {
        self.overlay.get(&id).or_else(|| self.base.get(&id))
    }

    /// Every record as the worker sees it, in no order.
    pub fn records(&self) -> impl Iterator<Item = &Arc<Record>> {
        let untouched = self.base.iter().filter(|(id, _)| !self.overlay.contains_key(id));
        untouched.map(|(_, record)| record).chain(self.overlay.values())
    }

    /// What the office has not acknowledged, oldest first.
    pub fn outbox(&self) -> impl Iterator<Item = &Queued> {
        self.outbox.values()
    }

    /// Whether every edit of a record is at the office (✓✓), or some are only on this phone (✓).
    pub fn at_office(&self, id: RecordId) -> bool {
        !self.overlay.contains_key(&id)
    }

    /// Plans a save: the changed fields of `after` as an op in the outbox. None when nothing changed.
    ///
    /// `now_ms` is the phone's clock; `random` makes the op's id.
    pub fn plan_edit<T: Serialize>(
        &self,
        record: RecordId,
        kind: Kind,
        channel: Channel,
        after: &T,
        now_ms: u64,
        random: [u8; 10],
    ) -> Option<Plan> {
        let before = self.record(record);
        let changes = diff(before.map(Arc::as_ref), after);
        if changes.is_empty() {
            return None;
        }
        let channel = before.map_or(channel, |record| record.channel.clone());
        let head = &self.head;
        let stamp = head.last.next(now_ms.saturating_add_signed(head.offset_ms), head.device);
        let by = head.by.clone();
        let op = Op { id: OpId::new(stamp.ms, random), record, kind, channel, stamp, by, changes };
        let queued = Queued { op, state: QueuedState::Waiting };
        Some(Plan {
            writes: vec![put_queued(&queued)],
            delta: Delta { queued: vec![queued], last: Some(stamp), ..Delta::default() },
        })
    }

    /// Plans to send again an op that was set aside; none when it is not.
    pub fn plan_retry(&self, op: OpId) -> Option<Plan> {
        let queued = self.outbox.get(&op)?;
        if !matches!(queued.state, QueuedState::SetAside { .. }) {
            return None;
        }
        let queued = Queued { op: queued.op.clone(), state: QueuedState::Waiting };
        Some(Plan { writes: vec![put_queued(&queued)], delta: Delta { queued: vec![queued], ..Delta::default() } })
    }

    /// The next request: the oldest waiting ops, within the limits, and where the pull goes on.
    /// `answered` is the delta of an answer that is being written meanwhile: what it names is not sent
    /// again, and its cursors count.
    pub fn request(&self, app: &str, limit: u32, answered: &Delta) -> SyncRequest {
        let mut bytes = 0;
        let named = named(answered);
        let ops = self
            .outbox
            .values()
            .filter(|queued| queued.state == QueuedState::Waiting && !named.contains(&queued.op.id))
            .take(MAX_OPS)
            .take_while(|queued| {
                let first = bytes == 0;
                bytes += size_hint(&queued.op);
                first || bytes <= MAX_OP_BYTES
            })
            .map(|queued| queued.op.clone())
            .collect();
        let mut cursors = self.cursors.clone();
        cursors.extend(answered.cursors.clone());
        let epoch = answered.head.as_ref().unwrap_or(&self.head).epoch.clone();
        SyncRequest { device: self.head.device, app: app.to_owned(), epoch, ops, cursors, limit }
    }

    /// Whether, after the answer with this delta, another request has something to do.
    pub fn goes_on(&self, answered: &Delta) -> bool {
        let named = named(answered);
        let mut waiting = self.outbox.values().filter(|queued| queued.state == QueuedState::Waiting);
        // An answer that named nothing of what waits would name nothing of it again.
        answered.more || !named.is_empty() && waiting.any(|queued| !named.contains(&queued.op.id))
    }

    /// Plans what an answer means: ops acknowledged or set aside, records and cursors moved, all in
    /// one transaction. `now_ms` is the phone's clock.
    pub fn plan_answer(&self, response: SyncResponse, now_ms: u64) -> Plan {
        let mut delta = Delta::default();
        let mut writes = Batch::new();
        let mut base: BTreeMap<RecordId, Record> = BTreeMap::new();

        // A restored server starts its sequence again: pull from the beginning.
        let restored = self.head.epoch.as_ref().is_some_and(|epoch| *epoch != response.epoch);
        if restored {
            writes.push(Write::Clear(Table::Cursors));
            delta.cursors = self.cursors.keys().map(|channel| (channel.clone(), 0)).collect();
        }

        for result in response.results {
            let Some(queued) = self.outbox.get(&result.op) else { continue };
            let reason = result.reason.unwrap_or_default();
            let state = match result.outcome {
                OpOutcome::Applied | OpOutcome::Superseded | OpOutcome::Duplicate => {
                    let id = queued.op.record;
                    let before = base.get(&id).or_else(|| self.base.get(&id).map(Arc::as_ref));
                    base.insert(id, merge(before, &queued.op).record);
                    delta.acknowledged.push(result.op);
                    continue;
                }
                OpOutcome::Quarantined => QueuedState::Review { reason },
                OpOutcome::Rejected => QueuedState::SetAside { reason },
            };
            let queued = Queued { op: queued.op.clone(), state };
            writes.push(put_queued(&queued));
            delta.queued.push(queued);
        }

        let mut last = self.head.last;
        for page in response.channels {
            delta.more |= page.more;
            for record in page.records {
                last = last.max(record.latest().map_or(last, |stamp| Stamp { device: last.device, ..stamp }));
                base.insert(record.id, record);
            }
            if !restored && self.cursors.get(&page.channel) != Some(&page.next) {
                writes.push(Write::Put(Table::Cursors, page.channel.to_string(), json(&page.next)));
                delta.cursors.insert(page.channel, page.next);
            }
        }
        delta.more |= restored;

        delta.base = base.into_values().collect();
        let records: Vec<&Record> = delta.base.iter().collect();
        put_segments(self.next_segment(), &records, &delta.acknowledged, &mut writes, &mut delta.segments);

        let head = Head {
            last,
            offset_ms: response.now.cast_signed().saturating_sub(now_ms.cast_signed()),
            epoch: Some(response.epoch),
            grants: response.grants,
            synced_at: Some(now_ms),
            generation: self.head.generation + 1,
            ..self.head.clone()
        };
        writes.push(head.write());
        delta.head = Some(head);
        Plan { writes, delta }
    }

    /// Plans to delete outbox entries that were acknowledged, some hundred at a time. Run it when idle;
    /// none when there are none.
    pub fn plan_sweep(&self) -> Option<Plan> {
        let swept: Vec<OpId> = self.spent.iter().take(MAX_OPS).copied().collect();
        let delete = |op: &OpId| Write::Delete(Table::Outbox, op.to_string());
        let writes = swept.iter().map(delete).collect();
        (!swept.is_empty()).then(|| Plan { writes, delta: Delta { swept, ..Delta::default() } })
    }

    /// Plans to tidy the segments when there are many small ones or much of them is out of date.
    /// Run it when idle; none when there is nothing to gain.
    pub fn plan_compaction(&self) -> Option<Plan> {
        let entries: usize = self.segments.values().map(Vec::len).sum();
        let stale = entries > 2 * self.base.len() + SEGMENT;
        let chosen: Vec<u64> = self
            .segments
            .iter()
            .filter(|(_, records)| stale || records.len() < SMALL)
            .map(|(number, _)| *number)
            .collect();
        if !stale && chosen.len() <= SMALL_SEGMENTS {
            return None;
        }
        let ids: BTreeSet<RecordId> = chosen.iter().flat_map(|number| &self.segments[number]).copied().collect();
        let ids: Vec<RecordId> = ids.into_iter().filter(|id| self.base.contains_key(id)).collect();
        let mut writes: Batch =
            chosen.iter().map(|number| Write::Delete(Table::Segments, segment_key(*number))).collect();
        let mut delta = Delta { dropped: chosen, ..Delta::default() };
        let records: Vec<&Record> = ids.iter().map(|id| self.base[id].as_ref()).collect();
        let spent: Vec<OpId> = self.spent.iter().copied().collect();
        put_segments(self.next_segment(), &records, &spent, &mut writes, &mut delta.segments);
        let head = Head { generation: self.head.generation + 1, ..self.head.clone() };
        writes.push(head.write());
        delta.head = Some(head);
        Some(Plan { writes, delta })
    }

    /// Applies what was planned and written, here or in another window. Returns the records that
    /// changed for the worker.
    pub fn apply(&mut self, delta: Delta) -> Vec<RecordId> {
        let mut touched = BTreeSet::new();
        for id in delta.acknowledged {
            if let Some(queued) = self.outbox.remove(&id) {
                touched.insert(queued.op.record);
            }
            self.spent.insert(id);
        }
        for id in delta.swept {
            self.spent.remove(&id);
        }
        for queued in delta.queued {
            touched.insert(queued.op.record);
            self.outbox.insert(queued.op.id, queued);
        }
        for record in delta.base {
            touched.insert(record.id);
            self.base.insert(record.id, Arc::new(record));
        }
        for number in delta.dropped {
            self.segments.remove(&number);
        }
        self.segments.extend(delta.segments);
        self.cursors.extend(delta.cursors);
        self.head.last = self.head.last.max(delta.last.unwrap_or(self.head.last));
        if let Some(head) = delta.head {
            let last = self.head.last.max(head.last);
            self.head = Head { last, ..head };
        }
        self.lay(touched.iter().copied());
        touched.into_iter().collect()
    }

    /// Lays the outbox's ops on the base of these records again.
    fn lay(&mut self, records: impl IntoIterator<Item = RecordId>) {
        let records: BTreeSet<RecordId> = records.into_iter().collect();
        let mut laid: HashMap<RecordId, Record> = HashMap::new();
        for queued in self.outbox.values().filter(|queued| records.contains(&queued.op.record)) {
            let id = queued.op.record;
            let before = laid.get(&id).or_else(|| self.base.get(&id).map(Arc::as_ref));
            let merged = merge(before, &queued.op).record;
            laid.insert(id, merged);
        }
        for id in records {
            match laid.remove(&id) {
                Some(record) => self.overlay.insert(id, Arc::new(record)),
                None => self.overlay.remove(&id),
            };
        }
    }

    fn next_segment(&self) -> u64 {
        self.segments.last_key_value().map_or(1, |(number, _)| number + 1)
    }
}

/// The ops that an answer named.
fn named(answered: &Delta) -> BTreeSet<OpId> {
    answered.acknowledged.iter().copied().chain(answered.queued.iter().map(|queued| queued.op.id)).collect()
}

/// Writes records as segments from number `next` on, the first of which names the ops spent on them.
fn put_segments(
    next: u64,
    records: &[&Record],
    spent: &[OpId],
    writes: &mut Batch,
    segments: &mut Vec<(u64, Vec<RecordId>)>,
) {
    let mut spent = spent.to_vec();
    for (number, records) in (next..).zip(records.chunks(SEGMENT)) {
        let segment = Segment { records: records.to_vec(), spent: std::mem::take(&mut spent) };
        writes.push(Write::Put(Table::Segments, segment_key(number), json(&segment)));
        segments.push((number, records.iter().map(|record| record.id).collect()));
    }
}

fn put_queued(queued: &Queued) -> Write {
    Write::Put(Table::Outbox, queued.op.id.to_string(), json(queued))
}

/// About how many bytes an op takes on the wire, before compression.
fn size_hint(op: &Op) -> usize {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.len(),
        serde_json::Value::Array(items) => items.len() * 40,
        _ => 8,
    };
    let field = |(name, change): (&Name, &crate::record::Change)| {
        name.len() + 15 + text(&change.value) + if change.replaced.is_some() { 48 } else { 0 }
    };
    260 + op.changes.iter().map(field).sum::<usize>()
}

#[cfg(test)]
mod tests;
