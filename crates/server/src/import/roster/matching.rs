//! Which household and which person of the records a row of a roster means. Numbers and names are compared by what all ways
//! to write them have in common; where a row may mean somebody who has another name, another household, or is gone, a person
//! decides.

use super::{IMPORTER, row::Entry, values::number_key};
use crate::text::{code, name_key};
use ruhu_domain::{
    Channel, Kind, Record, RecordId,
    record::WITHDRAWN,
    roster::{doors::Roster, household::Household, resident::Resident},
};
use std::collections::{HashMap, HashSet};

/// A person in the records.
pub struct Person<'a> {
    /// The record that shows; what is merged into it is the same person.
    pub record: &'a Record,
    /// The record's contents.
    pub resident: Resident,
    /// The household that shows.
    pub home: RecordId,
    /// Whether the data may only be kept, and not used (个人信息保护法 44).
    pub restricted: bool,
}

/// The household that rows of one number mean.
pub enum HouseholdMatch<'a> {
    /// This one.
    Same(&'a Record),
    /// This one has the number, and nobody in common with the rows.
    Other(&'a Record),
    /// It had the number and somebody in common with the rows, and was withdrawn or moved to another grid.
    Gone(&'a Record),
    /// None yet.
    New,
}

/// The person that a row may mean, where no member of its household has its name.
pub enum ResidentMatch<'p, 'a> {
    /// Maybe this one: another name, the same birth date, the same household.
    Renamed(&'p Person<'a>),
    /// Maybe this one: the same name and birth date in another household of the grid.
    Moved(&'p Person<'a>),
    /// Maybe this one, who was withdrawn or moved to another grid.
    Gone(&'p Person<'a>),
    /// None yet.
    New,
}

/// The households and residents of a grid, as rosters name them.
pub struct Register<'a> {
    /// Households by the number as it is written, and by what all ways to write it have in common.
    exact: HashMap<String, &'a Record>,
    alike: HashMap<String, &'a Record>,
    /// The household that shows, of each that is merged into another.
    merged: HashMap<RecordId, RecordId>,
    /// Those that are gone, by that too.
    gone_households: HashMap<String, Vec<&'a Record>>,
    people: Vec<Person<'a>>,
    /// The places in `people` of a household's members.
    members: HashMap<RecordId, Vec<usize>>,
    /// The places in `people` of everybody of a name.
    named: HashMap<String, Vec<usize>>,
    gone_people: Vec<Person<'a>>,
    gone_named: HashMap<String, Vec<usize>>,
}

impl<'a> Register<'a> {
    /// Takes in the records of a grid, and those that moved from it to others.
    pub fn new(channel: &Channel, records: &'a [Record]) -> Self {
        let is_here = |record: &Record| record.channel == *channel && !record.withdrawn();
        let (here, mut gone): (Vec<&Record>, Vec<&Record>) = records.iter().partition(|record| is_here(record));
        // An import that was undone may be made again.
        let undone = |record: &&Record| {
            record.withdrawn()
                && record.fields.get(WITHDRAWN).is_some_and(|field| record.author(field.stamp) == IMPORTER)
        };
        gone.retain(|record| !undone(record));
        // What was registered twice and is merged is one: its rows change the record that shows.
        let mut roster = Roster::default();
        here.iter().for_each(|record| roster.put(record));
        let (mut exact, mut alike): (HashMap<String, &Record>, HashMap<String, &Record>) = Default::default();
        let mut merged = HashMap::new();
        for record in here.iter().filter(|record| record.kind == Kind::Household) {
            let Some(Household { number, .. }) = record.view() else { continue };
            let home = roster.home(record.id);
            let shows = home == record.id;
            if !shows {
                merged.insert(record.id, home);
            }
            for (households, key) in [(&mut exact, code(&number)), (&mut alike, number_key(&number))] {
                if shows || !households.contains_key(&key) {
                    households.insert(key, *record);
                }
            }
        }
        let mut gone_households: HashMap<String, Vec<&Record>> = HashMap::new();
        for record in gone.iter().filter(|record| record.kind == Kind::Household) {
            if let Some(Household { number, .. }) = record.view() {
                gone_households.entry(number_key(&number)).or_default().push(record);
            }
        }
        let by_id: HashMap<RecordId, &Record> = here.iter().map(|record| (record.id, *record)).collect();
        let mut register = Self {
            exact,
            alike,
            merged,
            gone_households,
            people: Vec::new(),
            members: HashMap::new(),
            named: HashMap::new(),
            gone_people: Vec::new(),
            gone_named: HashMap::new(),
        };
        for record in here.iter().filter(|record| record.kind == Kind::Resident) {
            let shown = by_id.get(&roster.home(record.id)).copied().unwrap_or(record);
            let (Some(written), Some(resident)) = (record.view::<Resident>(), shown.view::<Resident>()) else {
                continue;
            };
            // Each name under which somebody was registered leads to the record that shows.
            let home = roster.home(written.household);
            let at = register.people.len();
            let restricted = roster.is_restricted(record.id);
            register.people.push(Person { record: shown, resident, home, restricted });
            register.members.entry(home).or_default().push(at);
            register.named.entry(name_key(&written.name)).or_default().push(at);
        }
        for record in gone.iter().filter(|record| record.kind == Kind::Resident) {
            let Some(resident) = record.view::<Resident>() else { continue };
            register.gone_named.entry(name_key(&resident.name)).or_default().push(register.gone_people.len());
            let home = roster.home(resident.household);
            let restricted = !resident.restricted.is_empty();
            register.gone_people.push(Person { record, resident, home, restricted });
        }
        register
    }

    /// Returns the household that has a number.
    pub fn numbered(&self, number: &str) -> Option<&'a Record> {
        self.exact.get(number).or_else(|| self.alike.get(&number_key(number))).copied()
    }

    /// Returns the household under which a household shows: itself, or the one that it is merged into.
    pub fn home(&self, id: RecordId) -> RecordId {
        self.merged.get(&id).copied().unwrap_or(id)
    }

    /// Returns every household that shows.
    pub fn households(&self) -> impl Iterator<Item = &'a Record> {
        let mut seen = HashSet::new();
        let shown = self.exact.values().copied().filter(|record| self.home(record.id) == record.id);
        shown.filter(move |record| seen.insert(record.id))
    }

    /// Returns the members of a household, each once.
    pub fn members(&self, home: RecordId) -> impl Iterator<Item = &Person<'a>> {
        let mut seen = HashSet::new();
        let places = self.members.get(&home).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|at| &self.people[*at]).filter(move |person| seen.insert(person.record.id))
    }

    /// Finds the household that rows of one number mean.
    pub fn household(&self, rows: &[&Entry]) -> HouseholdMatch<'a> {
        if let Some(record) = self.numbered(&rows[0].number) {
            let household: Household = record.view().unwrap_or_default();
            let members = self.members(self.home(record.id)).map(|person| &person.resident);
            return if has_in_common(&household, members, rows) {
                HouseholdMatch::Same(record)
            } else {
                HouseholdMatch::Other(record)
            };
        }
        let gone = self.gone_households.get(&number_key(&rows[0].number)).map(Vec::as_slice).unwrap_or_default();
        let theirs = |record: &&Record| {
            let household: Household = record.view().unwrap_or_default();
            // Of a household that is withdrawn the members may not be.
            let members = self.gone_people.iter().filter(|person| person.home == record.id);
            let members = members.chain(self.members(record.id));
            has_in_common(&household, members.map(|person| &person.resident), rows)
        };
        gone.iter().copied().find(theirs).map_or(HouseholdMatch::New, HouseholdMatch::Gone)
    }

    /// Finds the member of a household who has a row's name. Two of one name are told apart by their birth dates; whoever is
    /// in `taken` is another row's.
    pub fn same(&self, home: RecordId, row: &Entry, taken: &HashSet<RecordId>) -> Option<&Person<'a>> {
        let named = self.named.get(&name_key(&row.name)).map(Vec::as_slice).unwrap_or_default();
        let members: Vec<&Person> =
            named.iter().map(|at| &self.people[*at]).filter(|person| person.home == home).collect();
        let free = || members.iter().filter(|person| !taken.contains(&person.record.id)).copied();
        free().find(|person| person.resident.birth == row.birth).or_else(|| free().next())
    }

    /// Finds who a row may mean that has the name of no member of its household. `taken` are those who have a row.
    pub fn other(&self, home: Option<RecordId>, row: &Entry, taken: &HashSet<RecordId>) -> ResidentMatch<'_, 'a> {
        let same_birth = |person: &Person| row.birth.is_some() && person.resident.birth == row.birth;
        let fits = |person: &Person| {
            let sex = row.sex.is_none() || person.resident.sex.is_none() || row.sex == person.resident.sex;
            sex && !taken.contains(&person.record.id)
        };
        let renamed = |person: &&Person| same_birth(person) && fits(person);
        if let Some(person) = home.and_then(|home| self.members(home).find(renamed)) {
            return ResidentMatch::Renamed(person);
        }
        let key = name_key(&row.name);
        let named = self.named.get(&key).map(Vec::as_slice).unwrap_or_default();
        let mut elsewhere = named.iter().map(|at| &self.people[*at]).filter(|person| Some(person.home) != home);
        if let Some(person) = elsewhere.find(|person| same_birth(person) && fits(person)) {
            return ResidentMatch::Moved(person);
        }
        let gone = self.gone_named.get(&key).map(Vec::as_slice).unwrap_or_default();
        let mut gone = gone.iter().map(|at| &self.gone_people[*at]);
        let theirs = |person: &&Person| same_birth(person) || Some(person.home) == home;
        gone.find(theirs).map_or(ResidentMatch::New, ResidentMatch::Gone)
    }
}

/// Whether rows and a household have somebody in common: by name, by birth date, or by phone. A household of which nobody is
/// known has.
fn has_in_common<'r>(household: &Household, members: impl Iterator<Item = &'r Resident>, rows: &[&Entry]) -> bool {
    let mut names: HashSet<String> = HashSet::from([name_key(&household.head)]);
    let mut births = HashSet::new();
    for member in members {
        names.insert(name_key(&member.name));
        births.extend(member.birth);
    }
    names.remove("");
    let phone = |row: &Entry| !row.phone.is_empty() && row.phone == household.phone;
    let known = |row: &&Entry| {
        names.contains(&name_key(&row.name))
            || names.contains(&name_key(&row.head))
            || row.birth.is_some_and(|birth| births.contains(&birth))
            || phone(row)
    };
    names.is_empty() || rows.iter().any(known)
}
