//! Villages that get another code, or become part of another village.

use super::{
    Area, CannotChangeGrid, Database,
    audit::{Act, Entry, append},
    stored::decode,
    transfer::move_rights,
};
use crate::photos::PhotoStore;
use ruhu_domain::{
    GridCode,
    office::{ChangeVillage, Transferred},
    rights::Place,
};
use std::collections::BTreeSet;

impl Database {
    /// Returns the grids of a village that gets another code, each with the grid that it becomes: of the same number, or of the
    /// next that is free.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn grids_after(&self, change: &ChangeVillage) -> sqlx::Result<Vec<(GridCode, GridCode)>> {
        let taken: BTreeSet<String> = self.grid_numbers(&change.to).await?;
        let own = self.grids(&Place::Area(change.from.clone())).await?;
        let own: Vec<GridCode> = own.into_iter().filter(|grid| grid.closed.is_none()).map(|grid| grid.code).collect();
        let (mut used, mut pairs) = (taken, Vec::new());
        for grid in own {
            let same = Some(grid.number().to_owned()).filter(|number| !used.contains(number));
            // 00 is kept for the village as a whole.
            let next = || (1..100).map(|number| format!("{number:02}")).find(|number| !used.contains(number));
            let Some(number) = same.or_else(next) else { continue };
            let code = format!("{}-{number}", change.to).parse().map_err(decode)?;
            used.insert(number);
            pairs.push((grid, code));
        }
        Ok(pairs)
    }

    /// Gives a village another code, or makes it part of another village: its grids go over one after the other, then the rights
    /// for the village as a whole, its staff, pages of the handbook and numbers. Done again after a fault it goes on.
    ///
    /// # Errors
    /// See [`CannotChangeGrid`]; grids that went over stay so.
    pub async fn change_village(
        &self,
        photos: &PhotoStore,
        change: &ChangeVillage,
        by: &str,
    ) -> anyhow::Result<Transferred> {
        let ChangeVillage { from, to, name } = change;
        if from.county() != to.county() || from == to {
            return Err(CannotChangeGrid::NotOneCounty.into());
        }
        if !self.has_place(&Place::Area(to.clone())).await? {
            if name.is_empty() || !self.has_place(&Place::Area(to.parent().unwrap_or_else(|| to.clone()))).await? {
                return Err(CannotChangeGrid::NoVillage(to.clone()).into());
            }
            let new = Area { code: to.clone(), name: name.clone(), level: to.level(), parent: to.parent() };
            self.put_areas(&[new]).await?;
        }
        let mut all = Transferred::default();
        for (old, new) in self.grids_after(change).await? {
            let one = self.merge_grid(photos, (&old, &new), by).await?;
            all.households += one.households;
            all.records += one.records;
            all.rights += one.rights;
        }
        let county = from.county().to_owned();
        let mut tx = self.begin().await?;
        let [before, after] = [from, to].map(|village| Place::Area(village.clone()));
        all.rights += move_rights(&mut tx, self.engine, &before, &after, by).await?;
        for words in [
            "UPDATE handbook_page SET place = $1 WHERE county = $2 AND place = $3",
            "UPDATE contact SET place = $1 WHERE county = $2 AND place = $3",
        ] {
            let query = sqlx::query(words).bind(to.as_str()).bind(&county).bind(from.as_str());
            query.execute(&mut *tx).await?;
        }
        sqlx::query("DELETE FROM area WHERE code = $1").bind(from.as_str()).execute(&mut *tx).await?;
        append(&mut tx, self.engine, &Entry::of(by, Act::Areas, format!("{from} → {to}")).at(&county)).await?;
        tx.commit().await?;
        Ok(all)
    }
}
