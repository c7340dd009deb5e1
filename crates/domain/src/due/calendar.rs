//! A month: what was done on each day, and what is due.

use super::{Item, Records, User, Work, due};
use crate::{day, dispute::codes::Sitting};
use chrono::{Datelike, Days, Months, NaiveDate};
use std::collections::BTreeMap;

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoneItem {
    /// On what.
    pub work: Work,
    /// The name in a list, as [`Item::name`].
    pub name: String,
    /// The work that was done, in words.
    pub what: &'static str,
}

/// A day of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// The items that were done.
    pub done: Vec<DoneItem>,
    /// The items that are due.
    pub due: Vec<Item>,
}

/// The first day of a day's month.
pub fn first_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// A month's days in weeks from Monday on, none where a week has days of another month.
pub fn weeks(first: NaiveDate) -> Vec<[Option<NaiveDate>; 7]> {
    let before = first.weekday().num_days_from_monday();
    let days = first.iter_days().take_while(|day| day.month() == first.month());
    let mut weeks = Vec::new();
    for day in days {
        let place = (before + day.day0()) as usize;
        if place.is_multiple_of(7) || weeks.is_empty() {
            weeks.push([None; 7]);
        }
        if let Some(week) = weeks.last_mut() {
            week[place % 7] = Some(day);
        }
    }
    weeks
}

/// Returns the items done in a month that begins on this day, and those due in it for somebody, as of today. What is overdue
/// stands on today. Households are in it where a visit has a day of its own: the others would be on every day.
pub fn month(records: Records<'_>, user: User<'_>, first: NaiveDate, today: NaiveDate) -> BTreeMap<NaiveDate, Day> {
    let after = first + Months::new(1);
    let within = |day: NaiveDate| (first..after).contains(&day);
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    for item in due(records, user, today, after - Days::new(1)).into_iter().filter(|item| item.dated) {
        let on = item.by.max(today);
        if within(on) {
            days.entry(on).or_default().due.push(item);
        }
    }
    let mut add = |on: Option<NaiveDate>, done: DoneItem| {
        if let Some(on) = on.filter(|on| within(*on) && *on <= today) {
            days.entry(on).or_default().done.push(done);
        }
    };
    for (_, visit) in records.roster.all_visits() {
        let on = day::day(visit.at);
        if within(on)
            && let Some((_, household)) = records.roster.household(visit.household)
        {
            let name = format!("{} {}", household.number, household.head);
            add(Some(on), DoneItem { work: Work::Door(visit.household), name, what: visit.outcome.label() });
        }
    }
    for case in records.cases.files().filter(|case| user.roles.contains_key(&case.id)) {
        for (_, visit) in &case.visits {
            add(visit.on, DoneItem { work: Work::Case(case.id), name: case.case.name_in_short(), what: "看望" });
        }
    }
    for file in records.disputes.files().filter(|file| user.roles.contains_key(&file.id)) {
        let done = |what| DoneItem { work: Work::Dispute(file.id), name: super::name_of(&file), what };
        for (_, session) in &file.sessions {
            add(session.on, done(session.sort.unwrap_or(Sitting::Mediation).label()));
        }
        for (_, follow_up) in &file.follow_ups {
            add(follow_up.on, done("回访"));
        }
    }
    days
}
