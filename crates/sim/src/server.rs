//! The office: the server's rules on tables in memory.

use ruhu_domain::{
    Channel, DeviceId, OpId, Record, RecordId,
    clock::believe,
    intake::{Changes, Intake, Kept, Past, Sender, Verdict},
    planted::{Bug, planted},
    record::Op,
    rights::{self, Action, Grant},
    timeline::{Milestone, Timeline},
    wire::{Grid, Left, OpOutcome, OpResult, Page, Position, SyncRequest, SyncResponse},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// The contents of a backup.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Every op that was kept.
    pub history: BTreeMap<OpId, (Op, Past)>,
    /// Records with their sequence numbers.
    pub records: BTreeMap<RecordId, (u64, Record)>,
    /// Ops whose record was purged: their values are gone for good.
    pub purged: BTreeSet<OpId>,
    /// Each channel's last sequence number, floor and generation.
    pub channels: BTreeMap<Channel, (u64, u64, u64)>,
    /// Records that moved away from a channel, with the sequence numbers of that.
    pub moved: BTreeMap<(Channel, RecordId), u64>,
    /// The runs of the server that wrote in each channel.
    pub timelines: BTreeMap<Channel, Timeline>,
    /// The greatest time that was believed.
    pub latest_ms: u64,
}

/// The office.
#[derive(Debug)]
pub struct Server {
    /// The stored tables.
    pub tables: Tables,
    /// Which life of the database this is.
    pub epoch: u64,
    /// Whether the database was set back and no phone showed it yet.
    pub unnoticed: bool,
    /// The number of this run of the server: another one after it was restored or set back.
    pub run: u64,
    /// How often an op was kept: more than once would be an effect too many.
    pub effects: HashMap<OpId, u32>,
    /// Ops whose values were ever erased, also by a life of the database before this one: they need be nowhere.
    pub erased: BTreeSet<OpId>,
    channels: Vec<Channel>,
    /// Its computer's clock minus the true time, in milliseconds.
    pub skew_ms: i64,
    /// The greatest time that it ever went by.
    pub shown_ms: u64,
    /// Channels that a device's worker has no right to now.
    pub lost: HashMap<DeviceId, BTreeSet<Channel>>,
    lagging: Tables,
}

impl Server {
    /// An empty office for these channels.
    pub fn new(channels: &[Channel]) -> Self {
        let (tables, effects, lost, lagging) = Default::default();
        Self {
            tables,
            epoch: 1,
            unnoticed: false,
            run: 1,
            effects,
            erased: BTreeSet::new(),
            channels: channels.to_vec(),
            skew_ms: 0,
            shown_ms: 0,
            lost,
            lagging,
        }
    }

    /// Returns the grants of a device's worker.
    fn grants(&self, device: DeviceId) -> Vec<Grant> {
        let lost = |channel: &&Channel| self.lost.get(&device).is_some_and(|lost| lost.contains(*channel));
        self.channels
            .iter()
            .filter(|channel| !lost(channel))
            .map(|channel| Grant::grid_worker(channel.grid.clone()))
            .collect()
    }

    /// Whether a device's worker may carry a channel away.
    pub fn carries(&self, device: DeviceId, channel: &Channel) -> bool {
        rights::allows(&self.grants(device), Action::Carry, channel)
    }

    /// Returns the time that the office goes by, in Unix milliseconds: what its computer shows, but never before the greatest
    /// time that was believed.
    fn clock(&mut self, true_ms: u64) -> u64 {
        let wall = true_ms.saturating_add_signed(self.skew_ms);
        self.tables.latest_ms = match self.tables.latest_ms {
            0 => wall,
            latest => believe(latest, wall).unwrap_or(latest),
        };
        let now = wall.max(self.tables.latest_ms);
        self.shown_ms = self.shown_ms.max(now);
        now
    }

