//! Grants: who was given which right, by whom and until when.

use super::{
    Database,
    audit::{Act, Entry, append},
    sql::Engine,
    stored::decode,
};
use crate::random;
use ruhu_domain::{
    Channel, Class, GridCode,
    planted::{self, planted},
    rights::{self, Action, Grant, Place, Role},
    wire::Grid,
};
use sqlx::{AnyConnection, Row, any::AnyRow};
use std::collections::BTreeSet;

/// A grant as it was given.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its identity.
    pub id: String,
    /// The login name of whom it was given to.
    pub account: String,
    /// The right.
    pub grant: Grant,
    /// Who gave it.
    pub given_by: String,
    /// When, Unix milliseconds.
    pub given_at: u64,
    /// When it ends by itself, Unix milliseconds.
    pub until: Option<u64>,
    /// Who ended it, and when.
    pub ended: Option<(String, u64)>,
}

/// Why a grant can't be given or ended.
#[derive(Debug, thiserror::Error)]
pub enum CannotChange {
    /// Nobody has this login name.
    #[error("没有账号 {0}")]
    NoAccount(String),
    /// The areas have no such place.
    #[error("区划里没有 {0}：请核对代码，或先导入区划")]
    NoPlace(Place),
    /// Somebody has this login name.
    #[error("登录名 {0} 已经有人用了。要改他的信息请用修改，不是同一个人请换一个登录名")]
    Taken(String),
    /// The account has this right already, for as long.
    #[error("他已经有这项授权了，不用再给")]
    Double,
    /// The last day of the right is over.
    #[error("授权的最后一天已经过了，请核对日期")]
    Past,
    /// There is no such grant, or it ended before.
    #[error("没有这条授权（可能已经结束）")]
    NotThere,
    /// The database's reason.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Database {
    /// Gives an account a right, from now until `until` (Unix milliseconds) or until it is ended. Returns the
    /// grant's identity.
    ///
    /// # Errors
    /// See [`CannotChange`].
    pub async fn give(
        &self,
        account: &str,
        grant: &Grant,
        by: &str,
        until: Option<u64>,
    ) -> Result<String, CannotChange> {
        let found = self.account(account).await?.ok_or_else(|| CannotChange::NoAccount(account.to_owned()))?;
        if !self.has_place(grant.place()).await? {
            return Err(CannotChange::NoPlace(grant.place().clone()));
        }
        let now = self.now_ms();
        if until.is_some_and(|until| until <= now) {
            return Err(CannotChange::Past);
        }
        let lasts = |given: &Given| match (given.until, until) {
            (None, _) => true,
            (Some(has), Some(until)) => has >= until,
            (Some(_), None) => false,
        };
        let same = |given: &Given| given.ended.is_none() && given.grant == *grant && lasts(given);
        if self.given(Some(&found.account)).await?.iter().any(same) {
            return Err(CannotChange::Double);
        }
        let mut tx = self.begin().await?;
        let id = give(&mut tx, self.engine, &found.id, grant, by, until).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Ends a grant: the account's next request is decided without it.
    ///
    /// # Errors
    /// See [`CannotChange`].
    pub async fn end(&self, id: &str, by: &str) -> Result<(), CannotChange> {
        let mut tx = self.begin().await?;
        if !end(&mut tx, self.engine, id, by).await? {
            return Err(CannotChange::NotThere);
        }
        Ok(tx.commit().await?)
    }

    /// Every grant of an account, or of all; those that ended too. In the order in which they were given.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn given(&self, account: Option<&str>) -> sqlx::Result<Vec<Given>> {
        let rows = sqlx::query(
            "SELECT g.id, a.account, g.role, g.place, g.classes, g.given_by, g.given_at, g.until, g.ended_by, g.ended_at
             FROM access_grant g JOIN account a ON a.id = g.account ORDER BY g.given_at, g.id",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            let ended_by: Option<String> = row.try_get(8)?;
            let ended_at: Option<i64> = row.try_get(9)?;
            all.push(Given {
                id: row.try_get(0)?,
                account: row.try_get(1)?,
                grant: grant(row, 2)?,
                given_by: row.try_get(5)?,
                given_at: row.try_get::<i64, _>(6)?.cast_unsigned(),
                until: row.try_get::<Option<i64>, _>(7)?.map(i64::cast_unsigned),
                ended: ended_by.zip(ended_at.map(i64::cast_unsigned)),
            });
        }
        all.retain(|given| account.is_none_or(|account| given.account == account));
        Ok(all)
    }

