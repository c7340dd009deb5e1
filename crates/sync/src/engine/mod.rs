//! The phone's side of sync, as pure data: what is known, what is not yet acknowledged, and the
//! plans that change both.
//!
//! Every change is planned first (a `plan_…` function), written by the caller in one transaction, and
//! only then applied ([`Engine::apply`]): memory never shows as saved what is not durable.
//!
//! Two layers make a record as the worker sees it: the *base*, as the office has it, and the ops of
//! the *outbox* laid on top. So a pull over an unacknowledged edit needs no special case.

mod answer;
mod edit;
mod pass;
mod queue;
mod tidy;

pub use edit::{Edit, Moment};
pub use pass::{Pace, Pass, WINDOW};
pub use tidy::{KEEP, KEEP_MS};

use crate::{
    id::{DeviceId, OpId, RecordId},
    merge::merge,
    planted::{Bug, planted},
    record::{Name, Op, Record},
    schema::{ChannelOf, ClassOf, RecordChannel, RecordClass, Schema},
    stamp::Stamp,
    storage::{Batch, Snapshot, Table, Write},
    timeline::Milestone,
    wire::{Carried, Position},
};
use queue::Queue;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// The most records in one segment: few enough that its value stays below 64 KiB. Larger ones Chromium keeps as
/// files beside its database, which made each write of an answer take half as long again.
pub const SEGMENT: usize = 72;

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
#[serde(bound = "")]
pub struct Queued<S: Schema> {
    /// The op.
    pub op: Arc<Op<S>>,
    /// How far it got.
    pub state: QueuedState,
}

/// How far an unacknowledged op got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum QueuedState {
    /// 等待: goes with the next pass.
    Waiting,
    /// 待核对: the office has it, and a supervisor looks at it. Each pass asks what came of it.
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

impl<S: Schema> Queued<S> {
    fn waiting(op: Arc<Op<S>>) -> Self {
        Self { op, state: QueuedState::Waiting }
    }

    fn write(&self) -> Write<ClassOf<S>> {
        Write::Put(Table::Outbox, self.op.id.to_string(), json(self))
    }
}

/// A value of [`Table::Segments`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Segment<R> {
    /// Records as the office has them.
    records: Vec<R>,
    /// Ops that the office acknowledged with them, in `epoch`, by the server's time. Their outbox entries
    /// are kept for a while, to be offered again to a server that was restored from a backup.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    spent: Spent,
    /// The server's epoch then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<String>,
}

/// The contents of a segment: records of one class.
pub type Held<S> = (ClassOf<S>, Vec<RecordId>);

/// Acknowledged ops by when that was, Unix milliseconds of the server.
type Spent = BTreeMap<u64, Vec<OpId>>;

/// A value of [`Table::Cursors`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// How far the channel was pulled.
    pub position: Position,
    /// Where the pull began anew: records of the channel in no segment from this number on were not
    /// brought again so far. When the pull is through they are gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fresh: Option<u64>,
}

/// The engine's own values, kept under [`Table::Meta`] as `engine`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Head<S: Schema> {
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
    /// The channels that the phone may carry, with the worker's role in each.
    pub grants: Vec<Carried<S>>,
    /// When the last pass succeeded, Unix milliseconds on this phone.
    pub synced_at: Option<u64>,
    /// Counts the writes to segments: a window whose count is behind must load again before a pass.
    pub generation: u64,
    /// Records that the office handed out and that this phone could not read, with their channels, until it hands out what
    /// can be read.
    #[serde(default = "BTreeMap::new")]
    pub unreadable: BTreeMap<RecordId, S::Channel>,
    /// The furthest milestone that is known of each channel, also of those that the phone may carry no more: what it sent there
    /// was taken.
    #[serde(default = "BTreeMap::new")]
    pub milestones: BTreeMap<S::Channel, Milestone>,
    /// See [`Head::steady`]; 0 in what an app stored that had none.
    #[serde(default)]
    steady_ms: u64,
}

/// The key of [`Head`] in [`Table::Meta`].
const HEAD: &str = "engine";

/// The most by which one answer moves [`Head::steady`], in milliseconds.
const STEP_MS: i64 = 86_400_000;

/// The key of [`Head::generation`] in [`Table::Meta`]: what is kept there is what counts.
pub const COUNT: &str = "generation";

impl<S: Schema> Head<S> {
    /// A device that has not synced yet.
    pub fn new(device: DeviceId, by: impl Into<Name>, grants: Vec<Carried<S>>) -> Self {
        Self {
            device,
            by: by.into(),
            last: Stamp::zero(device),
            offset_ms: 0,
            epoch: None,
            grants,
            synced_at: None,
            generation: 0,
            unreadable: BTreeMap::new(),
            milestones: BTreeMap::new(),
            steady_ms: 0,
        }
    }

