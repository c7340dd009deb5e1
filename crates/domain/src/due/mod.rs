//! Deadlines of every kind of work, in one list: since when, why, and who is told next where it stays undone.
//! Computed from dates alone, so also offline.

pub mod calendar;
#[cfg(test)]
mod tests;

use crate::{
    care::{CareFile, Cases, file::Due as CareDue},
    case::{
        Step as _,
        deadline::{DISPUTES, LOOKS, Ladder, OWN, Rung, rung_of},
    },
    codes::PutOff,
    day,
    dispute::{Disputes, codes::DisputeType, file::DisputeFile, steps::Step},
    id::RecordId,
    record::Kind,
    report::{Report, Reports},
    rights::Role,
    roster::doors::{Door, ORDINARY_DAYS, Roster, TAGGED_DAYS},
};
use chrono::{Days, NaiveDate};
use std::collections::HashMap;

/// Days before something is due from which it is shown on 今日.
pub const AHEAD_DAYS: u64 = 3;

/// Days ahead for which the phone knows how much will be due, when the app is not opened meanwhile.
pub const KNOWN_DAYS: u64 = 30;

/// The kinds of work that can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// 关爱个案
    Case(RecordId),
    /// 矛盾纠纷
    Dispute(RecordId),
    /// 隐患
    Hazard(RecordId),
    /// 诉求
    Request(RecordId),
    /// 走访
    Door(RecordId),
}

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// On what.
    pub work: Work,
    /// The name in a list. It holds no full name of a party, or of somebody cared for.
    pub name: String,
    /// The work to be done, in words.
    pub what: &'static str,
    /// Until when.
    pub by: NaiveDate,
    /// Why then, in plain words.
    pub why: String,
    /// Whether it has a day of its own: not an ordinary household whose time has come round.
    pub dated: bool,
    ladder: Ladder,
}

impl Item {
    /// Days late on a day; negative before.
    pub fn late(&self, today: NaiveDate) -> i64 {
        (today - self.by).num_days()
    }

    /// How far up its ladder it is on a day.
    pub fn rung(&self, today: NaiveDate) -> Rung {
        rung_of(self.ladder, self.late(today))
    }

    /// The next rung of those who are told, and from which day on; none above the last.
    pub fn next(&self, today: NaiveDate) -> Option<(Rung, NaiveDate)> {
        let late = self.late(today).max(0);
        let (days, rung) = self.ladder.iter().rev().find(|(days, _)| *days > late)?;
        Some((*rung, self.by + Days::new(days.unsigned_abs())))
    }

    /// In words: `调解 逾期2天`, `受理 今天到期`, `看望 还有2天`.
    pub fn words(&self, today: NaiveDate) -> String {
        day::due_words(self.what, self.late(today))
    }
}

/// Who asks what is due.
#[derive(Clone, Copy, Debug)]
pub struct User<'a> {
    /// Their name.
    pub name: &'a str,
    /// Their roles, by the record of a file. What is where they have none is not theirs.
    pub roles: &'a HashMap<RecordId, Vec<Role>>,
}

/// The records of work.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    /// Households, residents, visits.
    pub roster: &'a Roster,
    /// Disputes.
    pub disputes: &'a Disputes,
    /// Care cases.
    pub cases: &'a Cases,
    /// Hazards and requests.
    pub reports: &'a Reports,
}

/// Returns the items due for somebody on a day or until another, the latest overdue first. One item for each file and
/// door.
pub fn due(records: Records<'_>, user: User<'_>, today: NaiveDate, until: NaiveDate) -> Vec<Item> {
    let mut items: Vec<Item> = cases(records, user, today).collect();
    items.extend(disputes(records, user));
    items.extend(reports(records, user, today));
    items.retain(|item| item.by <= until);
    let doors = records.roster.each_door().filter(|door| door.due.is_none_or(|due| due <= until));
    items.extend(doors.map(|door| of_door(&door, today)));
    items.sort_by_key(|item| (item.by, item.work));
    items
}

