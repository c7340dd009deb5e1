//! The server's side of a push: it decides on each op of a batch. Pure, so that every database and a simulation run the
//! same; the caller brings what is stored and writes what comes out, in one transaction.

pub use crate::{bounds::MAX_OP, incident::Incident};
use crate::{
    bounds::{check_op, check_record},
    id::{OpId, RecordId},
    merge::merge,
    planted::{Bug, planted},
    record::{Name, Op, Record},
    schema::{ChannelOf, RecordChannel, RecordKind, Schema},
    stamp::Stamp,
    wire::{AHEAD_MS, OpOutcome, OpResult},
};
use sha2::{Digest, Sha256};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
};

/// The SHA-256 of an op as the phone made it.
pub type OpDigest = [u8; 32];

/// Who sends ops, and when.
#[derive(Clone, Debug)]
pub struct Sender<'a, S: Policy> {
    /// The person's name, written into the records.
    pub name: &'a str,
    /// The rights of the sender; ops beyond them are set aside for a supervisor.
    pub grants: &'a [S::Grant],
    /// The server's clock, Unix milliseconds.
    pub now_ms: u64,
}

/// The rules by which a domain's server accepts ops.
pub trait Policy: Schema {
    /// A right that a sender of ops has.
    type Grant: Clone + fmt::Debug;

    /// Whether these rights let somebody have a copy of all records of a channel.
    fn may_carry(grants: &[Self::Grant], channel: &Self::Channel) -> bool;

    /// Decides whether an op is merged.
    ///
    /// # Errors
    /// The reason why it is kept for a supervisor instead, in words for the sender.
    fn check(proposal: &Proposal<'_, Self>) -> Result<(), Cow<'static, str>>;

    /// The words in which a sender is told of an [`Incident`].
    fn words(incident: Incident) -> &'static str;
}

/// An op that a [`Policy`] decides on.
#[derive(Debug)]
pub struct Proposal<'a, S: Policy> {
    /// The op.
    pub op: &'a Op<S>,
    /// The record before the op; none where the op makes it.
    pub stored: Option<&'a Record<S>>,
    /// The record as it would be after the op.
    pub merged: &'a Record<S>,
    /// The other facts that are known while the batch is taken in.
    pub intake: &'a Intake<S>,
    /// Who sends it, and when.
    pub sender: &'a Sender<'a, S>,
}

impl<S: Policy> Proposal<'_, S> {
    /// The channel that the record is in, or is to be in where the op makes it: see [`Intake::place`].
    pub fn channel(&self) -> S::Channel {
        self.stored.map_or_else(|| self.intake.place(self.op), |record| record.channel.clone())
    }
}

/// Why an op that waits can't be accepted by anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unacceptable {
    /// Its record, or the head of the file that it belongs to, has been erased.
    Gone,
    /// Its record could not be stored with it, or can't be read.
    Incident(Incident),
}

/// The entry of an op in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The op's digest.
    pub digest: OpDigest,
    /// The verdict.
    pub verdict: Verdict,
    /// The stamp it was merged with, where that is not its own.
    pub stamp: Option<Stamp>,
}

/// The verdict on an op that is in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was merged.
    Accepted,
    /// A supervisor is to look at it.
    Quarantined {
        /// Why, in words for the worker.
        reason: String,
    },
    /// A supervisor decided against it.
    Refused {
        /// Why, in words for the worker.
        reason: String,
    },
}

/// An op for the history.
#[derive(Clone, Debug)]
pub struct Kept<S: Schema> {
    /// The op, with its sender's name.
    pub op: Op<S>,
    /// The channel that its record is in, or would be in.
    pub channel: S::Channel,
    /// The part of it that is remembered.
    pub past: Past,
}

