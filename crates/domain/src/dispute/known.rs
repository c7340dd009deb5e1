//! Finds people who need not be typed again, and disputes that may be the same.

use super::{
    Disputes,
    file::DisputeFile,
    records::{Party, RESIDENT},
};
use crate::{codes::Sex, day, id::RecordId, roster::doors::Roster};
use chrono::{Datelike, NaiveDate};
use serde_json::{Map, Value, json};

/// The most people shown for a name.
const MOST: usize = 5;

/// Under this age what is recorded of somebody wants their guardian's consent (个人信息保护法 31), in years.
const ADULT_ENOUGH: u32 = 14;

/// How far apart disputes may be to be taken for the same, in days. \[P\]
const ALIKE_DAYS: i64 = 365;

/// Somebody who is on the phone already: a resident, or a party of another dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The resident, where the roster knows them.
    pub resident: Option<RecordId>,
    /// Their household, where they were found on the roster.
    pub household: Option<RecordId>,
    /// 姓名.
    pub name: String,
    /// 性别.
    pub sex: Option<Sex>,
    /// 出生年份.
    pub born: Option<u32>,
    /// Whether they are under 14.
    pub child: bool,
    /// 电话.
    pub phone: String,
    /// 住址.
    pub address: String,
}

impl Person {
    /// The fields of a party that somebody known may fill in, but for the name.
    pub const FIELDS: &[&str] = &["sex", "born", "phone", "address", RESIDENT];

    /// The fields of a party that they fill in; nothing is said of what is not known.
    pub fn fields(&self) -> Map<String, Value> {
        let known = json!({
            "name": self.name, "sex": self.sex, "born": self.born, "phone": self.phone, "address": self.address,
            RESIDENT: self.resident,
        });
        let Value::Object(fields) = known else { return Map::new() };
        Map::from_iter(fields.into_iter().filter(|(_, value)| !value.is_null() && value != ""))
    }
}

impl Person {
    /// The fields of a care case that somebody known may fill in, but for the name.
    pub const CASE_FIELDS: &[&str] = &["place", "child", "household", RESIDENT];

    /// The fields of a care case that they fill in.
    pub fn case_fields(&self) -> Map<String, Value> {
        let known = json!({
            "name": self.name, "place": self.address, "child": self.child, "household": self.household,
            RESIDENT: self.resident,
        });
        let Value::Object(fields) = known else { return Map::new() };
        Map::from_iter(fields.into_iter().filter(|(_, value)| !value.is_null() && value != ""))
    }
}

/// People whose name begins as it was typed, residents first.
pub fn people(roster: &Roster, disputes: &Disputes, typed: &str, today: NaiveDate) -> Vec<Person> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Vec::new();
    }
    let residents = roster.people().filter(|(_, resident, _)| resident.name.starts_with(typed));
    let residents = residents.map(|(id, resident, household)| Person {
        resident: Some(id),
        household: Some(resident.household),
        child: resident.birth.and_then(|birth| day::age(birth, today)).is_some_and(|age| age < ADULT_ENOUGH),
        name: resident.name.clone(),
        sex: resident.sex,
        born: resident.birth.and_then(|birth| birth.year().try_into().ok()),
        phone: if resident.phone.is_empty() { household.phone.clone() } else { resident.phone.clone() },
        address: household.address.clone(),
    });
    let mut found: Vec<Person> = residents.collect();
    found.sort_by(|one, other| (&one.name, one.resident).cmp(&(&other.name, other.resident)));
    let parties = disputes.files().flat_map(|file| file.parties).map(|(_, party)| party);
    let mut earlier: Vec<Party> = parties.filter(|party| party.name.starts_with(typed)).collect();
    earlier.sort_by(|one, other| one.name.cmp(&other.name));
    for party in earlier {
        let Party { resident, name, sex, born, phone, address, .. } = party;
        let same = |known: &&Person| known.name == name && (known.resident == resident || known.phone == phone);
        if found.iter().find(same).is_none() {
            found.push(Person { resident, household: None, child: false, name, sex, born, phone, address });
        }
    }
    found.truncate(MOST);
    found
}

/// The traits that a dispute is compared by with others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// 发现日.
    pub found_on: Option<NaiveDate>,
    /// 地点.
    pub place: String,
    /// Names of the parties.
    pub names: Vec<String>,
}

impl Traits {
    /// Those of a file.
    pub fn of(file: &DisputeFile) -> Self {
        Self {
            found_on: file.dispute.found_on,
            place: file.dispute.place.clone(),
            names: file.parties.iter().map(|(_, party)| party.name.clone()).collect(),
        }
    }
}

/// Why two disputes may be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// The same parties.
    Parties,
    /// The same place.
    Place,
}

impl Alike {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Parties => "当事人相同",
            Self::Place => "地点相同",
        }
    }
}

