//! Runs the simulation: seeds, or planted bugs, on every core.

use clap::Parser;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use ruhu_domain::planted::Bug;
use std::process::ExitCode;

#[derive(Parser)]
struct Cli {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Plant each known bug in turn and look for it
    #[arg(long)]
    planted: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let seeds = cli.seed..cli.seed.saturating_add(cli.seeds);
    let (done, wrong) = if cli.planted {
        let found: Vec<_> = Bug::ALL.into_par_iter().map(|bug| (bug, ruhu_sim::find(bug, seeds.clone()))).collect();
        for (bug, failure) in &found {
            match failure {
                Some(failure) => println!("{bug:?}: {failure}"),
                None => println!("{bug:?}: not found"),
            }
        }
        let missed = found.iter().filter(|(_, failure)| failure.is_none()).count();
        println!("{} planted, {} found", found.len(), found.len() - missed);
        (found.len(), missed)
    } else {
        let failures: Vec<_> = seeds.into_par_iter().filter_map(|seed| ruhu_sim::run(seed).err()).collect();
        for failure in &failures {
            println!("{failure}");
        }
        let total = usize::try_from(cli.seeds).unwrap_or(usize::MAX);
        println!("{} seeds passed, {} failed", total - failures.len(), failures.len());
        (total, failures.len())
    };
    if wrong == 0 && done > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
