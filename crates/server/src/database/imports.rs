//! Rosters that were taken in: their history, and what undoing one needs.

use super::{
    Database,
    stored::{self, Stored, decode, key, uuid},
};
use crate::random;
use ruhu_domain::{Channel, Class, DeviceId, GridCode, RecordId, office::RosterCounts, record::Op};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use std::collections::HashMap;

/// How long an import is in the history, in milliseconds: a year.
const SHOWN_MS: u64 = 365 * 24 * 60 * 60 * 1_000;

/// The records whose saves are read with one statement.
const AT_A_TIME: usize = 400;

/// An import in one grid.
#[derive(Clone, Debug)]
pub struct GridImport {
    /// The import.
    pub id: DeviceId,
    /// The grid.
    pub grid: GridCode,
    /// The file's name.
    pub file: String,
    /// The account that took it in.
    pub account: String,
    /// That account's name.
    pub name: String,
    /// When it began, Unix milliseconds.
    pub begun_at: u64,
    /// What was taken.
    pub counts: RosterCounts,
    /// When it was undone, Unix milliseconds.
    pub undone_at: Option<u64>,
}

impl Database {
    /// Notes that an import begins in a grid; nothing where it has begun.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn begin_import(&self, channel: &Channel, id: DeviceId, file: &str, account: &str) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO roster_import (county, id, grid, file, account, begun_at, counts)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (county, id, grid) DO NOTHING",
        )
        .bind(channel.grid.village().county())
        .bind(id.to_string())
        .bind(channel.grid.to_string())
        .bind(file)
        .bind(account)
        .bind(random::now_ms().cast_signed())
        .bind(json(&RosterCounts::default())?)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Adds to what an import took in a grid.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn count_import(&self, channel: &Channel, id: DeviceId, more: &RosterCounts) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        let (village, id, grid) = (channel.grid.village(), id.to_string(), channel.grid.to_string());
        let county = village.county();
        let counts: String =
            sqlx::query_scalar("SELECT counts FROM roster_import WHERE county = $1 AND id = $2 AND grid = $3")
                .bind(county)
                .bind(&id)
                .bind(&grid)
                .fetch_one(&mut *tx)
                .await?;
        let mut counts: RosterCounts = serde_json::from_str(&counts).map_err(decode)?;
        counts += *more;
        sqlx::query("UPDATE roster_import SET counts = $1 WHERE county = $2 AND id = $3 AND grid = $4")
            .bind(json(&counts)?)
            .bind(county)
            .bind(&id)
            .bind(&grid)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Notes that an import was undone in a grid.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn import_is_undone(&self, channel: &Channel, id: DeviceId) -> sqlx::Result<()> {
        sqlx::query("UPDATE roster_import SET undone_at = $1 WHERE county = $2 AND id = $3 AND grid = $4")
            .bind(random::now_ms().cast_signed())
            .bind(channel.grid.village().county())
            .bind(id.to_string())
            .bind(channel.grid.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Returns the imports of the last year, a row a grid, the latest first.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn imports(&self) -> sqlx::Result<Vec<GridImport>> {
        let since = random::now_ms().saturating_sub(SHOWN_MS);
        let rows = sqlx::query(
            "SELECT i.id, i.grid, i.file, i.account, COALESCE(a.name, i.account), i.begun_at, i.counts, i.undone_at
             FROM roster_import i LEFT JOIN account a ON a.id = i.account WHERE i.begun_at > $1
             ORDER BY i.begun_at DESC, i.id, i.county, i.grid",
        )
        .bind(since.cast_signed())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(grid_import).collect()
    }

    /// Returns the households and residents that moved from a channel to others, where they can be read.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn moved_from(&self, channel: &Channel) -> sqlx::Result<Stored> {
        let rows = sqlx::query(
            "SELECT r.id, r.body FROM moved m JOIN record r ON r.county = m.county AND r.id = m.record
             WHERE m.county = $1 AND m.channel = $2 AND r.channel <> $3 AND r.kind IN ('household', 'resident')",
        )
        .bind(channel.grid.village().county())
        .bind(channel.to_string())
        .bind(channel.to_string())
        .fetch_all(&self.pool)
        .await?;
        Stored::read(&rows)
    }

    /// Returns every record of a grid, of all classes.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn records_of_grid(&self, grid: &GridCode) -> sqlx::Result<Stored> {
        let mut all = Stored::default();
        for class in Class::ALL {
            let of_class = self.records_in(&Channel { grid: grid.clone(), class: *class }).await?;
            all.records.extend(of_class.records);
            all.unreadable.extend(of_class.unreadable);
        }
        Ok(all)
    }

    /// Returns the saves of records of a grid that were merged, by record, the earliest first; those that can't be read any
    /// more are left out.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn saves_of(&self, grid: &GridCode, records: &[RecordId]) -> sqlx::Result<HashMap<RecordId, Vec<Op>>> {
        let mut saves: HashMap<RecordId, Vec<Op>> = HashMap::new();
        for some in records.chunks(AT_A_TIME) {
            let places: Vec<String> = (2..some.len() + 2).map(|number| format!("${number}")).collect();
            let words = format!(
                "SELECT id, body, stamp FROM op WHERE county = $1 AND record IN ({}) AND outcome = 'applied' AND body <> ''",
                places.join(", ")
            );
            let mut query = sqlx::query(AssertSqlSafe(words)).bind(grid.village().county());
            for record in some {
                query = query.bind(key(record.0));
            }
            for row in query.fetch_all(&self.pool).await? {
                if let Some(mut op) = stored::op(uuid(&row, 0)?, &row.try_get::<String, _>(1)?) {
                    // Where its own was too far ahead it was merged with another.
                    if let Some(stamp) = row.try_get::<Option<String>, _>(2)? {
                        op.stamp = stamp.parse().map_err(decode)?;
                    }
                    saves.entry(op.record).or_default().push(op);
                }
            }
        }
        saves.values_mut().for_each(|ops| ops.sort_by_key(|op| op.stamp));
        Ok(saves)
    }
}

fn json(counts: &RosterCounts) -> sqlx::Result<String> {
    serde_json::to_string(counts).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

fn grid_import(row: &AnyRow) -> sqlx::Result<GridImport> {
    Ok(GridImport {
        id: row.try_get::<String, _>(0)?.parse().map_err(decode)?,
        grid: row.try_get::<String, _>(1)?.parse().map_err(decode)?,
        file: row.try_get(2)?,
        account: row.try_get(3)?,
        name: row.try_get(4)?,
        begun_at: row.try_get::<i64, _>(5)?.cast_unsigned(),
        counts: serde_json::from_str(&row.try_get::<String, _>(6)?).map_err(decode)?,
        undone_at: row.try_get::<Option<i64>, _>(7)?.map(i64::cast_unsigned),
    })
}
