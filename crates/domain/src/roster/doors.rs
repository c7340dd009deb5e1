//! The round (走访): the doors of a grid in walking order, with what the worker needs at each.

use crate::{
    area::GridCode,
    codes::{Outcome, PutOff},
    day,
    id::RecordId,
    record::{Kind, Record},
    roster::{
        household::{Household, Postponed},
        merged::Merged,
        resident::Resident,
    },
    visit::Visit,
};
use chrono::{Days, NaiveDate};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// Days after which an ordinary household is due again. \[P\]
pub const ORDINARY_DAYS: u64 = 180;

/// Days after which a tagged household is due again. \[P\]
pub const TAGGED_DAYS: u64 = 30;

/// Which doors of the round are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// 本月未走访
    #[default]
    NotThisMonth,
    /// 重点
    Tagged,
    /// 全部
    All,
}

impl Filter {
    /// Every filter, in the order shown.
    pub const ALL: [Self; 3] = [Self::NotThisMonth, Self::Tagged, Self::All];

    /// The words shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotThisMonth => "本月未走访",
            Self::Tagged => "重点",
            Self::All => "全部",
        }
    }

    /// Whether a door is shown at `now` (Unix ms).
    pub fn shows(self, door: &Door, now: i64) -> bool {
        match self {
            Self::NotThisMonth => !door.reached.is_some_and(|at| day::same_month(at, now)),
            Self::Tagged => !door.household.tags.is_empty(),
            Self::All => true,
        }
    }
}

/// A visit as a door remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastVisit {
    /// The record.
    pub id: RecordId,
    /// When, Unix milliseconds.
    pub at: i64,
    /// How it ended.
    pub outcome: Outcome,
}

/// A household on the round.
#[derive(Clone, Debug)]
pub struct Door {
    /// The household's record.
    pub id: RecordId,
    /// The household.
    pub household: Arc<Household>,
    /// The latest visit of any outcome.
    pub last: Option<LastVisit>,
    /// The latest visit that reached somebody, Unix milliseconds.
    pub reached: Option<i64>,
    /// The day the next visit is due; none when it never was visited: due now.
    pub due: Option<NaiveDate>,
    /// Whether that day was noted: agreed on at a visit, for another try where nobody was home, or put off to.
    pub appointed: bool,
    /// Why it was put off to that day, where it was (改期).
    pub put_off: Option<PutOff>,
}

impl Door {
    /// Days after which it is due again.
    pub fn rhythm(&self) -> u64 {
        rhythm(&self.household)
    }

    /// Whether a visit is due on `today`.
    pub fn is_due(&self, today: NaiveDate) -> bool {
        self.due.is_none_or(|due| due <= today)
    }
}

/// Households, residents and visits, linked. Kept up to date record by record. What was registered twice and is merged
/// shows once.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    households: HashMap<RecordId, (GridCode, Arc<Household>)>,
    residents: HashMap<RecordId, (GridCode, Arc<Resident>)>,
    members: HashMap<RecordId, BTreeSet<RecordId>>,
    visits: HashMap<RecordId, Arc<Visit>>,
    visits_of: HashMap<RecordId, BTreeSet<(i64, RecordId)>>,
    merged: Merged,
}

impl Roster {
    /// Takes in a record, new or changed. Withdrawn records leave; kinds it does not know are passed over.
    pub fn put(&mut self, record: &Record) {
        self.remove(record.id);
        if record.withdrawn() {
            return;
        }
        let grid = || record.channel.grid.clone();
        match record.kind {
            Kind::Household => {
                if let Some(household) = record.view::<Household>() {
                    self.merged.put(record.id, household.same_as);
                    self.households.insert(record.id, (grid(), Arc::new(household)));
                }
            }
            Kind::Resident => {
                if let Some(resident) = record.view::<Resident>() {
                    self.merged.put(record.id, resident.same_as);
                    self.members.entry(resident.household).or_default().insert(record.id);
                    self.residents.insert(record.id, (grid(), Arc::new(resident)));
                }
            }
            Kind::Visit => {
                if let Some(visit) = record.view::<Visit>() {
                    self.visits_of.entry(visit.household).or_default().insert((visit.at, record.id));
                    self.visits.insert(record.id, Arc::new(visit));
                }
            }
            _ => {}
        }
    }

