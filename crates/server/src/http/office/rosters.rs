//! 花名册: rosters that offices take in, and take out again.

use super::{Asked, Official, Refusal};
use crate::{
    database::{Act, Database, GridImport},
    http::asked,
    import::{self, roster},
    random,
};
use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use ruhu_domain::{
    Channel, Class, DeviceId, GridCode,
    office::{
        Attribution, MAX_PART, PastImport, RosterCounts, RosterFile, RosterPart, RosterPlan, RosterReport, SheetFile,
        UNDO_MS, UndoImport, Undone, WantedRoster,
        duties::{self, Duty},
    },
};
use tokio::sync::Semaphore;

/// The longest purpose, and the longest name of a file that is kept, in characters.
const WORDS: usize = 200;

/// The fewest digits that the code of a place has whose roster is exported whole: a township's.
const TOWNSHIP_DIGITS: usize = 9;

/// Files are read one at a time: unpacked, each may take hundreds of megabytes.
static READING: Semaphore = Semaphore::const_new(1);

/// `POST /api/v1/office/roster-read`: the body is the file.
pub async fn read(official: Official, body: Result<Bytes, BytesRejection>) -> Result<Json<RosterFile>, Refusal> {
    official.has(Duty::Roster)?;
    let bytes = asked::body(body)?;
    Ok(Json(in_turn(move || roster::read(&bytes)).await?))
}

/// Reads a file beside the threads that answer requests, one at a time.
pub async fn in_turn<T: Send + 'static>(
    read: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    let _turn = READING.acquire().await.map_err(|_| Refusal::Internal)?;
    let read = tokio::task::spawn_blocking(read).await.map_err(|_| Refusal::Internal)?;
    read.map_err(|error| Refusal::Invalid(error.to_string()))
}

/// `POST /api/v1/office/roster-plan`
pub async fn plan(
    State(database): State<Database>,
    official: Official,
    Asked(part): Asked<RosterPart>,
) -> Result<Json<RosterPlan>, Refusal> {
    let may = allowed(&official, &part)?;
    let plan = roster::take(&database, &part.rows, &part.answers, &may, None).await.map_err(refusal)?;
    put_on_record(&database, &official, &plan).await?;
    Ok(Json(plan))
}

/// Puts on record whose records an answer tells of: those of its grids are seen by whoever asks.
async fn put_on_record(database: &Database, official: &Official, plan: &RosterPlan) -> Result<(), Refusal> {
    for grid in &plan.grids {
        let channel = Channel::general(grid.clone());
        database.put_on_record(&[official.does(Act::Import, format!("核对 {grid}")).in_channel(&channel)]).await?;
    }
    Ok(())
}

/// `POST /api/v1/office/roster-take`
pub async fn take(
    State(database): State<Database>,
    official: Official,
    Asked(part): Asked<RosterPart>,
) -> Result<Json<RosterPlan>, Refusal> {
    let may = allowed(&official, &part)?;
    let file: String = part.file.trim().chars().take(WORDS).collect();
    let begun = match part.import {
        Some(import) => own(&database, &official, import).await?,
        None => None,
    };
    let import = begun.unwrap_or_else(|| DeviceId(u64::from_be_bytes(random::bytes())));
    let importer = roster::Importer { account: &official.session.account, file: &file, import };
    let taken = roster::take(&database, &part.rows, &part.answers, &may, Some(importer)).await.map_err(refusal)?;
    put_on_record(&database, &official, &taken).await?;
    Ok(Json(RosterPlan { import: taken.import.or(begun), ..taken }))
}

/// Returns which grids the caller takes rosters in for.
fn allowed(official: &Official, part: &RosterPart) -> Result<impl Fn(&GridCode) -> bool, Refusal> {
    official.has(Duty::Roster)?;
    if part.rows.len() > MAX_PART {
        return Err(Refusal::Invalid(format!("一次最多 {MAX_PART} 行，请按网格分开导入")));
    }
    Ok(|grid: &GridCode| answers_for(official, grid))
}

fn answers_for(official: &Official, grid: &GridCode) -> bool {
    duties::answers_for(&official.grants, Duty::Roster, &Channel::general(grid.clone()))
}

/// Returns the import, where the caller began it; none where it was undone since: what is taken now is another.
async fn own(database: &Database, official: &Official, import: DeviceId) -> Result<Option<DeviceId>, Refusal> {
    let known = database.imports().await?;
    let of: Vec<&GridImport> = known.iter().filter(|one| one.id == import).collect();
    if of.is_empty() || of.iter().any(|one| one.account != official.session.account) {
        return Err(Refusal::NotAllowed);
    }
    Ok(of.iter().all(|one| one.undone_at.is_none()).then_some(import))
}

