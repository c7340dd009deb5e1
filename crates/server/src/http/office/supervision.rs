//! 督办: what is due on disputes, hazards and requests, by counts and dates alone, and pressing for what is late.

use super::{Asked, Official, Refusal};
use crate::{
    database::{Act, Author, Database, Incoming},
    random,
};
use axum::{Json, extract::State};
use ruhu_domain::{
    DeviceId, Kind, OpId, Record, RecordId, Stamp,
    case::{Case, StepRecord, book::CaseFile},
    day,
    dispute::{DisputeFile, records::DisputeStep},
    office::{
        Attribution, Nothing, OfRecord, OpenDispute, OpenFiles, OpenReport, Press, Pressed, WholeFile,
        duties::{self, Duty},
    },
    record::{Name, Op, diff},
    report::{
        Report,
        codes::{Danger, Grade, Subject},
        file::About,
    },
    rights::Place,
    wire::OpOutcome,
};
use std::collections::BTreeSet;

/// The longest reason, in characters.
const WORDS: usize = 500;

/// `POST /api/v1/office/disputes`: open disputes at the caller's places.
pub async fn list(
    State(database): State<Database>,
    official: Official,
) -> Result<Json<OpenFiles<OpenDispute>>, Refusal> {
    official.has(Duty::Late)?;
    let (mut disputes, mut unreadable): (Vec<OpenDispute>, _) = (Vec::new(), BTreeSet::new());
    for prefix in prefixes(&official) {
        let (files, broken) = database.files::<DisputeFile>(&prefix).await?;
        unreadable.extend(broken);
        let files = files.into_iter().filter(|(_, file)| file.state.is_open());
        disputes.extend(files.map(|(record, file)| open_dispute(&record, &file)));
    }
    for open in &mut disputes {
        open.readable = duties::answers_for(&official.grants, Duty::Late, &open.of.channel);
    }
    disputes.sort_by_key(|open| (open.by.is_none(), open.by, open.of.record));
    disputes.dedup_by_key(|open| open.of.record);
    Ok(Json(OpenFiles { files: disputes, unreadable: unreadable.len() }))
}

/// With what the grids of the caller's places begin.
fn prefixes(official: &Official) -> Vec<String> {
    let prefix = |place: &Place| match place {
        Place::Grid(grid) => grid.to_string(),
        Place::Area(area) => area.prefix().to_owned(),
    };
    official.places(Duty::Late).map(prefix).collect()
}

/// `POST /api/v1/office/affairs`: hazards and requests at the caller's places that are not done, the earliest due first.
pub async fn reports(
    State(database): State<Database>,
    official: Official,
) -> Result<Json<OpenFiles<OpenReport>>, Refusal> {
    official.has(Duty::Late)?;
    let (mut open, mut unreadable): (Vec<OpenReport>, _) = (Vec::new(), BTreeSet::new());
    for prefix in prefixes(&official) {
        let (files, broken) = database.files::<Report>(&prefix).await?;
        unreadable.extend(broken);
        let files = files.into_iter().filter(|(_, report)| report.state().is_open());
        open.extend(files.map(|(record, report)| open_report(&record, &report)));
    }
    open.sort_by_key(|report| (report.by.is_none(), report.by, report.record));
    open.dedup_by_key(|report| report.record);
    Ok(Json(OpenFiles { files: open, unreadable: unreadable.len() }))
}

fn open_report(record: &Record, report: &Report) -> OpenReport {
    let due = report.deadline();
    let sort = match &report.about {
        About::Hazard(hazard) => [hazard.danger.map(Danger::label), hazard.grade.map(Grade::label)],
        About::Request(request) => [request.subject.map(Subject::label), None],
    };
    OpenReport {
        record: record.id,
        kind: report.kind(),
        grid: record.channel.grid.clone(),
        number: report.number(),
        sort: sort.into_iter().flatten().collect::<Vec<_>>().join(" "),
        // Somebody outside may be a private person.
        owner: if report.given().is_some_and(|taken| taken.outside) {
            "外单位".to_owned()
        } else {
            report.owner().to_owned()
        },
        state: report.state(),
        due: due.map(|due| due.what),
        by: due.map(|due| due.by),
    }
}

fn open_dispute(record: &Record, file: &DisputeFile) -> OpenDispute {
    let due = file.deadline();
    let pressed = file.pressed().map(|(done, acknowledged)| Pressed {
        step: done.taken.step,
        done: Attribution { by: done.by.to_string(), at: done.at },
        acknowledged,
    });
    OpenDispute {
        of: OfRecord { record: record.id, channel: record.channel.clone() },
        number: file.number(),
        matter: file.dispute.matter,
        colour: file.dispute.colour,
        owner: file.handler(),
        state: file.state,
        due: due.map(|due| due.what),
        by: due.map(|due| due.by),
        pressed,
        readable: false,
    }
}

/// `POST /api/v1/office/file`: what is in a dispute's file, where the caller may look at mediation.
pub async fn file(
    State(database): State<Database>,
    official: Official,
    Asked(of): Asked<OfRecord>,
) -> Result<Json<WholeFile>, Refusal> {
    official.answers_for(Duty::Late, &of.channel)?;
    let (dispute, others) = database.file(&of).await?.ok_or(Refusal::NotFound)?;
    let grid = database.grid_name(&of.channel.grid).await?;
    database.put_on_record(&[official.does(Act::File, of.record).in_channel(&of.channel)]).await?;
    Ok(Json(WholeFile { dispute, others, grid }))
}

/// `POST /api/v1/office/press`
pub async fn press(
    State(database): State<Database>,
    official: Official,
    Asked(Press { of, step, why }): Asked<Press>,
) -> Result<Json<Nothing>, Refusal> {
    let roles = duties::roles(&official.grants, Duty::Late, &of.channel.grid);
    if roles.is_empty() || !step.presses() {
        return Err(Refusal::NotAllowed);
    }
    if why.chars().count() > WORDS {
        return Err(Refusal::Invalid(format!("原因请控制在 {WORDS} 字以内")));
    }
    let (record, others) = database.file(&of).await?.ok_or(Refusal::NotFound)?;
    let file = DisputeFile::gather(&record, &others).ok_or(Refusal::NotFound)?;
    let name = &official.session.name;
    let taken = DisputeStep { why: why.trim().to_owned(), ..DisputeStep::of(of.record, step) };
    let now = random::now_ms();
    let checked = file.check(&taken, &roles, name, day::day(now.cast_signed()));
    checked.map_err(|error| Refusal::Invalid(error.to_string()))?;
    let device = DeviceId(official.session.device.0);
    let op = Op {
        id: OpId::new(now, random::bytes()),
        record: RecordId::new(now, random::bytes()),
        kind: Kind::DisputeStep,
        channel: record.channel,
        stamp: Stamp::zero(device).next(now, device),
        by: Name::default(),
        changes: diff(None, &taken),
    };
    let author = Author { account: &official.session.account, name, device, grants: &official.grants };
    let done = database.take(author, vec![Incoming::Op(Box::new(op))]).await?;
    if done.results.iter().any(|result| result.outcome != OpOutcome::Applied) {
        // Somebody took another step in between: it waits like any other that does not follow.
        return Err(Refusal::Invalid("这份卷宗刚有变化，请刷新后再看".into()));
    }
    database.put_on_record(&[official.does(Act::Press, of.record).in_channel(&of.channel)]).await?;
    Ok(Json(Nothing {}))
}
