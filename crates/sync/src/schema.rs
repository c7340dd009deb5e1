//! The types and rules that a domain gives this crate: its kinds of records, and where records belong.

use serde::{Serialize, de::DeserializeOwned};
use std::{
    fmt::{Debug, Display},
    hash::Hash,
    str::FromStr,
};

/// A domain's records. What its server accepts of them is a [`Policy`](crate::intake::Policy).
///
/// It is implemented by a type without a value of its own, such as `struct Notes;`, that derives the traits below.
pub trait Schema: Copy + Debug + Default + Eq + Ord + Hash + Send + Sync + 'static {
    /// The kind of a record.
    type Kind: RecordKind;
    /// Where a record belongs.
    type Channel: RecordChannel;
    /// The role of somebody in a channel, as an answer tells a phone.
    type Role: Clone + Debug + Eq + Serialize + DeserializeOwned + Send + Sync + 'static;
}

/// A schema's channels.
pub type ChannelOf<S> = <S as Schema>::Channel;

/// The class of a schema's channels.
pub type ClassOf<S> = <<S as Schema>::Channel as RecordChannel>::Class;

/// The kind of a record.
pub trait RecordKind: Clone + Debug + Eq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind's name, as it is stored and sent.
    fn name(&self) -> &str;

    /// The field with which records of this kind name the head of the file that they are part of. None for heads, and for
    /// records that are in no file.
    fn parent_field(&self) -> Option<&'static str> {
        None
    }

    /// The field with which records of this kind name their home: the record whose channel they are always in.
    fn home_field(&self) -> Option<&'static str> {
        None
    }

    /// Whether records of this kind are the home of others.
    fn is_home(&self) -> bool {
        false
    }
}

/// Where a record belongs: the unit of authorization and of the pull cursor. Its text form names it in storage and on the
/// wire.
pub trait RecordChannel:
    Clone + Debug + Display + FromStr + Ord + Hash + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// How sensitive the records of a channel are.
    type Class: RecordClass;

    /// How sensitive its records are.
    fn class(&self) -> Self::Class;

    /// Whether a record may move from this channel to the other.
    fn leads_to(&self, other: &Self) -> bool;
}

/// How sensitive records are. A phone keeps the records of each class in a table of their own, so that each can be sealed
/// with a key of its own.
pub trait RecordClass: Copy + Debug + Ord + Hash + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Every class; the first is the least sensitive.
    const ALL: &'static [Self];

    /// The name of the table that a phone keeps records of this class in.
    fn table(self) -> &'static str;
}