    /// Forgets a record.
    pub fn remove(&mut self, id: RecordId) {
        self.merged.remove(id);
        self.households.remove(&id);
        if let Some((_, resident)) = self.residents.remove(&id)
            && let Some(members) = self.members.get_mut(&resident.household)
        {
            members.remove(&id);
        }
        if let Some(visit) = self.visits.remove(&id)
            && let Some(visits) = self.visits_of.get_mut(&visit.household)
        {
            visits.remove(&(visit.at, id));
        }
    }

    /// A household and the grid it is in.
    pub fn household(&self, id: RecordId) -> Option<&(GridCode, Arc<Household>)> {
        self.households.get(&id)
    }

    /// A resident and the grid they are in.
    pub fn resident(&self, id: RecordId) -> Option<&(GridCode, Arc<Resident>)> {
        self.residents.get(&id)
    }

    /// The household or resident under which a record shows: itself, or the one that it is merged into.
    pub fn home(&self, id: RecordId) -> RecordId {
        self.merged.home(id, |from, to| self.fits(from, to))
    }

    /// Returns the records that are merged into a household or resident.
    pub fn merged_into(&self, id: RecordId) -> Vec<RecordId> {
        self.all(id).split_off(1)
    }

    fn all(&self, id: RecordId) -> Vec<RecordId> {
        self.merged.all(id, |from, to| self.fits(from, to))
    }

    /// Whether both are here, of one kind and in one grid.
    fn fits(&self, from: RecordId, to: RecordId) -> bool {
        match (self.households.get(&from), self.residents.get(&from)) {
            (Some((grid, _)), _) => self.households.get(&to).is_some_and(|(other, _)| other == grid),
            (_, Some((grid, _))) => self.residents.get(&to).is_some_and(|(other, _)| other == grid),
            _ => false,
        }
    }

    /// Whether somebody's data may be kept, and not used (个人信息保护法 44), as far as it is known here.
    pub fn is_restricted(&self, resident: RecordId) -> bool {
        let restricted = |id| self.residents.get(&id).is_some_and(|(_, resident)| !resident.restricted.is_empty());
        self.all(self.home(resident)).into_iter().chain([resident]).any(restricted)
    }

    /// Residents with their households, in no order; without those whose data may not be used (个人信息保护法 44).
    pub fn people(&self) -> impl Iterator<Item = (RecordId, &Arc<Resident>, &Arc<Household>)> {
        let used = |(id, (_, resident)): &(&RecordId, &(GridCode, Arc<Resident>))| {
            resident.restricted.is_empty() && self.home(**id) == **id
        };
        self.residents.iter().filter(used).filter_map(|(id, (_, resident))| {
            let (_, household) = self.households.get(&self.home(resident.household))?;
            Some((*id, resident, household))
        })
    }

    /// A household's members: the head first, then by age.
    pub fn members(&self, household: RecordId) -> Vec<(RecordId, Arc<Resident>)> {
        let ids = self.all(household).into_iter().filter_map(|id| self.members.get(&id)).flatten();
        let ids = ids.filter(|id| self.home(**id) == **id);
        let mut members: Vec<_> = ids.filter_map(|id| Some((*id, self.residents.get(id)?.1.clone()))).collect();
        members.sort_by_key(|(id, resident)| {
            (resident.relation != Some(crate::codes::Relation::Head), resident.birth.is_none(), resident.birth, *id)
        });
        members
    }

