//! The names of places for people.

use super::{Database, grids::GridNames};
use ruhu_domain::{AreaCode, AreaLevel, office::PlaceNames, rights::Place};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Codes that one statement asks for.
const CODES: usize = 200;

impl Database {
    /// Returns the names of places as people say them: of an area its own, of a village after its township's, of a grid after both. A place that
    /// the areas lack has none.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn place_names(&self, places: impl IntoIterator<Item = Place>) -> sqlx::Result<PlaceNames> {
        let places: BTreeSet<Place> = places.into_iter().collect();
        let area_of = |place: &Place| match place {
            Place::Grid(grid) => grid.village(),
            Place::Area(area) => area.clone(),
        };
        let above = |area: &AreaCode| (area.level() == AreaLevel::Village).then(|| area.parent()).flatten();
        let areas: BTreeSet<AreaCode> = places.iter().map(area_of).collect();
        let codes: BTreeSet<String> = areas
            .iter()
            .flat_map(|area| [Some(area.clone()), above(area)])
            .flatten()
            .map(|area| area.to_string())
            .collect();
        let codes: Vec<String> = codes.into_iter().collect();
        let mut names: HashMap<String, String> = HashMap::new();
        for chunk in codes.chunks(CODES) {
            let list: Vec<String> = (1..=chunk.len()).map(|number| format!("${number}")).collect();
            let words = format!("SELECT code, name FROM area WHERE code IN ({})", list.join(", "));
            let query = sqlx::query_as::<_, (String, String)>(AssertSqlSafe(words));
            names.extend(chunk.iter().fold(query, sqlx::query::QueryAs::bind).fetch_all(&self.pool).await?);
        }
        let whole = |area: &AreaCode| {
            let own = spoken(names.get(area.as_str())?);
            let above = above(area).and_then(|above| names.get(above.as_str())).map_or("", String::as_str);
            Some(format!("{above}{own}"))
        };
        let counties: BTreeSet<String> =
            places.iter().filter_map(Place::grid).map(|grid| grid.village().county().to_owned()).collect();
        let mut own = HashMap::new();
        for county in counties {
            let given: Vec<(String, String)> =
                sqlx::query_as("SELECT code, name FROM grid WHERE county = $1 AND name <> ''")
                    .bind(county)
                    .fetch_all(&self.pool)
                    .await?;
            own.extend(given);
        }
        let villages = areas.iter().filter_map(|area| Some((area.to_string(), whole(area)?))).collect();
        let grids = GridNames { villages, own };
        let name = |place: Place| {
            let name = match &place {
                Place::Grid(grid) => Some(grids.of(grid)),
                Place::Area(area) => whole(area),
            };
            Some((place, name?))
        };
        Ok(PlaceNames(places.into_iter().filter_map(name).collect::<BTreeMap<_, _>>()))
    }
}

/// Returns a village's name as people say it: the statistics' table of areas names its committee (村民委员会, 居民委员会).
fn spoken(name: &str) -> String {
    if let Some(village) = name.strip_suffix("民委员会").filter(|village| village.ends_with('村')) {
        return village.to_owned();
    }
    match name.strip_suffix("居民委员会") {
        Some(community) if community.ends_with("社区") => community.to_owned(),
        Some(community) => format!("{community}居委会"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_village_is_called_as_people_say_it() {
        for (table, said) in [
            ("椿树岗村民委员会", "椿树岗村"),
            ("三里店社区居民委员会", "三里店社区"),
            ("东关居民委员会", "东关居委会"),
            ("虚拟社区", "虚拟社区"),
            ("郭陆滩镇", "郭陆滩镇"),
        ] {
            assert_eq!(spoken(table), said);
        }
    }
}
