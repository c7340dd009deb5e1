//! Everything there is, what can happen to it, and what must hold whatever happens.

use crate::{
    Step,
    phone::{Fate, Phone, load},
    server::{Server, Tables},
};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use ruhu_domain::{
    Channel, DeviceId, Kind, OpId, Record, RecordId, RecordKind, Stamp,
    engine::{Edit, Engine, KEEP_MS, Moment, Pass, QueuedState},
    intake::{MAX_OP, Past, Verdict},
    record::{MOVED, Name, Op, WITHDRAWN},
    wire::AHEAD_MS,
};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

const MINUTE: u64 = 60_000;
const DAY: u64 = 1_440 * MINUTE;
const YEAR: i64 = 365 * DAY.cast_signed();

/// Records that the phones write on. The first nine are three households, each with a visit and a resident.
const RECORDS: u64 = 12;

/// From here on a phone's own records, that no other writes on.
const OWN: u64 = 5_000;

/// Records asked for in one answer: few, so that pulls have pages.
const PULL: u32 = 3;

/// Ops sent in one request: few, so that several are on their way.
const PUSH: usize = 2;

/// Passes that a phone may need in the end.
const PATIENCE: usize = 400;

/// The actions that the simulation carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The worker saves something.
    Edit,
    /// The worker saves something that the office can't take.
    EditBadly,
    /// The worker chooses between contested values.
    Choose,
    /// The worker withdraws a record.
    Withdraw,
    /// The worker moves a record to the other channel.
    Move,
    /// The phone sends the next request of a pass.
    Send,
    /// A request reaches the office, or not.
    Arrive,
    /// An answer reaches the phone, or not.
    Return,
    /// Where the network is good a pass goes through whole.
    Sync,
    /// The phone tidies up.
    Tidy,
    /// The browser freezes the window at work, and another is opened.
    Freeze,
    /// The frozen window goes on with what it had under way, and is closed.
    Thaw,
    /// The browser is killed.
    Kill,
    /// The phone's clock is set.
    SetClock,
    /// The profile is copied.
    Copy,
    /// An old copy of the profile is put back.
    PutBack,
    /// The browser's data is wiped, and the worker logs in again.
    Wipe,
    /// Time passes.
    Wait,
    /// The office makes a backup.
    Backup,
    /// The office is restored from its backup.
    Restore,
    /// The copy that is read from catches up.
    Replicate,
    /// The office purges withdrawn records.
    Purge,
    /// A supervisor decides on what is in quarantine.
    Decide,
    /// A worker's right to a grid is taken away, or given back.
    Regrant,
}

impl Action {
    /// An action, the everyday ones more often.
    pub fn pick(rng: &mut impl Rng) -> Self {
        const ACTIONS: [(Action, u32); 24] = [
            (Action::Edit, 160),
            (Action::EditBadly, 8),
            (Action::Choose, 20),
            (Action::Withdraw, 24),
            (Action::Move, 16),
            (Action::Send, 200),
            (Action::Arrive, 220),
            (Action::Return, 220),
            (Action::Sync, 40),
            (Action::Tidy, 40),
            (Action::Freeze, 20),
            (Action::Thaw, 20),
            (Action::Kill, 12),
            (Action::SetClock, 10),
            (Action::Copy, 4),
            (Action::PutBack, 3),
            (Action::Wipe, 2),
            (Action::Wait, 40),
            (Action::Backup, 4),
            (Action::Restore, 3),
            (Action::Replicate, 20),
            (Action::Purge, 6),
            (Action::Decide, 10),
            (Action::Regrant, 8),
        ];
        ACTIONS.choose_weighted(rng, |(_, weight)| *weight).expect("there are actions").0
    }
}

/// The phones, the office, and what was promised to whom.
#[derive(Debug)]
pub struct World {
    now_ms: u64,
    phones: Vec<Phone>,
    server: Server,
    backup: Tables,
    /// The latest stamp that each device made.
    stamps: HashMap<DeviceId, Stamp>,
    /// Every value that somebody wrote.
    written: BTreeSet<String>,
    devices: u64,
    /// Devices whose worker lost a right at some time.
    regranted: BTreeSet<DeviceId>,
}

fn channel(number: u64) -> Channel {
    format!("411502001003-0{}/general", number % 2 + 1).parse().expect("a channel")
}

