//! Finding people under their rights (个人信息保护法 44–50): residents and parties to disputes, by name or phone.

use super::{Database, records::gathered};
use chrono::Datelike;
use ruhu_domain::{
    Channel, Kind, Record, RecordId,
    dispute::{DisputeFile, records::Party},
    office::{FindPerson, FoundResident, Held, OfRecord},
    rights::Place,
    roster::{household::Household, resident::Resident},
};
use std::collections::BTreeSet;

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

    fn fits(&self, name: &str, phones: &[&str]) -> bool {
        match self {
            Self::Name(wanted) => name.trim().starts_with(wanted),
            Self::Phone(wanted) => phones.iter().any(|phone| {
                let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
                digits.ends_with(wanted)
            }),
        }
    }
}

impl Database {
    /// Returns the residents and parties to disputes at a place who fit, of channels that the caller may see, at most
    /// [`FindPerson::MOST`]. A party who is a resident that is found, too, is told as that resident alone.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn find_people(
        &self,
        wanted: &Wanted<'_>,
        place: &Place,
        may_see: impl Fn(&Channel) -> bool,
    ) -> sqlx::Result<Vec<FoundResident>> {
        let kinds = [Kind::Resident, Kind::Household, Kind::Party, Kind::Dispute];
        let records = self.records(place.prefix(), &kinds).await?;
        let of = |id: RecordId| records.iter().find(|record| record.id == id);
        let there = records.iter().filter(|record| !record.withdrawn() && may_see(&record.channel));
        let residents = there.clone().filter(|record| record.kind == Kind::Resident).filter_map(|record| {
            let resident: Resident = record.view()?;
            let home = of(resident.household);
            // The phone of a household is its head's.
            let home_phone = home.and_then(Record::view::<Household>).filter(|home| home.head == resident.name);
            let phones = [resident.phone.as_str(), home_phone.as_ref().map_or("", |home| &home.phone)];
            wanted.fits(&resident.name, &phones).then(|| found_as(record, &resident, home))
        });
        let residents: Vec<FoundResident> = residents.collect();
        let known = |resident: RecordId| residents.iter().any(|found| found.record == resident);
        let parties = there.filter(|record| record.kind == Kind::Party).filter_map(|record| {
            let party: Party = record.view()?;
            let fits = !party.resident.is_some_and(known) && wanted.fits(&party.name, &[&party.phone]);
            fits.then(|| found_party(record, &party, of(party.dispute)))
        });
        let parties: Vec<FoundResident> = parties.collect();
        Ok(residents.into_iter().chain(parties).take(FindPerson::MOST).collect())
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

pub(super) fn found_as(record: &Record, resident: &Resident, household: Option<&Record>) -> FoundResident {
    let household = household.and_then(Record::view::<Household>);
    FoundResident {
        record: record.id,
        channel: record.channel.clone(),
        name: resident.name.clone(),
        birth_year: resident.birth.map(|birth| birth.year()),
        party: false,
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
        assert!(Wanted::Phone("0000001".into()).fits("", &["", "139 0000 0001"]));
        assert!(!Wanted::Phone("0000001".into()).fits("", &["13900000010"]));
    }
}