/// How many of these are due by a day, doors with a day of their own among them: for today, and for each day after it on
/// which there are more. Days are as in `2026-11-26`.
pub fn numbers(items: &[Item], today: NaiveDate) -> Vec<(String, usize)> {
    let mut numbers = vec![(today, 0)];
    let mut days: Vec<NaiveDate> = items.iter().filter(|item| item.dated).map(|item| item.by.max(today)).collect();
    days.sort();
    for (count, on) in (1..).zip(days) {
        match numbers.last_mut() {
            Some((last, number)) if *last == on => *number = count,
            _ => numbers.push((on, count)),
        }
    }
    numbers.into_iter().map(|(on, count)| (day::ledger(on), count)).collect()
}

fn cases<'a>(records: Records<'a>, user: User<'a>, today: NaiveDate) -> impl Iterator<Item = Item> + 'a {
    let used = |case: &CareFile| case.case.resident.is_none_or(|resident| !records.roster.is_restricted(resident));
    records.cases.files().filter(used).filter_map(move |case| {
        let due = case.due_for(user.roles.get(&case.id)?, user.name, today)?;
        Some(Item {
            work: Work::Case(case.id),
            name: format!("{} {}", case.case.name_in_short(), case.case.place).trim().to_owned(),
            what: due.what.label(),
            by: due.by,
            why: case.why_due(due.what, today),
            dated: true,
            ladder: if matches!(due.what, CareDue::Confirm | CareDue::Renew) { OWN } else { LOOKS },
        })
    })
}

fn disputes<'a>(records: Records<'a>, user: User<'a>) -> impl Iterator<Item = Item> + 'a {
    records.disputes.files().filter(move |file| user.roles.contains_key(&file.id)).filter_map(|file| {
        // Somebody above waits for a word, for as long as one can be given.
        let open = Step::Acknowledge.row().from.contains(&file.state);
        let pressed = file.pressed().filter(|(_, acknowledged)| open && !acknowledged).map(|(done, _)| done);
        let asked = pressed.map(|done| format!("上级已{}，请签收", done.taken.step.label()));
        let deadline = file.deadline().filter(|due| pressed.is_none_or(|done| due.by <= done.on()));
        let (what, by, why, ladder) = match (deadline, pressed) {
            (Some(due), _) => {
                let why = asked.into_iter().chain([file.why_due(due.what)]).collect::<Vec<_>>().join("；");
                // Who pressed knows of it already.
                (due.what.label(), due.by, why, if pressed.is_none() { DISPUTES } else { OWN })
            }
            (None, Some(done)) => (Step::Acknowledge.label(), done.on(), asked.unwrap_or_default(), OWN),
            (None, None) => return None,
        };
        Some(Item { work: Work::Dispute(file.id), name: name_of(&file), what, by, why, dated: true, ladder })
    })
}

fn reports<'a>(records: Records<'a>, user: User<'a>, today: NaiveDate) -> impl Iterator<Item = Item> + 'a {
    records.reports.files().filter_map(move |report: Report| {
        let due = report.due_for(user.roles.get(&report.id)?, user.name, today)?;
        let work = match report.kind() {
            Kind::Hazard => Work::Hazard(report.id),
            _ => Work::Request(report.id),
        };
        let (name, why) = (report.name(), report.why_due(due.what));
        Some(Item { work, name, what: due.what.label(), by: due.by, why, dated: true, ladder: DISPUTES })
    })
}

/// A dispute as a list may call it: what it is about, and family names.
fn name_of(file: &DisputeFile) -> String {
    format!("{} {}", file.dispute.matter.map_or("未分类", DisputeType::label), file.parties_in_short())
}

fn of_door(door: &Door, today: NaiveDate) -> Item {
    let household = &door.household;
    let tagged = !household.tags.is_empty();
    let why = match door.reached {
        _ if door.put_off.is_some() => format!("改期：{}", door.put_off.map_or("", PutOff::label)),
        _ if door.appointed => "上次走访时记下这天再来".to_owned(),
        None => "还没走访过".to_owned(),
        Some(_) if tagged => format!("重点户，每{TAGGED_DAYS}天走访"),
        Some(_) => format!("每{ORDINARY_DAYS}天走访"),
    };
    Item {
        work: Work::Door(door.id),
        name: format!("{} {}", household.number, household.head),
        what: "走访",
        by: door.due.unwrap_or(today),
        why,
        dated: door.appointed || tagged,
        ladder: OWN,
    }
}
