//! Records as they are kept, merged and sent: named fields, each with the stamp of its last edit.
//!
//! The structs of [`crate::visit`] and its neighbours are *views*: read from a record, changed, and
//! diffed back into changed fields. Fields that a view does not know are left as they are, so a
//! newer app's data survives an older one.

use crate::{
    affair,
    area::GridCode,
    care, dispute,
    id::{DeviceId, OpId, RecordId},
    photo,
    stamp::Stamp,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapDeserializer},
    ser::SerializeMap,
};
use serde_json::Value;
use smol_str::SmolStr;
use std::{collections::BTreeMap, convert::Infallible, fmt, str::FromStr};

/// A short text that repeats in every record: a field's name, a person's. Up to 23 bytes take no memory of
/// their own.
pub type Name = SmolStr;

/// What a record is about. A kind that this version does not know is carried along unread.
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
    Step,
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
    ("dispute_step", Kind::Step),
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
            | Self::Step => Some(Self::Dispute),
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

    /// The field with which records of this kind name the head of their file, and photos what they are of; none for heads,
    /// and those in no file.
    pub fn parent_field(&self) -> Option<&'static str> {
        match self {
            Self::PlanItem | Self::CareVisit | Self::CareStep => Some(care::records::PARENT),
            Self::HazardStep | Self::RequestStep => Some(affair::records::AFFAIR),
            Self::Finding => Some(affair::records::PATROL),
            Self::Photo => Some(photo::OF),
            _ if self.head() == Some(Self::Dispute) && *self != Self::Dispute => Some(dispute::records::PARENT),
            _ => None,
        }
    }

    /// The field with which records of this kind name the household that they are of; none for those of none.
    pub const fn home_field(&self) -> Option<&'static str> {
        match self {
            Self::Resident | Self::Visit => Some("household"),
            _ => None,
        }
    }

    /// Whether records of this kind are steps of a file: never changed, only taken back.
    pub const fn is_step(&self) -> bool {
        matches!(self, Self::Step | Self::CareStep | Self::HazardStep | Self::RequestStep)
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
        crate::text::parsed(deserializer)
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

    /// Whether a record may move from one to the other: within a county, whose records are kept together, and never
    /// to another class.
    pub fn leads_to(&self, other: &Self) -> bool {
        self.class == other.class && self.grid.village().county() == other.grid.village().county()
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
        crate::text::parsed(deserializer)
    }
}

/// A field's value and when it was last edited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The value; `null` when it was cleared.
    pub value: Value,
    /// The edit that wrote it.
    pub stamp: Stamp,
}

/// Who and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The account's name as people know it.
    pub by: Name,
    /// Unix milliseconds.
    pub at: u64,
}

/// A record: what is known about one thing, merged from every edit that reached this place.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Form")]
pub struct Record {
    /// Its identity.
    pub id: RecordId,
    /// What it is about.
    pub kind: Kind,
    /// Where it belongs.
    pub channel: Channel,
    /// The winning values.
    pub fields: BTreeMap<Name, Field>,
    /// Values that lost against one written without knowledge of them, until a person chooses.
    pub contested: BTreeMap<Name, Vec<Field>>,
    /// The earliest edit.
    pub created: Mark,
    /// The latest edit.
    pub changed: Mark,
    /// Whose devices wrote the values above, where it is not the person who made the record.
    pub others: Vec<(DeviceId, Name)>,
}

/// The stored and sent form: one stamp for the fields that share it, others by name.
#[derive(Deserialize)]
struct Form {
    id: RecordId,
    kind: Kind,
    channel: Channel,
    stamp: Stamp,
    #[serde(deserialize_with = "entries")]
    values: Vec<(Name, Value)>,
    #[serde(default)]
    stamps: BTreeMap<Name, Stamp>,
    #[serde(default)]
    contested: BTreeMap<Name, Vec<Field>>,
    created: Mark,
    changed: Option<Mark>,
    #[serde(default)]
    others: Vec<(DeviceId, Name)>,
}

/// The entries of a map, in their order: they become another map at once.
fn entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Name, Value)>, D::Error> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<(Name, Value)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of values")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(16));
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    deserializer.deserialize_map(Entries)
}

impl From<Form> for Record {
    fn from(mut form: Form) -> Self {
        let stamp = form.stamp;
        let fields = BTreeMap::from_iter(form.values.into_iter().map(|(name, value)| {
            let stamp = form.stamps.remove(&name).unwrap_or(stamp);
            (name, Field { value, stamp })
        }));
        Self {
            id: form.id,
            kind: form.kind,
            channel: form.channel,
            fields,
            contested: form.contested,
            changed: form.changed.unwrap_or_else(|| form.created.clone()),
            created: form.created,
            others: form.others,
        }
    }
}

