//! What an import changes: the entries of a grid against its records, as ops. What a worker wrote is not overwritten, and
//! nobody is made twice or comes back, unless a person decided so.

use super::{
    IMPORTER,
    matching::{HouseholdMatch, Person, Register, ResidentMatch},
    row::Entry,
    values::number_key,
};
use crate::{random, text::name_key};
use chrono::NaiveDate;
use ruhu_domain::{
    Channel, DeviceId, Kind, OpId, Record, RecordId, Stamp,
    codes::{Relation, Tag},
    day,
    field::MAX_TEXT,
    form::labels,
    office::{Choice, Line, Missing, Question, Remark, RosterCounts},
    record::{Change, Name, Op, diff},
    roster::{household::Household, resident::Resident},
};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet, hash_map::Entry as Place};

/// What is counted, and whether it is new.
pub(super) type Counted = (Kind, bool);

/// Counts a change.
pub(super) fn count(counts: &mut RosterCounts, (kind, new): &Counted) {
    match (kind, new) {
        (Kind::Household, true) => counts.households_added += 1,
        (Kind::Household, false) => counts.households_changed += 1,
        (_, true) => counts.residents_added += 1,
        (_, false) => counts.residents_changed += 1,
    }
}

/// The changes of one grid.
#[derive(Default)]
pub(super) struct Planned {
    /// The ops, each with what it makes or changes, and the row that it comes from.
    pub ops: Vec<(Op, Counted, Line)>,
    /// How many households and residents are as the entries say.
    pub same: usize,
    /// What should be looked at.
    pub doubts: Vec<Remark>,
    /// What a person decides on.
    pub questions: Vec<Question>,
    /// Who is in the records and has no row.
    pub missing: Vec<Missing>,
}

/// Returns the ops that bring the records of a grid to what its entries say, as far as it was decided. `records` are the
/// households and residents of the grid, and those that moved from it to others.
pub(super) fn plan(
    channel: &Channel,
    entries: &[Entry],
    records: &[Record],
    answers: &BTreeMap<String, String>,
    device: DeviceId,
) -> Planned {
    let register = Register::new(channel, records);
    let latest = records.iter().filter_map(Record::latest).max();
    let stamp = latest.map_or(Stamp::zero(device), |latest| Stamp { device, ..latest });
    let mut writer = Writer { channel, answers, stamp, planned: Planned::default() };

    // The rows of each household, in the order of the file.
    let mut families: Vec<Vec<&Entry>> = Vec::new();
    let mut places: HashMap<(Option<RecordId>, String), usize> = HashMap::new();
    for entry in entries {
        let known = register.numbered(&entry.number).map(|record| record.id);
        let key = known.map_or_else(|| number_key(&entry.number), |_| String::new());
        let at = *places.entry((known, key)).or_insert(families.len());
        if at == families.len() {
            families.push(Vec::new());
        }
        families[at].push(entry);
    }

    // Everybody who is named where they are registered, before anybody is looked for elsewhere.
    let mut taken: HashSet<RecordId> = HashSet::new();
    let mut homes: Vec<Home> = Vec::new();
    for mut rows in families {
        writer.planned.doubts.extend(two_families(&rows));
        writer.planned.doubts.extend(several(&rows, "门牌地址", |row| &row.address));
        let Some((before, looked_in)) = writer.home(&register, &rows) else { continue };
        rows = writer.once(rows);
        let mut members = Vec::with_capacity(rows.len());
        for row in &rows {
            let same = looked_in.and_then(|home| register.same(home, row, &taken));
            taken.extend(same.map(|person| person.record.id));
            members.push(same);
        }
        homes.push(Home { rows, before, looked_in, members });
    }
    let twice = twice(&homes);
    let mut listed: HashSet<RecordId> = HashSet::new();
    for Home { rows, before, looked_in, members } in homes {
        let id = before.map_or_else(new_id, |record| record.id);
        let home = register.home(id);
        listed.insert(home);
        let after = household(before.and_then(|record| record.view()).unwrap_or_default(), &rows);
        writer.write(id, Kind::Household, before, &after, &rows[0].place, &["note"]);
        for (row, same) in rows.into_iter().zip(members) {
            if let Some(other) = twice.get(&row.place)
                && !writer.is_another(row, other)
            {
                continue;
            }
            let found = match same {
                Some(person) => Some(Decided { person: Some(person), renamed: false }),
                None => writer.person(&register, looked_in, row, &taken),
            };
            let Some(Decided { person, renamed }) = found else { continue };
            taken.extend(person.map(|person| person.record.id));
            writer.resident(home, person, row, renamed, &after.phone);
        }
    }
    writer.planned.missing = missing(channel, &register, &listed, &taken);
    writer.planned
}

