//! 网格和区划: grids that are made, named, merged, split and closed; area tables, and villages whose code changes.

use super::{Asked, Official, Refusal, rosters::in_turn};
use crate::{
    database::{Act, CannotChangeGrid, Database},
    http::asked,
    import::{areas, grids},
    photos::PhotoStore,
};
use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
};
use ruhu_domain::{
    AreaCode, Channel, GridCode, Kind,
    office::{
        AreasRead, ChangeVillage, DoorToChoose, DoorsRead, GridInfo, MAX_DOORS, MergeGrid, Nothing, OfGrid, OfPlace,
        PutGrid, SplitGrid, Transferred, VillageChange,
        duties::{self, Duty},
    },
    rights::Place,
    roster::household::Household,
};

/// The longest name and official code of a grid, in characters.
const NAME: usize = 40;

/// The most areas and rows that are named in an answer.
const NAMED: usize = 200;

/// # Errors
/// The caller does not decide on the grids of a place.
fn governs(official: &Official, place: &Place) -> Result<(), Refusal> {
    if duties::governs(&official.grants, Duty::Rights, place) { Ok(()) } else { Err(Refusal::NotAllowed) }
}

fn governs_grid(official: &Official, grid: &GridCode) -> Result<(), Refusal> {
    governs(official, &Place::Grid(grid.clone()))
}

/// `POST /api/v1/office/grids`
pub async fn list(
    State(database): State<Database>,
    official: Official,
    Asked(OfPlace { place }): Asked<OfPlace>,
) -> Result<Json<Vec<GridInfo>>, Refusal> {
    governs(&official, &place)?;
    if place.county().is_none() {
        return Err(Refusal::Invalid("请选一个县、乡镇或村".into()));
    }
    Ok(Json(database.grids(&place).await?))
}

/// `POST /api/v1/office/grid`
pub async fn put(
    State(database): State<Database>,
    official: Official,
    Asked(put): Asked<PutGrid>,
) -> Result<Json<Nothing>, Refusal> {
    governs_grid(&official, &put.grid)?;
    if put.grid.number() == "00" {
        return Err(Refusal::Invalid("00 留给村一级，网格请从 01 编起".into()));
    }
    let [name, alias] = [&put.name, &put.alias].map(|text| text.trim().to_owned());
    if [&name, &alias].iter().any(|text| text.chars().count() > NAME) {
        return Err(Refusal::Invalid(format!("名称和官方编码请控制在 {NAME} 个字以内")));
    }
    database.put_grid(&PutGrid { name, alias, ..put }, &official.session.account).await?;
    Ok(Json(Nothing {}))
}

/// `POST /api/v1/office/grid-close`
pub async fn close(
    State(database): State<Database>,
    official: Official,
    Asked(OfGrid { grid }): Asked<OfGrid>,
) -> Result<Json<Nothing>, Refusal> {
    governs_grid(&official, &grid)?;
    database.close_grid(&grid, &official.session.account).await?;
    Ok(Json(Nothing {}))
}

/// `POST /api/v1/office/grid-merge`
pub async fn merge(
    State(database): State<Database>,
    State(photos): State<PhotoStore>,
    official: Official,
    Asked(MergeGrid { from, to }): Asked<MergeGrid>,
) -> Result<Json<Transferred>, Refusal> {
    governs_grid(&official, &from)?;
    governs_grid(&official, &to)?;
    let done = database.merge_grid(&photos, (&from, &to), &official.session.account).await;
    Ok(Json(done.map_err(refusal)?))
}

/// `POST /api/v1/office/doors`: the households of a grid, for those who may see its roster. Reading them is on record.
pub async fn doors(
    State(database): State<Database>,
    official: Official,
    Asked(OfGrid { grid }): Asked<OfGrid>,
) -> Result<Json<Vec<DoorToChoose>>, Refusal> {
    let channel = may_choose(&official, &grid)?;
    database.put_on_record(&[official.does(Act::Grid, format!("查看 {grid} 的户")).in_channel(&channel)]).await?;
    let records = database.records(grid.as_str(), &[Kind::Household]).await?;
    let door = |record: &ruhu_domain::Record| {
        let Household { number, head, address, .. } = record.view()?;
        Some(DoorToChoose { id: record.id, number, head, address })
    };
    let mut doors: Vec<DoorToChoose> = records.iter().filter(|record| !record.withdrawn()).filter_map(door).collect();
    doors.sort_by(|one, other| one.number.cmp(&other.number));
    Ok(Json(doors))
}

/// Returns the channel of a grid's households, where the caller decides on the grid and may see them.
fn may_choose(official: &Official, grid: &GridCode) -> Result<Channel, Refusal> {
    governs_grid(official, grid)?;
    let channel = Channel::general(grid.clone());
    official.answers_for(Duty::Roster, &channel)?;
    Ok(channel)
}

/// `POST /api/v1/office/doors-read`: the body is a sheet of households.
pub async fn read_doors(official: Official, body: Result<Bytes, BytesRejection>) -> Result<Json<DoorsRead>, Refusal> {
    official.has(Duty::Rights)?;
    let bytes = asked::body(body)?;
    Ok(Json(in_turn(move || grids::doors(&bytes)).await?))
}

