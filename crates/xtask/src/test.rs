//! Running the tests and counting them.

use crate::{
    build,
    postgres::{Cluster, Durability},
    run::command,
    setup, sim, size,
};
use anyhow::{Context, bail};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

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

#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
}

/// Runs a suite or all and ends with `N passed, N failed` for the whole.
///
/// # Errors
/// A test failed, or a suite could not run.
pub fn test(suite: Option<Suite>) -> anyhow::Result<()> {
    let mut count = Count::default();
    let mut broken = Vec::new();
    let mut keep = |done: anyhow::Result<()>| broken.extend(done.err().map(|error| format!("{error:#}")));
    match suite {
        Some(suite) => keep(run_suite(suite, &mut count)),
        None => {
            // Together the native tests need one build.
            let together = native(&["--workspace"], &mut count);
            if together.is_err() && count.passed + count.failed == 0 {
                // Nothing ran: what needs no database still can.
                keep(run_suite(Suite::Unit, &mut count));
            }
            keep(together);
            for suite in [Suite::Sim, Suite::Browser, Suite::E2e] {
                keep(run_suite(suite, &mut count));
            }
        }
    }
    for error in &broken {
        println!("{error}");
    }
    println!("{} passed, {} failed", count.passed, count.failed.max(broken.len()));
    if count.failed > 0 || !broken.is_empty() {
        bail!("not all tests passed");
    }
    Ok(())
}

fn run_suite(suite: Suite, count: &mut Count) -> anyhow::Result<()> {
    match suite {
        Suite::Unit => tally(command(&["cargo", "test", "--quiet", "--workspace", "--exclude", "ruhu-server"]), count),
        Suite::Server => native(&["--package", "ruhu-server"], count),
        Suite::Browser => {
            setup::browser()?;
            let mut cargo = command(&["cargo", "test", "--package", "ruhu", "--target", "wasm32-unknown-unknown"]);
            cargo.args(["--test", "storage_in_browser"]);
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
            cargo.env("WASM_BINDGEN_TEST_TIMEOUT", "120");
            cargo.env("CHROMEDRIVER", "/usr/bin/chromedriver");
            tally(cargo, count)
        }
        Suite::Sim => {
            for (seeds, planted) in [(1_000, false), (300, true)] {
                sim::sim(&sim::Options { seeds, seed: 0, planted })?;
                count.passed += 1;
            }
            Ok(())
        }
        Suite::E2e => {
            build::app()?;
            size::size()?;
            let server = build::server()?;
            setup::end_to_end()?;
            for config in ["playwright.config.ts", "canary.config.ts", "faults.config.ts"] {
                let mut playwright = command(&["npx", "playwright", "test", "--config", config]);
                playwright.current_dir("tests/e2e").env("RUHU_SERVER", &server).env_remove("NO_COLOR");
                tally(playwright, count)?;
            }
            Ok(())
        }
    }
}

/// Runs the native tests of these packages, those of the server on both databases.
///
/// # Errors
/// A test failed, or there is no PostgreSQL or no ACME authority: then nothing ran.
fn native(packages: &[&str], count: &mut Count) -> anyhow::Result<()> {
    let cluster = databases()?;
    let mut cargo = command(&["cargo", "test", "--quiet", "--no-fail-fast"]);
    cargo.args(packages).env("RUHU_TEST_POSTGRES", cluster.address());
    tally(cargo, count)
}

/// Sets up what the server's tests need, and starts a PostgreSQL cluster for them.
fn databases() -> anyhow::Result<Cluster> {
    setup::postgres()?;
    setup::authority()?;
    Cluster::start(Durability::None)
}

/// Runs a test command, shows what it prints, and adds up the closing lines of its runners.
fn tally(mut command: Command, count: &mut Count) -> anyhow::Result<()> {
    println!("test: {command:?}");
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("can't start {command:?}"))?;
    let output = child.stdout.take().context("the output is piped")?;
    let before = (count.passed, count.failed);
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        let (passed, failed) = closing_line(&line);
        count.passed += passed;
        count.failed += failed;
    }
    let status = child.wait()?;
    if !status.success() && count.failed == before.1 {
        bail!("failed: {command:?}");
    }
    if count.passed == before.0 && count.failed == before.1 {
        bail!("ran no test: {command:?}");
    }
    Ok(())
}

/// The counts in a closing line of cargo's, wasm-bindgen's or Playwright's runner.
fn closing_line(line: &str) -> (usize, usize) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let before = |word: &str| {
        let at = words.iter().position(|found| found.trim_end_matches(';') == word);
        at.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok()).unwrap_or(0)
    };
    match words.as_slice() {
        ["test", "result:", ..] => (before("passed"), before("failed")),
        [number, "passed", rest @ ..] if rest.len() <= 1 => (number.parse().unwrap_or(0), 0),
        [number, "failed"] => (0, number.parse().unwrap_or(0)),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_each_runner_are_counted() {
        assert_eq!(closing_line("test result: FAILED. 12 passed; 3 failed; 0 ignored; finished in 0.1s"), (12, 3));
        assert_eq!(closing_line("  14 passed (1.2m)"), (14, 0));
        assert_eq!(closing_line("  2 failed"), (0, 2));
        assert_eq!(closing_line("the login that failed"), (0, 0));
    }
}
