//! 督办: what is due on disputes, hazards and requests, by counts and dates alone, and pressing for what is late.

use super::{Asked, NOT_THEIRS, Official, Refusal};
use crate::{
    database::{Act, Author, Database, Incoming},
    random,
};
use axum::{Json, extract::State};
use ruhu_domain::{
    DeviceId, Kind, OpId, RecordId, Stamp,
    case::{Case, StepRecord, book::CaseFile},
    day,
    dispute::{DisputeFile, records::DisputeStep},
    office::{
        CasePage, Nothing, OfRecord, Press, WantedCases, WholeFile,
        duties::{self, Duty},
    },
    record::{Name, Op, diff},
    wire::OpOutcome,
};
/// The longest reason, in characters.
const WORDS: usize = 500;

/// `POST /api/v1/office/cases`: a page of the open disputes, hazards and requests at the caller's places, the earliest due first.
pub async fn cases(
    State(database): State<Database>,
    official: Official,
    Asked(wanted): Asked<WantedCases>,
) -> Result<Json<CasePage>, Refusal> {
    official.has(Duty::Late)?;
    let places = official.places_in(Duty::Late, wanted.place.as_ref());
    if places.is_empty() {
        return Err(Refusal::Invalid(NOT_THEIRS.into()));
    }
    let areas: Vec<String> = places.iter().map(|place| place.prefix().to_owned()).collect();
    let today = day::day(random::now_ms().cast_signed());
    let mut page = database.open_cases(&areas, &wanted, today).await?;
    for case in &mut page.cases {
        let is_dispute = case.kind == Kind::Dispute;
        case.readable = is_dispute && duties::answers_for(&official.grants, Duty::Late, &case.of.channel);
    }
    Ok(Json(page))
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