/// A household of the roster.
struct Home<'e, 'r, 'a> {
    rows: Vec<&'e Entry>,
    /// Its record; none where it is new.
    before: Option<&'a Record>,
    /// The household in whose members the rows are looked for: itself, or the one that is gone whose number it has.
    looked_in: Option<RecordId>,
    /// Who of its members each row names; none where nobody of that name is there.
    members: Vec<Option<&'r Person<'a>>>,
}

/// Who a row means.
struct Decided<'r, 'a> {
    /// Their record; none where they are new.
    person: Option<&'r Person<'a>>,
    /// Whether their name becomes that of the row.
    renamed: bool,
}

/// Returns the rows whose person is listed in another household of the roster too, each with the row that counts: that of the
/// household where the records have them, else the first. Where the records have somebody in both, they are two people.
fn twice(homes: &[Home<'_, '_, '_>]) -> HashMap<Line, Line> {
    let mut places: HashMap<(String, NaiveDate), Vec<(&Line, bool)>> = HashMap::new();
    for home in homes {
        for (row, same) in home.rows.iter().zip(&home.members) {
            if let Some(birth) = row.birth {
                places.entry((name_key(&row.name), birth)).or_default().push((&row.place, same.is_some()));
            }
        }
    }
    let mut twice = HashMap::new();
    for mut lines in places.into_values().filter(|lines| lines.len() > 1) {
        lines.sort_by_key(|(_, is_there)| !is_there);
        let (counts, others) = (lines[0].0, &lines[1..]);
        let others = others.iter().filter(|(_, is_there)| !is_there);
        twice.extend(others.map(|(line, _)| ((*line).clone(), counts.clone())));
    }
    twice
}

/// Returns who is in the records and has no row.
fn missing(
    channel: &Channel,
    register: &Register<'_>,
    listed: &HashSet<RecordId>,
    taken: &HashSet<RecordId>,
) -> Vec<Missing> {
    let grid = || channel.grid.clone();
    let mut missing: Vec<Missing> = Vec::new();
    for record in register.households() {
        let Household { number, head, .. } = record.view().unwrap_or_default();
        if !listed.contains(&record.id) {
            missing.push(Missing { grid: grid(), number, names: vec![head], whole: true });
            continue;
        }
        let others = register.members(record.id).filter(|person| !taken.contains(&person.record.id));
        let names: Vec<String> = others.map(|person| person.resident.name.clone()).collect();
        if !names.is_empty() {
            missing.push(Missing { grid: grid(), number, names, whole: false });
        }
    }
    missing.sort_by(|one, other| one.number.cmp(&other.number));
    missing
}

/// Says where the rows of a household differ in what it has once: the first of the head's and the others' counts.
fn several(rows: &[&Entry], what: &str, of: fn(&Entry) -> &String) -> Option<Remark> {
    let first = of_household("", rows, of)?;
    let other = rows.iter().find(|row| !of(row).is_empty() && *of(row) != first)?;
    let words = format!("户号 {} 的{what}有不同的写法：“{first}”和“{}”，请核对", rows[0].number, of(other));
    Some(Remark { line: other.place.clone(), words })
}

/// Returns what a household has once: as it is where a row has that, else the head's, else the first.
fn of_household(now: &str, rows: &[&Entry], of: fn(&Entry) -> &String) -> Option<String> {
    let filled = || rows.iter().filter(|row| !of(row).is_empty());
    let stays = filled().find(|row| !now.is_empty() && of(row) == now);
    let heads = filled().find(|row| row.relation == Some(Relation::Head));
    stays.or(heads).or_else(|| filled().next()).map(|row| of(row).clone())
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
    household.address = of_household(&household.address, rows, |row| &row.address).unwrap_or(household.address);
    household.phone = of_household(&household.phone, rows, |row| &row.phone).unwrap_or(household.phone);
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

/// Gathers the changes of a grid, and what a person decides on.
struct Writer<'a> {
    channel: &'a Channel,
    answers: &'a BTreeMap<String, String>,
    stamp: Stamp,
    planned: Planned,
}

impl Writer<'_> {
    /// Asks a question, and returns the code of its answer.
    fn ask(&mut self, key: String, line: &Line, words: String, choices: &[(&'static str, &str)]) -> &'static str {
        let answer = self.answers.get(&key);
        let chosen = choices.iter().find(|(code, _)| answer.is_some_and(|answer| answer == code));
        let code = chosen.or(choices.first()).map_or("", |(code, _)| code);
        let choice = |(code, label): &(&str, &str)| Choice { code: (*code).to_owned(), label: (*label).to_owned() };
        let choices = choices.iter().map(choice).collect();
        self.planned.questions.push(Question { key, line: line.clone(), words, choices });
        code
    }

    /// Returns the rows of a household without those that name somebody again.
    fn once<'e>(&mut self, rows: Vec<&'e Entry>) -> Vec<&'e Entry> {
        let mut seen: HashMap<(String, Option<NaiveDate>), &Line> = HashMap::new();
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            match seen.entry((name_key(&row.name), row.birth)) {
                Place::Occupied(first) => {
                    let words = format!("{}和{}是同一户的同一人，只收一次", row.name, first.get());
                    self.planned.doubts.push(Remark { line: row.place.clone(), words });
                }
                Place::Vacant(place) => {
                    place.insert(&row.place);
                    kept.push(row);
                }
            }
        }
        kept
    }

    /// Whether a row means another person than the row `other`, which has the same name and birth date in another household.
    fn is_another(&mut self, row: &Entry, other: &Line) -> bool {
        let words = format!("{}在名单上{other}的另一户里也有，姓名和出生日期都相同", row.name);
        let choices = [("skip", "是同一个人，按那一行收"), ("new", "不是同一个人，也收")];
        self.ask(format!("{}/twice", row.place), &row.place, words, &choices) == "new"
    }

    /// Returns the household that rows mean: its record, or that it is new, and in whose members they are looked for; none where
    /// they are left out.
    fn home<'a>(&mut self, register: &Register<'a>, rows: &[&Entry]) -> Option<(Option<&'a Record>, Option<RecordId>)> {
        let line = &rows[0].place;
        let number = &rows[0].number;
        let names = || {
            let mut names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
            names.truncate(4);
            names.join("、")
        };
        match register.household(rows) {
            HouseholdMatch::Same(record) => Some((Some(record), Some(register.home(record.id)))),
            HouseholdMatch::New => Some((None, None)),
            HouseholdMatch::Other(record) => {
                let Household { head, .. } = record.view().unwrap_or_default();
                let words = format!(
                    "户号 {number} 在记录里是{head}一家，名单上是{}，没有一个相同的人：可能户号填错，也可能换了住户",
                    names()
                );
                let choices = [("skip", "这一户先不导入"), ("same", "是同一户，按名单更新")];
                let same = self.ask(format!("{line}/other"), line, words, &choices) == "same";
                same.then_some((Some(record), Some(register.home(record.id))))
            }
            HouseholdMatch::Gone(record) => {
                let Household { head, .. } = record.view().unwrap_or_default();
                let words = format!("户号 {number}（{head}）{}", gone(record));
                let choices = [("skip", "这一户先不导入"), ("new", "重新登记为新的一户")];
                let new = self.ask(format!("{line}/gone-household"), line, words, &choices) == "new";
                new.then_some((None, Some(record.id)))
            }
        }
    }

    /// Returns who a row means that names no member of its household; none where it is left out.
    fn person<'r, 'a>(
        &mut self,
        register: &'r Register<'a>,
        looked_in: Option<RecordId>,
        row: &Entry,
        taken: &HashSet<RecordId>,
    ) -> Option<Decided<'r, 'a>> {
        let line = &row.place;
        let new = Decided { person: None, renamed: false };
        match register.other(looked_in, row, taken) {
            ResidentMatch::New => Some(new),
            ResidentMatch::Renamed(person) => {
                let words = format!(
                    "名单上的{}，和记录里同一户的{}出生日期相同：可能改了名，或写了别字",
                    row.name, person.resident.name
                );
                let choices = [
                    ("keep", "是同一个人，姓名不改"),
                    ("rename", "是同一个人，改成名单上的姓名"),
                    ("new", "不是同一个人，新登记"),
                ];
                let answer = self.ask(format!("{line}/renamed"), line, words, &choices);
                let same = || Decided { person: Some(person), renamed: answer == "rename" };
                Some(if answer == "new" { new } else { same() })
            }
            ResidentMatch::Moved(person) => {
                let field = person.record.fields.get("household");
                let by_worker = field.is_some_and(|field| person.record.author(field.stamp) != IMPORTER);
                let words = format!("{}在记录里是本网格另一户的人，姓名和出生日期都相同", row.name);
                let choices = if by_worker {
                    [("skip", "先不导入这一人"), ("move", "是同一个人，迁到这一户"), ("new", "不是同一个人，新登记")]
                } else {
                    [("move", "是同一个人，迁到这一户"), ("skip", "先不导入这一人"), ("new", "不是同一个人，新登记")]
                };
                match self.ask(format!("{line}/moved"), line, words, &choices) {
                    "move" => Some(Decided { person: Some(person), renamed: false }),
                    "new" => Some(new),
                    _ => None,
                }
            }
            ResidentMatch::Gone(person) => {
                let words = format!("{}的记录{}", row.name, gone(person.record));
                let choices = [("skip", "先不导入这一人"), ("new", "重新登记")];
                (self.ask(format!("{line}/gone"), line, words, &choices) == "new").then_some(new)
            }
        }
    }

    /// Writes a resident's row. A phone other than the household's is their own.
    fn resident(
        &mut self,
        home: RecordId,
        person: Option<&Person<'_>>,
        row: &Entry,
        renamed: bool,
        of_household: &str,
    ) {
        let mut after = person.map_or_else(|| Resident::new(home, row.name.clone()), |person| person.resident.clone());
        if person.is_some_and(|person| person.restricted) {
            let words = format!("{}的个人信息依法限制处理，没有改动", row.name);
            self.planned.doubts.push(Remark { line: row.place.clone(), words });
            self.planned.same += 1;
            return;
        }
        if renamed {
            after.name.clone_from(&row.name);
        }
        if person.is_some_and(|person| person.home != home) {
            after.household = home;
        }
        if !row.phone.is_empty() && row.phone != of_household {
            after.phone.clone_from(&row.phone);
        }
        after.sex = row.sex.or(after.sex);
        after.birth = row.birth.or(after.birth);
        after.relation = row.relation.or(after.relation);
        after.living = row.living.or(after.living);
        let id = person.map_or_else(new_id, |person| person.record.id);
        self.write(id, Kind::Resident, person.map(|person| person.record), &after, &row.place, &["name", "household"]);
    }

    /// Adds the op that brings a record to `after`, or counts it as the same when nothing differs. What a worker filled in is
    /// changed where a person said so, but for the fields `decided`, of which they said it before.
    fn write<T: Serialize>(
        &mut self,
        record: RecordId,
        kind: Kind,
        before: Option<&Record>,
        after: &T,
        line: &Line,
        decided: &[&str],
    ) {
        let mut changes: BTreeMap<Name, Change> = diff(before, after);
        if let Some(before) = before {
            changes.retain(|name, change| {
                decided.contains(&name.as_str()) || self.is_taken(before, &kind, name, &change.value, line)
            });
        }
        if changes.is_empty() {
            self.planned.same += 1;
            return;
        }
        self.stamp = self.stamp.next(random::now_ms(), self.stamp.device);
        let (id, channel) = (OpId::new(self.stamp.ms, random::bytes()), self.channel.clone());
        let counted = (kind.clone(), before.is_none());
        let op = Op { id, record, kind, channel, stamp: self.stamp, by: Name::default(), changes };
        self.planned.ops.push((op, counted, line.clone()));
    }

    /// Whether a field's new value is taken. It is asked where a worker filled it in.
    fn is_taken(&mut self, before: &Record, kind: &Kind, name: &Name, new: &Value, line: &Line) -> bool {
        let Some(field) = before.fields.get(name) else { return true };
        if before.author(field.stamp) == IMPORTER {
            return true;
        }
        let text = |name: &str| before.fields.get(name).and_then(|field| field.value.as_str()).unwrap_or_default();
        let who = if *kind == Kind::Household { format!("户号 {}", text("number")) } else { text("name").to_owned() };
        let words = format!(
            "{who}的{}：记录里{}（{} 由工作人员填写），名单上是“{}”",
            labels::field(kind, name).unwrap_or(name),
            // What was cleared was cleared for a reason.
            match labels::value(kind, name, &field.value) {
                empty if empty.is_empty() => "是空的".to_owned(),
                words => format!("是“{words}”"),
            },
            day::ledger(day::day(field.stamp.ms.cast_signed())),
            labels::value(kind, name, new),
        );
        let choices = [("keep", "保留记录里的"), ("take", "改成名单上的")];
        self.ask(format!("{}/{name}", before.id), line, words, &choices) == "take"
    }
}

/// Returns the words for where a record went.
fn gone(record: &Record) -> String {
    if record.withdrawn() {
        "已经作废，不会自动恢复".to_owned()
    } else {
        format!("已经移到网格 {}", record.channel.grid)
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
        let named = |number| Entry { head: "李明".into(), ..row(&channel, number, &format!("住户{number}")) };
        let entries = ["81", "081", "0081"].map(named);
        let planned = plan(&channel, &entries, &records, &BTreeMap::new(), DeviceId(9));
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
            let planned = plan(&channel, &[entry], &records, &BTreeMap::new(), DeviceId(9));
            assert_eq!(planned.ops.iter().map(|(op, ..)| op.record).collect::<Vec<_>>(), [id(3)], "{number}");
            assert_eq!(planned.ops[0].1, (Kind::Resident, false));
        }
    }
}
