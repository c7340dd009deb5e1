//! What a domain gives this crate: its kinds of records, where records belong, and which ops its server accepts.

use crate::{
    intake::{Intake, Sender},
    record::{Op, Record},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    borrow::Cow,
    fmt::{Debug, Display},
    hash::Hash,
    str::FromStr,
};

/// A domain's records and rules. It is implemented by a marker type that derives the traits above it.
pub trait Schema: Copy + Debug + Default + Eq + Ord + Hash + Send + Sync + 'static {
    /// What a record is about.
    type Kind: RecordKind;
    /// Where a record belongs.
    type Channel: RecordChannel;
    /// What somebody is in a channel, as an answer tells a phone.
    type Role: Clone + Debug + Eq + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// A right that a sender of ops has.
    type Grant: Clone + Debug;

    /// Whether these rights let somebody have a copy of all records of a channel.
    fn may_carry(grants: &[Self::Grant], channel: &Self::Channel) -> bool;

    /// Decides whether an op is merged.
    ///
    /// # Errors
    /// The reason why it is kept for a supervisor instead, in words for the sender.
    fn check(proposal: &Proposal<'_, Self>) -> Result<(), Cow<'static, str>>;

    /// The words in which a sender is told of an [`Incident`].
    fn words(incident: Incident) -> &'static str;
}

/// A schema's channels.
pub type ChannelOf<S> = <S as Schema>::Channel;

/// The class of a schema's channels.
pub type ClassOf<S> = <<S as Schema>::Channel as RecordChannel>::Class;

/// What a record is about.
pub trait RecordKind: Clone + Debug + Eq + Serialize + DeserializeOwned + Send + Sync + 'static {
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

/// An op that a [`Schema`] decides on.
#[derive(Debug)]
pub struct Proposal<'a, S: Schema> {
    /// The op.
    pub op: &'a Op<S>,
    /// The record before the op; none where the op makes it.
    pub stored: Option<&'a Record<S>>,
    /// The record as it would be after the op.
    pub merged: &'a Record<S>,
    /// What else is known while the batch is taken in.
    pub intake: &'a Intake<S>,
    /// Who sends it, and when.
    pub sender: &'a Sender<'a, S>,
}

impl<S: Schema> Proposal<'_, S> {
    /// The channel that the record is in, or is to be in where the op makes it.
    pub fn channel(&self) -> &S::Channel {
        self.stored.map_or(&self.op.channel, |record| &record.channel)
    }
}

/// Something about an op that its sender is told in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incident {
    /// The op is larger than [`crate::intake::MAX_OP`] and was not kept.
    TooLarge,
    /// Another op with the same identity is in the history; this one was not kept.
    IdReused,
    /// The sender's clock is ahead, so the op was merged at the server's time.
    ClockAhead,
}
