//! A roster that is being taken in: read by the server, kept on this page, planned and taken grid by grid.

use super::note::Note;
use crate::{office::desk::Desk, platform::files::Chosen};
use leptos::prelude::*;
use ruhu_domain::{
    DeviceId,
    office::{
        Cell, Line, MAX_PART, MAX_ROSTER, Question, RosterCounts, RosterFile, RosterGroup, RosterPart, RosterPlan,
        RosterReport, RosterRow, SheetFile,
    },
};
use std::collections::BTreeMap;

/// The column of the grid's code.
const GRID: usize = 0;

/// How far an import is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// No file yet.
    #[default]
    Empty,
    /// Files are being read.
    Reading,
    /// So many of so many grids are compared with the records.
    Planning(usize, usize),
    /// Everything is compared, and waits for a person.
    Ready,
    /// So many of so many grids are taken.
    Taking(usize, usize),
    /// It was taken, or stopped.
    Taken,
}

impl Phase {
    /// Whether something is under way.
    pub const fn is_busy(&self) -> bool {
        matches!(self, Self::Reading | Self::Planning(..) | Self::Taking(..))
    }
}

/// The rows of one grid, and what they change.
struct Group {
    grid: String,
    rows: Vec<RosterRow>,
    plan: Option<Result<RosterPlan, String>>,
    /// Whether what the plan says is taken.
    taken: bool,
    /// What was taken so far.
    took: RosterCounts,
}

impl Group {
    /// Whether there is something to take.
    fn is_wanted(&self) -> bool {
        let changes =
            |plan: &RosterPlan| plan.counts != RosterCounts { same: plan.counts.same, ..RosterCounts::default() };
        !self.taken && matches!(&self.plan, Some(Ok(plan)) if changes(plan))
    }
}

/// An import. Copies are handles to the same one.
#[derive(Clone, Copy)]
pub struct Import {
    desk: Desk,
    /// How far it is.
    pub phase: RwSignal<Phase>,
    /// Why it does not go on; empty where nothing is wrong.
    pub problem: RwSignal<String>,
    /// The names of the files.
    pub names: RwSignal<Vec<String>>,
    /// What of the files was not read.
    pub left_out: RwSignal<Vec<String>>,
    /// The names of the columns.
    pub columns: RwSignal<Vec<String>>,
    /// What the rows change that are not taken yet.
    pub pending: RwSignal<RosterCounts>,
    /// What the rows changed that are taken.
    pub taken: RwSignal<RosterCounts>,
    /// What is to be said, of all grids.
    pub notes: RwSignal<Vec<Note>>,
    /// Whether it is to stop after the grid that is being taken.
    stopping: RwSignal<bool>,
    groups: StoredValue<Vec<Group>>,
    answers: StoredValue<BTreeMap<String, String>>,
    import: StoredValue<Option<DeviceId>>,
}

impl Import {
    /// No file yet.
    pub fn new(desk: Desk) -> Self {
        Self {
            desk,
            phase: RwSignal::new(Phase::Empty),
            problem: RwSignal::new(String::new()),
            names: RwSignal::new(Vec::new()),
            left_out: RwSignal::new(Vec::new()),
            columns: RwSignal::new(Vec::new()),
            pending: RwSignal::new(RosterCounts::default()),
            taken: RwSignal::new(RosterCounts::default()),
            notes: RwSignal::new(Vec::new()),
            stopping: RwSignal::new(false),
            groups: StoredValue::new(Vec::new()),
            answers: StoredValue::new(BTreeMap::new()),
            import: StoredValue::new(None),
        }
    }

    /// Forgets the files.
    pub fn clear(self) {
        self.phase.set(Phase::Empty);
        self.problem.set(String::new());
        self.names.set(Vec::new());
        self.left_out.set(Vec::new());
        self.groups.set_value(Vec::new());
        self.answers.set_value(BTreeMap::new());
        self.import.set_value(None);
        self.tell();
    }

    /// Reads files and compares them with the records.
    pub async fn open(self, chosen: Vec<Chosen>) {
        if chosen.is_empty() || self.phase.with_untracked(Phase::is_busy) {
            return;
        }
        self.clear();
        self.phase.set(Phase::Reading);
        let several = chosen.len() > 1;
        for file in &chosen {
            let name = file.name();
            match self.read(file).await {
                Ok(read) => self.add(read, several.then_some(name.as_str())),
                Err(words) => self.problem.update(|problem| {
                    if !problem.is_empty() {
                        problem.push('\n');
                    }
                    problem.push_str(&format!("{name}：{words}"));
                }),
            }
            self.names.update(|names| names.push(name));
        }
        if self.groups.with_value(Vec::is_empty) {
            self.phase.set(Phase::Empty);
            if self.problem.with_untracked(String::is_empty) {
                self.problem.set("文件里只有表头，没有一行人".to_owned());
            }
            return;
        }
        self.plan().await;
    }

