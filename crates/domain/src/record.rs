//! The records of the field: their kinds, how sensitive each is, and the channels that they travel in. The generic types of
//! [`ruhu_sync`] get their names here, closed over [`Fieldwork`].

use crate::area::GridCode;
use ruhu_sync::{RecordChannel, RecordClass, RecordId, RecordKind, text};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{collections::BTreeMap, convert::Infallible, fmt, str::FromStr};

pub use ruhu_sync::record::{Change, Field, MOVED, Mark, Name, WITHDRAWN};

/// The changes that turn `before` into `after`: see [`ruhu_sync::record::diff`].
pub fn diff<T: Serialize>(before: Option<&Record>, after: &T) -> BTreeMap<Name, Change> {
    ruhu_sync::record::diff(before, after)
}

/// The schema of field work. What it accepts is decided in [`crate::intake`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fieldwork;

/// A record of field work.
pub type Record = ruhu_sync::Record<Fieldwork>;

/// One save of a record.
pub type Op = ruhu_sync::Op<Fieldwork>;

/// The kind of a record. A kind that this version does not know is carried along unread.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 户
    Household,
    /// 居民
    Resident,
    /// 入户走访
    Visit,
    /// 矛盾纠纷
    Dispute,
    /// 当事人 of a dispute.
    Party,
    /// 调解(场次) of a dispute.
    Session,
    /// 调解协议 of a dispute.
    Agreement,
    /// 协议内容 of a dispute.
    Term,
    /// 签名 in a dispute's file.
    Signature,
    /// 回访 of a dispute's agreement.
    FollowUp,
    /// 步骤 of a dispute.
    DisputeStep,
    /// 关爱个案
    CareCase,
    /// 帮扶计划 of a care case.
    PlanItem,
    /// 看望 of a care case.
    CareVisit,
    /// 步骤 of a care case.
    CareStep,
    /// 隐患
    Hazard,
    /// 步骤 of a hazard.
    HazardStep,
    /// 诉求
    Request,
    /// 步骤 of a request.
    RequestStep,
    /// 巡逻
    Patrol,
    /// 巡逻发现 of a patrol.
    Finding,
    /// 宣讲
    Outreach,
    /// 照片 of a hazard or of outreach.
    Photo,
    /// A kind from a newer version.
    Other(Box<str>),
}

/// Kinds by their name on the wire and in the database.
const KINDS: [(&str, Kind); 23] = [
    ("household", Kind::Household),
    ("resident", Kind::Resident),
    ("visit", Kind::Visit),
    ("dispute", Kind::Dispute),
    ("party", Kind::Party),
    ("mediation_session", Kind::Session),
    ("agreement", Kind::Agreement),
    ("term", Kind::Term),
    ("signature", Kind::Signature),
    ("follow_up", Kind::FollowUp),
    ("dispute_step", Kind::DisputeStep),
    ("care_case", Kind::CareCase),
    ("plan_item", Kind::PlanItem),
    ("care_visit", Kind::CareVisit),
    ("care_step", Kind::CareStep),
    ("hazard", Kind::Hazard),
    ("hazard_step", Kind::HazardStep),
    ("request", Kind::Request),
    ("request_step", Kind::RequestStep),
    ("patrol", Kind::Patrol),
    ("finding", Kind::Finding),
    ("outreach", Kind::Outreach),
    ("photo", Kind::Photo),
];

impl Kind {
    /// The name on the wire and in the database.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => KINDS.iter().find(|(_, kind)| kind == known).map_or("", |(name, _)| name),
        }
    }

    /// The kind at the head of the file that records of this kind are in: a dispute, a care case, a hazard, a request, a
    /// patrol; none where they are in none.
    pub const fn head(&self) -> Option<Self> {
        match self {
            Self::Dispute
            | Self::Party
            | Self::Session
            | Self::Agreement
            | Self::Term
            | Self::Signature
            | Self::FollowUp
            | Self::DisputeStep => Some(Self::Dispute),
            Self::CareCase | Self::PlanItem | Self::CareVisit | Self::CareStep => Some(Self::CareCase),
            Self::Hazard | Self::HazardStep => Some(Self::Hazard),
            Self::Request | Self::RequestStep => Some(Self::Request),
            Self::Patrol | Self::Finding => Some(Self::Patrol),
            Self::Household | Self::Resident | Self::Visit | Self::Outreach | Self::Photo | Self::Other(_) => None,
        }
    }

    /// The kinds of which a file is made whose head is of this one, itself among them.
    pub fn in_files_of(head: &Self) -> Vec<Self> {
        KINDS.iter().map(|(_, kind)| kind).filter(|kind| kind.head().as_ref() == Some(head)).cloned().collect()
    }

    /// Whether records of this kind are steps of a file: never changed, only taken back.
    pub const fn is_step(&self) -> bool {
        matches!(self, Self::DisputeStep | Self::CareStep | Self::HazardStep | Self::RequestStep)
    }

    /// The class that records of this kind are kept in.
    pub fn class(&self) -> Class {
        match self.head() {
            Some(Self::Dispute) => Class::Mediation,
            Some(Self::CareCase) => Class::Care,
            _ => Class::General,
        }
    }
}

