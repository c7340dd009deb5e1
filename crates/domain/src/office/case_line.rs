//! Lines of cases: what an office that presses for what is late sees of a dispute, a hazard or a request. A line has the
//! owner, the state and the day, and neither a person recorded nor what the case is about.

use super::{data_rights::OfRecord, staff::Attribution};
use crate::{
    care::CareFile,
    case::{Case, book::CaseFile, deadline::Deadline},
    codes::code_table,
    dispute::{self, DisputeFile},
    id::RecordId,
    record::{Channel, Kind, Record},
    report::{
        self, Report,
        codes::{Danger, Grade, Subject},
        file::About,
    },
    rights::Place,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Days before a deadline from which it is soon.
pub const SOON_DAYS: u64 = 3;

/// The kinds of records that have a line.
pub const LINE_KINDS: [Kind; 4] = [Kind::Dispute, Kind::CareCase, Kind::Hazard, Kind::Request];

/// The kinds of cases in 督办. Care cases are no office's to press for.
pub const PRESSED_KINDS: [Kind; 3] = [Kind::Dispute, Kind::Hazard, Kind::Request];

/// The line of a case, as it follows from its file. Sorts, grades and states are codes of the kind's own tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLine {
    /// The head of the file.
    pub record: RecordId,
    /// Where it is.
    pub channel: Channel,
    /// The head's kind.
    pub kind: Kind,
    /// 编号.
    pub number: String,
    /// 状态. Of care cases it is the state that the steps lead to: they lapse with the days.
    pub state: &'static str,
    /// Whether something is to be done still.
    pub open: bool,
    /// The day from which the case is counted.
    pub opened_on: Option<NaiveDate>,
    /// 类型; empty for care cases, whose reason is nobody's to list, and where none was chosen.
    pub sort: &'static str,
    /// 预警色 of a dispute, 等级 of a hazard; empty for others.
    pub grade: &'static str,
    /// 责任人: the mediators, or who took it up; who puts it right, or answers. Empty where nobody does. Of whom is outside the
    /// village it is 外单位: that may be a private person. Care cases have none here.
    pub owner: String,
    /// The next deadline; `None` where nothing is due, and of care cases.
    pub due: Option<LineDue>,
    /// The last time that somebody above pressed.
    pub pressed: Option<Pressed>,
}

/// A deadline of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDue {
    /// The code of what is due.
    pub what: String,
    /// Until when.
    pub by: NaiveDate,
}

/// How somebody above pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    /// 催办, 领办 or 督办.
    pub step: dispute::steps::Step,
    /// Who, and when.
    pub done: Attribution,
    /// Whether it was acknowledged.
    pub acknowledged: bool,
}

impl CaseLine {
    /// Returns the line of a case of which nothing is known but where it is.
    pub fn begin(record: RecordId, channel: &Channel, kind: &Kind) -> Self {
        Self {
            record,
            channel: channel.clone(),
            kind: kind.clone(),
            number: String::new(),
            state: "",
            open: false,
            opened_on: None,
            sort: "",
            grade: "",
            owner: String::new(),
            due: None,
            pressed: None,
        }
    }

    /// Returns the line of a file; `None` where its head was withdrawn, can't be read or is of another kind.
    pub fn of<'a>(head: &Record, others: impl IntoIterator<Item = &'a Record>) -> Option<Self> {
        if head.withdrawn() {
            return None;
        }
        let line = Self::begin(head.id, &head.channel, &head.kind);
        match head.kind {
            Kind::Dispute => DisputeFile::gather(head, others).map(|file| line.dispute(&file)),
            Kind::CareCase => CareFile::gather(head, others).map(|file| line.care(&file)),
            Kind::Hazard | Kind::Request => Report::gather(head, others).map(|file| line.report(&file)),
            _ => None,
        }
    }

    fn dispute(self, file: &DisputeFile) -> Self {
        let pressed = file.pressed().map(|(done, acknowledged)| Pressed {
            step: done.taken.step,
            done: Attribution { by: done.by.to_string(), at: done.at },
            acknowledged,
        });
        Self {
            number: file.number(),
            state: file.state.code(),
            open: file.state.is_open(),
            opened_on: file.dispute.found_on,
            sort: file.dispute.matter.map_or("", |matter| matter.code()),
            grade: file.dispute.colour.map_or("", |colour| colour.code()),
            owner: file.handler(),
            due: file.deadline().map(|due| LineDue { what: due.what.code().to_owned(), by: due.by }),
            pressed,
            ..self
        }
    }

    fn care(self, file: &CareFile) -> Self {
        let state = file.reached();
        Self {
            number: file.number(),
            state: state.code(),
            open: state.is_open(),
            opened_on: file.case.opened_on,
            ..self
        }
    }

    fn report(self, file: &Report) -> Self {
        let (sort, grade) = match &file.about {
            About::Hazard(hazard) => (hazard.danger.map(Danger::code), hazard.grade.map(Grade::code)),
            About::Request(request) => (request.subject.map(Subject::code), None),
        };
        let outside = file.given().is_some_and(|taken| taken.outside);
        Self {
            number: file.number(),
            state: file.state().code(),
            open: file.state().is_open(),
            opened_on: file.since(),
            sort: sort.unwrap_or_default(),
            grade: grade.unwrap_or_default(),
            owner: if outside { "外单位".to_owned() } else { file.owner().to_owned() },
            due: file.deadline().map(|due| LineDue { what: due.what.code().to_owned(), by: due.by }),
            ..self
        }
    }
}

