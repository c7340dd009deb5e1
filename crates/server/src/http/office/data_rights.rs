//! 个人信息请求: what is held on a person recorded, and what they ask for (个人信息保护法 44–50).

use super::{
    Asked, NOT_THEIRS, Official, Refusal,
    records::seen_of,
    saves::{Save, save},
};
use crate::database::{Act, Database, HeldOn, Wanted};
use axum::{Json, extract::State};
use ruhu_domain::{
    Channel, Class, Kind, RecordId,
    case::book::CaseFile,
    dispute::DisputeFile,
    form,
    office::{
        ApproveRetention, DataRequest, DecideDataRequest, Dossier, FindPerson, FoundResident, Held, HeldRetention,
        Nothing, OfRecord, OpenDataRequest, Wish,
        duties::{self, Duty},
    },
    record::Name,
    retention,
    rights::{Grant, Place, Role},
    roster::resident::{RESTRICTED, Resident},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The longest text of a request or an answer, in characters.
const WORDS: usize = 1_000;

/// How long the files of disputes are kept.
const FILES_KEPT: &str = "人民调解卷宗要立卷保存（人民调解法第二十七条）";

/// The fields of a resident that a correction may change.
const CORRECTED: [&str; 4] = ["name", "sex", "birth", "phone"];

/// `POST /api/v1/office/find`
pub async fn find(
    State(database): State<Database>,
    official: Official,
    Asked(FindPerson { name, place }): Asked<FindPerson>,
) -> Result<Json<Vec<FoundResident>>, Refusal> {
    official.has(Duty::Personal)?;
    let too_short = || Refusal::Invalid("姓名请至少写两个字，电话请至少写后七位".into());
    let wanted = Wanted::read(&name).ok_or_else(too_short)?;
    let may_see = |channel: &Channel| duties::answers_for(&official.grants, Duty::Personal, channel);
    let mut found: Vec<FoundResident> = Vec::new();
    let mut entries = Vec::new();
    let places = official.places_in(Duty::Personal, place.as_ref());
    if places.is_empty() {
        return Err(Refusal::Invalid(NOT_THEIRS.into()));
    }
    for place in places {
        let subject = format!("{place} {}", masked(&wanted));
        entries.push(official.does(Act::Find, subject).at(&place.county().unwrap_or_default()));
        found.extend(database.find_people(&wanted, place, may_see).await?);
    }
    found.sort_by_key(|found| (found.party, found.channel.to_string(), found.record));
    found.dedup_by_key(|found| found.record);
    // Whoever is shown in the list can be told later that they were.
    entries.extend(found.iter().map(|found| official.does(Act::Find, found.record).in_channel(&found.channel)));
    database.put_on_record(&entries).await?;
    Ok(Json(found))
}

/// Returns what was looked for as the audit keeps it, for good: of a name the first character and the length. Whom the search
/// found is on record by their identities.
fn masked(wanted: &Wanted<'_>) -> String {
    match wanted {
        Wanted::Name(name) => name.chars().take(1).chain(name.chars().skip(1).map(|_| '某')).collect(),
        Wanted::Phone(_) => "按电话".to_owned(),
    }
}

/// `POST /api/v1/office/dossier`
pub async fn dossier(
    State(database): State<Database>,
    official: Official,
    Asked(of): Asked<OfRecord>,
) -> Result<Json<Dossier>, Refusal> {
    official.answers_for(Duty::Personal, &of.channel)?;
    if let Some((found, records)) = party(&database, &of).await? {
        return written(&database, &official, of, found, records, BTreeSet::new()).await;
    }
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
    written(&database, &official, of, found, records, unreadable).await
}

/// The party to a dispute that a record is of, with what is held on them; `None` where it is of somebody else.
async fn party(database: &Database, of: &OfRecord) -> Result<Option<(FoundResident, Vec<Held>)>, Refusal> {
    if of.channel.class != Class::Mediation {
        return Ok(None);
    }
    Ok(database.held_on_party(of).await?)
}

/// Puts on record that somebody reads what is held on a person, and returns it with who saw it before.
async fn written(
    database: &Database,
    official: &Official,
    of: OfRecord,
    found: FoundResident,
    records: Vec<Held>,
    unreadable: BTreeSet<RecordId>,
) -> Result<Json<Dossier>, Refusal> {
    database.put_on_record(&[official.does(Act::Dossier, of.record).in_channel(&of.channel)]).await?;
    let requests = database.requests().await?.into_iter().filter(|request| request.of.record == of.record).collect();
    let kept: Vec<&str> = match found.party {
        true => vec![FILES_KEPT],
        false => retention::RULES.iter().map(|rule| rule.words).collect(),
    };
    let seen = seen_of(database, &of).await?;
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
    if party(&database, &request.of).await?.is_none() {
        database.held_on(&request.of).await?.ok_or(Refusal::NotFound)?;
    }
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
    if let Some((_, held)) = party(&database, &request.of).await? {
        if request.wish != Wish::Correct {
            return Err(Refusal::Invalid(format!("{FILES_KEPT}，不能删除或停用。请点“不同意”并把理由告诉本人")));
        }
        let changes = corrected_party(values, &held)?;
        let channel = &request.of.channel;
        let mut saves = Vec::new();
        for entry in held {
            not_closed(&database, channel, &entry, &changes).await?;
            let of = OfRecord { record: entry.record, channel: channel.clone() };
            saves.push(Save { kind: Kind::Party, of, changes: changes.clone() });
        }
        let files = Grant::new(Role::Mediator, Place::Grid(channel.grid.clone()), vec![Class::Mediation]);
        save(&database, &official, &[files.map_err(|_| Refusal::Internal)?], saves).await?;
        return done(database.decide_request(&request, true, answer, by, false).await?);
    }
    let HeldOn { resident, same, records: held, homes, .. } =
        database.held_on(&request.of).await?.ok_or(Refusal::NotFound)?;
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
    // The decision on the request is what may be written.
    let worker = [Grant::grid_worker(request.of.channel.grid.clone())];
    let of = |record| OfRecord { record, channel: request.of.channel.clone() };
    let mut saves = Vec::new();
    if request.wish == Wish::Correct {
        // The household says who its head is and how to reach them: it does not go on saying what was wrong.
        for household in held.iter().filter(|held| held.kind == Kind::Household && homes.contains(&held.record)) {
            let changes = corrected_head(&resident, &changes, household);
            if !changes.is_empty() {
                saves.push(Save { kind: Kind::Household, of: of(household.record), changes });
            }
        }
    }
    // What was merged with it is restricted too; a correction is of the one record.
    let records = if request.wish == Wish::Restrict { same } else { BTreeSet::from([request.of.record]) };
    let own = records.into_iter().map(|record| Save { kind: Kind::Resident, of: of(record), changes: changes.clone() });
    saves.extend(own);
    save(&database, &official, &worker, saves).await?;
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

/// Checks that the file of a party's entry is not closed to a change: an agreement in force names the parties who signed it.
async fn not_closed(
    database: &Database,
    channel: &Channel,
    entry: &Held,
    changes: &BTreeMap<Name, Value>,
) -> Result<(), Refusal> {
    let dispute = entry.values.get("dispute").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let Some(record) = dispute else { return Ok(()) };
    let of = OfRecord { record, channel: channel.clone() };
    let Some((head, others)) = database.file(&of).await? else { return Ok(()) };
    let Some(file) = DisputeFile::gather(&head, &others) else { return Ok(()) };
    match file.closed_to(&Kind::Party, changes.keys().map(Name::as_str)) {
        Some(why) => Err(Refusal::Invalid(format!("{}：{why}", file.number()))),
        None => Ok(()),
    }
}

/// Returns the fields that a correction changes in the entries of a party.
fn corrected_party(values: BTreeMap<Name, Value>, held: &[Held]) -> Result<BTreeMap<Name, Value>, Refusal> {
    let own = held.first().ok_or(Refusal::NotFound)?;
    let values: BTreeMap<Name, Value> =
        values.into_iter().filter(|(name, value)| own.values.get(name) != Some(value)).collect();
    if values.is_empty() || values.keys().any(|name| !["name", "phone"].contains(&name.as_str())) {
        return Err(Refusal::Invalid("请填写要改成什么：姓名或电话".into()));
    }
    let mut after = own.values.clone();
    after.extend(values.clone());
    let fields = after.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    let checked = form::check_fields(&Kind::Party, &fields, |name| values.contains_key(name));
    checked.map(|()| values).map_err(|wrong| Refusal::Invalid(wrong.words))
}

/// Returns the fields of a household that repeat what was corrected of its head: the name, and the phone where it is theirs.
fn corrected_head(before: &Resident, changes: &BTreeMap<Name, Value>, household: &Held) -> BTreeMap<Name, Value> {
    let says = |field: &str, text: &str| {
        household.values.get(field).and_then(Value::as_str).is_some_and(|own| own.trim() == text.trim())
    };
    if before.name.trim().is_empty() || !says("head", &before.name) {
        return BTreeMap::new();
    }
    let phone = !before.phone.trim().is_empty() && says("phone", &before.phone);
    let repeated = [("name", "head", true), ("phone", "phone", phone)].into_iter().filter(|(.., theirs)| *theirs);
    repeated.filter_map(|(own, of_home, _)| Some((Name::from(of_home), changes.get(own)?.clone()))).collect()
}
