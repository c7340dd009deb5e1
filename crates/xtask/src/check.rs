//! Formatting, lints, and the rules of the layers.

use crate::{
    run::{command, run},
    setup,
};
use anyhow::ensure;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What a layer must not name, with the reason.
struct Rule {
    folder: &'static str,
    banned: &'static [&'static str],
    why: &'static str,
}

const RULES: [Rule; 6] = [
    Rule {
        folder: "crates/domain/src",
        banned: &[
            "leptos",
            "sqlx",
            "web_sys",
            "js_sys",
            "std::fs",
            "std::net",
            "SystemTime",
            "Instant::now",
            "getrandom",
            "Utc::now",
            "Local::now",
        ],
        why: "the domain has no clock, randomness or IO",
    },
    Rule { folder: "src/pages", banned: &["crate::storage", "crate::sync", "indexed_db"], why: "views ask the state" },
    Rule {
        folder: "src/components",
        banned: &["crate::storage", "crate::sync", "crate::pages", "indexed_db"],
        why: "components take props",
    },
    Rule {
        folder: "src/storage",
        banned: &["crate::state", "crate::pages", "crate::components", "leptos"],
        why: "adapters know no state and no views",
    },
    Rule {
        folder: "src/platform",
        banned: &["crate::state", "crate::pages", "crate::components", "leptos"],
        why: "adapters know no state and no views",
    },
    Rule { folder: "src/state", banned: &["crate::pages", "crate::components", "view!"], why: "state has no markup" },
];

/// Runs every check.
///
/// # Errors
/// The first that fails.
pub fn check() -> anyhow::Result<()> {
    setup::app()?;
    run(&mut command(&["cargo", "fmt", "--all", "--check"]))?;
    layers()?;
    survival()?;
    let strict = ["--", "-D", "warnings"];
    run(command(&["cargo", "clippy", "--quiet", "--workspace", "--all-targets"]).args(strict))?;
    let wasm =
        ["cargo", "clippy", "--quiet", "--package", "ruhu", "--all-targets", "--target", "wasm32-unknown-unknown"];
    run(command(&wasm).args(strict))?;
    println!("check: clean");
    Ok(())
}

fn layers() -> anyhow::Result<()> {
    let mut broken = Vec::new();
    for rule in &RULES {
        for file in files(Path::new(rule.folder), &["rs"])? {
            for (at, line) in fs::read_to_string(&file)?.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if let Some(name) = rule.banned.iter().find(|name| code.contains(**name)) {
                    broken.push(format!("{}:{}: {name}: {}", file.display(), at + 1, rule.why));
                }
            }
        }
    }
    ensure!(broken.is_empty(), "the layers are mixed:\n{}", broken.join("\n"));
    Ok(())
}

/// Where the tests are.
const TESTS: [&str; 6] =
    ["tests", "crates/domain/src", "crates/server/tests", "crates/sim/src", "crates/sync/src", "src"];

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
    fn the_layers_are_kept_apart() {
        std::env::set_current_dir(crate::root()).expect("the project's folder");
        layers().expect("no layer names what it must not");
    }

    #[test]
    fn what_is_survived_is_tested() {
        std::env::set_current_dir(crate::root()).expect("the project's folder");
        survival().expect("every test is there");
    }
}
