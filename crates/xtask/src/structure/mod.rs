//! The structure of the code, held by `cargo xtask check`: no circles between modules.

mod circles;
mod parse;

use anyhow::ensure;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const CRATES: [(&str, &str); 8] = [
    ("src", "ruhu"),
    ("crates/domain/src", "ruhu_domain"),
    ("crates/kdf/src", "ruhu_kdf"),
    ("crates/server/src", "ruhu_server"),
    ("crates/sim/src", "ruhu_sim"),
    ("crates/sync/src", "ruhu_sync"),
    ("crates/vault/src", "ruhu_vault"),
    ("crates/xtask/src", "xtask"),
];

/// Holds the structure.
///
/// # Errors
/// What breaks it, in words.
pub fn structure() -> anyhow::Result<()> {
    let mut broken = Vec::new();
    for (source, name) in CRATES {
        let read = parse::Crate::read(Path::new(source), name, &BTreeSet::new())?;
        broken.extend(circles::circles(&read));
    }
    ensure!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}

/// The Rust files below a folder, sorted.
fn rust_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
