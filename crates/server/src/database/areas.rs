//! The tree of areas.

use super::{
    Database,
    sql::{ROWS, insert},
};
use ruhu_domain::{AreaCode, AreaLevel, GridCode, office::NamedArea, rights::Place};
use sqlx::{AnyConnection, Row};

/// A row of the area table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Its code.
    pub code: AreaCode,
    /// Its name.
    pub name: String,
    /// Its level.
    pub level: AreaLevel,
    /// The area above it.
    pub parent: Option<AreaCode>,
}

/// The outcome of an import of areas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AreaCounts {
    /// New rows.
    pub added: usize,
    /// Rows with another name or parent than before.
    pub changed: usize,
    /// Rows that were there already.
    pub same: usize,
}

impl Database {
    /// Returns how areas differ from those that there are; nothing is changed.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn compare_areas(&self, areas: &[Area]) -> sqlx::Result<AreaCounts> {
        let mut connection = self.pool.acquire().await?;
        Ok(compare(&mut connection, areas).await?.0)
    }

    /// Adds and updates areas, all or none.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn put_areas(&self, areas: &[Area]) -> sqlx::Result<AreaCounts> {
        let mut tx = self.begin().await?;
        let (counts, changed) = compare(&mut tx, areas).await?;
        let words = "INSERT INTO area (code, name, level, parent) VALUES {} ON CONFLICT (code) DO UPDATE SET \
                     name = excluded.name, level = excluded.level, parent = excluded.parent";
        for chunk in changed.chunks(ROWS) {
            let mut query = insert(self.engine, words, chunk.len(), 4);
            for area in chunk {
                query = query
                    .bind(area.code.as_str())
                    .bind(&area.name)
                    .bind(area.level.as_str())
                    .bind(area.parent.as_ref().map(AreaCode::as_str));
            }
            query.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(counts)
    }

    /// Returns every area's code and name.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn area_names(&self) -> sqlx::Result<Vec<(String, String)>> {
        sqlx::query_as("SELECT code, name FROM area ORDER BY code").fetch_all(&self.pool).await
    }

    /// Areas whose code begins so, or whose name has this in it, each with the name of the area above; by code.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn named_areas(&self, text: &str) -> sqlx::Result<Vec<NamedArea>> {
        let rows: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "SELECT a.code, a.name, p.name FROM area a LEFT JOIN area p ON p.code = a.parent ORDER BY a.code",
        )
        .fetch_all(&self.pool)
        .await?;
        let wanted = rows.into_iter().filter(|(code, name, _)| code.starts_with(text) || name.contains(text));
        let named = wanted.map(|(code, name, above)| {
            let name = above.map_or_else(|| name.clone(), |above| format!("{above} {name}"));
            NamedArea { code, name }
        });
        Ok(named.collect())
    }

    /// Whether the areas have a place: an area itself, a grid's village.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn has_place(&self, place: &Place) -> sqlx::Result<bool> {
        let code = match place {
            Place::Grid(grid) => grid.village().to_string(),
            Place::Area(area) => area.to_string(),
        };
        let found = sqlx::query("SELECT 1 FROM area WHERE code = $1").bind(code).fetch_optional(&self.pool).await?;
        Ok(found.is_some())
    }

    /// Whether a grid exists: it has records, somebody has or had a right in it, or an office made it.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub(super) async fn has_grid(&self, tx: &mut AnyConnection, county: &str, grid: &GridCode) -> sqlx::Result<bool> {
        let there = sqlx::query(
            "SELECT 1 FROM channel WHERE county = $1 AND channel >= $2 AND channel < $3
             UNION ALL SELECT 1 FROM access_grant WHERE place = $4
             UNION ALL SELECT 1 FROM grid WHERE county = $5 AND code = $6 LIMIT 1",
        )
        .bind(county)
        .bind(format!("{grid}/"))
        .bind(format!("{grid}/~"))
        .bind(grid.as_str())
        .bind(county)
        .bind(grid.as_str())
        .fetch_optional(tx)
        .await?;
        Ok(there.is_some())
    }

    /// Returns the counties that have records and whose codes start with `area`, or in which such codes are: digits, or a whole
    /// grid code.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn counties(&self, area: &str) -> sqlx::Result<Vec<String>> {
        const COUNTY: usize = 6;
        if let Some(county) = area.get(..COUNTY) {
            return Ok(vec![county.to_owned()]);
        }
        let words = "SELECT DISTINCT county FROM channel WHERE county >= $1 AND county < $2 ORDER BY county";
        sqlx::query_scalar(words).bind(area).bind(format!("{area}~")).fetch_all(&self.pool).await
    }

    /// The codes of every village.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn villages(&self) -> sqlx::Result<std::collections::HashSet<String>> {
        let codes: Vec<String> =
            sqlx::query_scalar("SELECT code FROM area WHERE level = 'village'").fetch_all(&self.pool).await?;
        Ok(codes.into_iter().collect())
    }

    /// Villages and their names, in the order of their codes.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn village_names(&self) -> sqlx::Result<Vec<(String, String)>> {
        sqlx::query_as("SELECT code, name FROM area WHERE level = 'village' ORDER BY code").fetch_all(&self.pool).await
    }
}

/// Compares areas with those that there are: returns how many are new, other and the same, and those that are not the same.
async fn compare<'a>(connection: &mut AnyConnection, areas: &'a [Area]) -> sqlx::Result<(AreaCounts, Vec<&'a Area>)> {
    let stored = sqlx::query("SELECT code, name, level, parent FROM area").fetch_all(connection).await?;
    let mut kept = std::collections::HashMap::new();
    for row in stored {
        let entry: (String, String, Option<String>) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        kept.insert(row.try_get::<String, _>(0)?, entry);
    }
    let mut counts = AreaCounts::default();
    let mut changed = Vec::new();
    for area in areas {
        let entry = (area.name.clone(), area.level.as_str().to_owned(), area.parent.as_ref().map(AreaCode::to_string));
        match kept.get(area.code.as_str()) {
            Some(old) if *old == entry => counts.same += 1,
            Some(_) => {
                counts.changed += 1;
                changed.push(area);
            }
            None => {
                counts.added += 1;
                changed.push(area);
            }
        }
    }
    Ok((counts, changed))
}
