//! Running the projects of `tests/e2e/playwright.config.ts`.

use crate::run::command;
use std::{path::Path, process::Command};

/// Returns the command that runs these projects in a real browser against a server program.
pub fn playwright(projects: &[&str], server: &Path) -> Command {
    let mut playwright = command(&["npx", "playwright", "test"]);
    playwright.args(projects.iter().flat_map(|project| ["--project", project]));
    playwright.current_dir("tests/e2e").env("RUHU_SERVER", server).env_remove("NO_COLOR");
    playwright
}
