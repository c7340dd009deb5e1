//! Naming the lazily loaded modules, and the script that loads them, by a hash of their content: a version never finds a
//! module of another, and a module that did not change keeps its name.

use crate::shrink::integrity;
use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The end of the name of the script that loads the modules, before it is named by its content.
const LOADER: &str = "-parts.js";

/// Names the modules of a built page by their content, then the script that names them, then tells the app's script.
///
/// # Errors
/// Fails when a file can't be read or written, or a script does not name what it loads.
pub fn name_by_content(folder: &Path, page: &str) -> anyhow::Result<()> {
    let mut loader = None;
    let mut modules = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(LOADER) {
            loader = Some((path, stem.to_owned()));
        } else if name.ends_with(".wasm") && (name.contains("-split_") || name.contains("-chunk_")) {
            modules.push(path);
        }
    }
    let (loader, stem) = loader.context("there is no script that loads modules")?;
    let mut script = fs::read_to_string(&loader)?;
    for module in modules {
        let old = module.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kind = old.trim_start_matches(&format!("{stem}-")).trim_end_matches(".wasm");
        // What modules share is numbered anew by each build: the number says nothing.
        let kind = if kind.starts_with("chunk_") { "chunk" } else { kind };
        let new = format!("{kind}-{}.wasm", hash(&fs::read(&module)?));
        ensure!(script.contains(&old), "nothing loads {old}");
        script = script.replace(&old, &new);
        fs::rename(&module, folder.join(new))?;
    }
    fs::remove_file(&loader)?;
    let named = format!("parts-{}.js", hash(script.as_bytes()));
    fs::write(folder.join(&named), script)?;

    let app: PathBuf = folder.join(format!("{stem}.js"));
    let page = folder.join(page);
    let before = integrity(&app)?;
    let text = fs::read_to_string(&app)?;
    let old = format!("{stem}{LOADER}");
    ensure!(text.contains(&old), "the app's script does not name {old}");
    fs::write(&app, text.replace(&old, &named))?;
    Ok(fs::write(&page, fs::read_to_string(&page)?.replace(&before, &integrity(&app)?))?)
}

/// Returns 16 hexadecimal digits of the SHA-256 of a content.
fn hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