    async fn read(self, file: &Chosen) -> Result<RosterFile, String> {
        if file.size() > MAX_ROSTER as f64 {
            return Err(format!("文件超过 {} MB，请分成几个文件", MAX_ROSTER / 1024 / 1024));
        }
        let bytes = file.bytes().await.ok_or("浏览器读不出这个文件，请再选一次")?;
        self.desk.send("roster-read", &bytes).await
    }

    /// Adds the rows of a file. Of several files the lines say in which they are.
    fn add(self, RosterFile { columns, groups, left_out }: RosterFile, name: Option<&str>) {
        self.columns.set(columns);
        let of = |words: String| name.map_or(words.clone(), |name| format!("{name}：{words}"));
        self.left_out.update(|all| all.extend(left_out.into_iter().map(of)));
        self.groups.update_value(|all| {
            for RosterGroup { grid, mut rows } in groups {
                if let Some(name) = name {
                    for row in &mut rows {
                        let Line { sheet, .. } = &mut row.line;
                        *sheet = if sheet.is_empty() { name.to_owned() } else { format!("{name} {sheet}") };
                    }
                }
                group_of(all, grid).rows.extend(rows);
            }
        });
    }

    /// Compares the grids that are not compared yet.
    async fn plan(self) {
        let waiting = self.groups.with_value(|groups| {
            groups.iter().enumerate().filter(|(_, group)| group.plan.is_none()).map(|(at, _)| at).collect::<Vec<_>>()
        });
        let of = waiting.len();
        for (done, at) in waiting.into_iter().enumerate() {
            if self.phase.try_set(Phase::Planning(done, of)).is_some() {
                return;
            }
            let plan = match self.part(at) {
                Ok(part) => self.desk.ask::<RosterPlan>("roster-plan", &part).await,
                Err(words) => Err(words),
            };
            let keep = |groups: &mut Vec<Group>| {
                if let Some(group) = groups.get_mut(at) {
                    group.plan = Some(plan);
                }
            };
            if self.groups.try_update_value(keep).is_none() {
                return;
            }
        }
        self.tell();
        self.phase.set(Phase::Ready);
    }

    /// Whether a grid could not be compared.
    pub fn has_failed(self) -> bool {
        self.notes.track();
        self.groups.with_value(|groups| groups.iter().any(|group| matches!(group.plan, Some(Err(_)))))
    }

    /// Compares again the grids that could not be compared.
    pub async fn compare_failed(self) {
        self.groups.update_value(|groups| {
            for group in groups.iter_mut().filter(|group| matches!(group.plan, Some(Err(_)))) {
                group.plan = None;
            }
        });
        self.plan().await;
    }

    /// The rows of a grid with the answers to their questions.
    ///
    /// # Errors
    /// There are too many of them, or they are gone, in words.
    fn part(self, at: usize) -> Result<RosterPart, String> {
        let found = self.groups.with_value(|groups| {
            let group = groups.get(at)?;
            let plan = group.plan.iter().flatten();
            let keys =
                plan.flat_map(|plan| plan.questions.iter().map(|question| question.key.clone())).collect::<Vec<_>>();
            Some((group.rows.clone(), keys))
        });
        let (rows, keys) = found.ok_or("这些行已经不在了")?;
        if rows.len() > MAX_PART {
            return Err(format!("一个网格有 {} 行，多于 {MAX_PART} 行：请核对网格编码", rows.len()));
        }
        let answers = self.answers.with_value(|answers| {
            keys.into_iter()
                .filter_map(|key| answers.get_key_value(&key))
                .map(|(key, answer)| (key.clone(), answer.clone()))
                .collect()
        });
        let file = self.names.with_untracked(|names| names.join("、"));
        Ok(RosterPart { file, import: self.import.get_value(), rows, answers })
    }

    /// Returns the answer to a question: what was chosen, or what happens without.
    pub fn answer(self, question: &Question) -> String {
        let first = || question.choices.first().map(|choice| choice.code.clone()).unwrap_or_default();
        self.answers.with_value(|answers| answers.get(&question.key).cloned()).unwrap_or_else(first)
    }