fn record_id(number: u64) -> RecordId {
    RecordId::new(number, [number as u8; 10])
}

/// The kind of a record that the phones write on.
fn kind(number: u64) -> Kind {
    match number {
        9.. => Kind::Other("note".into()),
        home if home % 3 == 0 => Kind::Household,
        visit if visit % 3 == 1 => Kind::Visit,
        _ => Kind::Resident,
    }
}

/// Returns the fields that a record of a kind has from the beginning, without its household.
fn first_fields(kind: &Kind) -> Value {
    match kind {
        Kind::Household => json!({"number": "001", "head": "李明"}),
        Kind::Visit => json!({"at": 1, "outcome": "1", "found": "好"}),
        Kind::Resident => json!({"name": "李明"}),
        _ => json!({}),
    }
}

type Promise = Result<(), String>;

impl World {
    /// So many phones, each just logged in, and an empty office.
    pub fn new(seed: u64, phones: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let phones: Vec<Phone> = (0..phones)
            .map(|number| {
                let mut phone = Phone::new(number as u64 + 1);
                if rng.random_bool(0.3) {
                    phone.skew_ms = rng.random_range(-2 * YEAR..=2 * YEAR);
                }
                phone
            })
            .collect();
        Self {
            now_ms: 1_790_000_000_000,
            devices: phones.len() as u64,
            phones,
            server: Server::new(&[channel(0), channel(1)]),
            backup: Tables::default(),
            stamps: HashMap::new(),
            written: first_written(),
            regranted: BTreeSet::new(),
        }
    }

    /// One step, and whether all promises hold after it.
    ///
    /// # Errors
    /// The promise that was broken.
    pub fn step(&mut self, step: &Step) -> Promise {
        self.now_ms += step.dice % MINUTE;
        let mut rng = ChaCha8Rng::seed_from_u64(step.dice);
        let at = step.phone;
        let fate = Fate::of(rng.random());
        match step.action {
            Action::Edit => self.edit(at, fate, &mut rng)?,
            Action::EditBadly => self.edit_badly(at, fate, &mut rng)?,
            Action::Choose => self.choose(at, fate, &mut rng)?,
            Action::Withdraw => self.withdraw(at, fate, &mut rng)?,
            Action::Move => self.move_record(at, fate, &mut rng)?,
            Action::Send => self.send(at),
            Action::Arrive => self.arrive(at, &mut rng),
            Action::Return => self.take_answer(at, fate, &mut rng),
            Action::Sync => {
                self.phones[at].break_off();
                self.pass_through(at, rng.random_bool(0.2));
            }
            Action::Tidy => self.tidy(at, fate),
            Action::Freeze => self.phones[at].freeze(),
            Action::Thaw => self.thaw(at),
            Action::Kill => self.phones[at].restart(),
            Action::SetClock => self.phones[at].skew_ms = skew(&mut rng),
            Action::Copy => {
                let phone = &mut self.phones[at];
                phone.copy = Some((phone.disk.clone(), phone.promised.clone()));
            }
            Action::PutBack => self.put_back(at),
            Action::Wipe => {
                self.devices += 1;
                let skew_ms = self.phones[at].skew_ms;
                self.phones[at] = Phone { skew_ms, ..Phone::new(self.devices) };
            }
            Action::Wait => self.now_ms += rng.random_range(0..3 * DAY),
            Action::Backup => self.backup = self.server.tables.clone(),
            Action::Restore => self.restore(),
            Action::Replicate => self.server.replicate(),
            Action::Purge => self.server.purge(),
            Action::Decide => self.server.decide(rng.random(), self.now_ms),
            Action::Regrant => self.regrant(at, channel(rng.random())),
        }
        self.check(at)
    }

    fn moment(&self, at: usize, rng: &mut impl Rng) -> Moment {
        Moment { now_ms: self.phones[at].clock(self.now_ms), random: rng.random() }
    }

