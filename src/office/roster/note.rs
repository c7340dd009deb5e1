//! What is said of a roster's rows, and of the records.

use ruhu_domain::office::{Line, Missing, Question};

/// What is said of a row, or of the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The grid could not be compared.
    Failed(String),
    /// The row can't be taken.
    Refused(Line, String),
    /// A person decides.
    Asked(Question),
    /// The row is taken, and something of it should be looked at.
    Doubted(Line, String),
    /// Somebody is in the records and not on the list.
    Missing(Missing),
}

/// The sorts of notes, in the order shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Refused,
    Asked,
    Doubted,
    Missing,
}

impl Sort {
    pub const ALL: [Self; 4] = [Self::Refused, Self::Asked, Self::Doubted, Self::Missing];

    /// Its words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Refused => "不能收下",
            Self::Asked => "请决定",
            Self::Doubted => "请核对",
            Self::Missing => "名单上没有",
        }
    }
}

impl Note {
    /// Its sort.
    pub const fn sort(&self) -> Sort {
        match self {
            Self::Failed(_) | Self::Refused(..) => Sort::Refused,
            Self::Asked(_) => Sort::Asked,
            Self::Doubted(..) => Sort::Doubted,
            Self::Missing(_) => Sort::Missing,
        }
    }

    /// The row it is about.
    pub const fn line(&self) -> Option<&Line> {
        match self {
            Self::Refused(line, _) | Self::Doubted(line, _) => Some(line),
            Self::Asked(question) => Some(&question.line),
            Self::Failed(_) | Self::Missing(_) => None,
        }
    }

    /// Its words.
    pub fn words(&self) -> String {
        match self {
            Self::Failed(words) | Self::Refused(_, words) | Self::Doubted(_, words) => words.clone(),
            Self::Asked(question) => question.words.clone(),
            Self::Missing(missing) => missing.to_string(),
        }
    }
}