    /// Decides on a question.
    pub fn decide(self, key: String, answer: String) {
        let changed = self.answers.try_update_value(|answers| answers.insert(key.clone(), answer));
        if changed.is_some() {
            self.groups.update_value(|groups| {
                for group in groups.iter_mut() {
                    let asks = matches!(&group.plan, Some(Ok(plan)) if plan.questions.iter().any(|one| one.key == key));
                    // Of what is taken the rest is taken anew.
                    if asks {
                        group.taken = false;
                    }
                }
            });
        }
    }

    /// Compares again what a decision may change in one grid's counts.
    pub async fn look_again(self, key: &str) {
        let at = self.groups.with_value(|groups| {
            let asks = |plan: &RosterPlan| plan.questions.iter().any(|one| one.key == key);
            groups.iter().position(|group| matches!(&group.plan, Some(Ok(plan)) if asks(plan)))
        });
        let Some(at) = at else { return };
        let Ok(part) = self.part(at) else { return };
        let plan = self.desk.ask::<RosterPlan>("roster-plan", &part).await;
        let plan = match plan {
            Ok(plan) => plan,
            // What was decided counts all the same when it is taken.
            Err(words) => {
                let _ = self.problem.try_set(words);
                return;
            }
        };
        // What was decided, mended or opened meanwhile has an answer of its own on the way.
        let overtaken = !self.part(at).is_ok_and(|now| now == part);
        if overtaken || self.phase.with_untracked(Phase::is_busy) {
            return;
        }
        if self.groups.try_update_value(|groups| groups[at].plan = Some(Ok(plan))).is_some() {
            self.tell();
        }
    }

    /// Returns the row at a line.
    pub fn row(self, line: &Line) -> Option<RosterRow> {
        self.groups
            .with_value(|groups| groups.iter().flat_map(|group| &group.rows).find(|row| row.line == *line).cloned())
    }

    /// Puts mended cells into a row, and compares its grid again.
    pub async fn mend(self, line: Line, cells: Vec<String>) {
        let cell = |text: String| if text.is_empty() { Cell::Empty } else { Cell::Text(text) };
        self.groups.update_value(|groups| {
            let mut mended = None;
            for group in groups.iter_mut() {
                if let Some(at) = group.rows.iter().position(|row| row.line == line) {
                    let mut row = group.rows.remove(at);
                    for (old, new) in row.cells.iter_mut().zip(cells) {
                        // What was not touched stays what it was: an error, a day.
                        if old.shown() != new {
                            *old = cell(new);
                        }
                    }
                    let grid = row.cells[GRID].text().trim().to_owned();
                    (group.plan, group.taken) = (None, false);
                    if grid == group.grid {
                        group.rows.insert(at, row);
                    } else {
                        mended = Some((grid, row));
                    }
                    break;
                }
            }
            if let Some((grid, row)) = mended {
                let group = group_of(groups, grid);
                group.rows.push(row);
                (group.plan, group.taken) = (None, false);
            }
            groups.retain(|group| !group.rows.is_empty());
        });
        self.plan().await;
    }

    /// Takes everything that is not taken yet.
    pub async fn take(self) {
        let waiting = self.groups.with_value(|groups| {
            groups.iter().enumerate().filter(|(_, group)| group.is_wanted()).map(|(at, _)| at).collect::<Vec<_>>()
        });
        let of = waiting.len();
        self.stopping.set(false);
        self.problem.set(String::new());
        for (done, at) in waiting.into_iter().enumerate() {
            if self.phase.try_set(Phase::Taking(done, of)).is_some() {
                return;
            }
            if self.stopping.get_untracked() {
                self.problem.set(format!("已停下：收下了 {done} 个网格，还有 {} 个没有收下。可以接着收下", of - done));
                break;
            }
            let taken = match self.part(at) {
                Ok(part) => self.desk.ask::<RosterPlan>("roster-take", &part).await,
                Err(words) => Err(words),
            };
            match taken {
                Ok(taken) => {
                    self.import.set_value(taken.import);
                    let kept = self.groups.try_update_value(|groups| {
                        if let Some(group) = groups.get_mut(at) {
                            group.took.same = 0;
                            group.took += taken.counts;
                            group.plan = Some(Ok(taken));
                            group.taken = true;
                        }
                    });
                    if kept.is_none() {
                        return;
                    }
                }
                Err(words) => {
                    self.problem.set(format!(
                        "{words}。收下了 {done} 个网格，正在收的那个可能收下了一部分，其余没有收下；再收一次不会重复"
                    ));
                    break;
                }
            }
        }
        self.tell();
        self.phase.set(Phase::Taken);
    }

