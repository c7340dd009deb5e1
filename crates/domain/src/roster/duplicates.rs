//! 查重: who may be registered twice. A hint for a person to look at, never more: nothing is merged by itself.

use crate::{
    area::GridCode,
    id::RecordId,
    roster::{doors::Roster, household::Household, resident::Resident},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// The most that one form warns of.
const MOST: usize = 5;

/// Why two records may be of the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// 户号相同
    Number,
    /// 姓名和出生日期相同
    NameAndBirth,
    /// 姓名和电话相同
    NameAndPhone,
    /// 同一户里姓名相同
    NameInHousehold,
    /// 户主和住址相同
    HeadAndAddress,
    /// 户主和电话相同
    HeadAndPhone,
    /// 电话相同: worth a word while one is typing, but families share phones.
    Phone,
}

impl Why {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Number => "户号相同",
            Self::NameAndBirth => "姓名和出生日期相同",
            Self::NameAndPhone => "姓名和电话相同",
            Self::NameInHousehold => "同一户里姓名相同",
            Self::HeadAndAddress => "户主和住址相同",
            Self::HeadAndPhone => "户主和电话相同",
            Self::Phone => "电话相同",
        }
    }
}

/// Somebody who is registered already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The household or resident.
    pub id: RecordId,
    /// The household to look at: its own, where it is one.
    pub household: RecordId,
    /// The name and where they live.
    pub name: String,
    /// Why it may be the same.
    pub why: Why,
}

fn equal(one: &str, other: &str) -> bool {
    !one.trim().is_empty() && one.trim() == other.trim()
}

/// Why two residents may be the same.
fn residents(one: &Resident, other: &Resident) -> Option<Why> {
    let name = equal(&one.name, &other.name);
    let differ = one.birth.zip(other.birth).is_some_and(|(one, other)| one != other);
    let phone = equal(&one.phone, &other.phone);
    match () {
        () if name && !differ && one.birth.is_some() && other.birth.is_some() => Some(Why::NameAndBirth),
        () if name && !differ && phone => Some(Why::NameAndPhone),
        () if name && !differ && one.household == other.household => Some(Why::NameInHousehold),
        () if phone && one.household != other.household => Some(Why::Phone),
        () => None,
    }
}

/// Why two households of one grid may be the same.
fn households(one: &Household, other: &Household) -> Option<Why> {
    let head = equal(&one.head, &other.head);
    let phone = equal(&one.phone, &other.phone);
    match () {
        () if equal(&one.number, &other.number) => Some(Why::Number),
        () if head && equal(&one.address, &other.address) => Some(Why::HeadAndAddress),
        () if head && phone => Some(Why::HeadAndPhone),
        () if phone => Some(Why::Phone),
        () => None,
    }
}

/// Residents who may be the one that is being written. Those whose data may not be used are not named.
pub fn of_resident(roster: &Roster, id: RecordId, written: &Resident) -> Vec<Duplicate> {
    let found = roster.people().filter(|(other, ..)| *other != id).filter_map(|(other, resident, household)| {
        Some(Duplicate {
            id: other,
            household: roster.home(resident.household),
            name: format!("{}（{} {}）", resident.name, household.number, household.address),
            why: residents(written, resident)?,
        })
    });
    first(found.collect())
}

/// Households of the grid that may be the one that is being written.
pub fn of_household(roster: &Roster, id: RecordId, grid: &GridCode, written: &Household) -> Vec<Duplicate> {
    let there =
        roster.households().filter(|(other, (of, _))| *other != id && of == grid && roster.home(*other) == *other);
    let found = there.filter_map(|(other, (_, household))| {
        let name = format!("{} {} {}", household.number, household.head, household.address);
        Some(Duplicate {
            id: other,
            household: other,
            name: name.trim().to_owned(),
            why: households(written, household)?,
        })
    });
    first(found.collect())
}

fn first(mut found: Vec<Duplicate>) -> Vec<Duplicate> {
    found.sort_by_key(|duplicate| (duplicate.why, duplicate.id));
    found.truncate(MOST);
    found
}

/// Two records that may be of the same, the older first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DuplicatePair {
    /// Why.
    pub why: Why,
    /// The older.
    pub one: RecordId,
    /// The newer.
    pub other: RecordId,
}

/// Every pair within a grid that may be the same. That two share a phone is not enough.
pub fn pairs(roster: &Roster) -> Vec<DuplicatePair> {
    let mut pairs = BTreeSet::new();
    let by_name = |(id, (grid, resident)): (RecordId, &(GridCode, Arc<Resident>))| {
        let there = resident.restricted.is_empty() && roster.home(id) == id;
        there.then(|| ((grid.clone(), resident.name.trim().to_owned()), (id, resident.clone())))
    };
    compare(roster.residents().filter_map(by_name), residents, &mut pairs);
    let mine = || roster.households().filter(|(id, _)| roster.home(*id) == *id);
    let by = |of: fn(&Household) -> &str| {
        mine().map(move |(id, (grid, household))| {
            ((grid.clone(), of(household).trim().to_owned()), (id, household.clone()))
        })
    };
    compare(by(|household| &household.number), households, &mut pairs);
    compare(by(|household| &household.head), households, &mut pairs);
    pairs.into_iter().collect()
}

/// A text of a record within its grid.
type Key = (GridCode, String);

