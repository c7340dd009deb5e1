//! Running the tests and counting them.

mod tally;

use crate::{
    beside::Beside,
    build,
    playwright::playwright,
    postgres::{Cluster, Durability},
    run::{command, output, run},
    setup, sim, size,
    step::{self, step},
};
use anyhow::{Context, bail};
use std::{num::NonZero, path::Path, process::Command, time::Instant};
use tally::Tally;

/// The suites.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Suite {
    /// Logic, natively
    Unit,
    /// Storage, in a real browser
    Browser,
    /// The server, on SQLite and on PostgreSQL
    Server,
    /// Phones and a server in one thread through every fault
    Sim,
    /// Whole flows, in a real browser against the real server
    E2e,
}

/// Runs a suite or all and ends with `N passed, N failed` for the whole.
///
/// # Errors
/// A test failed, or a suite could not run.
pub fn test(suite: Option<Suite>) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut tally = Tally::default();
    let results = match suite {
        Some(suite) => vec![run_suite(suite, &mut tally)],
        None => run_all(&mut tally),
    };
    let broken: Vec<String> = results.into_iter().filter_map(|done| Some(format!("{:#}", done.err()?))).collect();
    tally.print_slowest();
    println!("all of it took {}", step::words(begun.elapsed()));
    for error in &broken {
        println!("{error}");
    }
    println!("{} passed, {} failed", tally.passed, tally.failed.max(broken.len()));
    if tally.failed > 0 || !broken.is_empty() {
        bail!("not all tests passed");
    }
    Ok(())
}

/// Runs every suite; returns what came of each step. The app is built beside the tests that do not need it, and one build
/// of the native programs serves all.
fn run_all(tally: &mut Tally) -> Vec<anyhow::Result<()>> {
    let mut results = vec![setup::app().and_then(|()| setup::end_to_end())];
    let app = Beside::start("size");
    match build::programs() {
        Ok(programs) => {
            let tested = native(&["--workspace"], tally);
            if tested.is_err() && tally.passed + tally.failed == 0 {
                // Nothing ran: what needs no database still can.
                results.push(run_suite(Suite::Unit, tally));
            }
            results.push(tested);
            results.push(simulations(|| Command::new(&programs.sim), tally));
            results.push(run_suite(Suite::Browser, tally));
            match app.and_then(Beside::wait) {
                Ok(()) => results.push(flows(&programs.server, tally)),
                Err(error) => results.push(Err(error)),
            }
        }
        Err(error) => results.extend([Err(error), app.and_then(Beside::wait)]),
    }
    results
}

fn run_suite(suite: Suite, tally: &mut Tally) -> anyhow::Result<()> {
    match suite {
        Suite::Unit => cargo_test(&["--workspace", "--exclude", "ruhu-server"], None, tally),
        Suite::Server => native(&["--package", "ruhu-server"], tally),
        Suite::Browser => {
            setup::browser()?;
            let mut cargo = command(&["cargo", "test", "--package", "ruhu", "--target", "wasm32-unknown-unknown"]);
            cargo.args(["--test", "storage_in_browser"]);
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
            cargo.env("WASM_BINDGEN_TEST_TIMEOUT", "120");
            cargo.env("CHROMEDRIVER", "/usr/bin/chromedriver");
            tally.run(cargo)
        }
        Suite::Sim => simulations(sim::build_and_run, tally),
        Suite::E2e => {
            build::app()?;
            size::size()?;
            let server = build::server(build::Profile::Dev)?;
            setup::end_to_end()?;
            flows(&server, tally)
        }
    }
}

/// Runs the simulation over a thousand seeds, and over planted bugs. `program` returns the command that starts it.
fn simulations(program: impl Fn() -> Command, tally: &mut Tally) -> anyhow::Result<()> {
    for (seeds, planted) in [(1_000, false), (300, true)] {
        let options = sim::Options { seeds, seed: 0, planted };
        step("the simulation", "1 min", || run(options.put_on(&mut program())))?;
        tally.passed += 1;
    }
    Ok(())
}

/// Runs everything that is tried in a real browser against a real server.
fn flows(server: &Path, tally: &mut Tally) -> anyhow::Result<()> {
    step("whole flows", "15 min", || tally.run(playwright(&["faults", "canary", "flows"], server)))
}

/// Runs the native tests of these packages, those of the server on both databases.
///
/// # Errors
/// Fails when a test does, or when there is no PostgreSQL or no ACME authority: then nothing ran.
fn native(packages: &[&str], tally: &mut Tally) -> anyhow::Result<()> {
    let cluster = databases()?;
    cargo_test(packages, Some(&cluster.address()), tally)
}

/// Runs the native tests of these packages and the examples in their documentation.
///
/// # Errors
/// Fails when a test does, or when they can't be built.
fn cargo_test(packages: &[&str], postgres: Option<&str>, tally: &mut Tally) -> anyhow::Result<()> {
    // The runner says how long each test took where it takes options that are not stable. It alone gets the variable: with
    // it the compiler would build everything anew.
    let host = output(&["rustc", "--print", "host-tuple"]).context("rustc")?;
    let runner = format!("CARGO_TARGET_{}_RUNNER", host.trim().to_uppercase().replace('-', "_"));
    let mut tests = command(&["cargo", "test", "--quiet", "--no-fail-fast", "--tests"]);
    tests
        .args(packages)
        .env(runner, "env RUSTC_BOOTSTRAP=1")
        .envs(postgres.map(|address| ("RUHU_TEST_POSTGRES", address)));
    // Many of them wait for a disk, a database or a limit of time: twice as many as there are cores keep those at work.
    let threads = 2 * std::thread::available_parallelism().map_or(1, NonZero::get);
    tests.args(["--", "--format", "pretty", "-Zunstable-options", "--report-time"]);
    tests.arg(format!("--test-threads={threads}"));
    let tested = tally.run(tests);
    let mut examples = command(&["cargo", "test", "--quiet", "--doc"]);
    examples.args(packages);
    // Not every package has examples.
    let examples = tally.add(examples);
    tested.and(examples.map(drop))
}

/// Sets up what the server's tests need, and starts a PostgreSQL cluster for them.
fn databases() -> anyhow::Result<Cluster> {
    setup::postgres()?;
    setup::authority()?;
    setup::office()?;
    Cluster::start(Durability::None)
}
