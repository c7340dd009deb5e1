//! 个人信息请求: what is held on a person recorded, and what they ask for (个人信息保护法 44–50).

use super::{Asked, Official, Refusal, records::seen_of};
use crate::{
    database::{Act, Author, Database, HeldOn, Incoming},
    random,
};
use axum::{Json, extract::State};
use ruhu_domain::{
    Channel, Class, DeviceId, Kind, OpId, Stamp, form,
    office::{
        ApproveRetention, DataRequest, DecideDataRequest, Dossier, FindPerson, FoundResident, Held, HeldRetention,
        Nothing, OfRecord, OpenDataRequest, Wish,
        duties::{self, Duty},
    },
    record::{Change, Name, Op},
    retention,
    rights::{Grant, Place},
    roster::resident::{RESTRICTED, Resident},
    wire::OpOutcome,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The longest text of a request or an answer, in characters.
const WORDS: usize = 1_000;

/// The fields of a resident that a correction may change.
const CORRECTED: [&str; 4] = ["name", "sex", "birth", "phone"];

/// `POST /api/v1/office/find`
pub async fn find(
    State(database): State<Database>,
    official: Official,
    Asked(FindPerson { name }): Asked<FindPerson>,
) -> Result<Json<Vec<FoundResident>>, Refusal> {
    official.has(Duty::Personal)?;
    let name = name.trim();
    if name.chars().count() < 2 {
        return Err(Refusal::Invalid("请至少写两个字".into()));
    }
    let mut found: Vec<FoundResident> = Vec::new();
    for place in official.places(Duty::Personal) {
        database.put_on_record(&[official.does(Act::Find, place).at(&place.county().unwrap_or_default())]).await?;
        found.extend(database.find_people(name, place).await?);
    }
    found.retain(|found| duties::answers_for(&official.grants, Duty::Personal, &found.channel));
    found.dedup_by_key(|found| found.record);
    Ok(Json(found))
}

/// `POST /api/v1/office/dossier`
pub async fn dossier(
    State(database): State<Database>,
    official: Official,
    Asked(of): Asked<OfRecord>,
) -> Result<Json<Dossier>, Refusal> {
    official.answers_for(Duty::Personal, &of.channel)?;
    let held = database.held_on(&of).await?.ok_or(Refusal::NotFound)?;
    let mut parties = Vec::new();
    let files = Channel { grid: of.channel.grid.clone(), class: Class::Mediation };
    if duties::answers_for(&official.grants, Duty::Personal, &files) {
        parties = database.party_in(&held.same, &files).await?;
    }
    let mut cases = database.cared_for(&of, &held).await?;
    cases.retain(|record| duties::answers_for(&official.grants, Duty::Personal, &record.channel));
    let HeldOn { found, mut records, mentioned, unreadable, .. } = held;
    let hidden = |(channel, _): &&(Channel, _)| !duties::answers_for(&official.grants, Duty::Personal, channel);
    let hidden: Vec<_> = mentioned.iter().filter(hidden).map(|(_, record)| *record).collect();
    records.retain(|held| !hidden.contains(&held.record));
    records.extend(parties);
    records.extend(database.with_history(&cases).await?);
    database.put_on_record(&[official.does(Act::Dossier, of.record).in_channel(&of.channel)]).await?;
    let requests = database.requests().await?.into_iter().filter(|request| request.of.record == of.record).collect();
    let kept: Vec<&str> = retention::RULES.iter().map(|rule| rule.words).collect();
    let seen = seen_of(&database, &of).await?;
    Ok(Json(Dossier { found, records, seen, requests, kept: kept.join("；"), unreadable: unreadable.len() }))
}

/// `POST /api/v1/office/request-open`
pub async fn open(
    State(database): State<Database>,
    official: Official,
    Asked(request): Asked<OpenDataRequest>,
) -> Result<Json<Nothing>, Refusal> {
    official.answers_for(Duty::Personal, &request.of.channel)?;
    let texts = [&request.asked_by, &request.words];
    if texts.iter().any(|text| text.trim().is_empty() || text.chars().count() > WORDS) {
        return Err(Refusal::Invalid("请写明谁提出、怎样核实身份，以及具体要求（1000 字以内）".into()));
    }
    database.held_on(&request.of).await?.ok_or(Refusal::NotFound)?;
    database.open_request(&request, &official.session.account).await?;
    Ok(Json(Nothing {}))
}

/// `POST /api/v1/office/requests`
pub async fn list(State(database): State<Database>, official: Official) -> Result<Json<Vec<DataRequest>>, Refusal> {
    official.has(Duty::Personal)?;
    let mut requests = database.requests().await?;
    requests.retain(|request| duties::answers_for(&official.grants, Duty::Personal, &request.of.channel));
    Ok(Json(requests))
}

/// `POST /api/v1/office/request-decide`
pub async fn decide(
    State(database): State<Database>,
    official: Official,
    Asked(DecideDataRequest { id, granted, answer, values }): Asked<DecideDataRequest>,
) -> Result<Json<Nothing>, Refusal> {
    let request = database.requests().await?.into_iter().find(|request| request.id == id && request.decided.is_none());
    let request = request.ok_or_else(|| Refusal::Invalid("没有这条请求，或已经答复".into()))?;
    official.answers_for(Duty::Personal, &request.of.channel)?;
    let answer = answer.trim();
    if answer.is_empty() || answer.chars().count() > WORDS {
        return Err(Refusal::Invalid("请写明怎样办的，或不同意的理由（1000 字以内）：要告诉本人".into()));
    }
    let by = &official.session.account;
    if !granted || request.wish == Wish::Copy {
        return done(database.decide_request(&request, granted, answer, by, false).await?);
    }
    let HeldOn { resident, same, records: held, .. } = database.held_on(&request.of).await?.ok_or(Refusal::NotFound)?;
    let changes = match request.wish {
        Wish::Erase => {
            if resident.name.trim().is_empty() {
                return Err(Refusal::Invalid("这个人没有登记姓名，请先更正姓名再删除".into()));
            }
            return done(database.decide_request(&request, true, answer, by, true).await?);
        }
        Wish::Restrict => BTreeMap::from([(Name::from(RESTRICTED), Value::from(answer))]),
        _ => corrected(values, &held)?,
    };
    // What was merged with it is restricted too; a correction is of the one record.
    let records = if request.wish == Wish::Restrict { same } else { BTreeSet::from([request.of.record]) };
    for record in records {
        let of = OfRecord { record, channel: request.of.channel.clone() };
        write(&database, &official, &of, changes.clone()).await?;
    }
    done(database.decide_request(&request, true, answer, by, false).await?)
}

/// Checks that somebody answers for the records of a whole county: the nights of a server are the same for all of them.
fn answers_for_county(official: &Official) -> Result<(), Refusal> {
    let whole = |place: &Place| place.county().is_none_or(|county| place.prefix() == county);
    official.places(Duty::Personal).any(whole).then_some(()).ok_or(Refusal::NotAllowed)
}

/// `POST /api/v1/office/retention`: the erasing that waits for an office, for those of a county or a city.
pub async fn held(
    State(database): State<Database>,
    official: Official,
) -> Result<Json<Option<HeldRetention>>, Refusal> {
    official.has(Duty::Personal)?;
    if answers_for_county(&official).is_err() {
        return Ok(Json(None));
    }
    Ok(Json(database.held_retention().await?))
}

/// `POST /api/v1/office/retention-approve`
pub async fn approve(
    State(database): State<Database>,
    official: Official,
    Asked(ApproveRetention { on }): Asked<ApproveRetention>,
) -> Result<Json<Nothing>, Refusal> {
    answers_for_county(&official)?;
    if database.held_retention().await?.is_none_or(|held| held.on != on) {
        return Err(Refusal::Invalid("没有等着准许的到期删除，或已经换了一天，请刷新再看".into()));
    }
    database.approve_retention(on, &official.session.account).await?;
    Ok(Json(Nothing {}))
}

fn done(done: bool) -> Result<Json<Nothing>, Refusal> {
    if done { Ok(Json(Nothing {})) } else { Err(Refusal::Invalid("这条请求已经答复".into())) }
}

/// The fields a correction changes, all of them right for a resident.
fn corrected(values: BTreeMap<Name, Value>, held: &[Held]) -> Result<BTreeMap<Name, Value>, Refusal> {
    let own = held.iter().find(|held| held.kind == Kind::Resident).ok_or(Refusal::NotFound)?;
    let values: BTreeMap<Name, Value> =
        values.into_iter().filter(|(name, value)| own.values.get(name) != Some(value)).collect();
    let mut after = own.values.clone();
    after.extend(values.clone());
    let fields = after.iter().map(|(name, value)| (name.to_string(), value.clone()));
    let fits = serde_json::from_value::<Resident>(Value::Object(fields.collect()));
    let fits = fits.is_ok_and(|resident| !resident.name.trim().is_empty());
    if values.is_empty() || !fits || values.keys().any(|name| !CORRECTED.contains(&name.as_str())) {
        return Err(Refusal::Invalid("请填写要改成什么；出生日期写成 1956-03-08 这样".into()));
    }
    let fields = after.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    let checked = form::check_fields(&Kind::Resident, &fields, |name| values.contains_key(name));
    checked.map(|()| values).map_err(|wrong| Refusal::Invalid(wrong.words))
}

/// Writes fields of a resident, as a save in the caller's name: its history shows who and what.
async fn write(
    database: &Database,
    official: &Official,
    of: &OfRecord,
    changes: BTreeMap<Name, Value>,
) -> Result<(), Refusal> {
    let now = random::now_ms();
    let device = DeviceId(official.session.device.0);
    let replaced = database.stamps(of.record, &of.channel).await?;
    let change = |(name, value): (Name, Value)| {
        let replaced = replaced.get(&name).copied();
        (name, Change { value, replaced, settles: Vec::new() })
    };
    let latest = replaced.values().max().copied().unwrap_or(Stamp::zero(device));
    let op = Op {
        id: OpId::new(now, random::bytes()),
        record: of.record,
        kind: Kind::Resident,
        channel: of.channel.clone(),
        stamp: latest.next(now, device),
        by: Name::default(),
        changes: changes.into_iter().map(change).collect(),
    };
    // An office saves nothing by its own grants: this one decision is what it may write.
    let mut grants = vec![Grant::grid_worker(of.channel.grid.clone())];
    grants.extend_from_slice(&official.grants);
    let author = Author { account: &official.session.account, name: &official.session.name, device, grants: &grants };
    let taken = database.take(author, vec![Incoming::Op(Box::new(op))]).await?;
    match taken.results.into_iter().next() {
        Some(result) if result.outcome == OpOutcome::Quarantined => {
            Err(Refusal::Invalid(result.reason.unwrap_or_default().replace("，已交主管核对", "")))
        }
        Some(_) => Ok(()),
        None => Err(Refusal::Internal),
    }
}