fn refusal(error: anyhow::Error) -> Refusal {
    match error.downcast::<sqlx::Error>() {
        Ok(error) => error.into(),
        Err(words) => Refusal::Invalid(words.to_string()),
    }
}

/// `POST /api/v1/office/imports`
pub async fn imports(State(database): State<Database>, official: Official) -> Result<Json<Vec<PastImport>>, Refusal> {
    official.has(Duty::Roster)?;
    let mut past: Vec<PastImport> = Vec::new();
    for row in database.imports().await? {
        if !answers_for(&official, &row.grid) {
            continue;
        }
        let undoable = is_undoable(&row);
        let at = past.iter().position(|one| one.id == row.id).unwrap_or(past.len());
        if at == past.len() {
            past.push(PastImport {
                id: row.id,
                file: row.file,
                done: Attribution { by: row.name, at: row.begun_at },
                grids: Vec::new(),
                counts: RosterCounts::default(),
                undoable: false,
            });
        }
        past[at].grids.push((row.grid, row.undone_at.is_some()));
        past[at].counts += row.counts;
        past[at].undoable |= undoable;
    }
    Ok(Json(past))
}

fn is_undoable(import: &GridImport) -> bool {
    import.undone_at.is_none() && random::now_ms().saturating_sub(import.begun_at) < UNDO_MS
}

/// `POST /api/v1/office/roster-undo`
pub async fn undo(
    State(database): State<Database>,
    official: Official,
    Asked(UndoImport { id, grid }): Asked<UndoImport>,
) -> Result<Json<Undone>, Refusal> {
    let known = database.imports().await?;
    let import = known.into_iter().find(|one| one.id == id && one.grid == grid && answers_for(&official, &one.grid));
    let import = import.ok_or(Refusal::NotAllowed)?;
    if !is_undoable(&import) {
        let words = "只能撤销一天内的导入；已经撤销的不用再撤销。要改正请导入改好的花名册，或在手机上修改";
        return Err(Refusal::Invalid(words.into()));
    }
    let importer = roster::Importer { account: &official.session.account, file: &import.file, import: id };
    Ok(Json(roster::undo(&database, &grid, importer).await.map_err(refusal)?))
}

/// `POST /api/v1/office/roster-template`
pub async fn template(official: Official) -> Result<Json<SheetFile>, Refusal> {
    official.has(Duty::Roster)?;
    sheet(0, import::template())
}

/// `POST /api/v1/office/roster-report`
pub async fn report(official: Official, Asked(report): Asked<RosterReport>) -> Result<Json<SheetFile>, Refusal> {
    official.has(Duty::Roster)?;
    sheet(report.rows.len(), roster::report(&report))
}

/// `POST /api/v1/office/roster-export`
pub async fn export(
    State(database): State<Database>,
    official: Official,
    Asked(WantedRoster { place, purpose }): Asked<WantedRoster>,
) -> Result<Json<SheetFile>, Refusal> {
    if !duties::answers_at(&official.grants, Duty::Roster, &place, Class::General) {
        return Err(Refusal::NotAllowed);
    }
    let purpose = purpose.trim();
    if purpose.is_empty() || purpose.chars().count() > WORDS {
        return Err(Refusal::Invalid(format!("请写明用途，{WORDS} 字以内：导出花名册记入审计")));
    }
    if place.prefix().len() < TOWNSHIP_DIGITS {
        return Err(Refusal::Invalid("一次最多导出一个乡镇（街道）的花名册，请填写乡镇、村或网格的代码".into()));
    }
    let subject = format!("花名册 {place} 用途：{purpose}");
    database.put_on_record(&[official.does(Act::Export, subject).at(&place.county().unwrap_or_default())]).await?;
    let (rows, xlsx) = roster::export(&database, &place).await.map_err(refusal)?;
    sheet(rows, Ok::<_, anyhow::Error>(xlsx))
}

/// Returns a sheet as the answer.
pub fn sheet<E: std::fmt::Display>(rows: usize, xlsx: Result<Vec<u8>, E>) -> Result<Json<SheetFile>, Refusal> {
    let xlsx = xlsx.map_err(|error| {
        tracing::error!(%error, "a roster could not be written");
        Refusal::Internal
    })?;
    Ok(Json(SheetFile { rows, xlsx: BASE64_STANDARD.encode(xlsx) }))
}
