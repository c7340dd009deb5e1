//! The simulation of phones and a server through every fault.

use crate::run::{command, run};
use std::process::Command;

/// The options of the simulation.
#[derive(clap::Args)]
pub struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    pub seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Plant each known bug in turn and look for it
    #[arg(long)]
    pub planted: bool,
}

/// Runs the simulation; ends with `N seeds passed, N failed`, or `N planted, N found`.
///
/// # Errors
/// A promise was broken, or a planted bug was not found.
pub fn sim(options: &Options) -> anyhow::Result<()> {
    run(options.put_on(&mut build_and_run()))
}

/// Returns the command that builds the simulation where it changed, and runs it.
pub fn build_and_run() -> Command {
    command(&["cargo", "run", "--quiet", "--package", "ruhu-sim", "--"])
}

impl Options {
    /// Adds the options to a command that runs the simulation.
    pub fn put_on<'c>(&self, simulation: &'c mut Command) -> &'c mut Command {
        let (seeds, seed) = (self.seeds.to_string(), self.seed.to_string());
        simulation.args(["--seeds", &seeds, "--seed", &seed]);
        if self.planted {
            simulation.arg("--planted");
        }
        simulation
    }
}