    /// The head that a storage holds; none before the first login.
    ///
    /// # Errors
    /// It could not be read.
    pub fn stored(stored: &Snapshot<ClassOf<S>>) -> Result<Option<Self>, Unreadable> {
        stored.get(Table::Meta, HEAD).map(|bytes| parse(Table::<ClassOf<S>>::Meta, bytes)).transpose()
    }

    /// The writes that keep it.
    pub fn writes(&self) -> Batch<ClassOf<S>> {
        let head = Write::Put(Table::Meta, HEAD.into(), json(self));
        let count = self.count().map(|count| Write::Put(Table::Meta, COUNT.into(), count));
        [head].into_iter().chain(count).collect()
    }

    /// The count of writes to segments, as it is kept under a key of its own.
    fn count(&self) -> Option<Vec<u8>> {
        (self.generation > 0).then(|| self.generation.to_string().into_bytes())
    }

    /// The server's clock when the last answer was taken in.
    fn server_time(&self) -> u64 {
        self.synced_at.unwrap_or_default().saturating_add_signed(self.offset_ms)
    }

    /// Returns the time by which it is told how long something was kept, in milliseconds: that of the server's clock, which one
    /// answer moves by a day at most. A clock that jumps ends nothing weeks early.
    fn steady(&self) -> u64 {
        if self.steady_ms == 0 || planted(Bug::CLOCK_JUMPS_BELIEVED) { self.server_time() } else { self.steady_ms }
    }

    /// Returns [`Self::steady`] after an answer that was written at `server_ms`.
    fn steady_at(&self, server_ms: u64) -> u64 {
        if self.synced_at.is_none() {
            return server_ms;
        }
        let step = server_ms.cast_signed().saturating_sub(self.server_time().cast_signed());
        self.steady().saturating_add_signed(step.clamp(-STEP_MS, STEP_MS))
    }
}

/// The phone's records and queue.
#[derive(Clone, Debug)]
pub struct Engine<S: Schema> {
    head: Head<S>,
    base: HashMap<RecordId, Arc<Record<S>>>,
    outbox: Queue<S>,
    overlay: HashMap<RecordId, Arc<Record<S>>>,
    /// Acknowledged in this epoch, and still in storage; with when that was.
    acknowledged: BTreeMap<OpId, (u64, Queued<S>)>,
    cursors: BTreeMap<S::Channel, Cursor>,
    segments: BTreeMap<u64, Held<S>>,
}

/// A planned change: first write `writes` in one transaction, then [`Engine::apply`] it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan<S: Schema> {
    /// The writes to the storage.
    pub writes: Batch<ClassOf<S>>,
    /// The changes in memory.
    pub delta: Delta<S>,
}

/// A change of the engine's memory. Also what one window tells the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Delta<S: Schema> {
    /// Queued, or their state changed.
    pub queued: Vec<Queued<S>>,
    /// Acknowledged: no longer queued, though still in storage.
    pub acknowledged: Vec<OpId>,
    /// Gone from storage: acknowledged long ago, or given up by the worker.
    pub swept: Vec<OpId>,
    /// Records as the office has them.
    pub base: Vec<Arc<Record<S>>>,
    /// Records that the office no longer hands out.
    pub forgotten: Vec<RecordId>,
    /// Segments written, by number.
    pub segments: Vec<(u64, Held<S>)>,
    /// Segments removed.
    pub dropped: Vec<u64>,
    /// Channels that the phone may no longer carry.
    #[serde(default)]
    pub lost: Vec<ChannelOf<S>>,
    /// Cursors moved.
    pub cursors: BTreeMap<ChannelOf<S>, Cursor>,
    /// The latest stamp, where an edit made one.
    pub last: Option<Stamp>,
    /// The engine's own values, where a pass changed them.
    pub head: Option<Head<S>>,
    /// Whether there is more to pull.
    pub again: bool,
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("records, ops and heads have only text keys")
}

fn parse<'a, C: RecordClass, T: Deserialize<'a>>(table: Table<C>, bytes: &'a [u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(bytes).map_err(|cause| Unreadable { table: table.name(), cause })
}

fn segment_key(number: u64) -> String {
    format!("{number:016x}")
}

