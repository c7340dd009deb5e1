//! The roster on the phone: households and residents added, changed, moved, merged and withdrawn.

use super::{App, Undo, notebook::drafts::Draft};
use crate::platform::clock;
use ruhu_domain::{
    Channel, Kind, RecordChannel, RecordId,
    codes::PutOff,
    day,
    engine::{Edit, grids},
    record::{MOVED, WITHDRAWN},
    rights::Role,
    roster::{
        doors::Door,
        duplicates::{self, Duplicate, DuplicatePair},
        household::{Household, POSTPONED, Postponed},
        merged::SAME_AS,
        resident::Resident,
        walking_order,
    },
};
use serde_json::{Map, Value};

/// A record of the roster, with the words that tell it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The household or resident.
    pub id: RecordId,
    /// The household to look at: its own, where it is one.
    pub household: RecordId,
    /// The name, and where that is.
    pub name: String,
    /// The other fields of the record, each with its value.
    pub facts: Vec<(&'static str, String)>,
}

/// To which place in the walking order a door goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many places on, or back where it is negative.
    By(i64),
    /// Right after another door; to the front where there is none.
    After(Option<RecordId>),
}

impl App {
    /// A draft of a new household, or the one there is, with the next number of the grid. None where the worker has no
    /// grid.
    pub fn new_household(self) -> Option<Draft> {
        let open = self.notebook()?;
        let unsaved = |draft: &Draft| draft.kind == Kind::Household && open.engine().record(draft.id).is_none();
        if let Some(draft) = open.drafts().into_iter().find(unsaved) {
            return Some(draft);
        }
        let channel = grids(open.engine().head()).next()?.channel.clone();
        let number = self.next_number(&channel);
        let values = Map::from_iter([("number".to_owned(), number.into())]);
        Some(self.draft(Kind::Household, values, channel))
    }

    /// The number after the highest of a grid, written as wide.
    pub fn next_number(self, channel: &Channel) -> String {
        self.read(|notebook| {
            let roster = notebook.roster();
            let numbers = roster.households().filter(|(_, (grid, _))| *grid == channel.grid);
            let numbers = numbers.map(|(_, (_, household))| household.number.clone());
            let highest = numbers.filter_map(|number| Some((number.parse::<u32>().ok()?, number.len()))).max();
            let (next, width) = highest.map_or((1, 3), |(highest, width)| (highest.saturating_add(1), width));
            format!("{next:0width$}")
        })
    }

    /// A draft of a new member of a household, or the one there is. None where the household is not here.
    pub fn new_resident(self, household: RecordId) -> Option<Draft> {
        let open = self.notebook()?;
        let of = Value::from(household.to_string());
        let same = |draft: &Draft| {
            draft.kind == Kind::Resident
                && draft.values.get("household") == Some(&of)
                && open.engine().record(draft.id).is_none()
        };
        if let Some(draft) = open.drafts().into_iter().find(same) {
            return Some(draft);
        }
        let channel = open.channel_of(household)?;
        let values = Map::from_iter([("household".to_owned(), of.clone()), ("living".to_owned(), "home".into())]);
        Some(self.draft(Kind::Resident, values, channel))
    }

    /// Who is registered already and may be the one that is being written.
    pub fn duplicates(self, draft: &Draft, values: &Map<String, Value>) -> Vec<Duplicate> {
        let values = values.iter().filter(|(_, value)| !value.is_null());
        let values = Map::from_iter(values.map(|(name, value)| (name.clone(), value.clone())));
        let Some(channel) = draft.channel.clone() else { return Vec::new() };
        self.read(|notebook| {
            let roster = notebook.roster();
            let read = Value::Object(values);
            match draft.kind {
                Kind::Resident => serde_json::from_value::<Resident>(read)
                    .map_or_else(|_| Vec::new(), |resident| duplicates::of_resident(&roster, draft.id, &resident)),
                _ => serde_json::from_value::<Household>(read).map_or_else(
                    |_| Vec::new(),
                    |household| duplicates::of_household(&roster, draft.id, &channel.grid, &household),
                ),
            }
        })
    }

