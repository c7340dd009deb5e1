//! Finding people under their rights (个人信息保护法 44–50): residents and parties to disputes, by name or phone.

use super::{
    Database,
    projection::{name_term, phone_term},
    records::gathered,
    sql::{Engine, by_ids},
    stored::{Stored, decode, key, uuid},
};
use chrono::Datelike;
use ruhu_domain::{
    Channel, Kind, Record, RecordId,
    dispute::{DisputeFile, records::Party},
    office::{FindPerson, FoundResident, Held, OfRecord},
    rights::Place,
    roster::{household::Household, resident::Resident},
};
use sqlx::{AnyConnection, Row};
use std::collections::BTreeSet;

/// Hits looked at in one statement.
const HITS: i64 = 200;

/// The fewest digits that a phone is looked for by: the last ones that somebody remembers.
const DIGITS: usize = 7;

/// The digits of a mobile phone in China, without the country's.
const MOBILE: usize = 11;

/// What somebody is looked for by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// The beginning of a name.
    Name(&'a str),
    /// Digits that a phone ends with.
    Phone(String),
}

impl<'a> Wanted<'a> {
    /// Reads what was typed: seven digits and more are a phone. `None` where it is too short to be one person.
    pub fn read(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_phone = text.chars().all(|letter| letter.is_ascii_digit() || [' ', '-', '+'].contains(&letter));
        if is_phone {
            let number = ["0086", "86"]
                .iter()
                .find_map(|country| digits.strip_prefix(country))
                .filter(|own| own.len() == MOBILE);
            let number = number.unwrap_or(&digits).to_owned();
            return (number.len() >= DIGITS).then_some(Self::Phone(number));
        }
        (text.chars().count() >= 2).then_some(Self::Name(text))
    }

    /// Returns the words of the index that fit: those from the first on, and before the second.
    fn terms(&self) -> [String; 2] {
        let first = match self {
            Self::Name(name) => name_term(name),
            Self::Phone(digits) => phone_term(digits),
        };
        [first.clone(), format!("{first}{}", char::MAX)]
    }
}

/// A hit of the index: who, by which sort of word, and the word.
type Hit = (RecordId, String, String);

