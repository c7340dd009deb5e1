//! The form of commits: a subject that says one thing in few characters.

use crate::run::output;

/// The most characters of a subject.
const MOST: usize = 72;

/// Commits from this time on keep the rule.
const SINCE: &str = "2026-11-28T22:00:00Z";

/// Subjects that are too long; in words. None where the source is not in a repository.
pub fn broken() -> Vec<String> {
    let since = format!("--since={SINCE}");
    let subjects = output(&["git", "log", "--no-merges", &since, "--format=%h %s"]).unwrap_or_default();
    subjects.lines().filter_map(too_long).collect()
}

/// What is wrong with a line of a commit's hash and subject.
fn too_long(line: &str) -> Option<String> {
    let (hash, subject) = line.split_once(' ')?;
    let length = subject.chars().count();
    (length > MOST).then(|| format!("commit {hash}: its subject has {length} characters, {MOST} at most"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_72_characters_at_most() {
        assert_eq!(too_long(&format!("1a2b3c {}", "字".repeat(72))), None);
        assert!(too_long(&format!("1a2b3c {}", "字".repeat(73))).is_some());
    }
}
