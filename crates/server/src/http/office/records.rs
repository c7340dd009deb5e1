//! The endpoints for ops that wait for a decision, for who saw a record, and for what is held on a person.

use super::{Asked, Official, Refusal};
use crate::{
    database::{Act, Database, QuarantinePage, Quarantined, WantedActs},
    http::photos,
    photos::PhotoStore,
};
use axum::{Json, body::Body, extract::State, http::Response};
use ruhu_domain::{
    Channel, OpId, day,
    office::{
        ActLine, Attribution, Decision, FindActs, FindWaiting, Nothing, OfRecord, Seen, WAITING_PAGE, Waiting,
        WaitingPage, WaitingPhoto,
        duties::{self, Duty},
    },
    roster::household::Household,
};
use std::collections::BTreeMap;

/// Entries of the audit in one answer.
const ACTS: u32 = 200;

/// `POST /api/v1/office/waiting`
pub async fn waiting(
    State(database): State<Database>,
    official: Official,
    Asked(FindWaiting { skip }): Asked<FindWaiting>,
) -> Result<Json<WaitingPage>, Refusal> {
    official.has(Duty::Decide)?;
    let may = |channel: &Channel| duties::answers_for(&official.grants, Duty::Decide, channel);
    let QuarantinePage { ops, unreadable, all } = database.quarantined_page(may, skip, WAITING_PAGE).await?;
    let mut items: Vec<Waiting> = Vec::new();
    for Quarantined { op, channel, received_at, reason, .. } in ops {
        let household = database.household_of(&op).await?.filter(|(channel, _)| may(channel));
        let called = |(_, household): (Channel, Household)| {
            [household.number, household.head, household.address].join(" ").trim().to_owned()
        };
        items.push(Waiting {
            op: op.id,
            household: household.map(called).unwrap_or_default(),
            by: op.by,
            channel,
            kind: op.kind,
            received_at,
            reason,
            changes: op.changes.into_iter().map(|(name, change)| (name, change.value)).collect(),
        });
    }
    let mut read: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in &items {
        let county = item.channel.grid.village().county().to_owned();
        read.entry(county).or_default().push(item.op.to_string());
    }
    let entries: Vec<_> = read.iter().map(|(county, ops)| official.does(Act::Wait, ops.join(" ")).at(county)).collect();
    database.put_on_record(&entries).await?;
    Ok(Json(WaitingPage { items, unreadable, all }))
}

/// `POST /api/v1/office/photo`
pub async fn photo(
    State(database): State<Database>,
    State(photos): State<PhotoStore>,
    official: Official,
    Asked(WaitingPhoto { op }): Asked<WaitingPhoto>,
) -> Result<Response<Body>, Refusal> {
    let waiting = database.waiting_photos("").await?;
    let (waits, photo) = waiting.into_iter().find(|(waits, _)| waits.op.id == op).ok_or(Refusal::NotAllowed)?;
    official.answers_for(Duty::Decide, &waits.channel)?;
    let looks = official.does(Act::Wait, op).in_channel(&waits.channel);
    photos::photo_file(&database, &photos, &waits.channel, photo.hash, looks).await
}

/// `POST /api/v1/office/accept`
pub async fn accept(
    State(database): State<Database>,
    official: Official,
    Asked(Decision { op, .. }): Asked<Decision>,
) -> Result<Json<Nothing>, Refusal> {
    decides(&database, &official, op).await?;
    database.accept(op, &official.session.account).await?;
    Ok(Json(Nothing {}))
}

/// `POST /api/v1/office/refuse`
pub async fn refuse(
    State(database): State<Database>,
    official: Official,
    Asked(Decision { op, reason }): Asked<Decision>,
) -> Result<Json<Nothing>, Refusal> {
    if reason.trim().is_empty() {
        return Err(Refusal::Invalid("请写明退回的原因，走访人会看到".into()));
    }
    decides(&database, &official, op).await?;
    database.refuse(op, reason.trim(), &official.session.account).await?;
    Ok(Json(Nothing {}))
}

/// Whether the caller decides on an op: on their own they don't.
async fn decides(database: &Database, official: &Official, op: OpId) -> Result<(), Refusal> {
    let (channel, account) = database.waiting_for(op).await?.ok_or(Refusal::NotAllowed)?;
    if account == official.session.account {
        return Err(Refusal::Invalid("自己的记录请由上一级核对".into()));
    }
    official.answers_for(Duty::Decide, &channel)
}

/// `POST /api/v1/office/seen`
pub async fn seen(
    State(database): State<Database>,
    official: Official,
    Asked(of): Asked<OfRecord>,
) -> Result<Json<Vec<Seen>>, Refusal> {
    official.answers_for(Duty::Audit, &of.channel)?;
    let sights = seen_of(&database, &of).await?;
    database.put_on_record(&[official.does(Act::Sight, of.record).in_channel(&of.channel)]).await?;
    Ok(Json(sights))
}

/// Who saw a record.
pub(super) async fn seen_of(database: &Database, of: &OfRecord) -> Result<Vec<Seen>, Refusal> {
    let sights = database.who_saw(of.record, &of.channel).await?.into_iter();
    let seen = sights.map(|sight| Seen {
        done: Attribution { by: sight.name, at: sight.at },
        account: sight.account,
        how: sight.act.title().to_owned(),
    });
    Ok(seen.collect())
}

/// `POST /api/v1/office/acts`
pub async fn acts(
    State(database): State<Database>,
    official: Official,
    Asked(FindActs { account, sort, from, to, before }): Asked<FindActs>,
) -> Result<Json<Vec<ActLine>>, Refusal> {
    official.has(Duty::Audit)?;
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Refusal::Invalid("开始的日期在结束的日期之后，请改过再查".into()));
    }
    let members = database.members().await?;
    let account = account.trim();
    let wanted = members.iter().filter(|member| {
        let home = member.home.as_ref().is_some_and(|home| duties::governs(&official.grants, Duty::Audit, home));
        home && (member.account.contains(account) || member.name.contains(account))
    });
    let accounts: Vec<String> = wanted.map(|member| member.id.clone()).collect();
    // What was typed may be anybody's name, and stays for good: whose acts were looked at is enough.
    let subject = match accounts.as_slice() {
        [one] => one.clone(),
        many => format!("{} 人", many.len()),
    };
    let period = from.and_then(|from| from.pred_opt()).and_then(day::end_of).unwrap_or(0)
        ..to.and_then(day::end_of).unwrap_or(u64::MAX);
    let lines = database.acts(&WantedActs { accounts, sort, period, before }, ACTS).await?;
    database.put_on_record(&[official.does(Act::Sight, subject)]).await?;
    let subjects = database.subjects_in_words(&lines).await?;
    let name = |id: &str| members.iter().find(|member| member.id == id).map_or(id, |member| &member.name).to_owned();
    let line = |(line, subject): (crate::database::Line, String)| ActLine {
        done: Attribution { by: name(&line.account), at: line.place.at },
        place: line.place,
        act: line.act.title().to_owned(),
        subject,
    };
    Ok(Json(lines.into_iter().zip(subjects).map(line).collect()))
}
