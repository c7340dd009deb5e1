//! A phone: the engine, its disk, its clock.

use ruhu_domain::{
    DeviceId, OpId,
    engine::{Engine, HEAD, Head, Pass, Plan},
    storage::{Snapshot, Table, Write},
    wire::{SyncRequest, SyncResponse},
};
use std::collections::{BTreeMap, BTreeSet};

/// What is on a disk.
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

/// A phone.
#[derive(Debug)]
pub struct Phone {
    /// What it knows.
    pub engine: Engine,
    /// What is on its disk.
    pub disk: Disk,
    /// Its clock minus the true time, in milliseconds.
    pub skew_ms: i64,
    /// The pass under way.
    pub pass: Option<Pass>,
    /// Requests on their way to the office.
    pub requests: Vec<(u32, SyncRequest)>,
    /// Answers on their way back, with the epoch that was asked.
    pub answers: Vec<(u32, Option<String>, SyncResponse)>,
    /// Saves that the worker was told are on the phone.
    pub promised: BTreeSet<OpId>,
    /// A copy of the disk, as a backup of the profile would be.
    pub copy: Option<(Disk, BTreeSet<OpId>)>,
}

fn snapshot(disk: &Disk) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for table in Table::ALL {
        let of_table = disk.iter().filter(|((of, _), _)| *of == table);
        snapshot.put(table, of_table.map(|((_, key), value)| (key.clone(), value.clone())).collect());
    }
    snapshot
}

/// The engine as a disk has it.
pub fn load(disk: &Disk) -> Engine {
    let snapshot = snapshot(disk);
    let head = snapshot.get(Table::Meta, HEAD).expect("a head is written at the login");
    Engine::load(serde_json::from_slice(head).expect("a head"), &snapshot).expect("what was written can be read")
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
            answers: Vec::new(),
            promised: BTreeSet::new(),
            copy: None,
        }
    }

    /// What its clock shows.
    pub fn clock(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add_signed(self.skew_ms)
    }

    /// Carries a plan out; whether the phone lived to apply it.
    pub fn carry_out(&mut self, plan: Plan, fate: Fate) -> bool {
        if matches!(fate, Fate::Well | Fate::DiesAfter) {
            write(&mut self.disk, &plan.writes);
        }
        match fate {
            Fate::Well => drop(self.engine.apply(plan.delta)),
            Fate::Full => self.break_off(),
            Fate::DiesBefore | Fate::DiesAfter => self.restart(),
        }
        fate == Fate::Well
    }

    /// The pass ends early; its requests may still arrive.
    pub fn break_off(&mut self) {
        self.pass = None;
        self.answers.clear();
    }

    /// The browser is killed and started again.
    pub fn restart(&mut self) {
        self.break_off();
        self.engine = load(&self.disk);
    }
}

fn write(disk: &mut Disk, writes: &[Write]) {
    for write in writes {
        match write {
            Write::Check(table, key, value) => {
                assert_eq!(
                    disk.get(&(*table, key.clone())),
                    value.as_ref(),
                    "one window writes, and knows what it wrote"
                );
            }
            Write::Put(table, key, value) => drop(disk.insert((*table, key.clone()), value.clone())),
            Write::Delete(table, key) => drop(disk.remove(&(*table, key.clone()))),
            Write::Clear(table) => disk.retain(|(of, _), _| of != table),
        }
    }
}
