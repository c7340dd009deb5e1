//! The phones and the office of the simulation, and how each action changes them.

mod action;
mod data;
mod promises;

pub use action::Action;
use data::{channel, first_fields, first_written, kind, office_skew, record_id, skew};
use promises::Promise;

use crate::{
    Step,
    phone::{Fate, Phone},
    server::{Server, Tables},
};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use ruhu_domain::{
    Channel, DeviceId, Kind, OpId, Record, RecordKind, Stamp,
    engine::{Edit, Moment, Pass, QueuedState},
    intake::MAX_OP,
    record::{MOVED, WITHDRAWN},
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};

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
    /// How often the clock of the office's computer was set.
    office_clock_set: u64,
}

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
            office_clock_set: 0,
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
            Action::Tidy => self.tidy(at, fate)?,
            Action::Freeze => self.phones[at].freeze(),
            Action::Thaw => self.thaw(at)?,
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
            Action::Restore => self.restore(false),
            Action::SetBack => self.restore(true),
            Action::SetOfficeClock => {
                self.office_clock_set += 1;
                self.server.skew_ms = office_skew(&mut rng);
            }
            Action::Replicate => self.server.replicate(),
            Action::Purge => self.server.purge(),
            Action::Decide => self.server.decide(rng.random(), self.now_ms),
            Action::Regrant => self.regrant(at, channel(rng.random())),
        }
        self.phones[at].note_acknowledged(self.now_ms);
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

    fn tidy(&mut self, at: usize, fate: Fate) -> Promise {
        let engine = &self.phones[at].engine;
        let Some(plan) = engine.plan_sweep().or_else(|| engine.plan_compaction()) else { return Ok(()) };
        self.check_swept(at, &plan)?;
        let phone = &mut self.phones[at];
        // A server restored from a backup older than the phone's keeping time loses them.
        phone.promised.retain(|id| !plan.delta.swept.contains(id));
        phone.carry_out(plan, fate);
        Ok(())
    }

    /// The answers that come to a window that was frozen, and what it tidies.
    fn thaw(&mut self, at: usize) -> Promise {
        let Some(mut frozen) = self.phones[at].frozen.take() else { return Ok(()) };
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
        phone.note_acknowledged(self.now_ms);
        while let Some(plan) = frozen.engine.plan_sweep().or_else(|| frozen.engine.plan_compaction()) {
            self.check_swept(at, &plan)?;
            let phone = &mut self.phones[at];
            phone.promised.retain(|id| !plan.delta.swept.contains(id));
            phone.carry_out_late(&mut frozen, plan);
        }
        Ok(())
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

    fn restore(&mut self, silently: bool) {
        // What came after the backup, from phones that are no more or no longer have it, is gone with the database.
        let backup = self.backup.clone();
        for phone in &mut self.phones {
            let acknowledged = phone.engine.acknowledged().map(|(_, op)| op.id);
            let kept: BTreeSet<OpId> = phone.engine.outbox().map(|queued| queued.op.id).chain(acknowledged).collect();
            phone.promised.retain(|id| kept.contains(id) || backup.history.contains_key(id));
        }
        if silently {
            self.server.set_back(backup);
        } else {
            self.server.restore(backup);
        }
    }

    fn regrant(&mut self, at: usize, channel: Channel) {
        let device = self.phones[at].engine.head().device;
        self.regranted.insert(device);
        let lost = self.server.lost.entry(device).or_default();
        if !lost.remove(&channel) {
            lost.insert(channel);
        }
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
        // All have been there: what was set back has shown by now.
        self.server.unnoticed = false;
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
}
