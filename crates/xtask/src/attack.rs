//! Attacks on the real server by somebody with one account or none.

use crate::run::{command, run};

/// Runs every attack; prints a line for each with the server's peak memory, and `N attacks, N held`.
///
/// # Errors
/// The server kept what it should not, stopped for others, or took too much memory.
pub fn attack() -> anyhow::Result<()> {
    let mut cargo = command(&["cargo", "test", "--quiet", "--package", "ruhu-server", "--test", "server"]);
    cargo.args(["attacks::", "--", "--nocapture"]);
    run(&mut cargo)
}
