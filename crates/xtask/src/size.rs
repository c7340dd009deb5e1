//! What the phone downloads: to begin, and in the background after that.

use crate::build::{files, is_kept, is_part};
use anyhow::ensure;
use std::path::Path;

/// The budget for what the app begins with, in bytes after brotli.
const BUDGET: u64 = 400 * 1024;

/// The budget for the parts that load later, in bytes after brotli: what a village's signal brings in ten seconds.
const PARTS_BUDGET: u64 = 200 * 1024;

/// Prints bytes per file and in all.
///
/// # Errors
/// A total is over its budget.
pub fn size() -> anyhow::Result<()> {
    let files = files()?;
    let (parts, first): (Vec<_>, Vec<_>) = files.iter().filter(|file| is_kept(file)).partition(|file| is_part(file));
    let (first, parts) = (total(&first)?, total(&parts)?);
    println!("{first:>8}  of {BUDGET} bytes after brotli to begin");
    println!("{parts:>8}  of {PARTS_BUDGET} bytes after brotli in parts that load later");
    ensure!(first <= BUDGET && parts <= PARTS_BUDGET, "the download is over its budget");
    Ok(())
}

fn total(files: &[impl AsRef<Path>]) -> anyhow::Result<u64> {
    let mut total = 0;
    for file in files {
        let file = file.as_ref();
        let raw = file.metadata()?.len();
        let packed = std::fs::metadata(format!("{}.br", file.display())).map_or(raw, |meta| meta.len());
        println!("{packed:>8}  {raw:>8}  {}", file.display());
        total += packed;
    }
    Ok(total)
}
