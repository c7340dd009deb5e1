//! A hazard or a request with its steps, and what follows from its dates.

use super::{
    codes::{Danger, Grade, Subject},
    records::{Hazard, ReportStep, Request},
    steps::{State, Step},
};
use crate::{
    case::{
        self, Case, TakenStep,
        book::CaseFile,
        deadline::{Deadline, LEAD_AFTER_DAYS},
    },
    codes::code_table,
    id::RecordId,
    record::{Kind, Name, Record},
    rights::Role,
    text,
};
use chrono::{Days, NaiveDate};

/// Days in which whoever asked is told that it was taken up (the time of petitions, 信访工作条例, as the ceiling).
pub const TELL_DAYS: u64 = 15;

/// Days in which a request is answered (the time of petitions, 信访工作条例, as the ceiling).
pub const ANSWER_DAYS: u64 = 60;

/// Days in which what was put right is looked at by another. \[P\]
pub const VERIFY_DAYS: u64 = 3;

/// Days in which whoever asked is asked whether the answer will do. \[P\]
pub const SETTLE_DAYS: u64 = 7;

code_table! {
    /// The kinds of deadlines of a hazard or a request.
    Due {
        PutRight = "put_right", "整改";
        Verify = "verify", "验收";
        Tell = "tell", "告知";
        Answer = "answer", "答复";
        Settle = "settle", "回访";
    }
}

/// The subjects of a report: a hazard or a request.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// 隐患
    Hazard(Hazard),
    /// 诉求
    Request(Request),
}

/// A hazard or a request, with its steps in the order in which they were taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Its identity.
    pub id: RecordId,
    /// The subject of the report.
    pub about: About,
    /// Who registered it.
    pub by: Name,
    /// 步骤.
    pub steps: Vec<TakenStep<ReportStep>>,
}

impl CaseFile for Report {
    const HEADS: &'static [Kind] = &[Kind::Hazard, Kind::Request];

    fn gather<'a>(head: &Record, others: impl IntoIterator<Item = &'a Record>) -> Option<Self> {
        let about = match head.kind {
            Kind::Hazard => About::Hazard(head.view()?),
            _ => About::Request(head.view()?),
        };
        let mut report = Self { id: head.id, about, by: head.created.by.clone(), steps: Vec::new() };
        for record in case::in_order(head, others) {
            report.steps.extend(TakenStep::read(record));
        }
        report.walk();
        Some(report)
    }
}

impl Report {
    /// Whether it is a hazard or a request.
    pub const fn kind(&self) -> Kind {
        match self.about {
            About::Hazard(_) => Kind::Hazard,
            About::Request(_) => Kind::Request,
        }
    }

    /// The content.
    pub fn what(&self) -> &str {
        match &self.about {
            About::Hazard(hazard) => &hazard.what,
            About::Request(request) => &request.what,
        }
    }

    /// The day from which its time runs.
    pub const fn since(&self) -> Option<NaiveDate> {
        match &self.about {
            About::Hazard(hazard) => hazard.found_on,
            About::Request(request) => request.received_on,
        }
    }

    /// The household that it is at.
    pub const fn household(&self) -> Option<RecordId> {
        match &self.about {
            About::Hazard(hazard) => hazard.household,
            About::Request(request) => request.household,
        }
    }

    /// The visit or the finding that it came from.
    pub const fn from(&self) -> Option<RecordId> {
        match &self.about {
            About::Hazard(hazard) => hazard.from,
            About::Request(request) => request.from,
        }
    }

    /// Returns the name in a list: the sort, and where a hazard is. The name of a request does not say whose it is.
    pub fn name(&self) -> String {
        match &self.about {
            About::Hazard(hazard) => {
                format!("{} {}", hazard.danger.map_or("未分类", Danger::label), hazard.place).trim().to_owned()
            }
            About::Request(request) => request.subject.map_or("未分类", Subject::label).to_owned(),
        }
    }

