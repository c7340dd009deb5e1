//! Grids: their names, official codes and who works in them; grids that are closed.

use super::{
    Database,
    audit::{Act, Entry, append},
    grants::end,
    stored::decode,
};
use crate::random;
use ruhu_domain::{
    AreaCode, AreaLevel, GridCode,
    office::{ClosedGrid, GridInfo, PutGrid},
    rights::Place,
};
use sqlx::{AnyConnection, Row};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The names of grids of a place.
#[derive(Clone, Debug, Default)]
pub struct GridNames {
    /// Villages by code, with the township's name before it where the place is larger than a township.
    pub(super) villages: HashMap<String, String>,
    /// The names that offices gave to grids, by code.
    pub(super) own: HashMap<String, String>,
}

impl GridNames {
    /// Returns the name of a grid: its village's, and its own or its number. A village that the areas lack is told by its code.
    pub fn of(&self, grid: &GridCode) -> String {
        let village = grid.village();
        let village = self.villages.get(village.as_str()).map_or_else(|| village.to_string(), Clone::clone);
        match self.own.get(grid.as_str()) {
            Some(own) => format!("{village}{own}"),
            None => format!("{village}第{}网格", grid.number().trim_start_matches('0')),
        }
    }
}

/// Why a grid can't be changed.
#[derive(Debug, thiserror::Error)]
pub enum CannotChangeGrid {
    /// The areas have no such village.
    #[error("区划里没有 {0} 这个村，请先导入区划")]
    NoVillage(AreaCode),
    /// There is no such grid.
    #[error("没有网格 {0}")]
    NotThere(GridCode),
    /// There is one already.
    #[error("网格 {0} 已经有了")]
    There(GridCode),
    /// The grid was closed.
    #[error("网格 {0} 已经关闭")]
    Closed(GridCode),
    /// Another grid of the county has this official code.
    #[error("官方编码 {0} 已经用在网格 {1}")]
    AliasTaken(String, String),
    /// The grid has records.
    #[error("网格 {0} 里还有记录，请先合并到别的网格")]
    HasRecords(GridCode),
    /// The grids are the same, or of two counties.
    #[error("只能并入同一个县（市、区）的另一个网格")]
    NotOneCounty,
    /// A household is not in the grid.
    #[error("有 {0} 户不在这个网格，可能刚刚移走了，请重新选")]
    NotAllThere(usize),
    /// Photos of the grid came in the meantime.
    #[error("有照片正在传来，请再试一次")]
    PhotosCame,
    /// The database's reason.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Database {
    /// Returns the names of the grids of a place.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn grid_names(&self, place: &Place) -> sqlx::Result<GridNames> {
        let (prefix, level) = match place {
            Place::Grid(grid) => (grid.village().to_string(), AreaLevel::Village),
            Place::Area(area) => (area.prefix().to_owned(), area.level()),
        };
        let areas: Vec<(String, String, String)> =
            sqlx::query_as("SELECT code, name, level FROM area WHERE code >= $1 AND code < $2")
                .bind(&prefix)
                .bind(format!("{prefix}~"))
                .fetch_all(&self.pool)
                .await?;
        let is = |row: &&(String, String, String), level: AreaLevel| row.2 == level.as_str();
        let towns: HashMap<&str, &str> = areas
            .iter()
            .filter(|row| is(row, AreaLevel::Township) && level < AreaLevel::Township)
            .filter_map(|(code, name, _)| Some((code.get(..AreaLevel::Township.digits())?, name.as_str())))
            .collect();
        let village = |(code, name, _): &(String, String, String)| {
            let town = code.get(..AreaLevel::Township.digits()).and_then(|digits| towns.get(digits)).copied();
            (code.clone(), format!("{}{name}", town.unwrap_or_default()))
        };
        let villages = areas.iter().filter(|row| is(row, AreaLevel::Village)).map(village).collect();
        // A city has several.
        let county = prefix.get(..AreaLevel::County.digits()).unwrap_or(&prefix);
        let own: Vec<(String, String)> =
            sqlx::query_as(
                "SELECT code, name FROM grid WHERE county >= $1 AND county < $2 AND code >= $3 AND code < $4 AND name <> ''",
            )
            .bind(county)
            .bind(format!("{county}~"))
            .bind(&prefix)
            .bind(format!("{prefix}~"))
                .fetch_all(&self.pool)
                .await?;
        Ok(GridNames { villages, own: own.into_iter().collect() })
    }

    /// Returns the name of a grid: see [`GridNames::of`].
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn grid_name(&self, grid: &GridCode) -> sqlx::Result<String> {
        Ok(self.grid_names(&Place::Grid(grid.clone())).await?.of(grid))
    }

    /// Returns the name of a place, after those of the areas above it; its code where the areas don't have it.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn place_name(&self, place: &Place) -> sqlx::Result<String> {
        let (grid, mut area) = match place {
            Place::Grid(grid) => (Some(self.grid_name(grid).await?), grid.village().parent()),
            Place::Area(area) => (None, Some(area.clone())),
        };
        let mut names: Vec<String> = grid.into_iter().collect();
        while let Some(code) = area {
            let name: Option<String> = sqlx::query_scalar("SELECT name FROM area WHERE code = $1")
                .bind(code.as_str())
                .fetch_optional(&self.pool)
                .await?;
            names.extend(name.or_else(|| names.is_empty().then(|| code.to_string())));
            area = code.parent();
        }
        names.reverse();
        Ok(names.concat())
    }

    /// Returns the grids of a place within a county, closed ones too: those that have records, those in which somebody has a
    /// right, and those that an office named. By their codes.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn grids(&self, place: &Place) -> sqlx::Result<Vec<GridInfo>> {
        let Some(county) = place.county() else { return Ok(Vec::new()) };
        let (from, to) = (place.prefix().to_owned(), format!("{}~", place.prefix()));
        let named = sqlx::query(
            "SELECT code, name, alias, closed_at, successor FROM grid WHERE county = $1 AND code >= $2 AND code < $3",
        )
        .bind(county.as_str())
        .bind(&from)
        .bind(&to)
        .fetch_all(&self.pool)
        .await?;
        let names = self.grid_names(place).await?;
        let mut grids: BTreeMap<GridCode, GridInfo> = BTreeMap::new();
        for row in &named {
            let code: GridCode = row.try_get::<String, _>(0)?.parse().map_err(decode)?;
            let successor: Option<String> = row.try_get(4)?;
            let successor = successor.map(|code| code.parse()).transpose().map_err(decode)?;
            let closed = row.try_get::<Option<i64>, _>(3)?;
            let mut grid = info(&names, code.clone());
            grid.own_name = row.try_get(1)?;
            grid.alias = row.try_get(2)?;
            grid.closed = closed.map(|at| ClosedGrid { at: at.cast_unsigned(), successor });
            grids.insert(code, grid);
        }
        let counts: Vec<(String, i64)> = sqlx::query_as(
            "SELECT c.channel, COUNT(r.id) FROM channel c LEFT JOIN record r ON r.county = c.county AND r.channel = c.channel
             AND r.kind = 'household' WHERE c.county = $1 AND c.channel >= $2 AND c.channel < $3 AND c.successor IS NULL
             GROUP BY c.channel",
        )
        .bind(county.as_str())
        .bind(&from)
        .bind(&to)
        .fetch_all(&self.pool)
        .await?;
        for (channel, households) in counts {
            let code: GridCode = channel.split('/').next().unwrap_or_default().parse().map_err(decode)?;
            let grid = grids.entry(code.clone()).or_insert_with(|| info(&names, code));
            grid.households += households.cast_unsigned();
        }
        let staff: Vec<(String, String)> = sqlx::query_as(
            "SELECT DISTINCT g.place, a.name FROM access_grant g JOIN account a ON a.id = g.account
             WHERE g.place >= $1 AND g.place < $2 AND g.ended_at IS NULL AND (g.until IS NULL OR g.until > $3)
             ORDER BY g.place, a.name",
        )
        .bind(&from)
        .bind(&to)
        .bind(self.now_ms().cast_signed())
        .fetch_all(&self.pool)
        .await?;
        for (place, name) in staff {
            let Ok(code) = place.parse::<GridCode>() else { continue };
            grids.entry(code.clone()).or_insert_with(|| info(&names, code)).staff.push(name);
        }
        Ok(grids.into_values().collect())
    }

    /// Makes a grid, or gives one another name and official code.
    ///
    /// # Errors
    /// See [`CannotChangeGrid`].
    pub async fn put_grid(&self, put: &PutGrid, by: &str) -> Result<(), CannotChangeGrid> {
        let PutGrid { grid, name, alias, new } = put;
        let village = grid.village();
        if !self.has_place(&Place::Grid(grid.clone())).await? {
            return Err(CannotChangeGrid::NoVillage(village));
        }
        let county = village.county().to_owned();
        let mut tx = self.begin().await?;
        if closed(&mut tx, &county, grid).await? {
            return Err(CannotChangeGrid::Closed(grid.clone()));
        }
        match (*new, self.has_grid(&mut tx, &county, grid).await?) {
            (true, true) => return Err(CannotChangeGrid::There(grid.clone())),
            (false, false) => return Err(CannotChangeGrid::NotThere(grid.clone())),
            _ => {}
        }
        let other: Option<String> =
            sqlx::query_scalar("SELECT code FROM grid WHERE county = $1 AND alias = $2 AND alias <> '' AND code <> $3")
                .bind(&county)
                .bind(alias)
                .bind(grid.as_str())
                .fetch_optional(&mut *tx)
                .await?;
        if let Some(other) = other {
            return Err(CannotChangeGrid::AliasTaken(alias.clone(), other));
        }
        sqlx::query(
            "INSERT INTO grid (county, code, name, alias, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (county, code) DO UPDATE SET name = excluded.name, alias = excluded.alias,
             changed_by = excluded.changed_by, changed_at = excluded.changed_at",
        )
        .bind(&county)
        .bind(grid.as_str())
        .bind(name)
        .bind(alias)
        .bind(by)
        .bind(random::now_ms().cast_signed())
        .execute(&mut *tx)
        .await?;
        let subject = format!("{grid} {name} {alias}").trim().to_owned();
        append(&mut tx, self.engine, &Entry::of(by, Act::Grid, subject).at(&county)).await?;
        Ok(tx.commit().await?)
    }

    /// Closes a grid that has no records; rights in it end.
    ///
    /// # Errors
    /// See [`CannotChangeGrid`].
    pub async fn close_grid(&self, grid: &GridCode, by: &str) -> Result<(), CannotChangeGrid> {
        let county = grid.village().county().to_owned();
        let mut tx = self.begin().await?;
        if closed(&mut tx, &county, grid).await? {
            return Err(CannotChangeGrid::Closed(grid.clone()));
        }
        let records: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM record WHERE county = $1 AND channel >= $2 AND channel < $3 LIMIT 1")
                .bind(&county)
                .bind(format!("{grid}/"))
                .bind(format!("{grid}/~"))
                .fetch_optional(&mut *tx)
                .await?;
        if records.is_some() {
            return Err(CannotChangeGrid::HasRecords(grid.clone()));
        }
        let rights: Vec<String> =
            sqlx::query_scalar("SELECT id FROM access_grant WHERE place = $1 AND ended_at IS NULL ORDER BY id")
                .bind(grid.as_str())
                .fetch_all(&mut *tx)
                .await?;
        for id in rights {
            end(&mut tx, self.engine, &id, by).await?;
        }
        mark_closed(&mut tx, &county, grid, None, by).await?;
        append(&mut tx, self.engine, &Entry::of(by, Act::Grid, format!("{grid} 关闭")).at(&county)).await?;
        Ok(tx.commit().await?)
    }

    /// Returns the grids of all counties by the official codes that offices gave them.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn grid_aliases(&self) -> sqlx::Result<HashMap<String, GridCode>> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT alias, code FROM grid WHERE alias <> '' AND closed_at IS NULL ORDER BY county, code",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|(alias, code)| Ok((alias, code.parse().map_err(decode)?))).collect()
    }

    /// Returns the grids of all counties that were closed, each with the one that has its records now; none where it had no records.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn closed_grids(&self) -> sqlx::Result<HashMap<GridCode, Option<GridCode>>> {
        let rows: Vec<(String, Option<String>)> =
            sqlx::query_as("SELECT code, successor FROM grid WHERE closed_at IS NOT NULL ORDER BY county, code")
                .fetch_all(&self.pool)
                .await?;
        let parse = |text: String| text.parse::<GridCode>().map_err(decode);
        rows.into_iter().map(|(code, next)| Ok((parse(code)?, next.map(parse).transpose()?))).collect()
    }

    /// Returns the numbers of a village's grids that were ever used.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub(super) async fn grid_numbers(&self, village: &AreaCode) -> sqlx::Result<BTreeSet<String>> {
        let grids = self.grids(&Place::Area(village.clone())).await?;
        Ok(grids.iter().map(|grid| grid.code.number().to_owned()).collect())
    }
}