impl RecordKind for Kind {
    fn name(&self) -> &str {
        self.as_str()
    }

    /// The field with which records of this kind name the head of their file, and photos what they are of; none for heads,
    /// and those in no file.
    fn parent_field(&self) -> Option<&'static str> {
        match self {
            Self::PlanItem | Self::CareVisit | Self::CareStep => Some(CASE),
            Self::HazardStep | Self::RequestStep => Some(REPORT),
            Self::Finding => Some(PATROL),
            Self::Photo => Some(PHOTO_OF),
            _ if self.head() == Some(Self::Dispute) && *self != Self::Dispute => Some(DISPUTE),
            _ => None,
        }
    }

    /// The field with which residents and visits name their household.
    fn home_field(&self) -> Option<&'static str> {
        match self {
            Self::Resident | Self::Visit => Some(HOUSEHOLD),
            _ => None,
        }
    }

    fn is_home(&self) -> bool {
        *self == Self::Household
    }
}

/// The field with which a record of a dispute's file names the dispute.
pub const DISPUTE: &str = "dispute";

/// The field with which a record of a care case's file names the case.
pub const CASE: &str = "case";

/// The field with which a step names its hazard or request.
pub const REPORT: &str = "affair";

/// The field with which a finding names its patrol.
pub const PATROL: &str = "patrol";

/// The field with which a photo names the record that it shows.
pub const PHOTO_OF: &str = "of";

/// The field with which a resident or a visit names its household.
pub const HOUSEHOLD: &str = "household";

/// The field with which a care case names the resident it is for.
pub const RESIDENT: &str = "resident";

/// The record that has to be looked at, with what belongs to it, before an op is taken in: the head of a new step's file, the
/// head of a dispute's, which may be closed, and what a new photo is of. None for other ops.
pub fn file_needed(op: &Op) -> Option<RecordId> {
    match op.kind {
        Kind::Dispute => Some(op.record),
        _ => (is_of_file(&op.kind) || op.kind == Kind::Photo).then(|| op.parent()).flatten(),
    }
}

/// Whether a record of this kind is taken in by looking at its file: steps, and what is in a dispute's.
pub fn is_of_file(kind: &Kind) -> bool {
    kind.is_step() || kind.head() == Some(Kind::Dispute)
}

impl FromStr for Kind {
    type Err = Infallible;
    fn from_str(name: &str) -> Result<Self, Infallible> {
        let known = KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| kind.clone());
        Ok(known.unwrap_or_else(|| Self::Other(name.into())))
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer)
    }
}

/// How sensitive a record is, and so who may read it (个人信息保护法 28–31).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Households, residents, visits, hazards, requests, patrols, outreach: everyday work.
    General,
    /// Dispute files.
    Mediation,
    /// Care cases.
    Care,
}

impl Class {
    /// Every class.
    pub const ALL: &[Self] = &[Self::General, Self::Mediation, Self::Care];

    /// The class's name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::General => "日常",
            Self::Mediation => "调解",
            Self::Care => "关爱",
        }
    }

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Mediation => "mediation",
            Self::Care => "care",
        }
    }
}

impl FromStr for Class {
    type Err = BadChannel;
    fn from_str(text: &str) -> Result<Self, BadChannel> {
        Self::ALL.iter().copied().find(|class| class.as_str() == text).ok_or(BadChannel)
    }
}

/// A grid's records of one class: the unit of authorization and of the pull cursor. Its text form is
/// `411502001003-02/general`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel {
    /// The grid.
    pub grid: GridCode,
    /// The class.
    pub class: Class,
}

impl Channel {
    /// The everyday channel of a grid.
    pub const fn general(grid: GridCode) -> Self {
        Self { grid, class: Class::General }
    }
}

impl RecordChannel for Channel {
    type Class = Class;

    fn class(&self) -> Class {
        self.class
    }

    /// Whether a record may move from one to the other: within a county, whose records are kept together, and never
    /// to another class.
    fn leads_to(&self, other: &Self) -> bool {
        self.class == other.class && self.grid.village().county() == other.grid.village().county()
    }
}

impl RecordClass for Class {
    const ALL: &'static [Self] = Self::ALL;

    fn table(self) -> &'static str {
        match self {
            Self::General => "segments",
            Self::Mediation => "segments_mediation",
            Self::Care => "segments_care",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.grid, self.class.as_str())
    }
}

/// The text is not `grid/class`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a channel: grid code/class is wanted")]
pub struct BadChannel;

impl FromStr for Channel {
    type Err = BadChannel;
    fn from_str(text: &str) -> Result<Self, BadChannel> {
        let (grid, class) = text.split_once('/').ok_or(BadChannel)?;
        Ok(Self { grid: grid.parse().map_err(|_| BadChannel)?, class: class.parse()? })
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