    /// Takes a request and answers it; none where it broke down without a trace. `true_ms`: the time that it really is.
    /// `lag`: the records are read from a copy that is behind.
    pub fn handle(&mut self, request: &SyncRequest, true_ms: u64, lag: bool) -> Option<SyncResponse> {
        let now_ms = self.clock(true_ms);
        let known_before = self.tables.clone();
        let grants = self.grants(request.device);
        let (results, changed) = self.push(&request.ops, &grants, now_ms);
        if planted(Bug::BAD_OP_BLOCKS) && results.iter().any(|result| result.outcome == OpOutcome::Rejected) {
            self.tables = known_before;
            return None;
        }
        let mut same_epoch = request.epoch.as_ref().is_none_or(|epoch| *epoch == self.epoch.to_string());
        let of_another = |(channel, milestone): (&Channel, &Milestone)| {
            let (last, ..) = self.tables.channels.get(channel).copied().unwrap_or_default();
            !self.tables.timelines.get(channel).cloned().unwrap_or_default().gave_out(*milestone, last)
        };
        if same_epoch && request.milestones.iter().any(of_another) && !planted(Bug::SET_BACK_NOT_NOTICED) {
            self.epoch += 1;
            self.unnoticed = false;
            same_epoch = false;
        }
        let carries = |channel: &&Channel| rights::allows(&grants, Action::Carry, channel);
        let channels: Vec<Channel> = self.channels.iter().filter(carries).cloned().collect();
        let pages = channels.iter().cloned().filter_map(|channel| {
            let position = request.cursors.get(&channel).copied().filter(|_| same_epoch).unwrap_or_default();
            let own = changed.get(&channel);
            if request.limit == 0 {
                own_page(channel, own)
            } else {
                Some(self.page(channel, position, request.limit, own, lag, &channels))
            }
        });
        let pages: Vec<_> = pages.collect();
        let may_know = |of: &Channel| channels.contains(of) || request.ops.iter().any(|op| op.channel == *of);
        let written = request.ops.iter().flat_map(|op| self.milestones(op)).filter(|(of, _)| may_know(of)).collect();
        Some(SyncResponse {
            now: now_ms,
            epoch: self.epoch.to_string(),
            results,
            channels: pages,
            grants: channels
                .into_iter()
                .map(|channel| Grid { channel, name: String::new(), roles: Vec::new() })
                .collect(),
            written,
            unreadable: BTreeMap::new(),
        })
    }

    /// Returns where the channel that an op names stands, and the one that its record is in.
    fn milestones(&self, op: &Op) -> impl Iterator<Item = (Channel, Milestone)> {
        let is_in = self.tables.records.get(&op.record).and_then(|(_, record)| self.milestone(&record.channel));
        is_in.into_iter().chain(self.milestone(&op.channel))
    }

    /// Returns where a channel stands; none where nothing was written in it.
    fn milestone(&self, channel: &Channel) -> Option<(Channel, Milestone)> {
        let (number, ..) = *self.tables.channels.get(channel)?;
        let run = self.tables.timelines.get(channel)?.run();
        Some((channel.clone(), Milestone { number, run }))
    }

    /// Sequence numbers written for this sender, with the numbers before, where it has the same already.
    fn push(&mut self, ops: &[Arc<Op>], grants: &[Grant], now_ms: u64) -> (Vec<OpResult>, BTreeMap<Channel, Own>) {
        let history = ops.iter().filter_map(|op| Some((op.id, self.tables.history.get(&op.id)?.1.clone())));
        let (records, homes) = self.ground(ops.iter().map(AsRef::as_ref));
        let taken = self.tables.history.values().filter(|(_, past)| past.verdict == Verdict::Accepted);
        let gone = taken.map(|(op, _)| op.record).filter(|id| !self.tables.records.contains_key(id));
        let left = self.tables.moved.keys().map(|(channel, record)| (*record, channel.clone()));
        let mut intake = Intake::new(history, records, gone).moved(left).beside(homes);
        let sender = Sender { name: "", grants, now_ms };
        let results = ops.iter().map(|op| intake.take(op.as_ref().clone(), &sender)).collect();
        let own = self.keep(intake);
        (results, own)
    }