impl Serialize for Record {
    /// Writes the [`Form`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stamp = self.fields.values().map(|field| field.stamp).min();
        let stamp = stamp.unwrap_or(Stamp::zero(DeviceId(0)));
        let mut form = serializer.serialize_map(None)?;
        form.serialize_entry("id", &self.id)?;
        form.serialize_entry("kind", &self.kind)?;
        form.serialize_entry("channel", &self.channel)?;
        form.serialize_entry("stamp", &stamp)?;
        form.serialize_entry("values", &Values(&self.fields))?;
        let others = self.fields.iter().filter(|(_, field)| field.stamp != stamp);
        let stamps = BTreeMap::from_iter(others.map(|(name, field)| (name, field.stamp)));
        if !stamps.is_empty() {
            form.serialize_entry("stamps", &stamps)?;
        }
        if !self.contested.is_empty() {
            form.serialize_entry("contested", &self.contested)?;
        }
        form.serialize_entry("created", &self.created)?;
        if self.changed != self.created {
            form.serialize_entry("changed", &self.changed)?;
        }
        if !self.others.is_empty() {
            form.serialize_entry("others", &self.others)?;
        }
        form.end()
    }
}

/// Fields without their stamps.
struct Values<'a>(&'a BTreeMap<Name, Field>);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, field)| (name, &field.value)))
    }
}

/// The name of the field that, when set, says why a record was withdrawn (作废).
pub const WITHDRAWN: &str = "withdrawn";

/// The name of the field that, when set, says to which channel a record moved. It merges as any other.
pub const MOVED: &str = "channel";

impl Record {
    /// Goes to where [`MOVED`] says.
    pub(crate) fn follow(&mut self) {
        let to = self.fields.get(MOVED).and_then(|field| field.value.as_str()?.parse().ok());
        if let Some(to) = to.filter(|to| self.channel.leads_to(to)) {
            self.channel = to;
        }
    }

    /// The record as a typed view; none where a value does not fit this version's types.
    pub fn view<T: DeserializeOwned>(&self) -> Option<T> {
        let fields = self.fields.iter().filter(|(_, field)| !field.value.is_null());
        T::deserialize(MapDeserializer::<_, serde_json::Error>::new(
            fields.map(|(name, field)| (name.as_str(), &field.value)),
        ))
        .ok()
    }

    /// The head of the file that it is in, by its field; none for heads, and records in no file.
    pub fn parent(&self) -> Option<RecordId> {
        self.fields.get(self.kind.parent_field()?)?.value.as_str()?.parse().ok()
    }

    /// The household that it is of; none for records that are of none.
    pub fn home(&self) -> Option<RecordId> {
        self.fields.get(self.kind.home_field()?)?.value.as_str()?.parse().ok()
    }

    /// The record where its household is, as if whoever moved the household, or the record into it, had moved it along.
    pub(crate) fn brought_to(&self, home: &Self) -> Self {
        let mut brought = self.clone();
        let own = [Some(MOVED), self.kind.home_field()].into_iter().flatten().filter_map(|name| self.fields.get(name));
        let stamps = home.fields.get(MOVED).into_iter().chain(own).map(|field| field.stamp);
        let Some(mut stamp) = stamps.max() else { return brought };
        let by = if self.fields.values().any(|field| field.stamp == stamp) { self } else { home }.author(stamp).clone();
        let value = Value::from(home.channel.to_string());
        if self.fields.get(MOVED).is_some_and(|own| own.stamp == stamp && own.value != value) {
            // A stamp has one value: a phone that knows the other takes this one.
            stamp = stamp.next(stamp.ms, stamp.device);
        }
        brought.fields.insert(MOVED.into(), Field { value, stamp });
        brought.note_author(stamp.device, &by);
        brought.follow();
        brought
    }

    /// Whether the record was withdrawn.
    pub fn withdrawn(&self) -> bool {
        self.fields.get(WITHDRAWN).is_some_and(|field| !field.value.is_null())
    }

    /// The latest stamp of any field.
    pub fn latest(&self) -> Option<Stamp> {
        self.fields.values().map(|field| field.stamp).max()
    }

    /// Whether every field that an op changes has its value or a later one.
    pub fn includes(&self, op: &Op) -> bool {
        op.changes.keys().all(|name| self.fields.get(name).is_some_and(|field| field.stamp >= op.stamp))
    }

    /// Who wrote a value, told by its stamp.
    pub fn author(&self, stamp: Stamp) -> &Name {
        let other = self.others.iter().find(|(device, _)| *device == stamp.device);
        other.map_or(&self.created.by, |(_, by)| by)
    }

    /// Notes whose device it is, and forgets those that no value comes from any more.
    pub(crate) fn note_author(&mut self, device: DeviceId, by: &Name) {
        if *by != self.created.by && !self.others.iter().any(|(known, _)| *known == device) {
            self.others.push((device, by.clone()));
        }
        let (fields, contested) = (&self.fields, &self.contested);
        self.others.retain(|(device, _)| {
            let mut stamps = fields.values().chain(contested.values().flatten()).map(|field| field.stamp);
            stamps.any(|stamp| stamp.device == *device)
        });
        self.others.sort();
    }
}

