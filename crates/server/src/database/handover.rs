//! Grids that go from one worker to another, and the receipts of that.

use super::{
    CannotChange, Database,
    audit::{Act, Entry, append},
    grants::{end, give},
    stored::decode,
};
use crate::random;
use ruhu_domain::{
    Class, GridCode, OpId,
    office::{Attribution, GridHandover, GridHandoverReceipt},
    rights::{Grant, Place, Role},
};
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;

impl Database {
    /// Gives a grid from one worker to another: the rights of the one end and the other has the same, and a receipt
    /// says what went over.
    ///
    /// # Errors
    /// See [`CannotChange`].
    pub async fn hand_grid_over(&self, over: &GridHandover, by: &str) -> Result<GridHandoverReceipt, CannotChange> {
        let account = async |name: &str| {
            let found = self.account(name).await?.filter(|found| !found.closed);
            found.ok_or_else(|| CannotChange::NoAccount(name.to_owned()))
        };
        let (from, to) = (self.account(&over.from).await?, account(&over.to).await?);
        let from = from.ok_or_else(|| CannotChange::NoAccount(over.from.clone()))?;
        let county = over.grid.village().county().to_owned();
        let mut tx = self.begin().await?;
        let place = Place::Grid(over.grid.clone());
        let words = format!(
            "SELECT id, role, classes, until FROM access_grant WHERE account = $1 AND place = $2 AND ended_at IS NULL
             AND (until IS NULL OR until > $3) ORDER BY id{}",
            self.engine.for_update()
        );
        let had: Vec<(String, String, String, Option<i64>)> = sqlx::query_as(AssertSqlSafe(words))
            .bind(&from.id)
            .bind(place.to_string())
            .bind(random::now_ms().cast_signed())
            .fetch_all(&mut *tx)
            .await?;
        if had.is_empty() || from.id == to.id {
            return Err(CannotChange::NotThere);
        }
        for (id, role, classes, until) in had {
            let role: Role = role.parse().map_err(decode)?;
            let classes = classes.split(',').filter(|class| !class.is_empty()).map(str::parse);
            let classes: Vec<Class> = classes.collect::<Result<_, _>>().map_err(decode)?;
            let grant = Grant::new(role, place.clone(), classes).map_err(decode)?;
            end(&mut tx, self.engine, &id, by).await?;
            give(&mut tx, self.engine, &to.id, &grant, by, until.map(i64::cast_unsigned)).await?;
        }
        let counts: Vec<(String, i64)> = sqlx::query_as(
            "SELECT kind, COUNT(*) FROM record WHERE county = $1 AND channel >= $2 AND channel < $3 GROUP BY kind",
        )
        .bind(&county)
        .bind(format!("{}/", over.grid))
        .bind(format!("{}/~", over.grid))
        .fetch_all(&mut *tx)
        .await?;
        let records: BTreeMap<String, u64> =
            counts.into_iter().map(|(kind, count)| (kind, count.cast_unsigned())).collect();
        let now = random::now_ms();
        let id = OpId::new(now, random::bytes()).to_string();
        sqlx::query(
            "INSERT INTO grid_handover (county, id, grid, from_account, to_account, done_by, done_at, records)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&county)
        .bind(&id)
        .bind(over.grid.as_str())
        .bind(&from.id)
        .bind(&to.id)
        .bind(by)
        .bind(now.cast_signed())
        .bind(serde_json::to_string(&records).unwrap_or_default())
        .execute(&mut *tx)
        .await?;
        sqlx::query("UPDATE account SET handed_over_at = $1 WHERE id = $2")
            .bind(now.cast_signed())
            .bind(&from.id)
            .execute(&mut *tx)
            .await?;
        append(&mut tx, self.engine, &Entry::of(by, Act::GridOver, &id).at(&county)).await?;
        tx.commit().await?;
        let receipts = self.receipts(&county).await?;
        receipts.into_iter().find(|receipt| receipt.id == id).ok_or(CannotChange::NotThere)
    }

    /// The receipts of a county, with what came late since; the latest first.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn receipts(&self, county: &str) -> sqlx::Result<Vec<GridHandoverReceipt>> {
        let rows = sqlx::query(
            "SELECT h.id, h.grid, f.name, t.name, COALESCE(b.name, h.done_by), h.done_at, h.records, h.from_account
             FROM grid_handover h JOIN account f ON f.id = h.from_account JOIN account t ON t.id = h.to_account
             LEFT JOIN account b ON b.id = h.done_by WHERE h.county = $1 ORDER BY h.done_at DESC, h.id DESC",
        )
        .bind(county)
        .fetch_all(&self.pool)
        .await?;
        let mut receipts = Vec::with_capacity(rows.len());
        for row in &rows {
            let (grid, from): (String, String) = (row.try_get(1)?, row.try_get(7)?);
            let grid: GridCode = grid.parse().map_err(decode)?;
            let at: i64 = row.try_get(5)?;
            let records: String = row.try_get(6)?;
            receipts.push(GridHandoverReceipt {
                id: row.try_get(0)?,
                late: self.late(county, &grid, &from, at).await?,
                devices: self.in_contact_since(&from, at).await?,
                grid,
                from: row.try_get(2)?,
                to: row.try_get(3)?,
                done: Attribution { by: row.try_get(4)?, at: at.cast_unsigned() },
                records: serde_json::from_str(&records).map_err(decode)?,
            });
        }
        Ok(receipts)
    }

    /// Returns how many ops an account sent for a grid since then: waiting, taken in, refused.
    async fn late(&self, county: &str, grid: &GridCode, account: &str, since: i64) -> sqlx::Result<[u64; 3]> {
        let counts: Vec<(String, i64)> = sqlx::query_as(
            "SELECT outcome, COUNT(*) FROM op WHERE county = $1 AND channel >= $2 AND channel < $3 AND account = $4
             AND received_at >= $5 GROUP BY outcome",
        )
        .bind(county)
        .bind(format!("{grid}/"))
        .bind(format!("{grid}/~"))
        .bind(account)
        .bind(since)
        .fetch_all(&self.pool)
        .await?;
        let count = |wanted: &str| {
            counts.iter().find(|(outcome, _)| outcome == wanted).map_or(0, |(_, count)| count.cast_unsigned())
        };
        Ok(["quarantined", "applied", "refused"].map(count))
    }

    /// How many devices of an account have been in contact since, and how many not.
    async fn in_contact_since(&self, account: &str, since: i64) -> sqlx::Result<[u64; 2]> {
        let seen: Vec<(Option<i64>, Option<i64>)> = sqlx::query_as(
            "SELECT MAX(s.seen_at), MAX(d.handed_over_at) FROM device d JOIN session s ON s.device = d.id
             WHERE d.account = $1 GROUP BY d.id",
        )
        .bind(account)
        .fetch_all(&self.pool)
        .await?;
        let since_then = |seen: &&(Option<i64>, Option<i64>)| seen.1.is_some() || seen.0.is_some_and(|at| at >= since);
        let contact = seen.iter().filter(since_then).count() as u64;
        Ok([contact, seen.len() as u64 - contact])
    }
}
