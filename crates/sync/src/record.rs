//! Records as they are kept, merged and sent: named fields, each with the stamp of its last edit.
//!
//! A domain reads a record as one of its own structs with [`Record::view`], changes it, and turns the difference back into
//! changed fields with [`diff`]. Fields that a struct does not know are left as they are, so a newer app's data survives an
//! older one.

use crate::{
    id::{DeviceId, OpId, RecordId},
    schema::{RecordChannel, RecordKind, Schema},
    stamp::Stamp,
    text::cleaned,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapDeserializer},
    ser::SerializeMap,
};
use serde_json::Value;
use smol_str::SmolStr;
use std::{collections::BTreeMap, fmt};

/// A short text that repeats in every record: a field's name, a person's. Up to 23 bytes take no memory of
/// their own.
pub type Name = SmolStr;

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
#[serde(bound = "", from = "Form<S>")]
pub struct Record<S: Schema> {
    /// Its identity.
    pub id: RecordId,
    /// The kind of the record.
    pub kind: S::Kind,
    /// Where it belongs.
    pub channel: S::Channel,
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
#[serde(bound = "")]
struct Form<S: Schema> {
    id: RecordId,
    kind: S::Kind,
    channel: S::Channel,
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

impl<S: Schema> From<Form<S>> for Record<S> {
    fn from(mut form: Form<S>) -> Self {
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

impl<T: Schema> Serialize for Record<T> {
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

impl<S: Schema> Record<S> {
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

    /// The record whose channel it is always in, by its field; none for records that have no home.
    pub fn home(&self) -> Option<RecordId> {
        self.fields.get(self.kind.home_field()?)?.value.as_str()?.parse().ok()
    }

    /// Returns the record moved to where its home is, as if whoever moved the home, or gave the record that home, had moved
    /// it along.
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

    /// Puts the record into another channel, because its own was dissolved or parts of it were given away. Where the record says
    /// itself in which channel it is, it says so from now on.
    pub fn put_into(&mut self, to: &S::Channel) {
        let value = Value::from(to.to_string());
        if let Some(moved) = self.fields.get_mut(MOVED).filter(|moved| moved.value != value) {
            // A stamp has one value: a phone that knows the other takes this one.
            *moved = Field { value, stamp: moved.stamp.next(moved.stamp.ms, moved.stamp.device) };
        }
        self.channel = to.clone();
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
    pub fn includes(&self, op: &Op<S>) -> bool {
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

/// The change of one field by an op.
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
#[serde(bound = "")]
pub struct Op<S: Schema> {
    /// Its identity.
    pub id: OpId,
    /// The record it changes.
    pub record: RecordId,
    /// That record's kind.
    pub kind: S::Kind,
    /// Where the record belongs.
    pub channel: S::Channel,
    /// When and on which device it was made.
    pub stamp: Stamp,
    /// Who made it; the server replaces it by the name of the account that sends.
    #[serde(default, skip_serializing_if = "Name::is_empty")]
    pub by: Name,
    /// The changed fields.
    pub changes: BTreeMap<Name, Change>,
}

impl<S: Schema> Op<S> {
    /// The op without control characters in its texts. Versions that did not take them out when they saved made ops that no
    /// server takes.
    #[must_use]
    pub fn cleaned(mut self) -> Self {
        for change in self.changes.values_mut() {
            change.value = cleaned(std::mem::take(&mut change.value));
        }
        self
    }

    /// The channel that the op moves its record to; none where it moves it nowhere.
    pub fn moves_to(&self) -> Option<S::Channel> {
        self.changes.get(MOVED)?.value.as_str()?.parse().ok()
    }

    /// The head of the file that its record is in, where the op says so: one on a new record does.
    pub fn parent(&self) -> Option<RecordId> {
        self.changes.get(self.kind.parent_field()?)?.value.as_str()?.parse().ok()
    }

    /// The home of the op's record, where the op says so: one on a new record does.
    pub fn home(&self) -> Option<RecordId> {
        self.changes.get(self.kind.home_field()?)?.value.as_str()?.parse().ok()
    }
}

/// The changes that turn `before` into `after`. Fields of `before` that `after` does not name stay
/// out; a value of `null` is not written where there was none. Control characters, which no server takes, go from texts.
/// Returns no changes where `after` does not serialize to a JSON object.
pub fn diff<S: Schema, T: Serialize>(before: Option<&Record<S>>, after: &T) -> BTreeMap<Name, Change> {
    let Ok(Value::Object(after)) = serde_json::to_value(after) else {
        return BTreeMap::new();
    };
    let old = |name: &str| before.and_then(|record| record.fields.get(name));
    after
        .into_iter()
        .map(|(name, value)| (name, cleaned(value)))
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
    use crate::{
        merge::merge,
        testing::{Kind, NoteOp as Op, NoteRecord as Record, Notes},
    };
    use serde_json::json;

    fn op(changes: BTreeMap<Name, Change>, ms: u64) -> Op {
        Op {
            id: OpId::new(ms, [ms as u8; 10]),
            record: RecordId::new(1, [0; 10]),
            kind: Kind::Note,
            channel: "north-2/open".parse().expect("a channel"),
            stamp: Stamp { ms, counter: 0, device: DeviceId(1) },
            by: "王芳".into(),
            changes,
        }
    }

    #[test]
    fn a_diff_names_what_changed_and_what_it_replaced() {
        let first =
            merge(None, &op(diff::<Notes, _>(None, &json!({"found": "好", "note": "", "met": null})), 1)).record;
        assert_eq!(first.fields.keys().collect::<Vec<_>>(), ["found"], "nothing is written for empty fields");
        let changes = diff(Some(&first), &json!({"found": null, "note": "记"}));
        assert_eq!(changes["found"].value, Value::Null, "a cleared field is written as cleared");
        assert_eq!(changes["found"].replaced, Some(first.fields["found"].stamp));
        assert_eq!(changes["note"].replaced, None);
        assert!(diff(Some(&first), &json!({"found": "好"})).is_empty());
        let pasted = diff::<Notes, _>(None, &json!({"found": "第一\u{b}行\n\0第二行", "met": ["\u{1}王芳"]}));
        assert_eq!((&pasted["found"].value, &pasted["met"].value), (&json!("第一行\n第二行"), &json!(["王芳"])));
    }

    #[test]
    fn fields_of_a_newer_version_survive_an_edit_by_this_one() {
        let newer = merge(None, &op(diff::<Notes, _>(None, &json!({"found": "好", "from_2030": [1]})), 1)).record;
        let edited = merge(Some(&newer), &op(diff(Some(&newer), &json!({"found": "坏"})), 2)).record;
        assert_eq!(edited.fields["from_2030"], newer.fields["from_2030"]);
        let kind: Kind = serde_json::from_value(json!("from_2030")).expect("any kind is kept");
        assert_eq!(serde_json::to_value(kind).expect("text"), json!("from_2030"));
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let first = merge(None, &op(diff::<Notes, _>(None, &json!({"a": 1, "b": 2, "c": 3})), 1)).record;
        let second = merge(Some(&first), &op(diff(Some(&first), &json!({"a": 4})), 2)).record;
        for record in [first, second] {
            let text = serde_json::to_string(&record).expect("text");
            assert_eq!(serde_json::from_str::<Record>(&text).expect("a record"), record, "{text}");
        }
    }
}