/// Compares those of one key with each other.
fn compare<T>(
    each: impl Iterator<Item = (Key, (RecordId, Arc<T>))>,
    why: fn(&T, &T) -> Option<Why>,
    pairs: &mut BTreeSet<DuplicatePair>,
) {
    let mut groups: HashMap<Key, Vec<(RecordId, Arc<T>)>> = HashMap::new();
    each.filter(|((_, text), _)| !text.is_empty()).for_each(|(key, one)| groups.entry(key).or_default().push(one));
    for mut group in groups.into_values().filter(|group| group.len() > 1) {
        group.sort_by_key(|(id, _)| *id);
        for (at, (one, first)) in group.iter().enumerate() {
            for (other, second) in &group[at + 1..] {
                let why = why(first, second).filter(|why| *why != Why::Phone);
                pairs.extend(why.map(|why| DuplicatePair { why, one: *one, other: *other }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        day,
        id::{DeviceId, OpId},
        merge::merge,
        record::{Kind, Op, Record, diff},
        stamp::Stamp,
    };
    use serde_json::{Value, json};

    fn id(n: u64) -> RecordId {
        RecordId::new(n, [0; 10])
    }

    fn record(n: u64, grid: &str, kind: Kind, view: &Value) -> Record {
        let op = Op {
            id: OpId::new(n, [0; 10]),
            record: id(n),
            kind,
            channel: format!("411502001003-{grid}/general").parse().expect("a channel"),
            stamp: Stamp { ms: 1, counter: 0, device: DeviceId(1) },
            by: "王芳".into(),
            changes: diff(None, view),
        };
        merge(None, &op).record
    }

    fn roster() -> Roster {
        let mut roster = Roster::default();
        let household = |n, grid, number: &str, head: &str, phone: &str| {
            record(
                n,
                grid,
                Kind::Household,
                &json!({"number": number, "head": head, "phone": phone, "address": "李家湾"}),
            )
        };
        let resident = |n, grid, household, name: &str, birth: &str, phone: &str| {
            let view = json!({"household": id(household), "name": name, "birth": birth, "phone": phone});
            record(n, grid, Kind::Resident, &view)
        };
        for record in [
            household(1, "02", "001", "李明", "13900000001"),
            household(2, "02", "002", "王强", "13900000001"),
            household(3, "02", "001", "赵六", ""),
            household(4, "03", "001", "李明", "13900000001"),
            resident(11, "02", 1, "李明", "1960-02-29", "13900000001"),
            resident(12, "02", 2, "李明", "1960-02-29", ""),
            resident(13, "02", 2, "李明", "1988-01-01", "13900000001"),
            resident(14, "02", 1, "陈静", "", ""),
            resident(15, "02", 1, "陈静", "1970-05-05", ""),
            resident(16, "02", 2, "陈静", "", ""),
            resident(17, "03", 4, "李明", "1960-02-29", ""),
        ] {
            roster.put(&record);
        }
        roster
    }

    #[test]
    fn who_may_be_the_same_is_paired_with_the_reason() {
        let mut roster = roster();
        let found =
            |roster: &Roster| pairs(roster).iter().map(|pair| (pair.why, pair.one, pair.other)).collect::<Vec<_>>();
        let expected =
            [(Why::Number, id(1), id(3)), (Why::NameAndBirth, id(11), id(12)), (Why::NameInHousehold, id(14), id(15))];
        assert_eq!(found(&roster), expected, "other birth dates, other grids and a shared phone are no pair");
        roster.put(&record(12, "02", Kind::Resident, &json!({"household": id(2), "name": "李明", "same_as": id(11)})));
        roster.put(&record(3, "02", Kind::Household, &json!({"number": "001", "head": "赵六", "same_as": id(1)})));
        assert_eq!(found(&roster), expected[2..], "what is merged is settled");
    }

    #[test]
    fn a_form_warns_of_who_is_there_already() {
        let roster = roster();
        let of = |name: &str, birth: &str, phone: &str| {
            let written = Resident { birth: day::read(birth), phone: phone.into(), ..Resident::new(id(3), name) };
            of_resident(&roster, id(99), &written)
                .into_iter()
                .map(|duplicate| (duplicate.id, duplicate.why))
                .collect::<Vec<_>>()
        };
        let both = [(id(11), Why::NameAndBirth), (id(12), Why::NameAndBirth), (id(17), Why::NameAndBirth)];
        assert_eq!(of("李明", "1960-02-29", ""), both, "in another grid too: people move");
        assert_eq!(of("李明", "", "13900000001"), [(id(11), Why::NameAndPhone), (id(13), Why::NameAndPhone)]);
        assert_eq!(of("周全", "", "13900000001"), [(id(11), Why::Phone), (id(13), Why::Phone)]);
        assert_eq!(of("周全", "", ""), []);
        let grid: GridCode = "411502001003-02".parse().expect("a grid");
        let written = Household {
            number: "002".into(),
            head: "李明".into(),
            phone: "13900000001".into(),
            ..Household::default()
        };
        let found = of_household(&roster, id(99), &grid, &written);
        let found: Vec<_> = found.into_iter().map(|duplicate| (duplicate.id, duplicate.why)).collect();
        assert_eq!(found, [(id(2), Why::Number), (id(1), Why::HeadAndPhone)]);
        assert!(
            of_household(&roster, id(2), &grid, &written).iter().all(|duplicate| duplicate.id != id(2)),
            "not itself"
        );
    }

    #[test]
    fn nobody_is_named_whose_data_may_not_be_used() {
        let mut roster = roster();
        let restricted = json!({"household": id(1), "name": "李明", "birth": "1960-02-29", "restricted": "本人要求"});
        roster.put(&record(11, "02", Kind::Resident, &restricted));
        let written = Resident { birth: day::read("1960-02-29"), ..Resident::new(id(3), "李明") };
        assert!(of_resident(&roster, id(99), &written).iter().all(|duplicate| duplicate.id != id(11)));
        assert!(pairs(&roster).iter().all(|pair| pair.one != id(11)));
    }
}
