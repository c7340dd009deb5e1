//! The rights of the people recorded (个人信息保护法 44–50): finding somebody, what is held on them, their requests.

use super::{
    Database, Person,
    audit::{Act, Entry, append},
    stored::{decode, key, uuid},
};
use crate::random;
use chrono::Datelike;
use ruhu_domain::{
    Channel, Class, Kind, OpId, Record, RecordId,
    dispute::records::Party,
    household::Household,
    office::{Decided, Done, Found, Held, OfRecord, OpenRequest, Request, Wish},
    resident::Resident,
    rights::Place,
    visit::Visit,
};
use serde_json::Value;
use sqlx::{Row, any::AnyRow};
use std::collections::{BTreeMap, BTreeSet};

/// What is held on a resident.
#[derive(Clone, Debug)]
pub struct HeldOn {
    /// Who.
    pub found: Found,
    /// Their record.
    pub resident: Resident,
    /// Every record that speaks of them.
    pub records: Vec<Held>,
    /// The names of the others of the household.
    pub others: Vec<String>,
}

/// The most people one search finds.
const MOST: usize = 50;

impl Database {
    /// The residents at a place whose name begins so.
    ///
    /// # Errors
    /// The database's.
    pub async fn find_people(&self, name: &str, place: &Place) -> sqlx::Result<Vec<Found>> {
        let prefix = match place {
            Place::Grid(grid) => grid.to_string(),
            Place::Area(area) => area.prefix().to_owned(),
        };
        let records = self.records(&prefix, &[Kind::Resident, Kind::Household]).await?;
        let household = |id: RecordId| records.iter().find(|record| record.id == id);
        let found = records.iter().filter(|record| record.kind == Kind::Resident && !record.withdrawn());
        let found = found.filter_map(|record| {
            let resident: Resident = record.view()?;
            if !resident.name.starts_with(name) {
                return None;
            }
            Some(found_as(record, &resident, household(resident.household)))
        });
        Ok(found.take(MOST).collect())
    }

    /// A resident: who it is, and every record that speaks of them. None where the channel has no such resident.
    ///
    /// # Errors
    /// The database's.
    pub async fn held_on(&self, of: &OfRecord) -> sqlx::Result<Option<HeldOn>> {
        let records = self.records(of.channel.grid.as_str(), &[Kind::Resident, Kind::Household, Kind::Visit]).await?;
        let records: Vec<Record> = records.into_iter().filter(|record| record.channel == of.channel).collect();
        let own = records.iter().find(|record| record.id == of.record && record.kind == Kind::Resident);
        let Some((own, resident)) = own.and_then(|own| Some((own, own.view::<Resident>()?))) else { return Ok(None) };
        let household = records.iter().find(|record| record.id == resident.household);
        let found = found_as(own, &resident, household);
        let speaks = |record: &&Record| match record.kind {
            Kind::Resident => record.id == of.record,
            Kind::Household => record.id == resident.household,
            _ => record.view::<Visit>().is_some_and(|visit| visit.household == resident.household),
        };
        let own: Vec<Record> = records.iter().filter(speaks).cloned().collect();
        let mut held = self.with_history(&own).await?;
        held.sort_by_key(|held| held.kind.clone());
        let others = records.iter().filter(|record| record.id != of.record).filter_map(Record::view::<Resident>);
        let others = others.filter(|other| other.household == resident.household).map(|other| other.name).collect();
        Ok(Some(HeldOn { found, resident, records: held, others }))
    }

    /// What mediation files hold on a resident as a party: their own lines, and nothing of what it is about. The files
    /// themselves are kept for good (人民调解法 27).
    ///
    /// # Errors
    /// The database's.
    pub async fn party_in(&self, resident: RecordId, channel: &Channel) -> sqlx::Result<Vec<Held>> {
        let records = self.records(channel.grid.as_str(), &[Kind::Party]).await?;
        let own = records.iter().filter(|record| record.channel == *channel && !record.withdrawn());
        let own = own.filter(|record| record.view::<Party>().is_some_and(|party| party.resident == Some(resident)));
        let own: Vec<Record> = own.cloned().collect();
        self.with_history(&own).await
    }

    /// The care cases of a resident anywhere in the county, each with the records that name it: all of them speak of this
    /// person. A case is theirs where it names their record, or their household and their name.
    ///
    /// # Errors
    /// The database's.
    pub async fn cared_for(&self, of: &OfRecord, resident: &Resident) -> sqlx::Result<Vec<Record>> {
        const KINDS: [Kind; 4] = [Kind::CareCase, Kind::PlanItem, Kind::CareVisit, Kind::CareStep];
        let mut records = self.records(of.channel.grid.village().county(), &KINDS).await?;
        records.retain(|record| record.channel.class == Class::Care);
        let text = |record: &Record, name: &str| {
            let value = record.fields.get(name).map(|field| &field.value);
            value.and_then(Value::as_str).unwrap_or_default().trim().to_owned()
        };
        let (own, household) = (of.record.to_string(), resident.household.to_string());
        let theirs = |record: &&Record| {
            let named = text(record, "household") == household && text(record, "name") == resident.name.trim();
            text(record, "resident") == own || named
        };
        let cases = records.iter().filter(|record| record.kind == Kind::CareCase);
        let cases: BTreeSet<RecordId> = cases.filter(theirs).map(|record| record.id).collect();
        records.retain(|record| cases.contains(&record.parent().unwrap_or(record.id)));
        Ok(records)
    }

