//! Formatting, lints, the structure of the code, and the table of what is survived.

use crate::{
    docs,
    run::{command, run},
    setup,
    structure::{commits, structure},
};
use anyhow::ensure;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Runs every check.
///
/// # Errors
/// The first that fails.
pub fn check() -> anyhow::Result<()> {
    setup::app()?;
    run(&mut command(&["cargo", "fmt", "--all", "--check"]))?;
    structure()?;
    let long = commits::broken();
    ensure!(long.is_empty(), "{}", long.join("\n"));
    survival()?;
    let strict = ["--", "-D", "warnings"];
    run(command(&["cargo", "clippy", "--quiet", "--workspace", "--all-targets"]).args(strict))?;
    let wasm =
        ["cargo", "clippy", "--quiet", "--package", "ruhu", "--all-targets", "--target", "wasm32-unknown-unknown"];
    run(command(&wasm).args(strict))?;
    docs::code()?;
    println!("check: clean");
    Ok(())
}

/// Where the tests are.
const TESTS: [&str; 7] = [
    "tests",
    "crates/domain/src",
    "crates/server/src",
    "crates/server/tests",
    "crates/sim/src",
    "crates/sync/src",
    "src",
];

/// Every test that `docs/survival.md` names is there.
fn survival() -> anyhow::Result<()> {
    let table = fs::read_to_string("docs/survival.md")?;
    let mut tests = String::new();
    for folder in TESTS {
        for file in files(Path::new(folder), &["rs", "ts"])? {
            tests.push_str(&fs::read_to_string(file)?);
        }
    }
    let names = table.lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split('`').skip(1).step_by(2));
    let missing: Vec<&str> = names.filter(|name| !tests.contains(name)).collect();
    ensure!(missing.is_empty(), "docs/survival.md names tests that are not there:\n{}", missing.join("\n"));
    Ok(())
}

/// The files below a folder with these extensions, but for installed packages.
fn files(folder: &Path, extensions: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            found.extend(files(&path, extensions)?);
        } else if path.extension().is_some_and(|of| extensions.iter().any(|extension| of == *extension)) {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_survived_is_tested() {
        std::env::set_current_dir(crate::root()).expect("the project's folder");
        survival().expect("every test is there");
    }
}