    /// 编号, derived from the day it is from and its identity.
    pub fn number(&self) -> String {
        text::number(self.since(), self.id)
    }

    /// The state.
    pub fn state(&self) -> State {
        self.reached()
    }

    /// The step with which it was given to whom it is with now; none where whoever registered it has it.
    pub fn given(&self) -> Option<&ReportStep> {
        self.last_of(&[Step::Assign, Step::HandOver]).map(|done| &done.taken)
    }

    /// Who is to put it right, or to answer: who it was given to, or who registered it.
    pub fn owner(&self) -> &str {
        self.given().map_or(self.by.as_str(), |taken| taken.to.trim())
    }

    /// Whether somebody did the work that is to be verified.
    pub fn is_done_by(&self, name: &str) -> bool {
        self.last_of(&[Step::PutRight]).is_some_and(|done| done.by == name)
    }

    /// Until when the next thing has to be done; none where all is.
    pub fn deadline(&self) -> Option<Deadline<Due>> {
        let since = |steps: &[Step]| self.last_of(steps).map(TakenStep::on);
        // Its time runs anew from when it was sent back.
        let begun = since(&[Step::Rework, Step::Again]).or(self.since());
        let (what, from, days) = match (self.state(), &self.about) {
            (State::Found | State::Assigned, About::Hazard(hazard)) => {
                (Due::PutRight, begun, hazard.grade.unwrap_or(Grade::Ordinary).days())
            }
            (State::PutRight, _) => (Due::Verify, since(&[Step::PutRight]), VERIFY_DAYS),
            (State::Received, _) => (Due::Tell, begun, TELL_DAYS),
            (State::Told, _) => (Due::Answer, begun, ANSWER_DAYS),
            (State::Answered, _) => (Due::Settle, since(&[Step::Answer]), SETTLE_DAYS),
            (State::Found | State::Assigned, About::Request(_)) | (State::Verified | State::Settled, _) => return None,
        };
        Some(Deadline { what, by: from? + Days::new(days) })
    }

    /// Returns the deadline for somebody with these roles: the work for its owner, and for who registered it where the owner is
    /// nobody of the village, or it is late (a name may be written wrong); verifying for who registered it and the lead,
    /// not for who did the work; all of it for the lead when it is late.
    pub fn due_for(&self, roles: &[Role], name: &str, today: NaiveDate) -> Option<Deadline<Due>> {
        let lead = roles.contains(&Role::VillageLead);
        let outside = self.given().is_some_and(|taken| taken.outside);
        self.deadline().filter(|deadline| match deadline.what {
            // Where who registered it did the work, too, any other may look at it.
            Due::Verify => !self.is_done_by(name) && (self.by == name || lead || self.is_done_by(&self.by)),
            _ => {
                let own = self.owner() == name || (self.by == name && (outside || deadline.late(today) > 0));
                own || (lead && (outside || deadline.late(today) >= LEAD_AFTER_DAYS))
            }
        })
    }

    /// Why something is due when it is, in plain words.
    pub fn why_due(&self, what: Due) -> String {
        match (what, &self.about) {
            (Due::PutRight, About::Hazard(hazard)) => {
                let grade = hazard.grade.unwrap_or(Grade::Ordinary);
                format!("{}隐患{}天内整改", grade.label(), grade.days())
            }
            (Due::PutRight, _) => String::new(),
            (Due::Verify, _) => format!("整改后{VERIFY_DAYS}天内由别人验收"),
            (Due::Tell, _) => format!("{TELL_DAYS}天内告知是否受理"),
            (Due::Answer, _) => format!("{ANSWER_DAYS}天内答复"),
            (Due::Settle, _) => format!("答复后{SETTLE_DAYS}天内回访"),
        }
    }

    /// Whether it is somebody's work.
    pub fn is_work_of(&self, name: &str) -> bool {
        self.owner() == name || self.by == name
    }
}
