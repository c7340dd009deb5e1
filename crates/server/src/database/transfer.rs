//! Records that go from one grid to another with all that belongs to them: grids that are merged, grids of which a part is given
//! away, villages whose code changes ([ADR 44](../../../../docs/adr/0044-grids-that-change.md)).
//!
//! Phones that were away go on writing to the grid they know. The channels of a merged grid name the ones that took over, and
//! [`Intake`](ruhu_domain::intake::Intake) puts what comes late there.

use super::{
    CannotChangeGrid, Database,
    audit::{Act, Entry, append},
    grants::{end, give},
    grids::{closed, mark_closed},
    projection::{Days, refresh},
    sql::{Retries, Writing},
    stored::{self, decode, key, uuid},
    sync::{
        ground::lock,
        rows::{RecordRow, UPDATE_RECORDS, advance, came_back, write_moved, write_records},
    },
};
use crate::{photos::PhotoStore, random};
use ruhu_domain::{
    Channel, Class, GridCode, Kind, Record, RecordId,
    office::Transferred,
    photo::PhotoHash,
    record::{HOUSEHOLD, RESIDENT},
    rights::{Grant, Place, Role},
};
use sqlx::{AnyConnection, Row};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A record as it is stored.
struct Moving {
    id: RecordId,
    days: Days,
    /// The record; its text where it can't be read.
    read: Result<Record, String>,
}