/// A record that changed.
#[derive(Clone, Debug)]
pub struct Changed<S: Schema> {
    /// The record.
    pub record: Record<S>,
    /// The channel it was in, and its sequence number there; none for a new one. One that is new and goes to its
    /// home at once was where its op says, under no number (0).
    pub before: Option<(S::Channel, u64)>,
    /// Whether the sender has the very same already, if it had what was there before.
    pub clean: bool,
}

impl<S: Schema> Changed<S> {
    /// The channel that it moved away from.
    fn left(&self) -> Option<&S::Channel> {
        self.before.as_ref().map(|(channel, _)| channel).filter(|channel| **channel != self.record.channel)
    }

    /// The sequence number before, in the channel where it still is; 0 where it is new there.
    pub fn number_before(&self) -> u64 {
        self.before.as_ref().filter(|(channel, _)| *channel == self.record.channel).map_or(0, |(_, number)| *number)
    }
}

/// The changes in a channel. Each takes a sequence number of it, the records first.
#[derive(Clone, Debug, Default)]
pub struct Changes<S: Schema> {
    /// Records that are in it.
    pub records: Vec<Changed<S>>,
    /// Records that moved away from it.
    pub left: Vec<RecordId>,
}

/// The outcome of a batch: ops for the history, and what changed by channel.
pub type Outcome<S> = (Vec<Kept<S>>, BTreeMap<ChannelOf<S>, Changes<S>>);

/// A batch being taken in.
#[derive(Debug, Default)]
pub struct Intake<S: Policy> {
    history: HashMap<OpId, Past>,
    records: HashMap<RecordId, Changed<S>>,
    gone: HashSet<RecordId>,
    /// Records that are stored and can't be read: nothing is merged into them.
    unreadable: HashSet<RecordId>,
    /// Records that left a channel once, and the channel.
    left: HashSet<(RecordId, ChannelOf<S>)>,
    /// Channels that were dissolved, with those that took over what was in them.
    successors: HashMap<ChannelOf<S>, ChannelOf<S>>,
    /// Records that are not changed, but looked at: files that ops belong to, and homes.
    beside: HashMap<RecordId, Record<S>>,
    touched: BTreeSet<RecordId>,
    /// Where phones believed records to be that they wrote on, and that are elsewhere.
    sought: BTreeSet<(RecordId, ChannelOf<S>)>,
    kept: Vec<Kept<S>>,
}