    /// The records that ops change, and what is of the households among them; and the households that they name.
    fn ground<'a>(&self, ops: impl Iterator<Item = &'a Op> + Clone) -> (Vec<(Record, u64)>, Vec<Record>) {
        let changed: BTreeSet<RecordId> = ops.clone().map(|op| op.record).collect();
        let stored = self.tables.records.values();
        let before = changed.iter().filter_map(|id| self.tables.records.get(id)?.1.home());
        let homes = ops.filter_map(Op::home).chain(before).filter(|home| !changed.contains(home));
        let homes: BTreeSet<RecordId> = homes.collect();
        let along =
            |record: &Record| changed.contains(&record.id) || record.home().is_some_and(|home| changed.contains(&home));
        let records = stored.clone().filter(|(_, record)| along(record));
        let homes = stored.filter(|(_, record)| homes.contains(&record.id));
        (
            records.map(|(seq, record)| (record.clone(), *seq)).collect(),
            homes.map(|(_, record)| record.clone()).collect(),
        )
    }

    fn keep(&mut self, intake: Intake) -> BTreeMap<Channel, Own> {
        let (kept, channels) = intake.finish();
        for Kept { op, past, .. } in kept {
            *self.effects.entry(op.id).or_default() += 1;
            self.tables.history.insert(op.id, (op, past));
        }
        let mut own = BTreeMap::new();
        for (channel, Changes { records, left }) in channels {
            let counter = self.tables.channels.entry(channel.clone()).or_default();
            let after = counter.0;
            self.tables.timelines.entry(channel.clone()).or_default().begin(self.run, after);
            let mut before = BTreeMap::new();
            for changed in records {
                counter.0 += 1;
                let number = changed.number_before();
                if changed.clean && (number > 0 || changed.before.is_none()) {
                    before.insert(counter.0, number);
                }
                self.tables.moved.remove(&(channel.clone(), changed.record.id));
                self.tables.records.insert(changed.record.id, (counter.0, changed.record));
            }
            for record in left {
                counter.0 += 1;
                self.tables.moved.insert((channel.clone(), record), counter.0);
            }
            let (last, generation) = (counter.0, counter.2);
            own.insert(channel, Own { after, last, before, generation, run: self.run });
        }
        own
    }

    fn page(
        &self,
        channel: Channel,
        position: Position,
        limit: u32,
        own: Option<&Own>,
        lag: bool,
        carried: &[Channel],
    ) -> Page {
        let tables = if lag { &self.lagging } else { &self.tables };
        let (last, floor, generation) = tables.channels.get(&channel).copied().unwrap_or_default();
        let run = tables.timelines.get(&channel).map(Timeline::run).unwrap_or_default();
        let reset = position.generation != generation && position.next < floor;
        let after = if reset { 0 } else { position.next };
        let records = tables.records.values().filter(|(_, record)| record.channel == channel);
        let left = tables.moved.iter().filter(|((of, _), _)| *of == channel);
        let mut rows: Vec<(u64, Result<&Record, RecordId>)> = records
            .map(|(seq, record)| (*seq, Ok(record)))
            .chain(left.map(|((_, record), seq)| (*seq, Err(*record))))
            .filter(|(seq, _)| *seq > after)
            .collect();
        rows.sort_by_key(|(seq, _)| *seq);
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        // A copy that is behind says so: its numbers end where they end.
        let next = rows.last().map_or(if lag { last } else { after }, |(seq, _)| *seq);
        let known = |seq: &u64| own.is_some_and(|own| own.before.get(seq).is_some_and(|before| *before <= after));
        let (mut records, mut left) = (Vec::new(), Vec::new());
        for (seq, row) in rows {
            match row {
                Ok(_) if known(&seq) => {}
                Ok(record) => records.push(record.clone()),
                Err(record) => {
                    let to = tables.records.get(&record).map(|(_, record)| record.channel.clone());
                    left.push(Left { record, to: to.filter(|to| carried.contains(to)) });
                }
            }
        }
        Page { channel, records, left, after, next: Position { next, generation }, more, reset, run }
    }

    /// Brings the copy up to date.
    pub fn replicate(&mut self) {
        self.lagging = self.tables.clone();
    }

    /// The database is another one now, and nobody said so: a snapshot from before.
    pub fn set_back(&mut self, snapshot: Tables) {
        self.restore(snapshot);
        self.epoch -= 1;
        self.unnoticed = true;
    }

    /// The database is another one now: a backup from before.
    pub fn restore(&mut self, backup: Tables) {
        self.epoch += 1;
        self.run += 1;
        self.unnoticed = false;
        self.effects = backup.history.keys().map(|id| (*id, 1)).collect();
        self.lagging = backup.clone();
        self.tables = backup;
    }

    /// Withdrawn records leave for good. Phones that had not seen the withdrawal start over.
    pub fn purge(&mut self) {
        let withdrawn = |(seq, record): &(u64, Record)| record.withdrawn().then(|| (record.channel.clone(), *seq));
        for (channel, seq) in self.tables.records.values().filter_map(withdrawn).collect::<Vec<_>>() {
            let (_, floor, generation) = self.tables.channels.entry(channel).or_default();
            *floor = seq.max(*floor);
            *generation += 1;
        }
        let Tables { history, records, purged, .. } = &mut self.tables;
        let of_withdrawn = |op: &&Op| records.get(&op.record).is_some_and(|(_, record)| record.withdrawn());
        purged.extend(history.values().map(|(op, _)| op).filter(of_withdrawn).map(|op| op.id));
        self.erased.extend(purged.iter());
        records.retain(|_, (_, record)| !record.withdrawn());
        self.lagging = self.tables.clone();
    }

    /// A supervisor decides on what is in quarantine.
    pub fn decide(&mut self, accept: bool, true_ms: u64) {
        let now_ms = self.clock(true_ms);
        let waits = |(_, past): &&(Op, Past)| matches!(past.verdict, Verdict::Quarantined { .. });
        let Some((op, _)) = self.tables.history.values().find(waits).cloned() else { return };
        let (stored, homes) = self.ground([&op].into_iter());
        let earlier = self.tables.history.values().filter(|(_, past)| past.verdict == Verdict::Accepted);
        let mut intake = Intake::new([], stored, earlier.map(|(op, _)| op.record)).beside(homes);
        let sender = Sender { name: "", grants: &[], now_ms };
        let accepted = if accept { intake.accept(&op, &sender).ok() } else { None };
        self.keep(intake);
        let verdict = match accepted {
            Some(_) => Verdict::Accepted,
            None => Verdict::Refused { reason: "不予采纳".into() },
        };
        let stamp = accepted.and_then(|result| result.stamp);
        if let Some((_, past)) = self.tables.history.get_mut(&op.id) {
            past.verdict = verdict;
            past.stamp = stamp;
        }
    }
}

/// The records that a push wrote in a channel.
#[derive(Debug)]
pub struct Own {
    after: u64,
    last: u64,
    before: BTreeMap<u64, u64>,
    generation: u64,
    run: u64,
}

/// The page of a request that only pushes: the numbers of what it wrote, where the sender has it all.
fn own_page(channel: Channel, own: Option<&Own>) -> Option<Page> {
    let own = own?;
    let all_known =
        (own.after + 1..=own.last).all(|seq| own.before.get(&seq).is_some_and(|before| *before <= own.after));
    all_known.then(|| Page {
        channel,
        records: Vec::new(),
        left: Vec::new(),
        after: own.after,
        next: Position { next: own.last, generation: own.generation },
        more: false,
        reset: false,
        run: own.run,
    })
}
