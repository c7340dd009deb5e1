//! A phone: the engine, its disk, its clock.

use ruhu_domain::{
    DeviceId, OpId,
    engine::{Engine, Head, Pass, Plan},
    storage::{Snapshot, TABLES, Table, Write},
    wire::{SyncRequest, SyncResponse},
};
use std::collections::{BTreeMap, BTreeSet};

/// The content of a disk.
pub type Disk = BTreeMap<(Table, String), Vec<u8>>;

/// How a write goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Well.
    Well,
    /// The disk is full: nothing is written.
    Full,
    /// The phone dies before anything is written.
    DiesBefore,
    /// The phone dies when all is written and nothing applied yet.
    DiesAfter,
}

impl Fate {
    /// Mostly well.
    pub fn of(dice: u64) -> Self {
        match dice % 16 {
            0 => Self::Full,
            1 => Self::DiesBefore,
            2 => Self::DiesAfter,
            _ => Self::Well,
        }
    }
}

/// A window that the browser froze in the middle of a pass: what it knew, and what it has under way.
#[derive(Debug)]
pub struct Frozen {
    /// The engine at that time.
    pub engine: Engine,
    /// Requests on their way to the office.
    pub requests: Vec<(u32, SyncRequest)>,
    /// Answers on their way back, with the epoch that was asked.
    pub answers: Vec<(u32, Option<String>, SyncResponse)>,
}

/// A phone.
#[derive(Debug)]
pub struct Phone {
    /// The engine with the phone's state in memory.
    pub engine: Engine,
    /// The content of its disk.
    pub disk: Disk,
    /// Its clock minus the true time, in milliseconds.
    pub skew_ms: i64,
    /// The pass under way.
    pub pass: Option<Pass>,
    /// Requests on their way to the office.
    pub requests: Vec<(u32, SyncRequest)>,
    /// Requests of passes that ended early: they may arrive, and nobody waits for the answer any more.
    pub strays: Vec<SyncRequest>,
    /// Answers on their way back, with the epoch that was asked.
    pub answers: Vec<(u32, Option<String>, SyncResponse)>,
    /// Saves that the worker was told are on the phone.
    pub promised: BTreeSet<OpId>,
    /// When the office first acknowledged an op, in true Unix milliseconds.
    pub acknowledged_at: BTreeMap<OpId, u64>,
    /// A window that is frozen while another does the work.
    pub frozen: Option<Frozen>,
    /// A copy of the disk, as a backup of the profile would be.
    pub copy: Option<(Disk, BTreeSet<OpId>)>,
}

fn snapshot(disk: &Disk) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for table in TABLES {
        let of_table = disk.iter().filter(|((of, _), _)| *of == table);
        snapshot.put(table, of_table.map(|((_, key), value)| (key.clone(), value.clone())).collect());
    }
    snapshot
}

/// The engine as a disk has it.
pub fn load(disk: &Disk) -> Engine {
    let snapshot = snapshot(disk);
    let head = Head::stored(&snapshot).expect("a head").expect("it is written at the login");
    Engine::load(head, &snapshot).expect("what was written can be read")
}

impl Phone {
    /// A phone just logged in.
    pub fn new(device: u64) -> Self {
        let head = Head::new(DeviceId(device), format!("{device}"), Vec::new());
        let mut disk = Disk::new();
        write(&mut disk, &head.writes());
        Self {
            engine: load(&disk),
            disk,
            skew_ms: 0,
            pass: None,
            requests: Vec::new(),
            strays: Vec::new(),
            answers: Vec::new(),
            promised: BTreeSet::new(),
            acknowledged_at: BTreeMap::new(),
            frozen: None,
            copy: None,
        }
    }

    /// Returns the time that its clock shows, in Unix milliseconds.
    pub fn clock(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add_signed(self.skew_ms)
    }

    /// Carries a plan out; whether the phone lived to apply it.
    pub fn carry_out(&mut self, plan: Plan, fate: Fate) -> bool {
        if matches!(fate, Fate::Well | Fate::DiesAfter) {
            let written = write(&mut self.disk, &plan.writes);
            assert!(written, "the only window at work knows what is written");
        }
        match fate {
            Fate::Well => drop(self.engine.apply(plan.delta)),
            Fate::Full => self.break_off(),
            Fate::DiesBefore | Fate::DiesAfter => self.restart(),
        }
        fate == Fate::Well
    }

    /// Notes what was acknowledged by now.
    pub fn note_acknowledged(&mut self, true_ms: u64) {
        for (_, op) in self.engine.acknowledged() {
            self.acknowledged_at.entry(op.id).or_insert(true_ms);
        }
    }

    /// The browser freezes the window in the middle of its pass, and another is opened.
    pub fn freeze(&mut self) {
        let engine = load(&self.disk);
        self.frozen = Some(Frozen {
            engine: std::mem::replace(&mut self.engine, engine),
            requests: std::mem::take(&mut self.requests),
            answers: std::mem::take(&mut self.answers),
        });
        self.pass = None;
    }

    /// A plan of a window that was frozen: written only where nothing it rests on was overtaken, and told to the
    /// window at work. What was not written it reads again.
    pub fn carry_out_late(&mut self, frozen: &mut Frozen, plan: Plan) {
        if write(&mut self.disk, &plan.writes) {
            frozen.engine.apply(plan.delta.clone());
            self.engine.apply(plan.delta);
        } else {
            frozen.engine = load(&self.disk);
        }
    }

    /// The pass ends early; its requests may still arrive.
    pub fn break_off(&mut self) {
        self.pass = None;
        self.strays.extend(self.requests.drain(..).map(|(_, request)| request));
        self.answers.clear();
    }

    /// The browser is killed and started again.
    pub fn restart(&mut self) {
        self.break_off();
        self.frozen = None;
        self.engine = load(&self.disk);
    }
}

/// Whether what the writes rest on still holds; if not, nothing is written.
fn write(disk: &mut Disk, writes: &[Write]) -> bool {
    for write in writes {
        match write {
            Write::Check(table, key, value) => {
                if disk.get(&(*table, key.clone())) != value.as_ref() {
                    return false;
                }
            }
            Write::CheckKeys(..) => unreachable!("the engine plans none"),
            Write::Put(table, key, value) => drop(disk.insert((*table, key.clone()), value.clone())),
            Write::Delete(table, key) => drop(disk.remove(&(*table, key.clone()))),
            Write::Clear(table) => disk.retain(|(of, _), _| of != table),
        }
    }
    true
}