impl<S: Schema> Engine<S> {
    /// The engine as it was stored.
    ///
    /// # Errors
    /// A value that could not be read: nothing is dropped in silence.
    pub fn load(head: Head<S>, stored: &Snapshot<ClassOf<S>>) -> Result<Self, Unreadable> {
        let mut engine = Self {
            head,
            base: HashMap::new(),
            outbox: Queue::default(),
            overlay: HashMap::new(),
            acknowledged: BTreeMap::new(),
            cursors: BTreeMap::new(),
            segments: BTreeMap::new(),
        };
        let count = stored.get(Table::Meta, COUNT).map(|bytes| parse(Table::<ClassOf<S>>::Meta, bytes)).transpose()?;
        engine.head.generation = count.unwrap_or_default();
        let mut spent = HashMap::new();
        let of_class = |class| stored.entries(Table::Segments(class)).iter().map(move |entry| (class, entry));
        let mut segments: Vec<_> = ClassOf::<S>::ALL.iter().copied().flat_map(of_class).collect();
        segments.sort_by_key(|(_, (key, _))| key);
        for (class, (key, bytes)) in segments {
            let number = u64::from_str_radix(key, 16).unwrap_or_default();
            let segment: Segment<Record<S>> = parse(Table::Segments(class), bytes)?;
            let records = segment.records.iter().map(|record| record.id).collect();
            engine.segments.insert(number, (class, records));
            engine.base.extend(segment.records.into_iter().map(|record| (record.id, Arc::new(record))));
            if segment.epoch == engine.head.epoch {
                spent.extend(segment.spent.into_iter().flat_map(|(at, ops)| ops.into_iter().map(move |op| (op, at))));
            }
        }
        for (key, bytes) in stored.entries(Table::Cursors) {
            if let Ok(channel) = key.parse() {
                engine.cursors.insert(channel, parse(Table::<ClassOf<S>>::Cursors, bytes)?);
            }
        }
        for (_, bytes) in stored.entries(Table::Outbox) {
            let mut queued: Queued<S> = parse(Table::<ClassOf<S>>::Outbox, bytes)?;
            queued.op = Arc::new(Arc::unwrap_or_clone(queued.op).cleaned());
            engine.head.last = engine.head.last.max(queued.op.stamp);
            match spent.get(&queued.op.id) {
                Some(at) => drop(engine.acknowledged.insert(queued.op.id, (*at, queued))),
                None => engine.outbox.insert(queued),
            }
        }
        let touched = BTreeSet::from_iter(engine.outbox.all().map(|queued| queued.op.record));
        engine.lay(touched);
        Ok(engine)
    }

    /// The engine's own values.
    pub const fn head(&self) -> &Head<S> {
        &self.head
    }

    /// A record as the worker sees it.
    pub fn record(&self, id: RecordId) -> Option<&Arc<Record<S>>> {
        self.overlay.get(&id).or_else(|| self.base.get(&id))
    }

    /// Every record as the worker sees it, in no order.
    pub fn records(&self) -> impl Iterator<Item = &Arc<Record<S>>> {
        let untouched = self.base.iter().filter(|(id, _)| !self.overlay.contains_key(id));
        untouched.map(|(_, record)| record).chain(self.overlay.values())
    }

    /// Returns the ops that the office has not acknowledged, oldest first.
    pub fn outbox(&self) -> impl ExactSizeIterator<Item = &Queued<S>> {
        self.outbox.all()
    }

    /// Returns the ops that the office acknowledged lately, and when (Unix milliseconds of the server). They are kept in case
    /// the office has to be restored from a backup.
    pub fn acknowledged(&self) -> impl Iterator<Item = (u64, &Op<S>)> {
        self.acknowledged.values().map(|(at, queued)| (*at, queued.op.as_ref()))
    }

    /// The acknowledged ops as a segment names them.
    fn spent(&self) -> Spent {
        let mut spent = Spent::new();
        for (at, op) in self.acknowledged() {
            spent.entry(at).or_default().push(op.id);
        }
        spent
    }

    /// Whether every edit of a record is at the office (✓✓), or some are only on this phone (✓).
    pub fn at_office(&self, id: RecordId) -> bool {
        !self.overlay.contains_key(&id)
    }

