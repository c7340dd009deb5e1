//! The simulation of phones and a server through every fault.

use crate::run::{command, run};

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
    let (seeds, seed) = (options.seeds.to_string(), options.seed.to_string());
    let mut simulation = command(&["cargo", "run", "--quiet", "--profile", "quick", "--package", "ruhu-sim", "--"]);
    simulation.args(["--seeds", &seeds, "--seed", &seed]);
    if options.planted {
        simulation.arg("--planted");
    }
    run(&mut simulation)
}