    /// A household's visits, the latest first.
    pub fn visits(&self, household: RecordId) -> Vec<(RecordId, Arc<Visit>)> {
        let ids = self.visits_to(household);
        ids.filter_map(|(_, id)| Some((id, self.visits.get(&id)?.clone()))).collect()
    }

    /// When a household was visited, the latest first.
    fn visits_to(&self, household: RecordId) -> impl Iterator<Item = (i64, RecordId)> {
        let ids = if self.merged.is_empty() { Vec::new() } else { self.all(household) };
        let several = ids.iter().filter(|_| ids.len() > 1).filter_map(|id| self.visits_of.get(id));
        let mut several: Vec<(i64, RecordId)> = several.flatten().copied().collect();
        several.sort_by(|one, other| other.cmp(one));
        let own = self.visits_of.get(&household).filter(|_| several.is_empty());
        own.into_iter().flatten().rev().copied().chain(several)
    }

    /// A visit.
    pub fn visit(&self, id: RecordId) -> Option<&Arc<Visit>> {
        self.visits.get(&id)
    }

    /// Every visit with its record, in no order.
    pub fn all_visits(&self) -> impl Iterator<Item = (RecordId, &Arc<Visit>)> {
        self.visits.iter().map(|(id, visit)| (*id, visit))
    }

    /// Every household with the grid it is in, in no order; those merged into another too.
    pub fn households(&self) -> impl Iterator<Item = (RecordId, &(GridCode, Arc<Household>))> {
        self.households.iter().map(|(id, household)| (*id, household))
    }

    /// Every resident with the grid they are in, in no order; those merged into another too.
    pub fn residents(&self) -> impl Iterator<Item = (RecordId, &(GridCode, Arc<Resident>))> {
        self.residents.iter().map(|(id, resident)| (*id, resident))
    }

    /// A household as a door of the round.
    pub fn door(&self, id: RecordId) -> Option<Door> {
        let (_, household) = self.households.get(&id)?;
        let visits = self.visits_to(id).filter_map(|(at, id)| Some((at, id, self.visits.get(&id)?)));
        let (mut reached, mut last, mut agreed) = (None, None, None);
        for (at, visit_id, visit) in visits {
            last.get_or_insert(LastVisit { id: visit_id, at, outcome: visit.outcome });
            agreed = agreed.or(visit.next_on);
            if visit.outcome.reached() {
                reached = Some(at);
                break;
            }
        }
        let later = household.postponed.filter(|later| last.is_none_or(|last: LastVisit| last.at < later.at));
        let (agreed, put_off) = match later {
            Some(Postponed { to, why, .. }) => (Some(to), Some(why)),
            None => (agreed, None),
        };
        let due = agreed.or_else(|| reached.map(|at| day::day(at) + Days::new(rhythm(household))));
        Some(Door { id, household: household.clone(), last, reached, due, appointed: agreed.is_some(), put_off })
    }

    /// Every door, in no order.
    pub fn each_door(&self) -> impl Iterator<Item = Door> {
        self.households.keys().filter(|id| self.home(**id) == **id).filter_map(|id| self.door(*id))
    }

    /// Every door, in walking order: by the order on the round, then by house number.
    pub fn doors(&self) -> Vec<Door> {
        let mut doors: Vec<Door> = self.each_door().collect();
        doors.sort_by(|a, b| {
            let key = |door: &Door| (door.household.order.is_none(), door.household.order);
            key(a)
                .cmp(&key(b))
                .then_with(|| natural(&a.household.number).cmp(&natural(&b.household.number)))
                .then_with(|| a.id.cmp(&b.id))
        });
        doors
    }
}

fn rhythm(household: &Household) -> u64 {
    if household.tags.is_empty() { ORDINARY_DAYS } else { TAGGED_DAYS }
}

