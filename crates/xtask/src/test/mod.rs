//! Running the tests and counting them.

mod tally;

use crate::{
    build,
    postgres::{Cluster, Durability},
    run::{command, output},
    setup, sim, size,
    step::{self, step},
};
use anyhow::{Context, bail};
use std::time::Instant;
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
    let mut broken = Vec::new();
    let mut keep = |done: anyhow::Result<()>| broken.extend(done.err().map(|error| format!("{error:#}")));
    match suite {
        Some(suite) => keep(run_suite(suite, &mut tally)),
        None => {
            // Together the native tests need one build.
            let together = native(&["--workspace"], &mut tally);
            if together.is_err() && tally.passed + tally.failed == 0 {
                // Nothing ran: what needs no database still can.
                keep(run_suite(Suite::Unit, &mut tally));
            }
            keep(together);
            for suite in [Suite::Sim, Suite::Browser, Suite::E2e] {
                keep(run_suite(suite, &mut tally));
            }
        }
    }
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
        Suite::Sim => {
            for (seeds, planted) in [(1_000, false), (300, true)] {
                let options = sim::Options { seeds, seed: 0, planted };
                step("the simulation", "1 min, and 2 min to build", || sim::sim(&options))?;
                tally.passed += 1;
            }
            Ok(())
        }
        Suite::E2e => {
            build::app()?;
            size::size()?;
            let server = build::server(build::Profile::Quick)?;
            setup::end_to_end()?;
            for config in ["playwright.config.ts", "canary.config.ts", "faults.config.ts"] {
                let mut playwright = command(&["npx", "playwright", "test", "--config", config]);
                playwright.current_dir("tests/e2e").env("RUHU_SERVER", &server).env_remove("NO_COLOR");
                tally.run(playwright)?;
            }
            Ok(())
        }
    }
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
    tests.args(["--", "--format", "pretty", "-Zunstable-options", "--report-time"]);
    let tested = tally.run(tests);
    let mut examples = command(&["cargo", "test", "--quiet", "--doc"]);
    let examples = tally.run({
        examples.args(packages);
        examples
    });
    tested.and(examples)
}

/// Sets up what the server's tests need, and starts a PostgreSQL cluster for them.
fn databases() -> anyhow::Result<Cluster> {
    setup::postgres()?;
    setup::authority()?;
    Cluster::start(Durability::None)
}