/// What an op does to one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The new value; `null` clears.
    pub value: Value,
    /// The stamp of the value that the writer saw and replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Stamp>,
    /// The contested values that the writer saw and decided against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settles: Vec<Stamp>,
}

/// One save: the unit that is sent, kept in history and acknowledged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Op {
    /// Its identity.
    pub id: OpId,
    /// The record it changes.
    pub record: RecordId,
    /// That record's kind.
    pub kind: Kind,
    /// Where the record belongs.
    pub channel: Channel,
    /// When and on which device it was made.
    pub stamp: Stamp,
    /// Who made it; the server replaces it by the name of the account that sends.
    #[serde(default, skip_serializing_if = "Name::is_empty")]
    pub by: Name,
    /// The changed fields.
    pub changes: BTreeMap<Name, Change>,
}

impl Op {
    /// The channel that the op moves its record to; none where it moves it nowhere.
    pub fn moves_to(&self) -> Option<Channel> {
        self.changes.get(MOVED)?.value.as_str()?.parse().ok()
    }

    /// The head of the file that its record is in, where the op says so: one on a new record does.
    pub fn parent(&self) -> Option<RecordId> {
        self.changes.get(self.kind.parent_field()?)?.value.as_str()?.parse().ok()
    }

    /// The household that the op says its record is of: one on a new record does.
    pub fn home(&self) -> Option<RecordId> {
        self.changes.get(self.kind.home_field()?)?.value.as_str()?.parse().ok()
    }

    /// The file that has to be looked at before the op is taken in: that of a new step.
    pub fn file_needed(&self) -> Option<RecordId> {
        self.kind.is_step().then(|| self.parent()).flatten()
    }
}

/// The changes that turn `before` into `after`. Fields of `before` that `after` does not name stay
/// out; a value of `null` is not written where there was none.
///
/// # Panics
/// Never for the views of this crate: they serialize to JSON objects.
pub fn diff<T: Serialize>(before: Option<&Record>, after: &T) -> BTreeMap<Name, Change> {
    let Ok(Value::Object(after)) = serde_json::to_value(after) else {
        return BTreeMap::new();
    };
    let old = |name: &str| before.and_then(|record| record.fields.get(name));
    after
        .into_iter()
        .filter(|(name, value)| old(name).map_or(!is_empty(value), |field| field.value != *value))
        .map(|(name, value)| {
            let replaced = old(&name).map(|field| field.stamp);
            (name.into(), Change { value, replaced, settles: Vec::new() })
        })
        .collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::merge;
    use serde_json::json;

    fn op(changes: BTreeMap<Name, Change>, ms: u64) -> Op {
        Op {
            id: OpId::new(ms, [ms as u8; 10]),
            record: RecordId::new(1, [0; 10]),
            kind: Kind::Visit,
            channel: "411502001003-02/general".parse().expect("a channel"),
            stamp: Stamp { ms, counter: 0, device: DeviceId(1) },
            by: "王芳".into(),
            changes,
        }
    }

    #[test]
    fn a_diff_names_what_changed_and_what_it_replaced() {
        let first = merge(None, &op(diff(None, &json!({"found": "好", "note": "", "met": null})), 1)).record;
        assert_eq!(first.fields.keys().collect::<Vec<_>>(), ["found"], "nothing is written for empty fields");
        let changes = diff(Some(&first), &json!({"found": null, "note": "记"}));
        assert_eq!(changes["found"].value, Value::Null, "a cleared field is written as cleared");
        assert_eq!(changes["found"].replaced, Some(first.fields["found"].stamp));
        assert_eq!(changes["note"].replaced, None);
        assert!(diff(Some(&first), &json!({"found": "好"})).is_empty());
    }

    #[test]
    fn fields_of_a_newer_version_survive_an_edit_by_this_one() {
        let newer = merge(None, &op(diff(None, &json!({"found": "好", "from_2030": [1]})), 1)).record;
        let edited = merge(Some(&newer), &op(diff(Some(&newer), &json!({"found": "坏"})), 2)).record;
        assert_eq!(edited.fields["from_2030"], newer.fields["from_2030"]);
        let kind: Kind = serde_json::from_value(json!("from_2030")).expect("any kind is kept");
        assert_eq!(serde_json::to_value(kind).expect("text"), json!("from_2030"));
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let first = merge(None, &op(diff(None, &json!({"a": 1, "b": 2, "c": 3})), 1)).record;
        let second = merge(Some(&first), &op(diff(Some(&first), &json!({"a": 4})), 2)).record;
        for record in [first, second] {
            let text = serde_json::to_string(&record).expect("text");
            assert_eq!(serde_json::from_str::<Record>(&text).expect("a record"), record, "{text}");
        }
    }
}
