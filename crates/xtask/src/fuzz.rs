//! Fuzzing the parsers of what comes from outside, with libFuzzer and the toolchain that is there.

use crate::run::{command, output, run};
use anyhow::{Context, ensure};
use std::{fs, path::Path};

/// For how long, and what.
#[derive(clap::Args)]
pub struct Options {
    /// Seconds for each target
    #[arg(long, default_value_t = 30)]
    pub seconds: u32,
    /// One target; all when left out
    pub target: Option<String>,
}

/// The options that make the compiler tell the fuzzer which branches were taken. No sanitizer is used: those want a nightly
/// compiler, and the code has no `unsafe`.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                        -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
                        --cfg fuzzing -Ccodegen-units=1";

/// Builds the targets and runs each for a while; ends with `N targets, N failed`.
///
/// # Errors
/// An input was found that a parser fails on. It is kept in `fuzz/found`.
pub fn fuzz(options: &Options) -> anyhow::Result<()> {
    let host = output(&["rustc", "--print", "host-tuple"]).context("rustc")?;
    let host = host.trim();
    let build = ["cargo", "build", "--quiet", "--release", "--manifest-path", "fuzz/Cargo.toml", "--target", host];
    run(command(&build).env("RUSTFLAGS", COVERAGE))?;
    let mut targets = Vec::new();
    for entry in fs::read_dir("fuzz/targets")? {
        let name = entry?.path().file_stem().context("a target has a name")?.to_string_lossy().into_owned();
        if options.target.as_ref().is_none_or(|wanted| *wanted == name) {
            targets.push(name);
        }
    }
    targets.sort();
    ensure!(!targets.is_empty(), "there is no such target");
    let mut failed = Vec::new();
    for target in &targets {
        let [corpus, found] = ["corpus", "found"].map(|folder| Path::new("fuzz").join(folder).join(target));
        fs::create_dir_all(&corpus)?;
        fs::create_dir_all(&found)?;
        println!("fuzz: {target}");
        let program = format!("fuzz/target/{host}/release/{target}");
        let mut fuzzer = command(&[&program]);
        // An input that fills the memory or takes long is found, too.
        fuzzer.args([
            format!("-max_total_time={}", options.seconds),
            "-rss_limit_mb=1024".into(),
            "-timeout=10".into(),
        ]);
        fuzzer.args(["-print_final_stats=1", "-verbosity=0"]);
        fuzzer.arg(format!("-artifact_prefix={}/", found.display()));
        fuzzer.arg(&corpus).arg(Path::new("fuzz/seeds").join(target));
        if run(&mut fuzzer).is_err() {
            failed.push(target.clone());
        }
    }
    println!("{} targets, {} failed", targets.len(), failed.len());
    ensure!(failed.is_empty(), "inputs that were not survived are in fuzz/found: {}", failed.join(", "));
    Ok(())
}
