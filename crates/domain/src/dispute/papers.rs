//! 文书: which documents a dispute's file has, in the order in which it is bound. Their kinds are those of the
//! ministry's forms for people's mediation (人民调解文书格式). \[P\]

use super::{
    codes::{Form, Sitting, Source},
    file::DisputeFile,
    steps::{State, Step},
};
use crate::{codes::code_table, id::RecordId};

code_table! {
    /// A document of a file, in the order of binding.
    Paper {
        Cover = "cover", "卷宗封面";
        Catalogue = "catalogue", "卷宗目录";
        Application = "application", "人民调解申请书";
        Register = "register", "人民调解受理登记表";
        Rights = "rights", "人民调解权利义务告知书";
        Inquiry = "inquiry", "人民调解调查记录";
        Mediation = "mediation", "人民调解记录";
        Agreement = "agreement", "人民调解协议书";
        Oral = "oral", "人民调解口头协议登记表";
        Confirmation = "confirmation", "司法确认申请书";
        FollowUp = "follow_up", "人民调解回访记录";
        Account = "account", "卷宗情况说明";
        Back = "back", "卷宗封底";
    }
}

/// A document that a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its kind.
    pub paper: Paper,
    /// The record that it is of, where a file may have several of the kind.
    pub of: Option<RecordId>,
}

impl Sheet {
    /// Returns the key that an address names the document by: the id of its record, or its kind.
    pub fn key(&self) -> String {
        self.of.map_or_else(|| self.paper.code().to_owned(), |of| of.to_string())
    }
}

impl DisputeFile {
    /// The documents that there are, in the order of binding. What binds them, from the cover to the back, is there
    /// when the work is over.
    pub fn sheets(&self) -> Vec<Sheet> {
        let over = matches!(self.state, State::FollowedUp | State::Verified | State::Archived)
            || matches!(self.state, State::Terminated | State::Withdrawn);
        let ids = |paper: Paper| -> Vec<RecordId> {
            let sitting = |sort| {
                let of_sort = self.sessions.iter().filter(move |(_, session)| session.sort() == sort);
                of_sort.map(|(id, _)| *id).collect()
            };
            match paper {
                Paper::Inquiry => sitting(Sitting::Inquiry),
                Paper::Mediation => sitting(Sitting::Mediation),
                Paper::FollowUp => self.follow_ups.iter().map(|(id, _)| *id).collect(),
                _ => Vec::new(),
            }
        };
        let applied = self.dispute.source == Some(Source::Application);
        let confirmable = self.effective_on().is_some() && self.confirm_by().is_some();
        let there = |paper: Paper| match paper {
            Paper::Cover | Paper::Catalogue | Paper::Account | Paper::Back => over,
            Paper::Application => applied && !self.parties.is_empty(),
            Paper::Register => self.last(Step::Register).is_some(),
            Paper::Rights => !self.parties.is_empty(),
            Paper::Agreement => self.agreement(Form::Written).is_some(),
            Paper::Oral => self.agreement(Form::Oral).is_some(),
            Paper::Confirmation => confirmable,
            Paper::Inquiry | Paper::Mediation | Paper::FollowUp => false,
        };
        let sheets = Paper::ALL.iter().flat_map(|paper| {
            let several = ids(*paper).into_iter().map(|id| Sheet { paper: *paper, of: Some(id) });
            let one = there(*paper).then_some(Sheet { paper: *paper, of: None });
            several.chain(one).collect::<Vec<_>>()
        });
        sheets.collect()
    }

    /// The documents that the archive must hold and does not.
    pub fn missing_documents(&self) -> Vec<Paper> {
        let agreed = self.last(Step::AgreeWritten).is_some() || self.last(Step::AgreeOral).is_some();
        let begun = self.last(Step::Begin).is_some();
        let written = self.last(Step::AgreeWritten).is_some();
        let mediated = self.sessions.iter().any(|(_, session)| session.sort() == Sitting::Mediation);
        [
            (Paper::Register, self.parties.is_empty()),
            (Paper::Rights, begun && !self.sessions.iter().any(|(_, session)| session.told)),
            (Paper::Mediation, begun && !mediated),
            (Paper::Agreement, written && !self.unsigned().is_empty()),
            (Paper::FollowUp, agreed && self.follow_ups.is_empty()),
        ]
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(paper, _)| paper)
        .collect()
    }
}