    /// Records as they are held, each with its history.
    ///
    /// # Errors
    /// The database's.
    pub async fn with_history(&self, records: &[Record]) -> sqlx::Result<Vec<Held>> {
        let mut held = Vec::new();
        for record in records {
            held.push(Held { history: self.history(&record.channel, record.id).await?, ..held_as(record) });
        }
        Ok(held)
    }

    /// Takes a request down; returns its number.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_request(&self, request: &OpenRequest, by: &str) -> sqlx::Result<String> {
        let now = random::now_ms();
        let id = OpId::new(now, random::bytes()).to_string();
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO personal_request (county, id, channel, record, wish, asked_by, words, opened_by, opened_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(request.of.channel.grid.village().county())
        .bind(&id)
        .bind(request.of.channel.to_string())
        .bind(key(request.of.record.0))
        .bind(request.wish.as_str())
        .bind(&request.asked_by)
        .bind(&request.words)
        .bind(by)
        .bind(now.cast_signed())
        .execute(&mut *tx)
        .await?;
        append(&mut tx, self.engine, &Entry { account: by, device: None, act: Act::Ask, subject: id.clone() }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Requests, the latest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn requests(&self) -> sqlx::Result<Vec<Request>> {
        let rows = sqlx::query(
            "SELECT r.id, r.channel, r.record, r.wish, r.asked_by, r.words, COALESCE(o.name, r.opened_by), r.opened_at,
             r.granted, r.answer, COALESCE(d.name, r.decided_by), r.decided_at
             FROM personal_request r LEFT JOIN account o ON o.id = r.opened_by
             LEFT JOIN account d ON d.id = r.decided_by ORDER BY r.opened_at DESC, r.id DESC",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(request).collect()
    }

    /// Decides on a request that is open; `false` where it was decided before. With `erase` the resident's record and
    /// their care cases go in the same transaction, and their name from the household's others.
    ///
    /// # Errors
    /// The database's.
    pub async fn decide_request(
        &self,
        request: &Request,
        granted: bool,
        answer: &str,
        by: &str,
        erase: Option<&Person<'_>>,
    ) -> sqlx::Result<bool> {
        // Care cases go whole, whoever decides: nothing else is in them than what is about this person.
        let mut cases: BTreeMap<String, (Channel, Vec<RecordId>)> = BTreeMap::new();
        if let Some(HeldOn { resident, .. }) = self.held_on(&request.of).await?.filter(|_| erase.is_some()) {
            for record in self.cared_for(&request.of, &resident).await? {
                let of = cases.entry(record.channel.to_string());
                of.or_insert_with(|| (record.channel.clone(), Vec::new())).1.push(record.id);
            }
        }
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE personal_request SET granted = $1, answer = $2, decided_by = $3, decided_at = $4
             WHERE county = $5 AND id = $6 AND granted IS NULL",
        )
        .bind(i64::from(granted))
        .bind(answer)
        .bind(by)
        .bind(random::now_ms().cast_signed())
        .bind(request.of.channel.grid.village().county())
        .bind(&request.id)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        if erase.is_some() {
            // `care` comes before `general`, as in the order in which a push locks its channels.
            for (channel, records) in cases.values() {
                self.erase_in(&mut tx, channel, records, None).await?;
                self.erase_waiting(&mut tx, channel, records).await?;
                for record in records {
                    let subject = record.to_string();
                    append(&mut tx, self.engine, &Entry { account: by, device: None, act: Act::Erase, subject })
                        .await?;
                }
            }
            self.erase_in(&mut tx, &request.of.channel, &[request.of.record], erase).await?;
            let subject = request.of.record.to_string();
            append(&mut tx, self.engine, &Entry { account: by, device: None, act: Act::Erase, subject }).await?;
        }
        let subject = request.id.clone();
        append(&mut tx, self.engine, &Entry { account: by, device: None, act: Act::Answer, subject }).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// What a record holds, without its history.
fn held_as(record: &Record) -> Held {
    let values = record.fields.iter().filter(|(_, field)| !field.value.is_null());
    Held {
        record: record.id,
        kind: record.kind.clone(),
        values: values.map(|(name, field)| (name.clone(), field.value.clone())).collect(),
        history: Vec::new(),
    }
}

fn found_as(record: &Record, resident: &Resident, household: Option<&Record>) -> Found {
    let household = household.and_then(Record::view::<Household>);
    Found {
        record: record.id,
        channel: record.channel.clone(),
        name: resident.name.clone(),
        birth_year: resident.birth.map(|birth| birth.year()),
        household: household.map(|household| format!("{} {}", household.number, household.address)).unwrap_or_default(),
    }
}

fn request(row: &AnyRow) -> sqlx::Result<Request> {
    let channel: Channel = row.try_get::<String, _>(1)?.parse().map_err(decode)?;
    let wish = Wish::named(&row.try_get::<String, _>(3)?).ok_or(sqlx::Error::RowNotFound)?;
    let time = |column: usize| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(i64::cast_unsigned));
    let decided = match (row.try_get::<Option<i64>, _>(8)?, time(11)?) {
        (Some(granted), Some(at)) => Some(Decided {
            granted: granted != 0,
            answer: row.try_get::<Option<String>, _>(9)?.unwrap_or_default(),
            done: Done { by: row.try_get::<Option<String>, _>(10)?.unwrap_or_default(), at },
        }),
        _ => None,
    };
    Ok(Request {
        id: row.try_get(0)?,
        of: OfRecord { record: RecordId(uuid(row, 2)?), channel },
        wish,
        asked_by: row.try_get(4)?,
        words: row.try_get(5)?,
        opened: Done { by: row.try_get(6)?, at: time(7)?.unwrap_or_default() },
        decided,
    })
}