    /// A household, a resident or a visit in words; none where it is not here, or the resident's data may not be used.
    pub fn entry(self, id: RecordId) -> Option<Entry> {
        self.read(|notebook| {
            let roster = notebook.roster();
            let name_of = |household: &Household| format!("{} {}", household.number, household.head).trim().to_owned();
            if let Some((_, household)) = roster.household(id) {
                let count = |count: usize, unit: &str| format!("{count}{unit}");
                let facts = vec![
                    ("住址", household.address.clone()),
                    ("电话", household.phone.clone()),
                    ("成员", count(roster.members(id).len(), "人")),
                    ("走访", count(roster.visits(id).len(), "次")),
                ];
                return Some(Entry { id, household: id, name: name_of(household), facts });
            }
            if let Some(visit) = roster.visit(id) {
                let household = roster.home(visit.household);
                let place = roster.household(household).map(|(_, household)| name_of(household)).unwrap_or_default();
                let name = format!("{place} · {}走访", day::words(day::day(visit.at)));
                return Some(Entry { id, household, name, facts: vec![("走访情况", visit.found.clone())] });
            }
            let (_, resident) = roster.resident(id).filter(|_| !roster.is_restricted(id))?;
            let household = roster.home(resident.household);
            let place = roster.household(household).map(|(_, household)| name_of(household)).unwrap_or_default();
            let birth = resident.birth.map(day::ledger).unwrap_or_default();
            let label = |label: Option<&'static str>| label.unwrap_or_default().to_owned();
            let facts = vec![
                ("所在户", place),
                ("出生日期", birth),
                ("电话", resident.phone.clone()),
                ("与户主关系", label(resident.relation.map(ruhu_domain::codes::Relation::label))),
            ];
            Some(Entry { id, household, name: resident.name.clone(), facts })
        })
    }

    /// The household or resident under which a record shows: itself, or the one that it is merged into.
    pub fn home(self, id: RecordId) -> RecordId {
        self.read(|notebook| Some(notebook.roster().home(id))).unwrap_or(id)
    }

    /// Pairs that may have been registered twice.
    pub fn pairs(self) -> Vec<DuplicatePair> {
        self.read(|notebook| duplicates::pairs(&notebook.roster()))
    }

    /// Whether the worker leads the village of a record: merging is theirs.
    pub fn leads(self, record: RecordId) -> bool {
        self.part_in(record).0.contains(&Role::VillageLead)
    }

    /// Saves one record as the same as another, or with none as itself again; whether it was saved.
    pub async fn merge(self, record: RecordId, into: Option<RecordId>) -> bool {
        let value = into.map_or(Value::Null, |into| into.to_string().into());
        let words = if into.is_some() { "已合并" } else { "已分开" };
        let edit = self.edit(record, [(SAME_AS, value)]);
        self.save_all(edit.into_iter().collect(), words).await
    }

