//! Which lines the native tests run.

use crate::{
    postgres::{Cluster, Durability},
    run::{command, run},
    setup,
};

/// Runs the native tests with counters in the code and writes a page for each file into `target/llvm-cov/html/`. Prints a line
/// for each file: regions, functions and lines that ran. The phone app's pages run in a browser and are not counted.
///
/// # Errors
/// Fails when a tool is missing or a test fails.
pub fn coverage() -> anyhow::Result<()> {
    setup::coverage()?;
    setup::postgres()?;
    setup::authority()?;
    setup::office()?;
    let cluster = Cluster::start(Durability::None)?;
    let measured = ["cargo", "llvm-cov", "--workspace", "--exclude", "ruhu", "--exclude", "xtask"];
    run(command(&measured).arg("--html").env("RUHU_TEST_POSTGRES", cluster.address()))?;
    run(&mut command(&["cargo", "llvm-cov", "report"]))
}
