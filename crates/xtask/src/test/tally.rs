//! Reading what test runners print: how many tests passed and failed, and how long each took.

use anyhow::{Context, bail, ensure};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

/// The slowest tests that are named at the end.
const NAMED: usize = 20;

/// The tests that ran so far.
#[derive(Default)]
pub struct Tally {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// How long each test took whose runner says so, with its name.
    times: Vec<(Duration, String)>,
}

impl Tally {
    /// Runs a test command that has tests to run.
    ///
    /// # Errors
    /// As [`Tally::add`], and when it ran no test.
    pub fn run(&mut self, command: Command) -> anyhow::Result<()> {
        let words = format!("{command:?}");
        ensure!(self.add(command)? > 0, "ran no test: {words}");
        Ok(())
    }

    /// Runs a test command, shows what it prints but for native tests that passed, and adds up the closing lines of its
    /// runners. Returns how many tests ran.
    ///
    /// # Errors
    /// Fails when the command can't be started, or failed without a test that did.
    pub fn add(&mut self, mut command: Command) -> anyhow::Result<usize> {
        println!("test: {command:?}");
        let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("can't start {command:?}"))?;
        let output = child.stdout.take().context("the output is piped")?;
        let before = (self.passed, self.failed);
        for line in BufReader::new(output).lines() {
            let line = line?;
            let timed = time_of(&line);
            if timed.is_none() || !line.starts_with("test ") {
                println!("{line}");
            }
            self.times.extend(timed);
            let (passed, failed) = closing_line(&line);
            self.passed += passed;
            self.failed += failed;
        }
        let status = child.wait()?;
        if !status.success() && self.failed == before.1 {
            bail!("failed: {command:?}");
        }
        Ok(self.passed + self.failed - before.0 - before.1)
    }

    /// Prints the slowest tests, the slowest first.
    pub fn print_slowest(&mut self) {
        self.times.sort_by(|one, other| other.cmp(one));
        println!("the slowest tests:");
        for (time, name) in self.times.iter().take(NAMED) {
            println!("{:>8.1} s  {name}", time.as_secs_f64());
        }
    }
}

/// Returns the counts of tests that passed and failed in a closing line of cargo's, wasm-bindgen's or Playwright's runner.
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

/// Returns how long a test took that passed, and its name: `test name ... ok <0.123s>` of cargo's runner, or
/// `ok 12 file.spec.ts:7:1 › name (1.2s)` of Playwright's.
fn time_of(line: &str) -> Option<(Duration, String)> {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("test ") {
        let (name, time) = rest.strip_suffix("s>")?.split_once(" ... ok <")?;
        return Some((Duration::from_secs_f64(time.parse().ok()?), name.to_owned()));
    }
    let (name, time) = line.strip_suffix(')')?.rsplit_once(" (")?;
    let name = name.strip_prefix("ok ").or_else(|| name.strip_prefix('✓'))?.trim_start();
    let name = name.trim_start_matches(|digit: char| digit.is_ascii_digit()).trim_start();
    let (number, unit) = time.split_at(time.find(|letter: char| letter.is_ascii_alphabetic())?);
    let unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    Some((Duration::from_secs_f64(number.parse::<f64>().ok()? * unit), name.to_owned()))
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

    #[test]
    fn the_time_of_a_test_is_read_as_each_runner_says_it() {
        let time = |line| time_of(line).map(|(time, name)| (time.as_millis(), name));
        assert_eq!(time("test sync::sqlite::a_push ... ok <1.250s>"), Some((1_250, "sync::sqlite::a_push".into())));
        assert_eq!(
            time("  ok 12 visits.spec.ts:7:1 › a visit is saved (1.5s)"),
            Some((1_500, "visits.spec.ts:7:1 › a visit is saved".into()))
        );
        assert_eq!(
            time("  ✓   3 due.spec.ts:9:1 › a month (1.1m)"),
            Some((66_000, "due.spec.ts:9:1 › a month".into()))
        );
        assert_eq!(time("test sync::a_push ... FAILED <1.250s>"), None);
        assert_eq!(time("  14 passed (1.2m)"), None);
    }
}
