//! The sizes of the files that the phone downloads: to begin, and in the background after that.

use crate::build::{files, is_kept, is_part};
use anyhow::ensure;
use std::path::Path;

/// The budget for what the app begins with, in bytes after brotli (ADR 32).
pub const BUDGET: u64 = 600 * 1024;

/// The budget for a file of a part, in bytes after brotli: half a second on slow 4G for somebody who opens a screen before
/// its part was fetched in the background (ADR 32).
pub const PART_BUDGET: u64 = 96 * 1024;

/// The budget for all parts together, in bytes after brotli (ADR 32).
pub const PARTS_BUDGET: u64 = 1_200 * 1024;

/// Prints bytes per file and in all.
///
/// # Errors
/// One of them is over its budget.
pub fn size() -> anyhow::Result<()> {
    let files = files()?;
    let (parts, first): (Vec<_>, Vec<_>) = files.iter().filter(|file| is_kept(file)).partition(|file| is_part(file));
    let (first, _) = total(&first)?;
    let (parts, largest) = total(&parts)?;
    println!("{first:>8}  of {BUDGET} bytes after brotli to begin");
    println!("{parts:>8}  of {PARTS_BUDGET} bytes after brotli in parts that load later");
    println!("{largest:>8}  of {PART_BUDGET} bytes after brotli in the largest file of a part");
    let within = first <= BUDGET && parts <= PARTS_BUDGET && largest <= PART_BUDGET;
    ensure!(within, "the download is over its budget");
    Ok(())
}

/// Bytes of all, and of the largest.
fn total(files: &[impl AsRef<Path>]) -> anyhow::Result<(u64, u64)> {
    let (mut total, mut largest) = (0, 0);
    for file in files {
        let file = file.as_ref();
        let raw = file.metadata()?.len();
        let packed = std::fs::metadata(format!("{}.br", file.display())).map_or(raw, |meta| meta.len());
        println!("{packed:>8}  {raw:>8}  {}", file.display());
        total += packed;
        largest = largest.max(packed);
    }
    Ok((total, largest))
}