    /// Applies what was planned and written, here or in another window. Returns the records that
    /// changed for the worker.
    pub fn apply(&mut self, delta: Delta<S>) -> Vec<RecordId> {
        let before = BTreeMap::from_iter(self.touched(&delta).into_iter().map(|id| (id, self.record(id).cloned())));
        let restored =
            delta.head.as_ref().is_some_and(|head| self.head.epoch.is_some() && head.epoch != self.head.epoch);
        if restored {
            self.acknowledged.clear();
        }
        for queued in delta.queued {
            self.outbox.insert(queued);
        }
        let at = delta.head.as_ref().map_or(0, Head::steady);
        for id in delta.acknowledged {
            if let Some(queued) = self.outbox.remove(id) {
                self.acknowledged.insert(id, (at, queued));
            }
        }
        for id in delta.swept {
            self.acknowledged.remove(&id);
            self.outbox.remove(id);
        }
        for id in delta.forgotten {
            self.base.remove(&id);
        }
        for record in delta.base {
            self.base.insert(record.id, record);
        }
        for number in delta.dropped {
            self.segments.remove(&number);
        }
        self.segments.extend(delta.segments);
        self.cursors.extend(delta.cursors);
        self.cursors.retain(|channel, _| !delta.lost.contains(channel));
        self.head.last = self.head.last.max(delta.last.unwrap_or(self.head.last));
        if let Some(head) = delta.head {
            let last = self.head.last.max(head.last);
            self.head = Head { last, ..head };
        }
        self.lay(before.keys().copied());
        let same = |old: &Option<Arc<Record<S>>>, new: Option<&Arc<Record<S>>>| match (old, new) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new) || old == new,
            (old, new) => old.is_none() && new.is_none(),
        };
        before.into_iter().filter(|(id, old)| !same(old, self.record(*id))).map(|(id, _)| id).collect()
    }

    /// The records that a change may touch.
    fn touched(&self, delta: &Delta<S>) -> BTreeSet<RecordId> {
        let gone = delta.acknowledged.iter().chain(&delta.swept).filter_map(|op| self.outbox.get(*op));
        let queued = gone.chain(&delta.queued).map(|queued| queued.op.record);
        BTreeSet::from_iter(
            queued.chain(delta.forgotten.iter().copied()).chain(delta.base.iter().map(|record| record.id)),
        )
    }

    /// Lays the outbox's ops on the base of these records again.
    fn lay(&mut self, records: impl IntoIterator<Item = RecordId>) {
        for id in records {
            let base = self.base.get(&id).map(Arc::as_ref);
            let lay =
                |laid: Option<Record<S>>, queued: &Queued<S>| Some(merge(laid.as_ref().or(base), &queued.op).record);
            match self.outbox.of(id).fold(None, lay) {
                Some(record) => self.overlay.insert(id, Arc::new(record)),
                None => self.overlay.remove(&id),
            };
        }
    }

    /// Whether another window wrote segments since this one read them, by what is kept under [`COUNT`] now.
    pub fn is_behind(&self, count: Option<&[u8]>) -> bool {
        self.head.count().as_deref() != count
    }

    /// Returns the condition that a plan that writes segments begins with. The plan is carried out only where no other window
    /// wrote segments since this one read them. Locks alone don't guarantee that: a window can be frozen while it holds one.
    fn fence(&self) -> Option<Write<ClassOf<S>>> {
        (!planted(Bug::FROZEN_WRITES)).then(|| Write::Check(Table::Meta, COUNT.into(), self.head.count()))
    }

    fn next_segment(&self) -> u64 {
        self.segments.last_key_value().map_or(1, |(number, _)| number + 1)
    }
}

/// Writes records as segments from number `next` on, each of one class; the first names the ops spent on them.
fn put_segments<'a, S: Schema>(
    next: u64,
    epoch: Option<&str>,
    records: impl IntoIterator<Item = &'a Record<S>>,
    spent: Spent,
    plan: &mut Plan<S>,
) {
    let mut by_class: BTreeMap<ClassOf<S>, Vec<&Record<S>>> = BTreeMap::new();
    for record in records {
        by_class.entry(record.channel.class()).or_default().push(record);
    }
    if let (true, false, Some(first)) = (by_class.is_empty(), spent.is_empty(), ClassOf::<S>::ALL.first()) {
        by_class.insert(*first, Vec::new());
    }
    let chunks = |(class, records): (&ClassOf<S>, &'_ Vec<&'a Record<S>>)| {
        let chunks = records.chunks(SEGMENT).map(<[_]>::to_vec);
        let chunks: Vec<_> = if records.is_empty() { vec![Vec::new()] } else { chunks.collect() };
        chunks.into_iter().map(|chunk| (*class, chunk)).collect::<Vec<_>>()
    };
    let mut spent = Some(spent);
    for (number, (class, records)) in (next..).zip(by_class.iter().flat_map(chunks)) {
        let spent = spent.take().unwrap_or_default();
        let epoch = epoch.filter(|_| !spent.is_empty()).map(str::to_owned);
        let ids = records.iter().map(|record| record.id).collect();
        let segment = Segment { records, spent, epoch };
        plan.writes.push(Write::Put(Table::Segments(class), segment_key(number), json(&segment)));
        plan.delta.segments.push((number, (class, ids)));
    }
}

#[cfg(test)]
mod tests;
