//! How long files may be.

use super::Package;
use std::fs;

/// The most lines of a production file.
const MOST: usize = 500;

/// Returns, in words, the files that are too long.
///
/// # Errors
/// A file can't be read.
pub fn broken(packages: &[Package]) -> anyhow::Result<Vec<String>> {
    let mut broken = Vec::new();
    let modules = packages.iter().flat_map(|package| package.code.modules.values());
    for path in modules.flat_map(|module| &module.files) {
        let lines = production_lines(&fs::read_to_string(path)?);
        if lines > MOST {
            broken.push(format!("{}: {lines} lines, {MOST} at most: divide it", path.display()));
        }
    }
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