    fn edit(&mut self, at: usize, fate: Fate, rng: &mut impl Rng) -> Promise {
        let number = rng.random_range(0..RECORDS);
        let kind = kind(number);
        let mut fields = Map::new();
        if self.phones[at].engine.record(record_id(number)).is_none() {
            fields = first_fields(&kind).as_object().cloned().unwrap_or_default();
            fields.extend(kind.home_field().map(|name| (name.into(), record_id(number / 3 * 3).to_string().into())));
        }
        for field in ["a", "b", "c"] {
            if rng.random_bool(0.5) {
                let value = format!("{at}-{:x}", rng.random::<u64>());
                self.written.insert(value.clone());
                fields.insert(field.into(), value.into());
            }
        }
        self.save(at, number, kind, &fields.into(), fate, rng)
    }

    fn edit_badly(&mut self, at: usize, fate: Fate, rng: &mut impl Rng) -> Promise {
        // Too long to be taken at all, or a visit that lacks its household.
        if rng.random_bool(0.3) {
            let text = "长".repeat(MAX_OP / 3 + 1);
            self.written.insert(text.clone());
            return self.save(
                at,
                rng.random_range(9..RECORDS),
                Kind::Other("note".into()),
                &json!({"long": text}),
                fate,
                rng,
            );
        }
        let value = format!("{at}-{:x}", rng.random::<u64>());
        self.written.insert(value.clone());
        let number = RECORDS + rng.random_range(0..1_000);
        self.save(at, number, Kind::Visit, &json!({"found": value}), fate, rng)
    }

    fn save(&mut self, at: usize, number: u64, kind: Kind, after: &Value, fate: Fate, rng: &mut impl Rng) -> Promise {
        let moment = self.moment(at, rng);
        let engine = &self.phones[at].engine;
        // What is of a household is saved where the phone sees that.
        let home = number / 3 * 3;
        let seen = kind.home_field().and_then(|_| engine.record(record_id(home))).map(|home| home.channel.clone());
        let channel = seen.unwrap_or_else(|| channel(if number < 9 { home } else { number }));
        let plan = engine.plan_edit(record_id(number), kind, channel, after, moment);
        self.told(at, plan, fate)
    }

    fn choose(&mut self, at: usize, fate: Fate, rng: &mut impl Rng) -> Promise {
        let engine = &self.phones[at].engine;
        let mut contested: Vec<&Record> =
            engine.records().map(AsRef::as_ref).filter(|record| !record.contested.is_empty()).collect();
        contested.sort_by_key(|record| record.id);
        let Some(record) = contested.choose(rng) else { return Ok(()) };
        let Some((field, others)) = record.contested.iter().next() else { return Ok(()) };
        let chosen = if rng.random() { others[0].stamp } else { record.fields[field].stamp };
        let (id, field) = (record.id, field.clone());
        let moment = self.moment(at, rng);
        let plan = self.phones[at].engine.plan_choice(id, &field, chosen, moment);
        self.told(at, plan, fate)
    }

    /// Each phone has a record of its own to make and to withdraw.
    fn withdraw(&mut self, at: usize, fate: Fate, rng: &mut impl Rng) -> Promise {
        let number = OWN + at as u64;
        let value = format!("{at}-{:x}", rng.random::<u64>());
        self.written.insert(value.clone());
        let field = match self.phones[at].engine.record(record_id(number)) {
            None => "a",
            Some(record) if record.withdrawn() => return Ok(()),
            Some(_) => WITHDRAWN,
        };
        self.save(at, number, Kind::Other("note".into()), &json!({field: value}), fate, rng)
    }

    fn move_record(&mut self, at: usize, fate: Fate, rng: &mut impl Rng) -> Promise {
        let record = record_id(rng.random_range(0..RECORDS));
        let engine = &self.phones[at].engine;
        let Some(before) = engine.record(record).cloned() else { return Ok(()) };
        let mut to = if before.channel == channel(0) { channel(1) } else { channel(0) };
        let mut after = Map::new();
        match before.kind {
            // A household takes what is of it along.
            Kind::Visit => return Ok(()),
            Kind::Resident => {
                let home = record_id(rng.random_range(0..3) * 3);
                let Some(seen) = engine.record(home) else { return Ok(()) };
                to = seen.channel.clone();
                after.insert("household".to_owned(), home.to_string().into());
            }
            _ => {}
        }
        after.insert(MOVED.to_owned(), to.to_string().into());
        let edit = Edit { record, kind: before.kind.clone(), channel: before.channel.clone(), after };
        let plan = engine.plan_edits(&[edit], &mut || self.moment(at, rng));
        self.told(at, plan, fate)
    }

