//! Checks that the paths and types that the documents name exist.

use super::Package;
use crate::size::{BUDGET, PART_BUDGET, PARTS_BUDGET};
use std::{collections::BTreeSet, fs, path::Path};

/// The documents that speak of how things are. Decisions (`docs/adr`) speak of how they were.
const DOCUMENTS: [&str; 10] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.zh-CN.md",
    "SECURITY.md",
    "docs/adr/README.md",
    "docs/deploy.md",
    "docs/operation.md",
    "docs/survival.md",
];

/// Beginnings of what is a path of the project where a document writes it as code.
const PATHS: [&str; 10] =
    ["src/", "crates/", "docs/", "tests/", "tools/", "public/", "style/", "fuzz/", ".ci/", "database/"];

/// Paths and `Type::name`s in the documents that are not there; in words.
///
/// # Errors
/// A document or a file can't be read.
pub fn broken(packages: &[Package]) -> anyhow::Result<Vec<String>> {
    let mut words = BTreeSet::new();
    let modules = packages.iter().flat_map(|package| package.code.modules.values());
    for file in modules.flat_map(|module| &module.files) {
        let text = fs::read_to_string(file)?;
        words.extend(text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned));
    }
    let mut broken = Vec::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(document)?;
        let folder = Path::new(document).parent().unwrap_or(Path::new(""));
        for (at, line) in text.lines().enumerate() {
            let wrong =
                links(line)
                    .filter(|link| !leads_somewhere(folder, link))
                    .chain(code(line).filter(|code| {
                        is_path(code) && !is_there(code) || is_item(code) && !names_known(code, &words)
                    }));
            broken.extend(wrong.map(|wrong| format!("{document}:{}: {wrong} is not there", at + 1)));
        }
    }
    broken.extend(figures()?);
    broken.extend(unlisted()?);
    Ok(broken)
}

/// Decisions that the index does not list; in words.
fn unlisted() -> anyhow::Result<Vec<String>> {
    let index = fs::read_to_string("docs/adr/README.md")?;
    let mut unlisted = Vec::new();
    for entry in fs::read_dir("docs/adr")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(|c: char| c.is_ascii_digit()) && !index.contains(&format!("({name})")) {
            unlisted.push(format!("docs/adr/README.md does not list {name}"));
        }
    }
    unlisted.sort();
    Ok(unlisted)
}

/// Figures of the README that are not those of the code; in words.
fn figures() -> anyhow::Result<Vec<String>> {
    let kilobytes = |bytes: u64| format!("{} KB", bytes / 1024);
    let (begin, parts, part) = (kilobytes(BUDGET), kilobytes(PARTS_BUDGET), kilobytes(PART_BUDGET));
    let wanted =
        format!("fails over {begin} to begin, {parts} in parts that load later, or {part} in a file of a part");
    let there = fs::read_to_string("README.md")?.contains(&wanted);
    Ok((!there).then(|| format!("README.md does not say: {wanted}")).into_iter().collect())
}

/// The targets of links to files of the project.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with('#'))
}

/// Whether a link's file is there, and the heading that it names after a `#`.
fn leads_somewhere(folder: &Path, link: &str) -> bool {
    let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
    let file = folder.join(file);
    let Some(heading) = heading else { return file.exists() };
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == heading)
}

/// Returns the name of a heading in a link: small letters, hyphens for spaces, without punctuation.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// Returns the texts between backticks.
fn code(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(code: &str) -> bool {
    PATHS.iter().any(|start| code.starts_with(start)) && !code.contains([' ', '*', '<', '{'])
}

/// Whether a path is there: in the project, or in a crate's source.
fn is_there(path: &str) -> bool {
    ["", "crates/domain/src/", "crates/server/src/", "crates/sync/src/"]
        .iter()
        .any(|folder| Path::new(&format!("{folder}{path}")).exists())
}

/// Whether it is written as an item of the code: `Notebook::carry_out`, `merge::merge`.
fn is_item(code: &str) -> bool {
    let parts: Vec<&str> = code.split("::").collect();
    parts.len() > 1
        && parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

fn names_known(code: &str, words: &BTreeSet<String>) -> bool {
    code.split("::").all(|part| words.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_items_and_links_are_told_from_other_words() {
        let line =
            "`src/route.rs` and `Notebook::carry_out`, `cargo xtask test`, [ADR](docs/adr/0001.md), [web](https://a.b)";
        assert_eq!(code(line).filter(|code| is_path(code)).collect::<Vec<_>>(), ["src/route.rs"]);
        assert_eq!(code(line).filter(|code| is_item(code)).collect::<Vec<_>>(), ["Notebook::carry_out"]);
        assert_eq!(links(line).collect::<Vec<_>>(), ["docs/adr/0001.md"]);
        assert_eq!(anchor("## Where a change goes"), "where-a-change-goes");
    }
}