impl Database {
    /// Returns the residents and parties to disputes at a place who fit, of channels that the caller may see, at most
    /// [`FindPerson::MOST`]. A party who is a resident that is found, too, is told as that resident alone. Who had the name once is found
    /// by it still.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn find_people(
        &self,
        wanted: &Wanted<'_>,
        place: &Place,
        may_see: impl Fn(&Channel) -> bool,
    ) -> sqlx::Result<Vec<FoundResident>> {
        let mut found = Vec::new();
        for county in self.counties(place.prefix()).await? {
            found.extend(self.find_in(&county, wanted, place.prefix(), &may_see).await?);
        }
        let residents: BTreeSet<RecordId> =
            found.iter().filter(|(found, _)| !found.party).map(|(found, _)| found.record).collect();
        found.retain(|(_, resident)| !resident.is_some_and(|resident| residents.contains(&resident)));
        found.sort_by_key(|(found, _)| (found.party, found.record));
        found.dedup_by_key(|(found, _)| found.record);
        Ok(found.into_iter().map(|(found, _)| found).take(FindPerson::MOST).collect())
    }

    /// Returns people of a county, each party with the resident that it is.
    async fn find_in(
        &self,
        county: &str,
        wanted: &Wanted<'_>,
        area: &str,
        may_see: &impl Fn(&Channel) -> bool,
    ) -> sqlx::Result<Vec<(FoundResident, Option<RecordId>)>> {
        let [first, last] = wanted.terms();
        let (mut found, mut after) = (Vec::new(), (first, Vec::new(), String::new()));
        while found.len() < FindPerson::MOST {
            let rows = sqlx::query(
                "SELECT term, record, role, channel FROM name_index WHERE county = $1 AND term < $2
                 AND (term > $3 OR (term = $4 AND (record > $5 OR (record = $6 AND role > $7))))
                 AND channel >= $8 AND channel < $9 ORDER BY term, record, role LIMIT $10",
            )
            .bind(county)
            .bind(&last)
            .bind(&after.0)
            .bind(&after.0)
            .bind(after.1.clone())
            .bind(after.1.clone())
            .bind(&after.2)
            .bind(area)
            .bind(format!("{area}~"))
            .bind(HITS)
            .fetch_all(&self.pool)
            .await?;
            let Some(end) = rows.last() else { break };
            after = (end.try_get(0)?, end.try_get(1)?, end.try_get(2)?);
            let mut hits: Vec<Hit> = Vec::new();
            for row in &rows {
                let channel: Channel = row.try_get::<String, _>(3)?.parse().map_err(decode)?;
                if may_see(&channel) {
                    hits.push((RecordId(uuid(row, 1)?), row.try_get(2)?, row.try_get(0)?));
                }
            }
            let people = self.people(county, &hits).await?;
            // Who is found by a household's phone may be elsewhere.
            let is_theirs =
                |found: &FoundResident| may_see(&found.channel) && found.channel.grid.as_str().starts_with(area);
            found.extend(people.into_iter().filter(|(found, _)| is_theirs(found)));
        }
        Ok(found)
    }

    /// Returns the people of these hits. A household's phone is its head's.
    async fn people(&self, county: &str, hits: &[Hit]) -> sqlx::Result<Vec<(FoundResident, Option<RecordId>)>> {
        let mut connection = self.pool.acquire().await?;
        let by_id = "SELECT id, body FROM record WHERE county = {county} AND id {ids}";
        let of_parent = "SELECT id, body FROM record WHERE county = {county} AND parent {ids}";
        let own = hits.iter().map(|(id, ..)| *id);
        let own = records_by(&mut connection, self.engine, by_id, county, own).await?;
        let homes = own.iter().filter(|record| record.kind == Kind::Household);
        let (homes, mut others): (Vec<&Record>, _) = (homes.collect(), own.iter().filter_map(Record::parent));
        let ids = homes.iter().map(|home| home.id);
        let members = records_by(&mut connection, self.engine, of_parent, county, ids).await?;
        let mut beside: BTreeSet<RecordId> = own.iter().filter_map(Record::home).collect();
        beside.extend(&mut others);
        let beside = records_by(&mut connection, self.engine, by_id, county, beside.into_iter()).await?;
        let of = |id: RecordId| beside.iter().chain(homes.iter().copied()).find(|record| record.id == id);
        let mut found = Vec::new();
        for record in own.iter().chain(&members).filter(|record| !record.withdrawn()) {
            let former = hits.iter().find(|(id, role, _)| *id == record.id && role == "former");
            let former_name = former.map(|(.., name)| name.clone()).unwrap_or_default();
            if let Some(resident) = resident(record) {
                let home = of(resident.household);
                let is_head = home.and_then(Record::view::<Household>).is_some_and(|home| home.head == resident.name);
                if own.iter().any(|one| one.id == record.id) || is_head {
                    found.push((FoundResident { former_name, ..found_as(record, &resident, home) }, None));
                }
            } else if let Some(party) = record.view::<Party>().filter(|_| record.kind == Kind::Party) {
                let of_party = found_party(record, &party, of(party.dispute));
                found.push((FoundResident { former_name, ..of_party }, party.resident));
            }
        }
        Ok(found)
    }

    /// Returns the party to a dispute that a record is of, with all that the grid's files hold on them as a party: their own
    /// entries, and nothing of the disputes themselves. `None` where the channel has no such party.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn held_on_party(&self, of: &OfRecord) -> sqlx::Result<Option<(FoundResident, Vec<Held>)>> {
        let records = self.records(of.channel.grid.as_str(), &[Kind::Party, Kind::Dispute]).await?;
        let there =
            |record: &&Record| record.channel == of.channel && record.kind == Kind::Party && !record.withdrawn();
        let parties = records.iter().filter(there).filter_map(|record| Some((record, record.view::<Party>()?)));
        let Some((own, party)) = parties.clone().find(|(record, _)| record.id == of.record) else { return Ok(None) };
        // A name alone is many people's: another entry is theirs where a number says so, too.
        let same = |other: &Party| {
            let same = |one: &str, other: &str| !one.trim().is_empty() && one.trim() == other.trim();
            let born = party.born.zip(other.born).is_none_or(|(one, other)| one == other);
            let number = same(&party.phone, &other.phone) || same(&party.id_number, &other.id_number);
            born && same(&party.name, &other.name) && number
        };
        let entries = parties.filter(|(record, other)| record.id == of.record || same(other));
        let entries: Vec<Record> = entries.map(|(record, _)| record.clone()).collect();
        let mut held = self.with_history(&entries).await?;
        held.sort_by_key(|held| held.record != of.record);
        let dispute = records.iter().find(|record| record.id == party.dispute);
        Ok(Some((found_party(own, &party, dispute), held)))
    }

    /// Returns the entries of mediation files on a resident as a party: their own lines, and nothing of the dispute itself. The
    /// files themselves are kept for good (人民调解法 27).
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn party_in(&self, same: &BTreeSet<RecordId>, channel: &Channel) -> sqlx::Result<Vec<Held>> {
        let records = self.records(channel.grid.as_str(), &[Kind::Party]).await?;
        let own = records.iter().filter(|record| record.channel == *channel && !record.withdrawn());
        let own = own.filter(|record| {
            record.view::<Party>().is_some_and(|party| party.resident.is_some_and(|resident| same.contains(&resident)))
        });
        let own: Vec<Record> = own.cloned().collect();
        self.with_history(&own).await
    }
}

