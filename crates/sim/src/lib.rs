//! Phones and a server in one thread a seed, through loss, duplication, reordering, truncation, crashes at each
//! step, wrong clocks, full disks and restored backups. Both sides run the code of the app and of the
//! server ([`ruhu_domain::engine`], [`ruhu_domain::intake`]); the network, the disks and the clocks are
//! made up from a seed. After each step the promises of sync are checked ([`world`]).

mod phone;
mod server;
pub mod world;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ruhu_domain::planted::{Bug, plant};
use std::{fmt, ops::Range};
use world::{Action, World};

/// Steps of one run.
const STEPS: usize = 600;

/// The most phones of a run.
const PHONES: u64 = 8;

/// One step: what happens, to whom, and the number that decides the details.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The action that is carried out.
    pub action: Action,
    /// The phone, modulo their number.
    pub phone: usize,
    /// Decides the details, so that a step means the same when others are left out.
    pub dice: u64,
}

/// A promise was broken.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// Which promise, and how.
    pub promise: String,
    /// The steps that lead there, as few as could be found.
    pub trace: Vec<Step>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.promise)?;
        for (at, step) in self.trace.iter().enumerate() {
            writeln!(f, "  {at:3} phone {} {:?} ({:x})", step.phone, step.action, step.dice)?;
        }
        Ok(())
    }
}

/// Runs one seed.
///
/// # Errors
/// The promise that was broken, with the seed and a short trace.
pub fn run(seed: u64) -> Result<(), Box<Failure>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let phones = rng.random_range(2..=PHONES) as usize;
    let trace: Vec<Step> = (0..STEPS)
        .map(|_| Step { action: Action::pick(&mut rng), phone: rng.random_range(0..phones), dice: rng.random() })
        .collect();
    match play(seed, phones, &trace) {
        Ok(()) => Ok(()),
        Err((promise, at)) => {
            let trace = shorten(seed, phones, &trace[..at]);
            let promise = play(seed, phones, &trace).err().map_or(promise, |(promise, _)| promise);
            Err(Box::new(Failure { seed, promise, trace }))
        }
    }
}

/// Plays a trace; the broken promise, and after how many steps.
fn play(seed: u64, phones: usize, trace: &[Step]) -> Result<(), (String, usize)> {
    let mut world = World::new(seed, phones);
    for (at, step) in trace.iter().enumerate() {
        world.step(step).map_err(|promise| (promise, at + 1))?;
    }
    world.settle().map_err(|promise| (promise, trace.len()))
}

/// Leaves out steps, in halves and smaller, as long as a promise is still broken.
fn shorten(seed: u64, phones: usize, trace: &[Step]) -> Vec<Step> {
    let mut trace = trace.to_vec();
    let mut size = trace.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from < trace.len() {
            let to = (from + size).min(trace.len());
            let fewer: Vec<Step> = trace[..from].iter().chain(&trace[to..]).copied().collect();
            match play(seed, phones, &fewer) {
                Err((_, at)) => trace = fewer[..at].to_vec(),
                Ok(()) => from = to,
            }
        }
        size /= 2;
    }
    trace
}

/// Plants a bug in this thread and returns the first failure of these seeds that shows it.
pub fn find(bug: Bug, mut seeds: Range<u64>) -> Option<Box<Failure>> {
    plant(Some(bug));
    let found = seeds.find_map(|seed| run(seed).err());
    plant(None);
    found
}
