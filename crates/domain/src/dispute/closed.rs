//! When a dispute's file may not be changed any more: an agreement is binding once it is in force (人民调解法 31), and an archive
//! stays as it was bound. Who has to change it sends it back first (退回重办), with a reason.

use super::{file::DisputeFile, steps::State};
use crate::record::{Kind, WITHDRAWN};

/// What is said of a file in the archive.
const ARCHIVED: &str = "卷宗已归档，不能再改。要改请村负责人先“退回重办”，写明原因";

/// What is said of an agreement in force.
const IN_FORCE: &str = "协议已生效，当事人、协议内容和履行方式不能再改。要改请村负责人先“退回重办”，写明原因";

/// The fields that the parties signed.
const SIGNED: [(Kind, &[&str]); 3] = [
    (Kind::Party, &["name", "side", WITHDRAWN]),
    (Kind::Agreement, &["form", "facts", "manner", "on", WITHDRAWN]),
    (Kind::Term, &["what", "due", WITHDRAWN]),
];

impl DisputeFile {
    /// Returns why these fields of a record of the file may not be written, in words that say what to do; `None` where they
    /// may. Steps follow their own table.
    pub fn closed_to<'a>(&self, kind: &Kind, mut changed: impl Iterator<Item = &'a str>) -> Option<&'static str> {
        let signed = || SIGNED.iter().find(|(of, _)| of == kind).map(|(_, fields)| *fields).unwrap_or_default();
        match self.state {
            _ if kind.is_step() => None,
            State::Archived => Some(ARCHIVED),
            _ if self.agreed().is_some() => changed.any(|field| signed().contains(&field)).then_some(IN_FORCE),
            _ => None,
        }
    }

    /// Returns why a new record of this kind has no place in the file; `None` where it has one.
    pub fn closed_to_new(&self, kind: &Kind) -> Option<&'static str> {
        let signed = SIGNED.iter().find(|(of, _)| of == kind).map(|(_, fields)| *fields).unwrap_or_default();
        self.closed_to(kind, signed.iter().copied())
    }

    /// Returns whose mark falls when what was signed is changed: the names on marks that cover the text as it is. None fall
    /// once the agreement is in force: the text is closed then.
    pub fn marks_at_risk(&self, kind: &Kind) -> Vec<String> {
        if self.agreed().is_some() || !SIGNED.iter().any(|(of, _)| of == kind) {
            return Vec::new();
        }
        let all = self.parties.iter().map(|(id, _)| Some(*id)).chain([None]);
        let marks = all.filter_map(|party| self.signed(party).filter(|(_, covers)| *covers));
        marks.map(|(mark, _)| mark.name.clone()).collect()
    }
}
