//! What the phone downloads at the first load.

use crate::build::{files, is_loaded};
use anyhow::ensure;

/// The budget for everything, in bytes after brotli.
const BUDGET: u64 = 400 * 1024;

/// Prints bytes per file and in all.
///
/// # Errors
/// The total is over the budget.
pub fn size() -> anyhow::Result<()> {
    let mut total = 0;
    for file in files()?.iter().filter(|file| is_loaded(file)) {
        let raw = file.metadata()?.len();
        let packed = std::fs::metadata(format!("{}.br", file.display())).map_or(raw, |meta| meta.len());
        println!("{packed:>8}  {raw:>8}  {}", file.display());
        total += packed;
    }
    println!("{total:>8}  of {BUDGET} bytes after brotli");
    ensure!(total <= BUDGET, "the first load is over its budget");
    Ok(())
}