code_table! {
    /// How urgent a case is.
    Urgency {
        Late = "late", "逾期";
        Soon = "soon", "三天内到期";
        Waits = "waits", "待签收";
    }
}

/// `cases`: the open cases at the caller's places, a page of them, the earliest due first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedCases {
    /// Of this kind alone.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// Of this urgency alone.
    #[serde(default)]
    pub urgency: Option<Urgency>,
    /// In the state of this code alone.
    #[serde(default)]
    pub state: Option<String>,
    /// At this place alone.
    #[serde(default)]
    pub place: Option<Place>,
    /// With these letters in the number; any where it is empty.
    #[serde(default)]
    pub number: String,
    /// After this one; from the first on where there is none.
    #[serde(default)]
    pub after: Option<AfterCase>,
}

/// Where a page ends: the next one begins after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterCase {
    /// The deadline of the last case.
    pub by: Option<NaiveDate>,
    /// The last case.
    pub record: RecordId,
}

/// The answer to `cases`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CasePage {
    /// At most [`CasePage::MOST`] cases.
    pub cases: Vec<OpenCase>,
    /// The end of this page; `None` where it is the last one.
    pub next: Option<AfterCase>,
    /// How many open cases there are at the place, by kind and state, whatever else is asked for.
    pub totals: Vec<StateTotal>,
    /// How many records of open files can't be read: they may be of one that is late.
    pub unreadable: u64,
}

impl CasePage {
    /// The most cases of a page.
    pub const MOST: usize = 50;
}

/// An open case of a page. See [`CaseLine`] for what it tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCase {
    /// The head of the file.
    pub of: OfRecord,
    /// Its kind.
    pub kind: Kind,
    /// 编号.
    pub number: String,
    /// The code of its state.
    pub state: String,
    /// The code of its sort.
    pub sort: String,
    /// The code of its colour or grade.
    pub grade: String,
    /// 责任人.
    pub owner: String,
    /// The next deadline.
    pub due: Option<LineDue>,
    /// The last time that somebody above pressed.
    pub pressed: Option<Pressed>,
    /// Whether the caller may read the file.
    pub readable: bool,
}

impl OpenCase {
    /// Returns the state's name.
    pub fn state_words(&self) -> &'static str {
        state_words(&self.kind, &self.state)
    }

    /// Returns the names of the sort and, for a hazard, of its grade.
    pub fn sort_words(&self) -> String {
        let words = match self.kind {
            Kind::Dispute => [dispute::codes::DisputeType::find(&self.sort).map(|sort| sort.label()), None],
            Kind::Hazard => [Danger::find(&self.sort).map(Danger::label), Grade::find(&self.grade).map(Grade::label)],
            _ => [Subject::find(&self.sort).map(Subject::label), None],
        };
        let words: Vec<&str> = words.into_iter().flatten().collect();
        if words.is_empty() { "未分类".to_owned() } else { words.join(" ") }
    }

    /// Returns the colour of a dispute.
    pub fn colour(&self) -> Option<dispute::codes::Colour> {
        (self.kind == Kind::Dispute).then(|| dispute::codes::Colour::find(&self.grade)).flatten()
    }

    /// Returns the state of a dispute.
    pub fn dispute_state(&self) -> Option<dispute::steps::State> {
        (self.kind == Kind::Dispute).then(|| dispute::steps::State::find(&self.state)).flatten()
    }

    /// Returns the next deadline, with the name of what is due; `None` where nothing is.
    pub fn deadline(&self) -> Option<Deadline<&'static str>> {
        let due = self.due.as_ref()?;
        let what = match self.kind {
            Kind::Dispute => dispute::deadlines::Due::find(&due.what).map(|due| due.label()),
            _ => report::file::Due::find(&due.what).map(|due| due.label()),
        };
        Some(Deadline { what: what.unwrap_or_default(), by: due.by })
    }
}

/// The open cases of a kind in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateTotal {
    /// The kind.
    pub kind: Kind,
    /// The code of the state.
    pub state: String,
    /// How many.
    pub all: u64,
    /// How many of them are late.
    pub late: u64,
    /// How many of them are due within [`SOON_DAYS`].
    pub soon: u64,
    /// In how many of them a press was not acknowledged.
    pub waits: u64,
}

impl StateTotal {
    /// How many are of an urgency; all of them where none is asked for.
    pub fn of(&self, urgency: Option<Urgency>) -> u64 {
        match urgency {
            None => self.all,
            Some(Urgency::Late) => self.late,
            Some(Urgency::Soon) => self.soon,
            Some(Urgency::Waits) => self.waits,
        }
    }
}

/// Returns the name of a state of a kind of case; empty where there is no such state.
pub fn state_words(kind: &Kind, code: &str) -> &'static str {
    let words = match kind {
        Kind::Dispute => dispute::steps::State::find(code).map(|state| state.label()),
        _ => report::steps::State::find(code).map(|state| state.label()),
    };
    words.unwrap_or_default()
}