impl Database {
    /// Gives all that belongs to a grid to another, and closes it: records of all classes, photos, rights, what waits for a
    /// decision, requests of people recorded. The photos are copied first.
    ///
    /// # Errors
    /// See [`CannotChangeGrid`]; then nothing changed.
    pub async fn merge_grid(
        &self,
        photos: &PhotoStore,
        (from, to): (&GridCode, &GridCode),
        by: &str,
    ) -> anyhow::Result<Transferred> {
        let mut retries = Retries::default();
        loop {
            self.copy_photos(photos, from, to).await?;
            match self.try_merge(from, to, by).await {
                Ok(done) => return Ok(done),
                Err(CannotChangeGrid::Database(error)) => retries.again(error).await?,
                // They are copied, and it is tried again.
                Err(CannotChangeGrid::PhotosCame) => retries.again(super::sql::overtaken()).await?,
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// Gives households of a grid to another grid: with their residents, their visits, and the care cases of those residents.
    ///
    /// # Errors
    /// See [`CannotChangeGrid`]; then nothing changed.
    pub async fn split_grid(
        &self,
        (from, to): (&GridCode, &GridCode),
        households: &[RecordId],
        by: &str,
    ) -> Result<Transferred, CannotChangeGrid> {
        let mut retries = Retries::default();
        loop {
            match self.try_split(from, to, households, by).await {
                Err(CannotChangeGrid::Database(error)) => retries.again(error).await?,
                done => return done,
            }
        }
    }

    /// Copies the photos of a grid that another does not have yet.
    async fn copy_photos(&self, photos: &PhotoStore, from: &GridCode, to: &GridCode) -> anyhow::Result<()> {
        for class in Class::ALL {
            let [old, new] = [from, to].map(|grid| Channel { grid: grid.clone(), class: *class });
            for hash in self.photos_lacking(&old, &new).await? {
                let bytes = photos.get(&old, hash).await?.to_vec();
                self.keep_photo(photos, &new, hash, bytes).await?;
            }
        }
        Ok(())
    }

    async fn photos_lacking(&self, old: &Channel, new: &Channel) -> sqlx::Result<Vec<PhotoHash>> {
        let hashes: Vec<String> = sqlx::query_scalar(LACKING)
            .bind(old.grid.village().county())
            .bind(old.to_string())
            .bind(new.grid.village().county())
            .bind(new.to_string())
            .fetch_all(&self.pool)
            .await?;
        hashes.iter().map(|hash| hash.parse().map_err(decode)).collect()
    }

    async fn try_merge(&self, from: &GridCode, to: &GridCode, by: &str) -> Result<Transferred, CannotChangeGrid> {
        let county = one_county(from, to)?;
        if !self.has_place(&Place::Grid(to.clone())).await? {
            return Err(CannotChangeGrid::NoVillage(to.village()));
        }
        let mut tx = self.begin().await?;
        if closed(&mut tx, &county, from).await? {
            return Err(CannotChangeGrid::Closed(from.clone()));
        }
        if !self.has_grid(&mut tx, &county, from).await? {
            return Err(CannotChangeGrid::NotThere(from.clone()));
        }
        self.open_again(&mut tx, &county, from, to).await?;
        lock_both(&mut tx, self.engine, &county, from, to).await?;
        let mut done = Transferred::default();
        for class in Class::ALL {
            let [old, new] = [from, to].map(|grid| Channel { grid: grid.clone(), class: *class });
            let late = sqlx::query(LACKING).bind(&county).bind(old.to_string()).bind(&county).bind(new.to_string());
            if late.fetch_optional(&mut *tx).await?.is_some() {
                return Err(CannotChangeGrid::PhotosCame);
            }
            let moving = records_of(&mut tx, &county, &old).await?;
            done.households += households(&moving);
            done.records += moving.len() as u64;
            self.put(&mut tx, &county, moving, &new).await?;
            for words in [
                "UPDATE photo_upload SET channel = $1 WHERE county = $2 AND channel = $3",
                "UPDATE personal_request SET channel = $1 WHERE county = $2 AND channel = $3",
                "UPDATE op SET channel = $1 WHERE county = $2 AND channel = $3 AND outcome = 'quarantined'",
            ] {
                let query = sqlx::query(words).bind(new.to_string()).bind(&county).bind(old.to_string());
                query.execute(&mut *tx).await?;
            }
            sqlx::query("DELETE FROM photo WHERE county = $1 AND channel = $2")
                .bind(&county)
                .bind(old.to_string())
                .execute(&mut *tx)
                .await?;
            advance(&mut tx, &county, &old, 0, self.run).await?;
            succeed(&mut tx, &county, &old, Some(&new)).await?;
        }
        let [before, after] = [from, to].map(|grid| Place::Grid(grid.clone()));
        done.rights = move_rights(&mut tx, self.engine, &before, &after, by).await?;
        name_successor(&mut tx, &county, from, to).await?;
        mark_closed(&mut tx, &county, from, Some(to), by).await?;
        append(&mut tx, self.engine, &Entry::of(by, Act::Grid, format!("{from} 并入 {to}")).at(&county)).await?;
        tx.commit().await?;
        Ok(done)
    }

    async fn try_split(
        &self,
        from: &GridCode,
        to: &GridCode,
        chosen: &[RecordId],
        by: &str,
    ) -> Result<Transferred, CannotChangeGrid> {
        let county = one_county(from, to)?;
        let mut tx = self.begin().await?;
        for grid in [from, to] {
            if closed(&mut tx, &county, grid).await? {
                return Err(CannotChangeGrid::Closed(grid.clone()));
            }
            if !self.has_grid(&mut tx, &county, grid).await? {
                return Err(CannotChangeGrid::NotThere(grid.clone()));
            }
        }
        lock_both(&mut tx, self.engine, &county, from, to).await?;
        let chosen: HashSet<RecordId> = chosen.iter().copied().collect();
        let [old, new] = [from, to].map(|grid| Channel::general(grid.clone()));
        let of_chosen = |moving: &Moving| {
            let record = moving.read.as_ref().ok();
            chosen.contains(&moving.id) || record.and_then(Record::home).is_some_and(|home| chosen.contains(&home))
        };
        let general = records_of(&mut tx, &county, &old).await?.into_iter().filter(of_chosen).collect::<Vec<_>>();
        let there = general.iter().filter(|moving| chosen.contains(&moving.id)).count();
        if there < chosen.len() {
            return Err(CannotChangeGrid::NotAllThere(chosen.len() - there));
        }
        let mut done = Transferred { households: households(&general), ..Transferred::default() };
        let people: HashSet<RecordId> = general.iter().map(|moving| moving.id).collect();
        done.records += self.put_away(&mut tx, &county, general, (&old, &new)).await?;
        let [old, new] = [from, to].map(|grid| Channel { grid: grid.clone(), class: Class::Care });
        let care = records_of(&mut tx, &county, &old).await?;
        // By the fields themselves: a case of which this version can't read something goes along, too.
        let names = |record: &Record, field: &str| record.fields.get(field)?.value.as_str()?.parse::<RecordId>().ok();
        let is_theirs = |moving: &&Moving| {
            let case = moving.read.as_ref().ok().filter(|record| record.kind == Kind::CareCase);
            let whose = case.and_then(|case| names(case, RESIDENT).or_else(|| names(case, HOUSEHOLD)));
            whose.is_some_and(|id| people.contains(&id))
        };
        let cases: HashSet<RecordId> = care.iter().filter(is_theirs).map(|moving| moving.id).collect();
        let in_file = |moving: &Moving| {
            let head = moving.read.as_ref().ok().and_then(Record::parent);
            cases.contains(&moving.id) || head.is_some_and(|head| cases.contains(&head))
        };
        let care = care.into_iter().filter(in_file).collect();
        done.records += self.put_away(&mut tx, &county, care, (&old, &new)).await?;
        let words = format!("{from} 划出 {} 户到 {to}", done.households);
        append(&mut tx, self.engine, &Entry::of(by, Act::Grid, words).at(&county)).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Puts records that leave a channel into another; phones that carry the one they leave are told. Returns how many there are.
    async fn put_away(
        &self,
        tx: &mut AnyConnection,
        county: &str,
        moving: Vec<Moving>,
        (old, new): (&Channel, &Channel),
    ) -> sqlx::Result<u64> {
        if moving.is_empty() {
            return Ok(0);
        }
        let ids: Vec<RecordId> = moving.iter().map(|moving| moving.id).collect();
        self.put(tx, county, moving, new).await?;
        let (last, _) = advance(tx, county, old, ids.len(), self.run).await?;
        let count = ids.len() as u64;
        write_moved(tx, self.engine, county, old, last - count + 1, &ids).await?;
        Ok(count)
    }

    /// Puts records into a channel, under its next numbers.
    async fn put(&self, tx: &mut AnyConnection, county: &str, moving: Vec<Moving>, to: &Channel) -> sqlx::Result<()> {
        if moving.is_empty() {
            return Ok(());
        }
        let count = moving.len();
        let (last, _) = advance(tx, county, to, count, self.run).await?;
        let mut readable: Vec<(u64, Record, String, Days)> = Vec::with_capacity(count);
        let mut ids = BTreeSet::new();
        for (seq, Moving { id, days, read }) in (last - count as u64 + 1..).zip(moving) {
            came_back(tx, county, to, id).await?;
            ids.insert(id);
            match read {
                Ok(mut record) => {
                    record.put_into(to);
                    let body = serde_json::to_string(&record).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
                    readable.push((seq, record, body, days));
                }
                Err(body) => put_unread(tx, county, (id, body), to, seq).await?,
            }
        }
        let rows: Vec<RecordRow<'_>> = readable
            .iter()
            .map(|(seq, record, body, days)| RecordRow { seq: *seq, record, body: body.clone(), days: days.clone() })
            .collect();
        write_records(tx, self.engine, UPDATE_RECORDS, county, to, &rows).await?;
        refresh(tx, self.engine, county, &ids).await
    }

    /// Makes sure that the grid that takes over is open. One that was closed in favour of the other is opened again: a merge, or a
    /// change of a code, is taken back so.
    async fn open_again(
        &self,
        tx: &mut Writing,
        county: &str,
        from: &GridCode,
        to: &GridCode,
    ) -> Result<(), CannotChangeGrid> {
        if !closed(tx, county, to).await? {
            return Ok(());
        }
        let successor: Option<String> =
            sqlx::query_scalar("SELECT successor FROM grid WHERE county = $1 AND code = $2")
                .bind(county)
                .bind(to.as_str())
                .fetch_one(&mut **tx)
                .await?;
        if successor.as_deref() != Some(from.as_str()) {
            return Err(CannotChangeGrid::Closed(to.clone()));
        }
        sqlx::query("UPDATE grid SET closed_at = NULL, successor = NULL WHERE county = $1 AND code = $2")
            .bind(county)
            .bind(to.as_str())
            .execute(&mut **tx)
            .await?;
        for class in Class::ALL {
            succeed(tx, county, &Channel { grid: to.clone(), class: *class }, None).await?;
        }
        Ok(())
    }
}

/// The photos of a channel that another has not.
const LACKING: &str = "SELECT hash FROM photo WHERE county = $1 AND channel = $2 AND hash NOT IN
                       (SELECT hash FROM photo WHERE county = $3 AND channel = $4)";

fn one_county(from: &GridCode, to: &GridCode) -> Result<String, CannotChangeGrid> {
    let county = from.village().county().to_owned();
    if county == to.village().county() && from != to { Ok(county) } else { Err(CannotChangeGrid::NotOneCounty) }
}

/// Locks the channels of two grids, in their order.
async fn lock_both(
    tx: &mut AnyConnection,
    engine: super::sql::Engine,
    county: &str,
    from: &GridCode,
    to: &GridCode,
) -> sqlx::Result<()> {
    let channels = [from, to]
        .into_iter()
        .flat_map(|grid| Class::ALL.iter().map(|class| Channel { grid: grid.clone(), class: *class }.to_string()));
    lock(tx, engine, county, &channels.collect()).await.map(drop)
}

async fn records_of(tx: &mut AnyConnection, county: &str, channel: &Channel) -> sqlx::Result<Vec<Moving>> {
    let words = "SELECT id, body, day, over_on FROM record WHERE county = $1 AND channel = $2 ORDER BY seq";
    let rows = sqlx::query(words).bind(county).bind(channel.to_string()).fetch_all(tx).await?;
    rows.iter().map(moving).collect()
}

fn moving(row: &sqlx::any::AnyRow) -> sqlx::Result<Moving> {
    let id = RecordId(uuid(row, 0)?);
    let body: String = row.try_get(1)?;
    Ok(Moving { id, days: Days::read(row, 2)?, read: stored::record(id, &body).ok_or(body) })
}

fn households(moving: &[Moving]) -> u64 {
    let is_home = |moving: &&Moving| moving.read.as_ref().is_ok_and(|record| record.kind == Kind::Household);
    moving.iter().filter(is_home).count() as u64
}

/// Puts a record that can't be read into another channel, and leaves its text but for the channel.
async fn put_unread(
    tx: &mut AnyConnection,
    county: &str,
    (id, body): (RecordId, String),
    to: &Channel,
    seq: u64,
) -> sqlx::Result<()> {
    let mut value: Option<serde_json::Value> = serde_json::from_str(&body).ok();
    if let Some(channel) = value.as_mut().and_then(|value| value.get_mut("channel")) {
        *channel = to.to_string().into();
    }
    let body = value.map_or(body, |value| value.to_string());
    sqlx::query("UPDATE record SET channel = $1, village = $2, seq = $3, body = $4 WHERE county = $5 AND id = $6")
        .bind(to.to_string())
        .bind(to.grid.village().to_string())
        .bind(seq.cast_signed())
        .bind(body)
        .bind(county)
        .bind(key(id.0))
        .execute(tx)
        .await
        .map(drop)
}

/// Notes which channel takes over what comes to a dissolved one; none where it is not dissolved.
async fn succeed(tx: &mut AnyConnection, county: &str, old: &Channel, new: Option<&Channel>) -> sqlx::Result<()> {
    sqlx::query("UPDATE channel SET successor = $1 WHERE county = $2 AND channel = $3")
        .bind(new.map(Channel::to_string))
        .bind(county)
        .bind(old.to_string())
        .execute(tx)
        .await
        .map(drop)
}

/// Gives the rights at a place to the same accounts at another, and lets those who belong to the one belong to the other. Returns
/// how many rights there were.
pub(super) async fn move_rights(
    tx: &mut AnyConnection,
    engine: super::sql::Engine,
    before: &Place,
    after: &Place,
    by: &str,
) -> sqlx::Result<u64> {
    type Row = (String, String, String, String, Option<i64>);
    let words = "SELECT id, account, role, classes, until FROM access_grant WHERE place = $1 AND ended_at IS NULL
                 AND (until IS NULL OR until > $2) ORDER BY id";
    let now = random::now_ms().cast_signed();
    let of = async |tx: &mut AnyConnection, place: &Place| -> sqlx::Result<Vec<Row>> {
        sqlx::query_as(words).bind(place.to_string()).bind(now).fetch_all(tx).await
    };
    let there: BTreeMap<(String, String, String), Option<i64>> = of(tx, after)
        .await?
        .into_iter()
        .map(|(_, account, role, classes, until)| ((account, role, classes), until))
        .collect();
    let had = of(tx, before).await?;
    let count = had.len() as u64;
    for (id, account, role, classes, until) in had {
        end(tx, engine, &id, by).await?;
        let lasts = |other: &Option<i64>| other.is_none() || (until.is_some() && *other >= until);
        if there.get(&(account.clone(), role.clone(), classes.clone())).is_some_and(lasts) {
            continue;
        }
        let role: Role = role.parse().map_err(decode)?;
        let classes = classes.split(',').filter(|class| !class.is_empty()).map(str::parse);
        let classes: Vec<Class> = classes.collect::<Result<_, _>>().map_err(decode)?;
        let grant = Grant::new(role, after.clone(), classes).map_err(decode)?;
        give(tx, engine, &account, &grant, by, until.map(i64::cast_unsigned)).await?;
    }
    sqlx::query("UPDATE account SET home = $1 WHERE home = $2")
        .bind(after.to_string())
        .bind(before.to_string())
        .execute(tx)
        .await?;
    Ok(count)
}

/// Gives the name and the official code of a grid to the one that takes over, where that has none.
async fn name_successor(tx: &mut AnyConnection, county: &str, from: &GridCode, to: &GridCode) -> sqlx::Result<()> {
    let own: Option<(String, String)> = sqlx::query_as("SELECT name, alias FROM grid WHERE county = $1 AND code = $2")
        .bind(county)
        .bind(from.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    let same_number = from.number() == to.number();
    if let Some((name, alias)) = own.filter(|_| from.village() != to.village() && same_number) {
        sqlx::query(
            "INSERT INTO grid (county, code, name, alias, changed_by, changed_at) VALUES ($1, $2, $3, $4, '', $5)
             ON CONFLICT (county, code) DO NOTHING",
        )
        .bind(county)
        .bind(to.as_str())
        .bind(name)
        .bind(alias)
        .bind(random::now_ms().cast_signed())
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query("UPDATE grid SET alias = '' WHERE county = $1 AND code = $2")
        .bind(county)
        .bind(from.as_str())
        .execute(tx)
        .await
        .map(drop)
}