    /// Carries a save out; when it went well the worker is told so, and that is a promise.
    fn told(&mut self, at: usize, plan: Option<ruhu_domain::engine::Plan>, fate: Fate) -> Promise {
        let Some(plan) = plan else { return Ok(()) };
        let op = plan.delta.queued[0].op.clone();
        let stamp = op.stamp;
        if let Some(before) = self.stamps.get(&stamp.device)
            && *before >= stamp
        {
            return Err(format!("stamps never go back on a device: {stamp} after {before}"));
        }
        if self.phones[at].carry_out(plan, fate) {
            self.phones[at].promised.insert(op.id);
        }
        if self.phones[at].engine.head().last >= stamp {
            self.stamps.insert(stamp.device, stamp);
        }
        Ok(())
    }

    fn send(&mut self, at: usize) {
        let phone = &mut self.phones[at];
        let pass = phone.pass.get_or_insert_with(|| Pass::new("sim", PULL, PUSH));
        match phone.engine.depart(pass) {
            Some(request) => phone.requests.push(request),
            None if phone.requests.is_empty() && phone.answers.is_empty() => phone.pass = None,
            None => {}
        }
    }

    fn arrive(&mut self, at: usize, rng: &mut impl Rng) {
        let phone = &mut self.phones[at];
        let all = phone.requests.len() + phone.strays.len();
        if all == 0 {
            return;
        }
        // Any of them may arrive first, also those of a pass that was broken off.
        let which = rng.random_range(0..all);
        if which >= phone.requests.len() {
            let stray = phone.strays.remove(which - phone.requests.len());
            self.server.handle(&stray, self.now_ms, false);
            return;
        }
        let (number, request) = phone.requests.remove(which);
        let lag = rng.random_bool(0.1);
        match rng.random_range(0..24) {
            // Lost, cut short, or refused: a token that ran out.
            0..=2 => phone.break_off(),
            // The server dies after the commit, or the answer is lost.
            3 | 4 => {
                self.server.handle(&request, self.now_ms, lag);
                phone.break_off();
            }
            // It arrives twice.
            5 => {
                self.server.handle(&request, self.now_ms, lag);
                if let Some(answer) = self.server.handle(&request, self.now_ms, lag) {
                    phone.answers.push((number, request.epoch.clone(), answer));
                }
            }
            _ => match self.server.handle(&request, self.now_ms, lag) {
                Some(answer) => phone.answers.push((number, request.epoch.clone(), answer)),
                None => phone.break_off(),
            },
        }
    }

    fn take_answer(&mut self, at: usize, fate: Fate, rng: &mut impl Rng) {
        let now = self.phones[at].clock(self.now_ms);
        let phone = &mut self.phones[at];
        if phone.answers.is_empty() {
            return;
        }
        let (number, asked, answer) = phone.answers.remove(rng.random_range(0..phone.answers.len()));
        // A page of a captive portal in its place.
        if rng.random_bool(0.05) {
            phone.break_off();
            return;
        }
        if let Some(pass) = &mut phone.pass {
            pass.land(number);
            phone.requests.extend(phone.engine.depart(pass));
        }
        let plan = phone.engine.plan_answer(asked.as_deref(), answer, now);
        let delta = plan.delta.clone();
        if phone.carry_out(plan, fate)
            && let Some(pass) = &mut phone.pass
        {
            pass.landed(&delta);
        }
    }

    fn tidy(&mut self, at: usize, fate: Fate) {
        let phone = &mut self.phones[at];
        let plan = phone.engine.plan_sweep().or_else(|| phone.engine.plan_compaction());
        if let Some(plan) = plan {
            let gone = long_ago(&phone.engine, self.now_ms);
            phone.promised.retain(|id| !gone.contains(id));
            phone.carry_out(plan, fate);
        }
    }