/// `POST /api/v1/office/grid-split`
pub async fn split(
    State(database): State<Database>,
    official: Official,
    Asked(SplitGrid { from, to, households }): Asked<SplitGrid>,
) -> Result<Json<Transferred>, Refusal> {
    may_choose(&official, &from)?;
    governs_grid(&official, &to)?;
    if households.is_empty() || households.len() > MAX_DOORS {
        return Err(Refusal::Invalid(format!("请选 1 到 {MAX_DOORS} 户")));
    }
    Ok(Json(database.split_grid((&from, &to), &households, &official.session.account).await?))
}

/// `POST /api/v1/office/villages-read`: the body is a sheet of villages whose code changes.
pub async fn read_villages(
    State(database): State<Database>,
    official: Official,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Vec<VillageChange>>, Refusal> {
    official.has(Duty::Rights)?;
    let bytes = asked::body(body)?;
    let (rows, left_out) = in_turn(move || grids::villages(&bytes)).await?;
    let mut changes = Vec::with_capacity(rows.len());
    for (line, row) in rows {
        let mut one = VillageChange {
            line: line.to_string(),
            change: None,
            names: [String::new(), String::new()],
            grids: Vec::new(),
            problem: String::new(),
        };
        match row {
            Ok(change) => {
                one.problem = problem(&database, &official, &change).await?.unwrap_or_default();
                if one.problem.is_empty() {
                    let [from, to] = [&change.from, &change.to].map(|area| Place::Area(area.clone()));
                    let new =
                        if change.name.is_empty() { database.place_name(&to).await? } else { change.name.clone() };
                    one.names = [database.place_name(&from).await?, new];
                    one.grids = database.grids_after(&change).await?;
                }
                one.change = Some(change);
            }
            Err(words) => one.problem = words,
        }
        changes.push(one);
    }
    let note = |problem: String| VillageChange {
        line: String::new(),
        change: None,
        names: [String::new(), String::new()],
        grids: Vec::new(),
        problem,
    };
    changes.extend(left_out.into_iter().map(note));
    Ok(Json(changes))
}

/// Returns why a village can't get another code; none where it can.
async fn problem(database: &Database, official: &Official, change: &ChangeVillage) -> Result<Option<String>, Refusal> {
    let [from, to] = [&change.from, &change.to].map(|area| Place::Area(area.clone()));
    if change.from.county() != change.to.county() || change.from == change.to {
        return Ok(Some(CannotChangeGrid::NotOneCounty.to_string()));
    }
    if governs(official, &from).is_err() || governs(official, &to).is_err() {
        return Ok(Some("不在您管的范围里".into()));
    }
    if !database.has_place(&from).await? {
        return Ok(Some(format!("区划里没有 {}，可能已经改过了", change.from)));
    }
    let is_new = !database.has_place(&to).await?;
    Ok((is_new && change.name.is_empty()).then(|| format!("区划里没有 {}：请先导入新的区划，或填上新名称", change.to)))
}

/// `POST /api/v1/office/village-change`
pub async fn change_village(
    State(database): State<Database>,
    State(photos): State<PhotoStore>,
    official: Official,
    Asked(change): Asked<ChangeVillage>,
) -> Result<Json<Transferred>, Refusal> {
    if let Some(words) = problem(&database, &official, &change).await? {
        return Err(Refusal::Invalid(words));
    }
    let done = database.change_village(&photos, &change, &official.session.account).await;
    Ok(Json(done.map_err(refusal)?))
}

/// `POST /api/v1/office/areas-read`: the body is an area table.
pub async fn read_areas(
    State(database): State<Database>,
    official: Official,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<AreasRead>, Refusal> {
    import(&database, &official, body, false).await
}

/// `POST /api/v1/office/areas-take`: the body is an area table. It is taken as far as it tells of the caller's places.
pub async fn take_areas(
    State(database): State<Database>,
    official: Official,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<AreasRead>, Refusal> {
    let taken = import(&database, &official, body, true).await?;
    let words = format!("新增 {}，改名 {}", taken.added, taken.changed);
    database.put_on_record(&[official.does(Act::Areas, words)]).await?;
    Ok(taken)
}

async fn import(
    database: &Database,
    official: &Official,
    body: Result<Bytes, BytesRejection>,
    take: bool,
) -> Result<Json<AreasRead>, Refusal> {
    official.has(Duty::Rights)?;
    let bytes = asked::body(body)?;
    let file = in_turn(move || areas::read(&bytes)).await?;
    let may = |area: &AreaCode| governs(official, &Place::Area(area.clone())).is_ok();
    let done = areas::import(database, file, may, take).await.map_err(refusal)?;
    let own = |(code, name): &(String, String)| {
        let area: Option<AreaCode> = code.parse().ok();
        area.filter(&may).map(|_| format!("{code} {name}"))
    };
    let refused = done.refused.iter().map(|remark| format!("{}：{}", remark.line, remark.words));
    Ok(Json(AreasRead {
        added: done.counts.added,
        changed: done.counts.changed,
        same: done.counts.same,
        outside: done.outside,
        missing: done.missing.iter().filter_map(own).take(NAMED).collect(),
        problems: refused.chain(done.left_out.iter().cloned()).take(NAMED).collect(),
    }))
}

fn refusal(error: anyhow::Error) -> Refusal {
    let error = match error.downcast::<CannotChangeGrid>() {
        Ok(error) => return error.into(),
        Err(error) => error,
    };
    error.downcast::<sqlx::Error>().map_or_else(
        |error| {
            tracing::error!(%error, "a grid could not be changed");
            Refusal::Internal
        },
        Refusal::from,
    )
}
