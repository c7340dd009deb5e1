//! A schema for this crate's tests: notes, files of notes, and members of houses, in places of three classes.

use crate::{
    intake::{Incident, Policy, Proposal},
    record::{Op, Record},
    schema::{RecordChannel, RecordClass, RecordKind, Schema},
    text,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, fmt, str::FromStr};

/// The schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Notes;

pub type NoteOp = Op<Notes>;
pub type NoteRecord = Record<Notes>;

impl Schema for Notes {
    type Kind = Kind;
    type Channel = Channel;
    type Role = String;
}

impl Policy for Notes {
    type Grant = Channel;

    fn may_carry(grants: &[Channel], channel: &Channel) -> bool {
        grants.contains(channel)
    }

    fn check(proposal: &Proposal<'_, Self>) -> Result<(), Cow<'static, str>> {
        let granted = proposal.sender.grants.contains(&proposal.channel());
        granted.then_some(()).ok_or(Cow::Borrowed("not yours"))
    }

    fn words(incident: Incident) -> &'static str {
        match incident {
            Incident::TooLarge => "too large",
            Incident::IdReused => "the id is another op's",
            Incident::ClockAhead => "the clock is ahead",
            Incident::Malformed => "malformed",
            Incident::RecordTooLarge => "the record is too large",
            Incident::Unreadable => "the record can't be read",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Stands alone.
    Note,
    /// The head of a file.
    Case,
    /// Part of a case's file.
    Step,
    /// Where members are.
    House,
    /// Is always where its house is.
    Member,
    /// One that this version does not know.
    #[serde(untagged)]
    Other(String),
}

impl RecordKind for Kind {
    fn name(&self) -> &str {
        match self {
            Self::Note => "note",
            Self::Case => "case",
            Self::Step => "step",
            Self::House => "house",
            Self::Member => "member",
            Self::Other(name) => name,
        }
    }

    fn parent_field(&self) -> Option<&'static str> {
        (*self == Self::Step).then_some("case")
    }

    fn home_field(&self) -> Option<&'static str> {
        (*self == Self::Member).then_some("house")
    }

    fn is_home(&self) -> bool {
        *self == Self::House
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    Open,
    Private,
    Secret,
}

impl RecordClass for Class {
    const ALL: &'static [Self] = &[Self::Open, Self::Private, Self::Secret];

    fn table(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Private => "private",
            Self::Secret => "secret",
        }
    }
}

/// A place's records of a class: `north-2/open`. Places share their first word with those that records may move to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel {
    pub place: String,
    pub class: Class,
}

impl RecordChannel for Channel {
    type Class = Class;

    fn class(&self) -> Class {
        self.class
    }

    fn leads_to(&self, other: &Self) -> bool {
        let region = |channel: &Self| channel.place.split('-').next().map(str::to_owned);
        self.class == other.class && region(self) == region(other)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.place, self.class.table())
    }
}

impl FromStr for Channel {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (place, class) = text.split_once('/').ok_or("no class")?;
        let class = Class::ALL.iter().find(|known| known.table() == class).ok_or("no such class")?;
        Ok(Self { place: place.to_owned(), class: *class })
    }
}

impl Serialize for Channel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Channel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer)
    }
}