/// A house number's sort key: 9 before 10.
fn natural(number: &str) -> (u64, &str) {
    let digits = number.len() - number.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    (number[..digits].parse().unwrap_or(u64::MAX), number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codes::Tag,
        id::{DeviceId, OpId},
        merge::merge,
        record::{Op, diff},
        stamp::Stamp,
    };
    use serde::Serialize;

    const DAY: i64 = 86_400_000;
    /// 2026-11-23 12:00 in China.
    const NOW: i64 = 1_795_406_400_000;

    fn id(n: u64) -> RecordId {
        RecordId::new(n, [n as u8; 10])
    }

    fn record<T: Serialize>(n: u64, kind: Kind, view: &T) -> Record {
        let op = Op {
            id: OpId::new(n, [0; 10]),
            record: id(n),
            kind,
            channel: "411502001003-02/general".parse().expect("a channel"),
            stamp: Stamp { ms: 1, counter: 0, device: DeviceId(1) },
            by: Default::default(),
            changes: diff(None, view),
        };
        merge(None, &op).record
    }

    fn household(n: u64, order: Option<i64>, tags: Vec<Tag>) -> Record {
        record(n, Kind::Household, &Household { number: n.to_string(), order, tags, ..Household::default() })
    }

    fn visit(n: u64, household: u64, at: i64, outcome: Outcome) -> Record {
        record(n, Kind::Visit, &Visit::new(id(household), at, "王芳", outcome))
    }

    fn shown(roster: &Roster, filter: Filter) -> Vec<String> {
        roster.doors().iter().filter(|door| filter.shows(door, NOW)).map(|door| door.household.number.clone()).collect()
    }

    #[test]
    fn doors_come_in_walking_order_and_by_filter() {
        let mut roster = Roster::default();
        for record in [
            household(10, None, vec![]),
            household(9, None, vec![]),
            household(1, Some(2), vec![Tag::ElderAlone]),
            household(2, Some(1), vec![]),
            visit(20, 2, NOW - DAY, Outcome::Met),
            visit(21, 1, NOW - DAY, Outcome::NobodyHome),
        ] {
            roster.put(&record);
        }
        assert_eq!(shown(&roster, Filter::All), ["2", "1", "9", "10"]);
        assert_eq!(shown(&roster, Filter::NotThisMonth), ["1", "9", "10"], "a closed door is not a visit");
        assert_eq!(shown(&roster, Filter::Tagged), ["1"]);
    }

    #[test]
    fn a_household_is_due_after_its_rhythm() {
        let today = day::day(NOW);
        for (tags, days, due) in [
            (vec![], 179, false),
            (vec![], 180, true),
            (vec![Tag::Hardship], 29, false),
            (vec![Tag::Hardship], 30, true),
        ] {
            let mut roster = Roster::default();
            roster.put(&household(1, None, tags));
            roster.put(&visit(2, 1, NOW - days * DAY, Outcome::Met));
            roster.put(&visit(3, 1, NOW - DAY, Outcome::NobodyHome));
            let door = roster.door(id(1)).expect("a door");
            assert_eq!(door.is_due(today), due, "after {days} days");
            assert_eq!(door.last.map(|last| last.outcome), Some(Outcome::NobodyHome));
        }
        let mut roster = Roster::default();
        roster.put(&household(1, None, vec![]));
        assert!(roster.door(id(1)).expect("a door").is_due(today), "a door never visited is due");
        let mut appointed = Visit::new(id(1), NOW, "王芳", Outcome::Met);
        appointed.next_on = Some(today + Days::new(3));
        roster.put(&record(2, Kind::Visit, &appointed));
        assert_eq!(roster.door(id(1)).expect("a door").due, Some(today + Days::new(3)));
    }

    #[test]
    fn a_door_put_off_is_due_on_that_day_until_somebody_was_there() {
        let today = day::day(NOW);
        let mut roster = Roster::default();
        let put_off = |days, at| {
            let postponed = Some(Postponed::by(days, PutOff::Harvest, today, at));
            record(1, Kind::Household, &Household { number: "1".into(), postponed, ..Household::default() })
        };
        roster.put(&visit(2, 1, NOW - 200 * DAY, Outcome::Met));
        roster.put(&put_off(7, NOW));
        let door = roster.door(id(1)).expect("a door");
        assert_eq!((door.due, door.put_off), (Some(today + Days::new(7)), Some(PutOff::Harvest)));
        assert!(!door.is_due(today) && door.is_due(today + Days::new(7)));
        // Somebody went all the same.
        roster.put(&visit(3, 1, NOW + 1, Outcome::Met));
        let door = roster.door(id(1)).expect("a door");
        assert_eq!((door.due, door.put_off), (Some(today + Days::new(ORDINARY_DAYS)), None));
        // Another day agreed on at the visit is put off in its turn.
        roster.put(&put_off(3, NOW + 2));
        assert_eq!(roster.door(id(1)).expect("a door").due, Some(today + Days::new(3)));
    }

    #[test]
    fn a_member_who_moves_is_found_in_the_new_household_only() {
        let mut roster = Roster::default();
        let member = |household| Resident::new(id(household), "李明");
        roster.put(&record(5, Kind::Resident, &member(1)));
        roster.put(&record(5, Kind::Resident, &member(2)));
        assert!(roster.members(id(1)).is_empty());
        assert_eq!(roster.members(id(2)).len(), 1);
    }

    #[test]
    fn a_household_registered_twice_shows_once_with_the_members_and_visits_of_both() {
        let mut roster = Roster::default();
        let duplicate = |n: u64, same: Option<u64>| {
            let view = Household { number: n.to_string(), same_as: same.map(id), ..Household::default() };
            record(n, Kind::Household, &view)
        };
        for record in [
            duplicate(1, None),
            duplicate(2, Some(1)),
            record(5, Kind::Resident, &Resident::new(id(1), "李明")),
            record(6, Kind::Resident, &Resident::new(id(2), "王芳")),
            record(7, Kind::Resident, &Resident { same_as: Some(id(5)), ..Resident::new(id(2), "李明") }),
            visit(20, 1, NOW - 2 * DAY, Outcome::NobodyHome),
            visit(21, 2, NOW - DAY, Outcome::Met),
            visit(22, 1, NOW - 3 * DAY, Outcome::Met),
        ] {
            roster.put(&record);
        }
        assert_eq!(shown(&roster, Filter::All), ["1"]);
        let names: Vec<String> = roster.members(id(1)).into_iter().map(|(_, one)| one.name.clone()).collect();
        assert_eq!(names, ["李明", "王芳"]);
        assert_eq!(roster.people().count(), 2);
        let order: Vec<RecordId> = roster.visits(id(1)).into_iter().map(|(id, _)| id).collect();
        assert_eq!(order, [21, 20, 22].map(id), "the latest first, of both");
        let door = roster.door(id(1)).expect("a door");
        assert_eq!((door.last.map(|last| last.id), door.reached), (Some(id(21)), Some(NOW - DAY)));
        roster.put(&duplicate(2, None));
        assert_eq!(shown(&roster, Filter::All), ["1", "2"], "taken back");
        assert_eq!(roster.visits(id(1)).len(), 2);
        // In another grid: it may not be on the phone of who has the other.
        let mut elsewhere = duplicate(2, Some(1));
        elsewhere.channel = "411502001003-03/general".parse().expect("a channel");
        roster.put(&elsewhere);
        assert_eq!(shown(&roster, Filter::All), ["1", "2"]);
    }

    #[test]
    fn a_withdrawn_visit_no_longer_counts() {
        let mut roster = Roster::default();
        roster.put(&household(1, None, vec![]));
        let mut visit = visit(2, 1, NOW, Outcome::Met);
        roster.put(&visit);
        let why = crate::record::Field { value: "点错了".into(), stamp: Stamp::zero(DeviceId(1)) };
        visit.fields.insert(crate::record::WITHDRAWN.into(), why);
        roster.put(&visit);
        assert!(roster.door(id(1)).expect("a door").last.is_none());
    }
}