impl<S: Policy> Intake<S> {
    /// Begins with what is stored: of the batch's ops those in the history; the records that its ops
    /// change, and those that go along with them, with their sequence numbers; and those that there were once and are
    /// gone.
    pub fn new(
        history: impl IntoIterator<Item = (OpId, Past)>,
        records: impl IntoIterator<Item = (Record<S>, u64)>,
        gone: impl IntoIterator<Item = RecordId>,
    ) -> Self {
        let changed = |(record, before): (Record<S>, u64)| {
            let before = Some((record.channel.clone(), before));
            (record.id, Changed { record, before, clean: true })
        };
        Self {
            history: history.into_iter().collect(),
            records: records.into_iter().map(changed).collect(),
            gone: gone.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Brings the records that are looked at without being changed: the files that ops belong to, where the schema looks at
    /// them, and the homes that ops name, where those are in another channel.
    #[must_use]
    pub fn beside(mut self, records: impl IntoIterator<Item = Record<S>>) -> Self {
        self.beside.extend(records.into_iter().map(|record| (record.id, record)));
        self
    }

    /// Names the records that are stored and can't be read: ops on them wait for a supervisor.
    #[must_use]
    pub fn without(mut self, unreadable: impl IntoIterator<Item = RecordId>) -> Self {
        self.unreadable.extend(unreadable);
        self
    }

    /// Names records that moved away from a channel, each with that channel: who wrote there may not know it yet.
    #[must_use]
    pub fn moved(mut self, left: impl IntoIterator<Item = (RecordId, S::Channel)>) -> Self {
        self.left.extend(left);
        self
    }

    /// Names channels that were dissolved, each with the one that took over what was in it: who wrote there may not know it yet.
    #[must_use]
    pub fn dissolved(mut self, successors: impl IntoIterator<Item = (S::Channel, S::Channel)>) -> Self {
        self.successors.extend(successors);
        self
    }

    /// Returns the channel that took over what was in a dissolved one; the channel itself where it was not dissolved.
    pub fn current<'a>(&'a self, mut channel: &'a S::Channel) -> &'a S::Channel {
        // As many steps as there are channels: a circle of them ends.
        for _ in 0..self.successors.len() {
            channel = self.successors.get(channel).unwrap_or(channel);
        }
        channel
    }

    /// Returns the channel that a new record of an op goes to: the one it names, or the one that took over from that. A part of
    /// a file goes where the file went, of which its writer may not know yet.
    pub fn place(&self, op: &Op<S>) -> S::Channel {
        let channel = self.current(&op.channel);
        let head = op.parent().and_then(|head| self.record(head));
        let away = head.filter(|head| head.channel != *channel && self.has_left(head.id, channel));
        away.map_or(channel, |head| &head.channel).clone()
    }

    /// Whether a record moved away from a channel, before this batch or in it.
    pub fn has_left(&self, record: RecordId, channel: &S::Channel) -> bool {
        let now = self.records.get(&record).and_then(Changed::left);
        now == Some(channel) || self.left.contains(&(record, channel.clone()))
    }

    /// A record as it is now, changed by the batch or looked at beside it.
    pub fn record(&self, id: RecordId) -> Option<&Record<S>> {
        self.records.get(&id).map(|changed| &changed.record).or_else(|| self.beside.get(&id))
    }

    /// Every record that the batch changes or that is looked at beside it, as it is now.
    pub fn records(&self) -> impl Iterator<Item = &Record<S>> {
        let beside = self.beside.values().filter(|record| !self.records.contains_key(&record.id));
        beside.chain(self.records.values().map(|changed| &changed.record))
    }

    /// Takes an op in. Taking it again changes nothing and answers what was answered before.
    pub fn take(&mut self, mut op: Op<S>, sender: &Sender<'_, S>) -> OpResult {
        // The name is the account's, whatever the phone wrote; the digest is of what the phone made.
        op.by = Name::default();
        let bytes = serde_json::to_vec(&op).unwrap_or_default();
        let digest: OpDigest = Sha256::digest(&bytes).into();
        op.by = sender.name.into();
        if let Some(past) = self.history.get(&op.id).filter(|_| !planted(Bug::DUPLICATES_TAKEN)) {
            return past.answer(&op, digest, self.again(&op, sender));
        }
        if bytes.len() > MAX_OP {
            return rejected(op.id, S::words(Incident::TooLarge));
        }
        if let Err(incident) = check_op(&op) {
            return rejected(op.id, S::words(incident));
        }
        let (result, verdict) = match self.checked(&op, sender) {
            Ok((changed, result)) => {
                let elsewhere = changed.record.channel != op.channel;
                if elsewhere && S::may_carry(sender.grants, &op.channel) {
                    self.sought.insert((op.record, op.channel.clone()));
                }
                self.put(changed);
                (result, Verdict::Accepted)
            }
            Err(reason) => {
                let result = result(op.id, OpOutcome::Quarantined, Some(&reason));
                (result, Verdict::Quarantined { reason: reason.into_owned() })
            }
        };
        let past = Past { digest, verdict, stamp: result.stamp };
        self.history.insert(op.id, past.clone());
        let stored = self.records.get(&op.record).map(|changed| changed.record.channel.clone());
        let channel = stored.unwrap_or_else(|| self.place(&op));
        self.kept.push(Kept { op, channel, past });
        result
    }

    /// Merges an op that a supervisor accepted, whatever the policy objected.
    ///
    /// # Errors
    /// The reason why nobody can accept it: see [`Unacceptable`].
    pub fn accept(&mut self, op: &Op<S>, sender: &Sender<'_, S>) -> Result<OpResult, Unacceptable> {
        if self.is_gone(op.record) || op.parent().is_some_and(|head| self.is_gone(head)) {
            return Err(Unacceptable::Gone);
        }
        let (changed, result) = self.merged(op, sender);
        check_op(op).and_then(|()| self.storable(op, &changed.record)).map_err(Unacceptable::Incident)?;
        self.put(changed);
        Ok(result)
    }

    /// Checks that the record can be stored after an op.
    fn storable(&self, op: &Op<S>, merged: &Record<S>) -> Result<(), Incident> {
        if self.unreadable.contains(&op.record) {
            return Err(Incident::Unreadable);
        }
        check_record(merged)
    }

    /// The outcome of an op that was taken before.
    fn again(&self, op: &Op<S>, sender: &Sender<'_, S>) -> OpOutcome {
        match self.records.get(&op.record).map(|changed| &changed.record.channel) {
            // It is there, whatever can be read of it.
            None if self.unreadable.contains(&op.record) => OpOutcome::Duplicate,
            None => OpOutcome::Gone,
            Some(channel) if *channel == op.channel => OpOutcome::Duplicate,
            Some(channel) if S::may_carry(sender.grants, channel) => OpOutcome::Duplicate,
            Some(_) => OpOutcome::Elsewhere,
        }
    }

    /// Whether a record was there once and has been erased.
    pub fn is_gone(&self, record: RecordId) -> bool {
        self.gone.contains(&record) && !self.records.contains_key(&record)
    }

    /// Returns the outcome of the batch: ops for the history, and the changes by channel.
    pub fn finish(mut self) -> Outcome<S> {
        if !planted(Bug::HOME_GOES_ALONE) {
            self.bring_home();
        }
        let mut channels: BTreeMap<S::Channel, Changes<S>> = BTreeMap::new();
        for id in self.touched {
            if let Some(changed) = self.records.remove(&id) {
                // A phone that looked for it where it is not is told, maybe for the second time, that it left.
                let sought = self.sought.iter().filter(|(record, _)| *record == id).map(|(_, channel)| channel);
                let left: BTreeSet<&S::Channel> = changed.left().into_iter().chain(sought).collect();
                for left in left.into_iter().filter(|left| **left != changed.record.channel) {
                    if !planted(Bug::MOVED_WITHOUT_TRACE) {
                        channels.entry(left.clone()).or_default().left.push(id);
                    }
                }
                channels.entry(changed.record.channel.clone()).or_default().records.push(changed);
            }
        }
        (self.kept, channels)
    }

    /// The home of a record, as it is here.
    pub fn home(&self, id: RecordId) -> Option<&Record<S>> {
        self.record(id).filter(|record| record.kind.is_home())
    }

    /// Moves records to the channel of their home, whoever wrote them without knowing where it went
    /// ([ADR 15](../../../docs/adr/0015-moving-records.md)).
    fn bring_home(&mut self) {
        let brought = self.records.values().filter_map(|changed| {
            let home = self.home(changed.record.home()?)?;
            let away = changed.record.channel != home.channel && changed.record.channel.leads_to(&home.channel);
            away.then(|| changed.record.brought_to(home))
        });
        for record in brought.collect::<Vec<_>>() {
            let Some(changed) = self.records.get_mut(&record.id) else { continue };
            let before = changed.before.take().or_else(|| Some((changed.record.channel.clone(), 0)));
            self.put(Changed { record, before, clean: false });
        }
    }

    /// Returns the op merged with its answer, or the reason why the schema does not accept it.
    fn checked(&self, op: &Op<S>, sender: &Sender<'_, S>) -> Result<(Changed<S>, OpResult), Cow<'static, str>> {
        let (changed, result) = self.merged(op, sender);
        self.storable(op, &changed.record).map_err(S::words)?;
        let stored = self.records.get(&op.record).map(|changed| &changed.record);
        S::check(&Proposal { op, stored, merged: &changed.record, intake: self, sender })?;
        Ok((changed, result))
    }

    /// The record with the op, and the answer to it.
    fn merged(&self, op: &Op<S>, sender: &Sender<'_, S>) -> (Changed<S>, OpResult) {
        let before = self.records.get(&op.record);
        let stored = before.map(|changed| &changed.record);
        let ahead = op.stamp.ms > sender.now_ms.saturating_add(AHEAD_MS) && !planted(Bug::FUTURE_STAMPS_TAKEN);
        let mut stamp = op.stamp;
        if ahead {
            let latest = stored.and_then(Record::latest).unwrap_or_else(|| Stamp::zero(op.stamp.device));
            stamp = latest.next(sender.now_ms, op.stamp.device);
        }
        // A profile that was put back while its clock stood still gives a stamp twice: what comes second is later.
        while stored.is_some_and(|record| has_other(record, op, stamp)) {
            stamp = stamp.next(stamp.ms, stamp.device);
        }
        let stamp = (stamp != op.stamp).then_some(stamp);
        let place = if stored.is_none() { self.place(op) } else { op.channel.clone() };
        let redirected = place != op.channel;
        let mut merged = if stamp.is_some() || redirected {
            merge(stored, &Op { stamp: stamp.unwrap_or(op.stamp), channel: place, ..op.clone() })
        } else {
            merge(stored, op)
        };
        let current = self.current(&merged.record.channel).clone();
        let dissolved = current != merged.record.channel;
        if dissolved {
            merged.record.put_into(&current);
        }
        let changed = Changed {
            before: match before {
                Some(changed) => changed.before.clone(),
                None => (redirected || dissolved).then(|| (op.channel.clone(), 0)),
            },
            clean: merged.clean && !redirected && !dissolved && before.is_none_or(|changed| changed.clean),
            record: merged.record,
        };
        let outcome = if merged.applied { OpOutcome::Applied } else { OpOutcome::Superseded };
        let reason = ahead.then(|| S::words(Incident::ClockAhead));
        (changed, OpResult { stamp, ..result(op.id, outcome, reason) })
    }

    fn put(&mut self, changed: Changed<S>) {
        self.touched.insert(changed.record.id);
        self.records.insert(changed.record.id, changed);
    }
}

/// Whether a record has another value with this stamp in a field that the op changes.
fn has_other<S: Schema>(record: &Record<S>, op: &Op<S>, stamp: Stamp) -> bool {
    op.changes.iter().any(|(name, change)| {
        let contested = record.contested.get(name).into_iter().flatten();
        let mut known = record.fields.get(name).into_iter().chain(contested);
        known.any(|field| field.stamp == stamp && field.value != change.value)
    })
}

impl Past {
    /// The answer to an op that came before; `taken` where it was merged.
    fn answer<S: Policy>(&self, op: &Op<S>, digest: OpDigest, taken: OpOutcome) -> OpResult {
        let id = op.id;
        if self.digest != digest {
            return rejected(id, S::words(Incident::IdReused));
        }
        match &self.verdict {
            Verdict::Accepted => OpResult { stamp: self.stamp, ..result(id, taken, None) },
            Verdict::Quarantined { reason } => result(id, OpOutcome::Quarantined, Some(reason)),
            Verdict::Refused { reason } => rejected(id, reason),
        }
    }
}

/// The answer to an op that can't be taken.
pub fn rejected(id: OpId, reason: &str) -> OpResult {
    result(id, OpOutcome::Rejected, Some(reason))
}

fn result(op: OpId, outcome: OpOutcome, reason: Option<&str>) -> OpResult {
    OpResult { op, outcome, reason: reason.map(str::to_owned), stamp: None }
}