fn resident(record: &Record) -> Option<Resident> {
    record.view().filter(|_| record.kind == Kind::Resident)
}

/// The records of a statement on a county and ids, as far as they can be read.
async fn records_by(
    connection: &mut AnyConnection,
    engine: Engine,
    words: &str,
    county: &str,
    ids: impl Iterator<Item = RecordId>,
) -> sqlx::Result<Vec<Record>> {
    let ids: BTreeSet<RecordId> = ids.collect();
    let ids: Vec<Vec<u8>> = ids.into_iter().map(|id| key(id.0)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Stored::read(&by_ids(engine, words, county, None, ids).fetch_all(connection).await?)?.records)
}

pub(super) fn found_as(record: &Record, resident: &Resident, household: Option<&Record>) -> FoundResident {
    let household = household.and_then(Record::view::<Household>);
    FoundResident {
        record: record.id,
        channel: record.channel.clone(),
        name: resident.name.clone(),
        birth_year: resident.birth.map(|birth| birth.year()),
        party: false,
        former_name: String::new(),
        household: household.map(|household| format!("{} {}", household.number, household.address)).unwrap_or_default(),
    }
}

fn found_party(record: &Record, party: &Party, dispute: Option<&Record>) -> FoundResident {
    let file = dispute.and_then(|dispute| gathered::<DisputeFile>(vec![dispute.clone()]).into_iter().next());
    FoundResident {
        record: record.id,
        channel: record.channel.clone(),
        name: party.name.clone(),
        birth_year: party.born.and_then(|born| i32::try_from(born).ok()),
        household: file.map(|(_, file, _)| file.number()).unwrap_or_default(),
        party: true,
        former_name: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_phone_and_anything_else_a_name() {
        assert_eq!(Wanted::read(" 陈静 "), Some(Wanted::Name("陈静")));
        assert_eq!(Wanted::read("陈"), None, "one character is a list of people");
        assert_eq!(Wanted::read("139 0000-0001"), Some(Wanted::Phone("13900000001".into())));
        assert_eq!(Wanted::read("+86 13900000001"), Some(Wanted::Phone("13900000001".into())));
        assert_eq!(Wanted::read("000001"), None, "so few digits are many people");
        let fits = |wanted: &Wanted<'_>, term: String| {
            let [first, last] = wanted.terms();
            (first..last).contains(&term)
        };
        let phone = Wanted::Phone("0000001".into());
        assert!(fits(&phone, phone_term("139 0000 0001")));
        assert!(!fits(&phone, phone_term("13900000010")));
        assert!(fits(&Wanted::Name("阿不都"), name_term("阿不都•热合曼")));
        assert!(!fits(&Wanted::Name("王芳"), name_term("王 方")));
    }
}
