//! The structure of the code below each `src`, held by `cargo xtask check`: no circles between modules, each layer imports what it may, files
//! stay short, tables of records have their county first, and the documents name what is there.

mod circles;
pub mod commits;
mod documents;
mod layers;
mod lengths;
mod parse;
mod tables;

use crate::run::output;
use anyhow::{Context, ensure};
use parse::Crate;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A crate of the workspace, read.
struct Package {
    /// The folder of its source, from the project's folder: `src`, `crates/domain/src`.
    source: PathBuf,
    /// Its modules.
    code: Crate,
}

/// Holds the structure.
///
/// # Errors
/// Everything that breaks it, a line each.
pub fn structure() -> anyhow::Result<()> {
    let packages = packages()?;
    let mut broken: Vec<String> = packages.iter().flat_map(|package| circles::circles(&package.code)).collect();
    broken.extend(packages.iter().flat_map(layers::broken));
    broken.extend(lengths::broken(&packages)?);
    broken.extend(documents::broken(&packages)?);
    broken.extend(tables::broken()?);
    ensure!(broken.is_empty(), "the structure is broken:\n{}", broken.join("\n"));
    Ok(())
}

/// The crates of the workspace.
fn packages() -> anyhow::Result<Vec<Package>> {
    let metadata = output(&["cargo", "metadata", "--no-deps", "--format-version", "1"]).context("cargo metadata")?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let identifier = |name: &serde_json::Value| name.as_str().map(|name| name.replace('-', "_"));
    let mut packages = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let manifest = package["manifest_path"].as_str().context("a package has a manifest")?;
        let folder = Path::new(manifest).parent().context("a manifest is in a folder")?;
        let source = folder.strip_prefix(crate::root())?.join("src");
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let names = dependencies.filter_map(|of| identifier(&of["rename"]).or_else(|| identifier(&of["name"])));
        let others: BTreeSet<String> = names.chain(["std".to_owned()]).collect();
        let name = identifier(&package["name"]).context("a package has a name")?;
        packages.push(Package { code: Crate::read(&source, &name, &others)?, source });
    }
    packages.sort_by(|one, other| one.source.cmp(&other.source));
    Ok(packages)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_structure_holds() {
        std::env::set_current_dir(crate::root()).expect("the project's folder");
        structure().expect("nothing breaks it");
    }
}