/// Other disputes within a year that have two parties in common with this one, or the place; the latest first.
pub fn alike(disputes: &Disputes, id: RecordId, traits: &Traits) -> Vec<(DisputeFile, Alike)> {
    let near = |file: &DisputeFile| match (traits.found_on, file.dispute.found_on) {
        (Some(one), Some(other)) => (one - other).num_days().abs() <= ALIKE_DAYS,
        _ => true,
    };
    let place = traits.place.trim();
    let mut found: Vec<(DisputeFile, Alike)> = disputes
        .files()
        .filter(|file| file.id != id && near(file))
        .filter_map(|file| {
            let common = file.parties.iter().filter(|(_, party)| traits.names.contains(&party.name)).count();
            let why = match (common >= 2, !place.is_empty() && file.dispute.place.trim() == place) {
                (true, _) => Alike::Parties,
                (false, true) => Alike::Place,
                (false, false) => return None,
            };
            Some((file, why))
        })
        .collect();
    found.sort_by_key(|(file, _)| std::cmp::Reverse((file.dispute.found_on, file.id)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Channel, DeviceId, OpId, Stamp,
        merge::merge,
        record::{Kind, Op, Record},
    };
    use std::{collections::BTreeMap, sync::Arc};

    const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 25).expect("a day");

    fn id(n: u8) -> RecordId {
        RecordId::new(u64::from(n), [n; 10])
    }

    fn record(n: u8, kind: Kind, view: &Value) -> Record {
        let channel = Channel { grid: "411502001003-02".parse().expect("a grid"), class: kind.class() };
        let stamp = Stamp { ms: 1_790_000_000_000 + u64::from(n), counter: 0, device: DeviceId(1) };
        let changes = crate::record::diff(None, view);
        let op = Op {
            id: OpId::new(u64::from(n), [n; 10]),
            record: id(n),
            kind,
            channel,
            stamp,
            by: "李强".into(),
            changes,
        };
        merge(None, &op).record
    }

    fn notebook() -> (Roster, Disputes) {
        let records = [
            record(
                1,
                Kind::Household,
                &json!({"number": "12", "address": "三组12号", "order": 1, "head": "王建国", "phone": "13800001111", "consistency": null, "note": "", "tags": []}),
            ),
            record(
                2,
                Kind::Resident,
                &json!({"household": id(1), "name": "王建国", "sex": "1", "birth": "1962-05-01"}),
            ),
            record(3, Kind::Resident, &json!({"household": id(1), "name": "王建军", "restricted": "本人要求"})),
            record(4, Kind::Dispute, &json!({"title": "界墙", "found_on": "2026-03-01", "place": "三组井边"})),
            record(
                5,
                Kind::Party,
                &json!({"dispute": id(4), "name": "王建国", "phone": "13800001111", "side": "applicant"}),
            ),
            record(
                6,
                Kind::Party,
                &json!({"dispute": id(4), "name": "王秀兰", "phone": "13900002222", "side": "respondent"}),
            ),
        ];
        let (mut roster, mut disputes) = (Roster::default(), Disputes::default());
        for record in records {
            roster.put(&record);
            disputes.put(&Arc::new(record));
        }
        (roster, disputes)
    }

    #[test]
    fn a_person_is_found_once_and_with_what_is_known_but_not_where_they_asked_not_to_be_used() {
        let (roster, disputes) = notebook();
        let found = people(&roster, &disputes, "王", TODAY);
        let names: Vec<&str> = found.iter().map(|person| person.name.as_str()).collect();
        assert_eq!(names, ["王建国", "王秀兰"]);
        let fields: BTreeMap<String, Value> = found[0].fields().into_iter().collect();
        assert_eq!(fields["born"], 1962);
        assert_eq!(fields["phone"], "13800001111", "the household's, where they have none");
        assert_eq!(fields["address"], "三组12号");
        assert_eq!(fields["resident"], id(2).to_string());
        assert!(found[0].fields().keys().all(|name| name == "name" || Person::FIELDS.contains(&name.as_str())));
        assert!(!found[1].fields().contains_key("sex"), "nothing is said of what is not known");
        assert!(people(&roster, &disputes, " ", TODAY).is_empty());
        assert!(people(&roster, &disputes, "建国", TODAY).is_empty());
    }

    #[test]
    fn the_same_parties_or_the_same_place_within_a_year_are_alike() {
        let (_, disputes) = notebook();
        let traits = |found_on: &str, place: &str, names: &[&str]| Traits {
            found_on: day::read(found_on),
            place: place.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        let why = |traits: Traits| alike(&disputes, id(9), &traits).first().map(|(_, why)| *why);
        assert_eq!(why(traits("2026-11-25", " 三组井边 ", &[])), Some(Alike::Place));
        assert_eq!(why(traits("2026-11-25", "别处", &["王秀兰", "王建国"])), Some(Alike::Parties));
        assert_eq!(why(traits("2026-11-25", "", &["王建国", "张三"])), None, "one of them alone says little");
        assert_eq!(why(traits("2027-03-02", "三组井边", &["王秀兰", "王建国"])), None, "more than a year later");
        assert!(alike(&disputes, id(4), &traits("2026-03-01", "三组井边", &[])).is_empty(), "not with itself");
    }
}