fn info(names: &GridNames, code: GridCode) -> GridInfo {
    GridInfo {
        name: names.of(&code),
        code,
        own_name: String::new(),
        alias: String::new(),
        closed: None,
        households: 0,
        staff: Vec::new(),
    }
}

/// Whether a grid was closed.
pub(super) async fn closed(tx: &mut AnyConnection, county: &str, grid: &GridCode) -> sqlx::Result<bool> {
    let found = sqlx::query("SELECT 1 FROM grid WHERE county = $1 AND code = $2 AND closed_at IS NOT NULL")
        .bind(county)
        .bind(grid.as_str())
        .fetch_optional(tx)
        .await?;
    Ok(found.is_some())
}

/// Notes that a grid is closed, and which one took over its records.
pub(super) async fn mark_closed(
    tx: &mut AnyConnection,
    county: &str,
    grid: &GridCode,
    successor: Option<&GridCode>,
    by: &str,
) -> sqlx::Result<()> {
    let now = random::now_ms().cast_signed();
    sqlx::query(
        "INSERT INTO grid (county, code, name, alias, changed_by, changed_at, closed_at, successor)
         VALUES ($1, $2, '', '', $3, $4, $5, $6) ON CONFLICT (county, code) DO UPDATE SET
         changed_by = excluded.changed_by, changed_at = excluded.changed_at, closed_at = excluded.closed_at,
         successor = excluded.successor",
    )
    .bind(county)
    .bind(grid.as_str())
    .bind(by)
    .bind(now)
    .bind(now)
    .bind(successor.map(GridCode::as_str))
    .execute(tx)
    .await
    .map(drop)
}
