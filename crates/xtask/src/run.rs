//! Running other programs.

use anyhow::{Context, bail};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// A command from words.
pub fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

/// Runs a command to its end; what it prints is shown.
///
/// # Errors
/// It can't be started or fails.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("can't start {command:?}"))?;
    if !status.success() {
        bail!("failed: {command:?}");
    }
    Ok(())
}

/// Returns what a command prints; `None` when it can't be started or fails.
pub fn output(words: &[&str]) -> Option<String> {
    let output = command(words).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where the compiler puts what it makes.
///
/// # Errors
/// Cargo does not say.
pub fn target_folder() -> anyhow::Result<PathBuf> {
    let metadata = output(&["cargo", "metadata", "--no-deps", "--format-version", "1"]).context("cargo metadata")?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    Ok(metadata["target_directory"].as_str().context("cargo metadata names the target folder")?.into())
}