    /// Compares everything again where this import was undone: nothing of it is taken any more.
    pub async fn undone(self, import: DeviceId) {
        if self.import.get_value() != Some(import) || self.phase.with_untracked(Phase::is_busy) {
            return;
        }
        self.import.set_value(None);
        self.groups.update_value(|groups| {
            for group in groups.iter_mut() {
                (group.plan, group.taken, group.took) = (None, false, RosterCounts::default());
            }
        });
        self.plan().await;
    }

    /// Stops after the grid that is being taken.
    pub fn stop(self) {
        self.stopping.set(true);
    }

    /// Whether some of it is taken.
    pub fn is_taken(self) -> bool {
        self.taken.track();
        self.groups.with_value(|groups| groups.iter().any(|group| group.took != RosterCounts::default()))
    }

    /// Whether some of it is not taken.
    pub fn is_left(self) -> bool {
        self.pending.track();
        self.groups.with_value(|groups| groups.iter().any(|group| !group.taken))
    }

    /// Whether there is something to take.
    pub fn is_wanted(self) -> bool {
        self.groups.with_value(|groups| groups.iter().any(Group::is_wanted))
    }

    /// The number of rows, and of grids.
    pub fn size(self) -> (usize, usize) {
        self.groups.with_value(|groups| (groups.iter().map(|group| group.rows.len()).sum(), groups.len()))
    }

    /// Tells the page what is in the groups.
    fn tell(self) {
        let [mut pending, mut taken] = [RosterCounts::default(); 2];
        let mut notes = Vec::new();
        self.groups.with_value(|groups| {
            for group in groups {
                taken += group.took;
                match &group.plan {
                    Some(Ok(plan)) => {
                        if !group.taken {
                            pending += plan.counts;
                        }
                        let refused = plan.refused.iter().cloned();
                        notes.extend(refused.map(|remark| Note::Refused(remark.line, remark.words)));
                        notes.extend(plan.questions.iter().cloned().map(Note::Asked));
                        let doubts = plan.doubts.iter().cloned();
                        notes.extend(doubts.map(|remark| Note::Doubted(remark.line, remark.words)));
                        notes.extend(plan.missing.iter().cloned().map(Note::Missing));
                    }
                    Some(Err(words)) => notes.push(Note::Failed(format!("网格 {}：{words}", group.grid))),
                    None => {}
                }
            }
        });
        self.pending.set(pending);
        self.taken.set(taken);
        // The list is not drawn anew for a decision that changes no words of it.
        if self.notes.with_untracked(|known| *known != notes) {
            self.notes.set(notes);
        }
    }

    /// Downloads what is to be said, each beside its row.
    pub async fn report(self) {
        let notes = self.notes.get_untracked();
        let mut rows: Vec<(RosterRow, String)> = Vec::new();
        let mut places: BTreeMap<Line, usize> = BTreeMap::new();
        let mut others: Vec<String> = self.left_out.get_untracked();
        let lines: BTreeMap<Line, RosterRow> = self.groups.with_value(|groups| {
            groups.iter().flat_map(|group| &group.rows).map(|row| (row.line.clone(), row.clone())).collect()
        });
        for note in notes {
            let words = format!("{}：{}", note.sort().label(), note.words());
            match note.line().and_then(|line| lines.get(line)) {
                Some(row) => match places.get(&row.line) {
                    Some(at) => rows[*at].1.push_str(&format!("；{words}")),
                    None => {
                        places.insert(row.line.clone(), rows.len());
                        rows.push((row.clone(), words));
                    }
                },
                None => others.push(words),
            }
        }
        let made: Result<SheetFile, String> = self.desk.ask("roster-report", &RosterReport { rows, others }).await;
        self.desk.save(made, "花名册核对表.xlsx");
    }
}

/// Returns the group of a grid, made where there is none.
fn group_of(groups: &mut Vec<Group>, grid: String) -> &mut Group {
    let at = groups.iter().position(|group| group.grid == grid).unwrap_or(groups.len());
    if at == groups.len() {
        groups.push(Group { grid, rows: Vec::new(), plan: None, taken: false, took: RosterCounts::default() });
    }
    &mut groups[at]
}
