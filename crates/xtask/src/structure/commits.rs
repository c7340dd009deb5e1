//! The form of commits: a subject that says one thing in few characters.

use crate::run::output;

/// The most characters of a subject.
const MOST: usize = 72;

/// Commits written from this time on keep the rule: 2026-11-28 22:00 UTC, Unix seconds.
const SINCE: u64 = 1_795_903_200;

/// Subjects that are too long; in words. None where the source is not in a repository.
pub fn broken() -> Vec<String> {
    let subjects = output(&["git", "log", "--no-merges", "--format=%at %h %s"]).unwrap_or_default();
    let written = subjects.lines().filter_map(|line| line.split_once(' '));
    let recent = written.filter(|(at, _)| at.parse().is_ok_and(|at: u64| at >= SINCE));
    recent.filter_map(|(_, line)| too_long(line)).collect()
}

/// Returns the fault of a line with a commit's hash and subject; `None` where it has none.
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