    /// Withdraws a household, resident or visit, with the reason; whether it was saved. A household's members go first.
    ///
    /// # Errors
    /// Returns the message that says what to do before.
    pub async fn withdraw_entry(self, record: RecordId, reason: &str) -> Result<bool, String> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err("请写明为什么作废".to_owned());
        }
        if self.is_draft(record) {
            return Err("这一条还有没保存的修改，请先打开它保存或放弃，再作废".to_owned());
        }
        if !self.read(|notebook| notebook.roster().merged_into(record)).is_empty() {
            return Err("有重复的登记并入了这一条，请先在“修改”里分开".to_owned());
        }
        let members = self.read(|notebook| notebook.roster().members(record).len());
        if members > 0 {
            return Err(format!("户里还登记着 {members} 人，请先把他们换到别的户，或一一作废"));
        }
        let edit = self.edit(record, [(WITHDRAWN, reason.into())]);
        Ok(self.save_all(edit.into_iter().collect(), "已作废").await)
    }

    /// Whether a resident can go to a household: to one in the same county.
    pub fn may_move(self, resident: RecordId, household: RecordId) -> bool {
        self.read(|notebook| {
            let (from, to) = (notebook.channel_of(resident), notebook.channel_of(household));
            from.zip(to).is_some_and(|(from, to)| from == to || from.leads_to(&to))
        })
    }

    /// Moves a resident to another household, in another grid where that is; whether it was saved.
    pub async fn move_resident(self, resident: RecordId, household: RecordId) -> bool {
        let Some(channel) = self.notebook().and_then(|open| open.channel_of(household)) else { return false };
        let values = [("household", Value::from(household.to_string())), (MOVED, channel.to_string().into())];
        let name = self.entry(household).map(|entry| entry.name).unwrap_or_default();
        // What is merged with them goes along, and stays merged.
        let duplicates = self.read(|notebook| notebook.roster().merged_into(resident));
        let edits = [resident].into_iter().chain(duplicates).filter_map(|id| self.edit(id, values.clone()));
        self.save_all(edits.collect(), &format!("已换到 {name}")).await
    }

    /// How many members and visits go with a household to another grid.
    pub fn goes_with(self, household: RecordId) -> (usize, usize) {
        self.read(|notebook| (notebook.roster().members(household).len(), notebook.roster().visits(household).len()))
    }

    /// Moves a household to another grid; whether it was saved. Its members and visits are brought along by the office,
    /// also those that are not on this phone yet. What is merged with it, or with its members, goes too.
    pub async fn move_household(self, household: RecordId, to: &Channel, name: &str) -> bool {
        let moved = [(MOVED, Value::from(to.to_string()))];
        let edits = self.read(|notebook| {
            let roster = notebook.roster();
            let all: Vec<RecordId> = [household].into_iter().chain(roster.merged_into(household)).collect();
            let members = roster.members(household).into_iter();
            let duplicates = members.flat_map(|(id, _)| roster.merged_into(id));
            let elsewhere = |id: &RecordId| roster.resident(*id).is_some_and(|one| !all.contains(&one.1.household));
            let duplicates: Vec<RecordId> = duplicates.filter(elsewhere).collect();
            let with_them = [("household", Value::from(household.to_string()))];
            let households = all.iter().filter_map(|id| self.edit(*id, moved.clone()));
            households.chain(duplicates.iter().filter_map(|id| self.edit(*id, with_them.clone()))).collect()
        });
        self.save_all(edits, &format!("已移到 {name}")).await
    }

    /// Now by the office's clock, as far as it is known: Unix milliseconds.
    pub fn office_now(self) -> i64 {
        clock::now_ms().saturating_add(self.read(|notebook| notebook.engine().head().offset_ms))
    }

    /// Puts the next visit to a household off, or with none no longer; whether it was saved.
    pub async fn put_off(self, household: RecordId, to: Option<(u64, PutOff)>) -> bool {
        let now = self.office_now();
        // After the last visit, which has the phone's time.
        let last = self.read(|notebook| notebook.roster().door(household)).and_then(|door| door.last);
        let at = last.map_or(now, |last| now.max(last.at.saturating_add(1)));
        let later = to.map(|(days, why)| Postponed::by(days, why, day::day(now), at));
        let words = later.map_or_else(|| "已取消改期".to_owned(), |later| format!("已改到{}", day::words(later.to)));
        let value = later.map_or(Value::Null, |later| later.to_string().into());
        let edit = self.edit(household, [(POSTPONED, value)]);
        self.save_all(edit.into_iter().collect(), &words).await
    }

    /// Puts a door of a grid in another place of the walking order. `doors` are those of the grid, in that order.
    pub async fn put_door(self, doors: &[Door], moved: RecordId, to: Step) {
        let numbers: Vec<(RecordId, Option<i64>)> = doors.iter().map(|door| (door.id, door.household.order)).collect();
        let after = match to {
            Step::After(after) => after,
            Step::By(places) => {
                let rest: Vec<RecordId> = numbers.iter().map(|(id, _)| *id).filter(|id| *id != moved).collect();
                let from = numbers.iter().position(|(id, _)| *id == moved).unwrap_or_default();
                let place = from.saturating_add_signed(places as isize).min(rest.len());
                place.checked_sub(1).and_then(|at| rest.get(at)).copied()
            }
        };
        let changed = walking_order::put_after(&numbers, moved, after);
        if changed.is_empty() {
            return;
        }
        let edits = changed.into_iter().filter_map(|(id, number)| self.edit(id, [("order", number.into())]));
        self.save_all(edits.collect(), "顺序已改").await;
    }

    /// A change to a record that is here.
    pub(super) fn edit<const N: usize>(self, record: RecordId, after: [(&str, Value); N]) -> Option<Edit> {
        let open = self.notebook()?;
        let engine = open.engine();
        let before = engine.record(record)?;
        let after = Map::from_iter(after.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Some(Edit { record, kind: before.kind.clone(), channel: before.channel.clone(), after })
    }

    /// Saves several changes at once, and says so, with a way back; whether they were saved.
    pub(super) async fn save_all(self, edits: Vec<Edit>, words: &str) -> bool {
        let Some(open) = self.notebook() else { return false };
        if edits.is_empty() {
            self.say("没有保存：这条记录已不在这台手机上", None);
            return false;
        }
        match open.save_all(&edits).await {
            Ok(before) => {
                self.say(format!("{words} ✓ 已存本机"), Some(Undo::Restore(before.into())));
                self.sync_now();
                true
            }
            Err(error) => {
                self.say(error.to_string(), None);
                false
            }
        }
    }
}