    /// The answers that come to a window that was frozen, and what it tidies.
    fn thaw(&mut self, at: usize) {
        let Some(mut frozen) = self.phones[at].frozen.take() else { return };
        for (number, request) in std::mem::take(&mut frozen.requests) {
            let answer = self.server.handle(&request, self.now_ms, false);
            frozen.answers.extend(answer.map(|answer| (number, request.epoch.clone(), answer)));
        }
        let phone = &mut self.phones[at];
        let now = phone.clock(self.now_ms);
        for (_, asked, answer) in std::mem::take(&mut frozen.answers) {
            let plan = frozen.engine.plan_answer(asked.as_deref(), answer, now);
            phone.carry_out_late(&mut frozen, plan);
        }
        let gone = long_ago(&frozen.engine, self.now_ms);
        phone.promised.retain(|id| !gone.contains(id));
        while let Some(plan) = frozen.engine.plan_sweep().or_else(|| frozen.engine.plan_compaction()) {
            phone.carry_out_late(&mut frozen, plan);
        }
    }

    fn put_back(&mut self, at: usize) {
        let phone = &mut self.phones[at];
        if let Some((disk, promised)) = phone.copy.take() {
            // What was saved since is gone with the profile; nobody can keep that promise.
            phone.promised = promised;
            phone.disk = disk;
            phone.restart();
            let device = phone.engine.head().device;
            self.stamps.remove(&device);
        }
    }

    fn restore(&mut self) {
        // What reached the office after the backup, from phones that are no more or no longer have it,
        // is gone with the database.
        let backup = self.backup.clone();
        for phone in &mut self.phones {
            let kept: BTreeSet<OpId> = phone
                .engine
                .outbox()
                .map(|queued| queued.op.id)
                .chain(phone.engine.acknowledged().map(|(_, op)| op.id))
                .collect();
            phone.promised.retain(|id| kept.contains(id) || backup.history.contains_key(id));
        }
        self.server.restore(backup);
    }

    fn regrant(&mut self, at: usize, channel: Channel) {
        let device = self.phones[at].engine.head().device;
        self.regranted.insert(device);
        let lost = self.server.lost.entry(device).or_default();
        if !lost.remove(&channel) {
            lost.insert(channel);
        }
    }

    /// Checks the promises that must hold at any time.
    fn check(&self, at: usize) -> Promise {
        let phone = &self.phones[at];
        let same_epoch = phone.engine.head().epoch.as_ref().is_none_or(|epoch| *epoch == self.server.epoch.to_string());
        let queued: BTreeSet<OpId> = phone.engine.outbox().map(|queued| queued.op.id).collect();
        let acknowledged: BTreeSet<OpId> = phone.engine.acknowledged().map(|(_, op)| op.id).collect();
        for id in &phone.promised {
            let there = queued.contains(id) || acknowledged.contains(id);
            let erased = self.server.erased.contains(id);
            if !there && !erased && !self.server.tables.history.contains_key(id) {
                return Err(format!("what a worker saved is on the phone or at the office: {id} is at neither"));
            }
        }
        for id in acknowledged.iter().filter(|_| same_epoch) {
            if !self.server.tables.history.get(id).is_some_and(|(_, past)| past.verdict == Verdict::Accepted) {
                return Err(format!("an acknowledged op is in the history: {id} is not"));
            }
        }
        let head = phone.engine.head();
        let granted = |channel: &Channel| head.grants.iter().any(|grid| grid.channel == *channel);
        let queued_on: BTreeSet<RecordId> = phone.engine.outbox().map(|queued| queued.op.record).collect();
        let held = |record: &&Arc<Record>| !granted(&record.channel) && !queued_on.contains(&record.id);
        if let Some(record) = phone.engine.records().find(held).filter(|_| head.synced_at.is_some()) {
            return Err(format!("a phone holds only granted channels: {} is of {}", record.id, record.channel));
        }
        // Where a pull began anew, after a restore or a purge, it may come from a copy that is behind; and what
        // was lost and granted again comes page by page.
        let tables = &self.server.tables;
        let regranted = self.regranted.contains(&head.device);
        let anew =
            regranted || self.server.epoch > 1 || tables.channels.values().any(|(_, _, generation)| *generation > 0);
        for (_, op) in phone.engine.acknowledged().filter(|_| !anew) {
            let Some((_, past)) = tables.history.get(&op.id).filter(|_| granted(&op.channel)) else { continue };
            let merged = Op { stamp: past.stamp.unwrap_or(op.stamp), ..op.clone() };
            let seen = phone.engine.record(op.record).is_some_and(|record| record.includes(&merged));
            if !seen {
                return Err(format!("what a worker wrote stays to be seen: {} does not", op.id));
            }
        }
        let disk = load(&phone.disk);
        let on_disk: BTreeSet<OpId> = disk.outbox().map(|queued| queued.op.id).collect();
        if on_disk != queued {
            return Err("what is shown as saved is on the disk: the queues differ".into());
        }
        if let Some(record) = phone.engine.records().find(|record| disk.record(record.id) != Some(record)) {
            return Err(format!("what is shown as saved is on the disk: {} is not, or not the same", record.id));
        }
        if let Some((id, _)) = self.server.effects.iter().find(|(_, times)| **times > 1) {
            return Err(format!("an op has one effect: {id} had two"));
        }
        self.check_office()
    }

