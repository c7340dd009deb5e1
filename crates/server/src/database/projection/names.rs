//! The words by which people are found: the names of residents and of parties to disputes, those that they had before, and
//! their phones. A household's phone is its head's.

use super::of_ids;
use crate::{
    database::{
        sql::{Engine, ROWS, insert},
        stored::{self, key, uuid},
    },
    text::name_key,
};
use ruhu_domain::{
    Kind, Record, RecordId,
    dispute::records::Party,
    roster::{household::Household, resident::Resident},
};
use sqlx::{AnyConnection, Row};
use std::collections::{BTreeMap, BTreeSet};

/// A word by which a record is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term {
    /// The word, as it is compared.
    pub(super) term: String,
    /// `resident` and `party` for the name, `former` for one before, `phone` and `home` for a phone of theirs and their household's.
    pub(super) role: &'static str,
    /// Where the record is.
    pub(super) channel: String,
}

/// Returns a name as it is compared.
pub(in crate::database) fn name_term(name: &str) -> String {
    // A name never begins as phones do.
    name_key(name).trim_start_matches('#').to_owned()
}

/// Returns digits as phones are compared, from the last one on.
pub(in crate::database) fn phone_term(phone: &str) -> String {
    let digits = phone.chars().rev().filter(char::is_ascii_digit);
    std::iter::once('#').chain(digits).collect()
}

/// Returns the words of a record; `None` where it is of a kind that has none.
pub(super) fn of(record: &Record) -> Option<Vec<Term>> {
    if !matches!(record.kind, Kind::Resident | Kind::Party | Kind::Household) {
        return None;
    }
    let mut terms = Vec::new();
    if record.withdrawn() {
        return Some(terms);
    }
    let channel = record.channel.to_string();
    let mut put = |term: String, role| {
        if term.chars().any(|letter| letter != '#') {
            terms.push(Term { term, role, channel: channel.clone() });
        }
    };
    match record.kind {
        Kind::Resident => {
            if let Some(resident) = record.view::<Resident>() {
                put(name_term(&resident.name), "resident");
                put(phone_term(&resident.phone), "phone");
            }
        }
        Kind::Party => {
            if let Some(party) = record.view::<Party>() {
                put(name_term(&party.name), "party");
                put(phone_term(&party.phone), "phone");
            }
        }
        _ => {
            if let Some(household) = record.view::<Household>() {
                put(phone_term(&household.phone), "home");
            }
        }
    }
    Some(terms)
}

/// Returns the names that people ever had, by the history.
pub(super) async fn former(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    ids: &BTreeSet<RecordId>,
) -> sqlx::Result<BTreeMap<RecordId, BTreeSet<String>>> {
    let ids: Vec<RecordId> = ids.iter().copied().collect();
    let words = "SELECT record, id, body FROM op WHERE county = {county} AND record {ids} AND outcome = 'applied' AND body <> ''";
    let mut names: BTreeMap<RecordId, BTreeSet<String>> = BTreeMap::new();
    for row in of_ids(tx, engine, words, county, &ids).await? {
        let Some(op) = stored::op(uuid(&row, 1)?, &row.try_get::<String, _>(2)?) else { continue };
        let name = op.changes.get("name").and_then(|change| change.value.as_str()).map(name_term);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            names.entry(RecordId(uuid(&row, 0)?)).or_default().insert(name);
        }
    }
    Ok(names)
}

/// Adds earlier names to the words of somebody who has a name now.
pub(super) fn add_former(terms: &mut Vec<Term>, former: BTreeSet<String>) {
    let own = terms.iter().find(|term| matches!(term.role, "resident" | "party")).cloned();
    let Some(own) = own else { return };
    let earlier = former.into_iter().filter(|name| *name != own.term);
    terms.extend(earlier.map(|term| Term { term, role: "former", channel: own.channel.clone() }));
}

const INSERT: &str = "INSERT INTO name_index (county, term, record, role, channel) VALUES {}";

/// Writes the words of records in place of those they had.
pub(super) async fn write(
    tx: &mut AnyConnection,
    engine: Engine,
    county: &str,
    before: &BTreeSet<RecordId>,
    terms: &BTreeMap<RecordId, Vec<Term>>,
) -> sqlx::Result<()> {
    for id in before {
        sqlx::query("DELETE FROM name_index WHERE county = $1 AND record = $2")
            .bind(county)
            .bind(key(id.0))
            .execute(&mut *tx)
            .await?;
    }
    let rows: Vec<(RecordId, &Term)> =
        terms.iter().flat_map(|(id, terms)| terms.iter().map(move |term| (*id, term))).collect();
    for chunk in rows.chunks(ROWS) {
        let mut query = insert(engine, INSERT, chunk.len(), 5);
        for (id, Term { term, role, channel }) in chunk {
            query = query.bind(county).bind(term).bind(key(id.0)).bind(*role).bind(channel);
        }
        query.execute(&mut *tx).await?;
    }
    Ok(())
}
