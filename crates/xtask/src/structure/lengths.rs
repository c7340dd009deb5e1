//! How long files may be.

use super::Package;
use std::{collections::BTreeMap, fs};

/// The most lines of a production file.
const MOST: usize = 500;

/// Files that are longer, and their length. The list only shrinks: none is added, and no number grows.
const LONGER: &[(&str, usize)] = &[("crates/sim/src/world.rs", 735)];

/// Files that are too long, and lines of [`LONGER`] that are not needed any more; in words.
///
/// # Errors
/// A file can't be read.
pub fn broken(packages: &[Package]) -> anyhow::Result<Vec<String>> {
    let mut broken = Vec::new();
    let mut longer: BTreeMap<&str, usize> = LONGER.iter().copied().collect();
    let modules = packages.iter().flat_map(|package| package.code.modules.values());
    for path in modules.flat_map(|module| &module.files) {
        let file = path.display().to_string();
        let lines = production_lines(&fs::read_to_string(path)?);
        match longer.remove(file.as_str()) {
            Some(known) if lines > known => {
                broken.push(format!("{file}: {lines} lines, {known} before: it may not grow"))
            }
            Some(known) if lines <= MOST => {
                broken.push(format!("{file}: {lines} lines, {known} before: take it off the list in lengths.rs"));
            }
            None if lines > MOST => broken.push(format!("{file}: {lines} lines, {MOST} at most: divide it")),
            _ => {}
        }
    }
    broken.extend(longer.keys().map(|file| format!("{file} is not there: take it off the list in lengths.rs")));
    Ok(broken)
}

/// The lines of a file before its tests.
fn production_lines(text: &str) -> usize {
    let tests = text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..tests].lines().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_in_a_file_are_not_counted_and_the_name_of_a_file_of_tests_is() {
        assert_eq!(production_lines("//! One.\nfn a() {}\n#[cfg(test)]\nmod tests {\n}\n"), 2);
        assert_eq!(production_lines("#[cfg(test)]\nmod tests;\n\nfn a() {}\n"), 4);
    }
}
