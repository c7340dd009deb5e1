//! `cargo xtask`: the commands for building, testing, measuring and releasing. Each verb sets up what it needs first.

mod attack;
mod authz;
mod bench;
mod beside;
mod build;
mod canary;
mod check;
mod content_names;
mod coverage;
mod docs;
mod faults;
mod fuzz;
mod pictures;
mod playwright;
mod postgres;
mod release;
mod run;
mod setup;
mod shrink;
mod sim;
mod size;
mod split;
mod start;
mod step;
mod structure;
mod test;

use clap::{Parser, Subcommand};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Ruhu's build, test and measuring commands")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Set up, build and serve the app with demo data; prints the address and the logins
    Start(start::Options),
    /// Build the app into dist/ and the server
    Build,
    /// Run the tests: all of them, or one suite
    Test {
        /// The suite; all when left out
        suite: Option<test::Suite>,
    },
    /// Formatting, lints for both targets, and the layers' rules
    Check,
    /// Phones and a server in one thread through every fault, from seeds
    Sim(sim::Options),
    /// Every grant against every channel, on both databases; prints cells and leaks, mutants and how many were caught
    Authz,
    /// Attack the real server with one account or none; prints attacks and how many held, with the peak memory of each
    Attack,
    /// Kill the real server and the real browser again and again, and break the network at every step; prints rounds, faults and losses
    Faults(faults::Options),
    /// Write marked text through every field, lock, and look for it in files, logs and traffic; prints the hits
    Canary,
    /// Feed each parser of what comes from outside with invented input; prints targets and how many failed
    Fuzz(fuzz::Options),
    /// Print the size of each file that the phone downloads; fails over the budget
    Size,
    /// Build one archive with the server, the app, the unit, checksums and a list of what is in it
    Release,
    /// Build the documents as a book and the documentation of the code
    Docs,
    /// Take the pictures of the README
    Pictures,
    /// Which lines the native tests run
    Coverage,
    /// Measure; prints a JSON line a figure
    Bench {
        /// Which figures: server, growth, load, save, search, cold-start, sync; all when left out
        name: Option<String>,
    },
}

fn main() -> ExitCode {
    match carry_out(Cli::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(verb: Verb) -> anyhow::Result<()> {
    std::env::set_current_dir(root())?;
    match verb {
        Verb::Start(options) => start::start(&options),
        Verb::Build => build::app().and_then(|()| build::server(build::Profile::Release).map(drop)),
        Verb::Test { suite } => test::test(suite),
        Verb::Check => check::check(),
        Verb::Sim(options) => sim::sim(&options),
        Verb::Authz => authz::authz(),
        Verb::Attack => attack::attack(),
        Verb::Faults(options) => faults::faults(&options),
        Verb::Canary => canary::canary(),
        Verb::Fuzz(options) => fuzz::fuzz(&options),
        Verb::Release => release::release(),
        Verb::Docs => docs::docs(),
        Verb::Pictures => pictures::pictures(),
        Verb::Coverage => coverage::coverage(),
        Verb::Size => build::app().and_then(|()| size::size()),
        Verb::Bench { name } => bench::bench(name.as_deref()),
    }
}

/// The project's folder.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}