    fn check_office(&self) -> Promise {
        for (_, record) in self.server.tables.records.values() {
            for field in record.fields.values().chain(record.contested.values().flatten()) {
                let text = field.value.as_str().unwrap_or_default();
                if !self.written.contains(text) {
                    return Err(format!("every value was written by somebody: {text} was not"));
                }
                if field.stamp.ms > self.now_ms + AHEAD_MS + MINUTE {
                    return Err(format!("nothing is merged with a stamp from the future: {} is", field.stamp));
                }
            }
            let home = record.home().and_then(|home| self.server.tables.records.get(&home));
            if let Some((_, home)) = home.filter(|(_, home)| home.channel != record.channel) {
                return Err(format!(
                    "what is of a household is where it is: {} is in {}, not in {}",
                    record.id, record.channel, home.channel
                ));
            }
            self.check_contested(record)?;
        }
        Ok(())
    }

    /// A value that nobody knowingly replaced is the field's or is contested.
    fn check_contested(&self, record: &Record) -> Promise {
        let ops = self.server.tables.history.values();
        let purged = &self.server.tables.purged;
        let counts = |(op, past): &&(Op, Past)| {
            op.record == record.id && past.verdict == Verdict::Accepted && !purged.contains(&op.id)
        };
        let taken: Vec<&(Op, Past)> = ops.filter(counts).collect();
        // Where a resident is, their household decides.
        let decided = |name: &&Name| *name == MOVED && record.home().is_some();
        for name in record.fields.keys().filter(|name| !decided(name)) {
            let mut replaced: BTreeSet<Stamp> = BTreeSet::new();
            let mut last_of: BTreeMap<DeviceId, Stamp> = BTreeMap::new();
            for (op, past) in &taken {
                let Some(change) = op.changes.get(name) else { continue };
                replaced.extend(change.replaced);
                replaced.extend(&change.settles);
                let merged = past.stamp.unwrap_or(op.stamp);
                let last = last_of.entry(op.stamp.device).or_insert(merged);
                *last = merged.max(*last);
            }
            let there = |value: &Value| {
                record.fields[name].value == *value
                    || record.contested.get(name).is_some_and(|fields| fields.iter().any(|field| field.value == *value))
            };
            // Who replaced a value replaced it for all who wrote the same.
            let mut superseded: Vec<&Value> = Vec::new();
            let mut last: Vec<&Value> = Vec::new();
            for (op, past) in &taken {
                let Some(change) = op.changes.get(name) else { continue };
                let merged = past.stamp.unwrap_or(op.stamp);
                let known = replaced.contains(&op.stamp) || replaced.contains(&merged);
                let values = if known || last_of[&op.stamp.device] != merged { &mut superseded } else { &mut last };
                values.push(&change.value);
            }
            if let Some(value) = last.into_iter().find(|value| !superseded.contains(value) && !there(value)) {
                return Err(format!("a value that lost is kept as contested: {value} of {} is not", record.id));
            }
        }
        Ok(())
    }

    /// The faults stop: every queue drains, and all phones agree with the office.
    ///
    /// # Errors
    /// The promise that was broken.
    pub fn settle(&mut self) -> Promise {
        self.server.replicate();
        for at in 0..self.phones.len() {
            self.phones[at].break_off();
            self.phones[at].strays.clear();
            self.exchange(at);
            self.check_carried(&self.phones[at])?;
        }
        self.server.lost.clear();
        for at in 0..self.phones.len() {
            self.exchange(at);
        }
        for at in 0..self.phones.len() {
            self.exchange(at);
            let phone = &self.phones[at];
            if let Some(queued) = phone.engine.outbox().find(|queued| queued.state == QueuedState::Waiting) {
                return Err(format!("every queue drains: {} still waits", queued.op.id));
            }
            self.check(at)?;
            self.check_agrees(phone)?;
        }
        Ok(())
    }