    /// Returns the grants of an account that hold now: every decision rests on these.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn rights(&self, account: &str) -> sqlx::Result<Vec<Grant>> {
        let words = "SELECT role, place, classes FROM access_grant WHERE account = $1 AND ended_at IS NULL
                     AND (until IS NULL OR until > $2) ORDER BY place, role";
        let now = if planted(planted::ENDED_GRANTS) { 0 } else { self.now_ms().cast_signed() };
        let rows = sqlx::query(words).bind(account).bind(now).fetch_all(&self.pool).await?;
        rows.iter().map(|row| grant(row, 0)).collect()
    }

    /// The channels that somebody with these grants may carry on a phone, with their grids' names.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn carried(&self, grants: &[Grant]) -> sqlx::Result<Vec<Grid>> {
        let mut grids: BTreeSet<GridCode> = BTreeSet::new();
        for place in grants.iter().map(Grant::place) {
            match place {
                Place::Grid(grid) => drop(grids.insert(grid.clone())),
                Place::Area(area) => grids.extend(self.grids_below(area.prefix(), place.county().as_deref()).await?),
            }
        }
        let mut carried = Vec::new();
        for grid in grids {
            let channels = Class::ALL.iter().map(|class| Channel { grid: grid.clone(), class: *class });
            let channels: Vec<Channel> =
                channels.filter(|channel| rights::allows(grants, Action::Carry, channel)).collect();
            if channels.is_empty() {
                continue;
            }
            let name = self.grid_name(&grid).await?;
            carried.extend(channels.into_iter().map(|channel| {
                let roles = rights::roles(grants, &channel);
                Grid { channel, name: name.clone(), roles }
            }));
        }
        Ok(carried)
    }

    /// The grids with records whose code starts so. Nobody carries more than a village: a place of no single
    /// county has none.
    async fn grids_below(&self, prefix: &str, county: Option<&str>) -> sqlx::Result<BTreeSet<GridCode>> {
        let Some(county) = county else { return Ok(BTreeSet::new()) };
        let channels: Vec<String> = sqlx::query_scalar(
            "SELECT channel FROM channel WHERE county = $1 AND channel LIKE $2
                 AND successor IS NULL ORDER BY channel",
        )
        .bind(county)
        .bind(format!("{prefix}%"))
        .fetch_all(&self.pool)
        .await?;
        let channels = channels.iter().map(|channel| channel.parse::<Channel>());
        channels.map(|channel| channel.map(|channel| channel.grid).map_err(decode)).collect()
    }
}

/// Gives a right in a transaction under way; returns its identity.
pub(super) async fn give(
    tx: &mut AnyConnection,
    engine: Engine,
    account: &str,
    grant: &Grant,
    by: &str,
    until: Option<u64>,
) -> sqlx::Result<String> {
    let id = uuid::Uuid::from_bytes(random::bytes()).simple().to_string();
    let classes: Vec<&str> = grant.classes().iter().map(|class| class.as_str()).collect();
    sqlx::query(
        "INSERT INTO access_grant (id, account, role, place, classes, given_by, given_at, until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&id)
    .bind(account)
    .bind(grant.role().as_str())
    .bind(grant.place().to_string())
    .bind(classes.join(","))
    .bind(by)
    .bind(random::now_ms().cast_signed())
    .bind(until.map(u64::cast_signed))
    .execute(&mut *tx)
    .await?;
    let county = grant.place().county().unwrap_or_default();
    append(tx, engine, &Entry::of(by, Act::Give, &id).at(&county)).await?;
    Ok(id)
}

/// Ends a grant in a transaction under way; `false` where there is none to end.
pub(super) async fn end(tx: &mut AnyConnection, engine: Engine, id: &str, by: &str) -> sqlx::Result<bool> {
    let words =
        "UPDATE access_grant SET ended_by = $1, ended_at = $2 WHERE id = $3 AND ended_at IS NULL RETURNING place";
    let place: Option<String> = sqlx::query_scalar(words)
        .bind(by)
        .bind(random::now_ms().cast_signed())
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
    let Some(place) = place else { return Ok(false) };
    let county = place.parse::<Place>().map_err(decode)?.county().unwrap_or_default();
    append(tx, engine, &Entry::of(by, Act::End, id).at(&county)).await?;
    Ok(true)
}

/// The right in a row: role, place and classes from this column on.
fn grant(row: &AnyRow, column: usize) -> sqlx::Result<Grant> {
    let role: Role = row.try_get::<String, _>(column)?.parse().map_err(decode)?;
    let place: Place = row.try_get::<String, _>(column + 1)?.parse().map_err(decode)?;
    let classes: String = row.try_get(column + 2)?;
    let classes = classes.split(',').filter(|class| !class.is_empty()).map(str::parse);
    let classes: Vec<Class> = classes.collect::<Result<_, _>>().map_err(decode)?;
    Grant::new(role, place, classes).map_err(decode)
}
