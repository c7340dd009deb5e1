//! What an import changes: the entries of a grid against its records, as ops.

use super::{
    Remark,
    row::{Entry, Line},
    values::{code, name_key, number_key},
};
use crate::random;
use ruhu_domain::{
    Channel, DeviceId, Kind, OpId, Record, RecordId, Stamp,
    codes::{Relation, Tag},
    field::MAX_TEXT,
    record::{Change, Name, Op, diff},
    roster::{doors::Roster, household::Household, resident::Resident},
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// How many households and residents an import made and changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New households.
    pub households_added: usize,
    /// Households with something changed.
    pub households_changed: usize,
    /// New residents.
    pub residents_added: usize,
    /// Residents with something changed.
    pub residents_changed: usize,
    /// Households and residents that were there already.
    pub same: usize,
}

impl Counts {
    /// Counts a change.
    pub(super) const fn add(&mut self, (kind, new): (Counted, bool)) {
        match (kind, new) {
            (Counted::Household, true) => self.households_added += 1,
            (Counted::Household, false) => self.households_changed += 1,
            (Counted::Resident, true) => self.residents_added += 1,
            (Counted::Resident, false) => self.residents_changed += 1,
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Household,
    Resident,
}

/// The changes of one grid.
pub(super) struct Planned {
    /// The ops, each with what it makes or changes (`true`: makes), and the row that it comes from.
    pub ops: Vec<(Op, (Counted, bool), Line)>,
    /// How many households and residents are as the entries say.
    pub same: usize,
    /// What should be looked at.
    pub doubts: Vec<Remark>,
}

/// Returns the ops that bring the records to what the entries of one grid say.
pub(super) fn plan(channel: &Channel, entries: &[Entry], records: &[Record], device: DeviceId) -> Planned {
    let mut writer = Writer { channel, stamp: Stamp::zero(device), ops: Vec::new(), same: 0 };
    let kept: Vec<&Record> = records.iter().filter(|record| !record.withdrawn()).collect();
    for record in &kept {
        writer.stamp = record.latest().map_or(writer.stamp, |latest| writer.stamp.max(Stamp { device, ..latest }));
    }
    // What was registered twice and is merged is one: its rows change the record that shows.
    let mut roster = Roster::default();
    kept.iter().for_each(|record| roster.put(record));
    // By the number as it is written, and by what all ways to write it have in common.
    let (mut exact, mut alike): (HashMap<String, &Record>, HashMap<String, &Record>) = Default::default();
    for record in kept.iter().filter(|record| record.kind == Kind::Household) {
        if let Some(Household { number, .. }) = record.view() {
            let shows = roster.home(record.id) == record.id;
            for (households, key) in [(&mut exact, code(&number)), (&mut alike, number_key(&number))] {
                if shows || !households.contains_key(&key) {
                    households.insert(key, record);
                }
            }
        }
    }
    let household_of = |number: &str| exact.get(number).or_else(|| alike.get(&number_key(number))).copied();
    let mut residents: HashMap<(RecordId, String), Vec<(&Record, Resident)>> = HashMap::new();
    for record in kept.iter().filter(|record| record.kind == Kind::Resident).rev() {
        let shows = roster.home(record.id);
        let merged = kept.iter().filter(|_| shows != record.id).find(|other| other.id == shows);
        let shown = *merged.unwrap_or(record);
        if let Some((resident, shown_as)) = record.view::<Resident>().zip(shown.view()) {
            let of = residents.entry((roster.home(resident.household), name_key(&resident.name))).or_default();
            if !of.iter().any(|(known, _)| known.id == shows) {
                of.push((shown, shown_as));
            }
        }
    }

    // The rows of each household, in the order of the file.
    let mut families: Vec<Vec<&Entry>> = Vec::new();
    let mut places: HashMap<(Option<RecordId>, String), usize> = HashMap::new();
    for entry in entries {
        let known = household_of(&entry.number).map(|record| record.id);
        let key = known.map_or_else(|| number_key(&entry.number), |_| String::new());
        let at = *places.entry((known, key)).or_insert(families.len());
        if at == families.len() {
            families.push(Vec::new());
        }
        families[at].push(entry);
    }
    let mut doubts = Vec::new();
    for rows in &families {
        doubts.extend(two_families(rows));
        let before = household_of(&rows[0].number);
        let household = household(before.and_then(|record| record.view()).unwrap_or_default(), rows);
        let id = before.map_or_else(new_id, |record| record.id);
        writer.write(id, (Kind::Household, Counted::Household), before, &household, &rows[0].place);
        for row in rows {
            // Two of one name in a household are told apart by their birth dates.
            let same_name = residents.get_mut(&(roster.home(id), name_key(&row.name)));
            let found = same_name.and_then(|found| {
                let at = found.iter().position(|(_, resident)| resident.birth == row.birth);
                let at = at.or_else(|| found.len().checked_sub(1));
                at.map(|at| found.remove(at))
            });
            let (before, old) = found.map_or((None, None), |(record, resident)| (Some(record), Some(resident)));
            let resident = resident(id, old, row);
            let resident_id = before.map_or_else(new_id, |record| record.id);
            writer.write(resident_id, (Kind::Resident, Counted::Resident), before, &resident, &row.place);
        }
    }
    Planned { ops: writer.ops, same: writer.same, doubts }
}

/// Says where one number has two heads: they may be two families.
fn two_families(rows: &[&Entry]) -> Option<Remark> {
    let mut heads: Vec<&str> = Vec::new();
    for row in rows {
        let head = if row.relation == Some(Relation::Head) { &row.name } else { &row.head };
        if !head.is_empty() && !heads.iter().any(|known| name_key(known) == name_key(head)) {
            heads.push(head);
        }
    }
    let words = format!("户号 {} 有不同的户主：{}。按一户导入，请核对户号", rows[0].number, heads.join("、"));
    let last = rows.iter().rev().find(|row| heads.last().is_some_and(|head| row.head == *head || row.name == *head));
    (heads.len() > 1).then(|| Remark { line: last.unwrap_or(&rows[0]).place.clone(), words })
}

fn new_id() -> RecordId {
    RecordId::new(random::now_ms(), random::bytes())
}

/// The household with what its rows say; an empty cell leaves what is there, and so does another way to write the same.
fn household(mut household: Household, rows: &[&Entry]) -> Household {
    let text = |of: fn(&Entry) -> &String| rows.iter().map(|row| of(row)).find(|text| !text.is_empty()).cloned();
    if number_key(&household.number) != number_key(&rows[0].number) || household.number.is_empty() {
        household.number.clone_from(&rows[0].number);
    }
    let head = rows.iter().find(|row| row.relation == Some(Relation::Head)).map(|row| row.name.clone());
    // Somebody to ask for at the door.
    let anybody = household.head.is_empty().then(|| rows[0].name.clone());
    if let Some(head) = text(|row| &row.head).or(head).or(anybody)
        && name_key(&head) != name_key(&household.head)
    {
        household.head = head;
    }
    household.address = text(|row| &row.address).unwrap_or(household.address);
    household.phone = text(|row| &row.phone).unwrap_or(household.phone);
    for cell in rows.iter().map(|row| &row.phone_to_check).filter(|cell| !cell.is_empty()) {
        let words = format!("电话待核对：{cell}");
        let room = household.note.chars().count() + words.chars().count() < MAX_TEXT;
        if room && !household.note.contains(&words) {
            let apart = if household.note.is_empty() { "" } else { "\n" };
            household.note = format!("{}{apart}{words}", household.note);
        }
    }
    household.order = rows.iter().find_map(|row| row.order).or(household.order);
    let mut tags: Vec<Tag> = rows.iter().flat_map(|row| row.tags.iter().copied()).collect();
    tags.sort_unstable();
    tags.dedup();
    if !tags.is_empty() {
        household.tags = tags;
    }
    household
}

fn resident(household: RecordId, old: Option<Resident>, row: &Entry) -> Resident {
    let old = old.unwrap_or_else(|| Resident::new(household, row.name.clone()));
    Resident {
        sex: row.sex.or(old.sex),
        birth: row.birth.or(old.birth),
        relation: row.relation.or(old.relation),
        living: row.living.or(old.living),
        ..old
    }
}

struct Writer<'a> {
    channel: &'a Channel,
    stamp: Stamp,
    ops: Vec<(Op, (Counted, bool), Line)>,
    same: usize,
}

impl Writer<'_> {
    /// Adds the op that brings a record to `after`, or counts it as the same when nothing differs.
    fn write<T: Serialize>(
        &mut self,
        record: RecordId,
        (kind, counted): (Kind, Counted),
        before: Option<&Record>,
        after: &T,
        line: &Line,
    ) {
        let changes: BTreeMap<Name, Change> = diff(before, after);
        if changes.is_empty() {
            self.same += 1;
            return;
        }
        self.stamp = self.stamp.next(random::now_ms(), self.stamp.device);
        let (id, channel) = (OpId::new(self.stamp.ms, random::bytes()), self.channel.clone());
        let op = Op { id, record, kind, channel, stamp: self.stamp, by: Name::default(), changes };
        self.ops.push((op, (counted, before.is_none()), line.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use ruhu_domain::merge::merge;
    use serde_json::{Value, json};

    fn row(channel: &Channel, number: &str, name: &str) -> Entry {
        Entry {
            place: Line::default(),
            grid: channel.grid.clone(),
            number: number.into(),
            head: String::new(),
            address: String::new(),
            phone: String::new(),
            phone_to_check: String::new(),
            order: None,
            tags: Vec::new(),
            name: name.into(),
            relation: None,
            sex: None,
            birth: None,
            living: None,
        }
    }

    #[test]
    fn two_households_whose_numbers_differ_by_a_zero_alone_stay_two() {
        let channel: Channel = "411502001003-02/general".parse().expect("a channel");
        let home = |n: u64, number: &str| {
            let stamp = Stamp { ms: n, counter: 0, device: DeviceId(1) };
            let changes = diff(None, &json!({"number": number, "head": "李明"}));
            let (id, record, kind) = (OpId::new(n, [0; 10]), RecordId::new(n, [n as u8; 10]), Kind::Household);
            merge(None, &Op { id, record, kind, channel: channel.clone(), stamp, by: Name::default(), changes }).record
        };
        let records = [home(1, "081"), home(2, "81")];
        let entries = ["81", "081", "0081"].map(|number| row(&channel, number, &format!("住户{number}")));
        let planned = plan(&channel, &entries, &records, DeviceId(9));
        let home_of = |name: &str| {
            let of = |op: &Op, field: &str| op.changes[field].value.as_str().unwrap_or_default().to_owned();
            let (op, ..) = planned.ops.iter().find(|(op, ..)| of(op, "name") == name).expect("a resident");
            of(op, "household")
        };
        assert_eq!(home_of("住户081"), records[0].id.to_string());
        assert_eq!(home_of("住户81"), records[1].id.to_string());
        assert_eq!(planned.ops.len(), 3, "no household is made or changed");
    }

    #[test]
    fn rows_of_what_was_registered_twice_change_the_record_that_shows() {
        let channel: Channel = "411502001003-02/general".parse().expect("a channel");
        let id = |n: u64| RecordId::new(n, [n as u8; 10]);
        let record = |n: u64, kind: Kind, view: Value| {
            let stamp = Stamp { ms: n, counter: 0, device: DeviceId(1) };
            let (op, changes) = (OpId::new(n, [0; 10]), diff(None, &view));
            let channel = channel.clone();
            merge(None, &Op { id: op, record: id(n), kind, channel, stamp, by: Name::default(), changes }).record
        };
        let records = [
            record(1, Kind::Household, json!({"number": "001", "head": "李明"})),
            record(2, Kind::Household, json!({"number": "021", "head": "李明", "same_as": id(1)})),
            record(3, Kind::Resident, json!({"household": id(1), "name": "李明"})),
            record(4, Kind::Resident, json!({"household": id(2), "name": "李明", "same_as": id(3)})),
            // Made without signal, with a number that was taken.
            record(5, Kind::Household, json!({"number": "001", "head": "李 明", "same_as": id(1)})),
        ];
        for number in ["001", "021"] {
            let entry = Entry {
                head: "李明".into(),
                birth: NaiveDate::from_ymd_opt(1968, 3, 5),
                ..row(&channel, number, "李明")
            };
            let planned = plan(&channel, &[entry], &records, DeviceId(9));
            assert_eq!(planned.ops.iter().map(|(op, ..)| op.record).collect::<Vec<_>>(), [id(3)], "{number}");
            assert_eq!(planned.ops[0].1, (Counted::Resident, false));
        }
    }
}