    /// Passes without faults until nothing is left to do.
    fn exchange(&mut self, at: usize) {
        for _ in 0..6 {
            self.pass_through(at, false);
        }
    }

    /// One pass without faults, read from a copy that lags or not.
    fn pass_through(&mut self, at: usize, lag: bool) {
        let mut pass = Pass::new("sim", PULL, PUSH);
        for _ in 0..PATIENCE {
            let Some((number, request)) = self.phones[at].engine.depart(&mut pass) else { break };
            let now = self.phones[at].clock(self.now_ms);
            let Some(answer) = self.server.handle(&request, self.now_ms, lag) else { break };
            pass.land(number);
            let plan = self.phones[at].engine.plan_answer(request.epoch.as_deref(), answer, now);
            pass.landed(&plan.delta);
            self.phones[at].carry_out(plan, Fate::Well);
        }
    }

    /// A phone that is up to date has no record that is, at the office, where its worker has no right.
    fn check_carried(&self, phone: &Phone) -> Promise {
        let queued: BTreeSet<RecordId> = phone.engine.outbox().map(|queued| queued.op.record).collect();
        for record in phone.engine.records().filter(|record| !queued.contains(&record.id)) {
            let Some((_, there)) = self.server.tables.records.get(&record.id) else { continue };
            if !self.server.carries(phone.engine.head().device, &there.channel) {
                return Err(format!(
                    "a phone holds only granted channels: {} has moved to {}",
                    record.id, there.channel
                ));
            }
        }
        Ok(())
    }

    fn check_agrees(&self, phone: &Phone) -> Promise {
        let aside: BTreeSet<RecordId> = phone.engine.outbox().map(|queued| queued.op.record).collect();
        let visible = |record: &&Record| !record.withdrawn() && !aside.contains(&record.id);
        let here: BTreeMap<RecordId, &Record> =
            phone.engine.records().map(AsRef::as_ref).filter(visible).map(|record| (record.id, record)).collect();
        let records = self.server.tables.records.values().map(|(_, record)| record);
        let there: BTreeMap<RecordId, &Record> = records.filter(visible).map(|record| (record.id, record)).collect();
        for (id, record) in &there {
            match here.get(id) {
                None => return Err(format!("in the end all agree: {id} is not on a phone")),
                Some(other) if other.fields != record.fields || other.contested != record.contested => {
                    return Err(format!("in the end all agree: {id} is {other:?} here and {record:?} there"));
                }
                Some(_) => {}
            }
        }
        match here.keys().find(|id| !there.contains_key(id)) {
            Some(id) => Err(format!("in the end all agree: {id} is not at the office")),
            None => Ok(()),
        }
    }
}

/// Returns the names of the fields that only the first writer of a record writes.
fn first_written() -> BTreeSet<String> {
    let channels = [channel(0), channel(1)].map(|channel| channel.to_string());
    let households = [0, 3, 6].map(|number| record_id(number).to_string());
    let kinds = [Kind::Household, Kind::Visit, Kind::Resident].iter().map(first_fields);
    let values = kinds.flat_map(|fields| fields.as_object().cloned().unwrap_or_default());
    let texts = values.map(|(_, value)| value.as_str().unwrap_or_default().to_owned());
    channels.into_iter().chain(households).chain(texts).collect()
}

/// Returns the ops that a phone may sweep. A server restored from a backup older than the phone's keeping time loses them.
fn long_ago(engine: &Engine, now_ms: u64) -> Vec<OpId> {
    engine.acknowledged().filter(|(at, _)| at + KEEP_MS < now_ms).map(|(_, op)| op.id).collect()
}

fn skew(rng: &mut impl Rng) -> i64 {
    match rng.random_range(0..4) {
        0 => 0,
        1 => -1_790_000_000_000,
        2 => rng.random_range(-2 * YEAR..=2 * YEAR),
        _ => rng.random_range(-600_000..=600_000),
    }
}
