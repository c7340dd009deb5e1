//! The rights of the people recorded (个人信息保护法 44–50): finding somebody, what is held on them, their requests.

use super::{
    Database, Person, Stored,
    audit::{Act, Entry, append},
    finding::found_as,
    stored::{decode, key, uuid},
};
use crate::random;
use ruhu_domain::{
    Channel, Class, Kind, OpId, Record, RecordId,
    office::{Attribution, DataRequest, Decided, FoundResident, Held, OfRecord, OpenDataRequest, Wish},
    record::{Field, Name},
    roster::{household::Household, merged, resident::Resident},
    visit::Visit,
};
use serde_json::Value;
use sqlx::{AnyConnection, Row, any::AnyRow};
use std::collections::{BTreeMap, BTreeSet};

/// The data held on a resident.
#[derive(Clone, Debug)]
pub struct HeldOn {
    /// Who.
    pub found: FoundResident,
    /// Their record.
    pub resident: Resident,
    /// Their record, and others that were merged with it.
    pub same: BTreeSet<RecordId>,
    /// The names in those.
    pub names: Vec<String>,
    /// Every record that speaks of them.
    pub records: Vec<Held>,
    /// The names of the others of the household.
    pub others: Vec<String>,
    /// The records of others that may name them, and where those are: households they lived in and visits there.
    pub mentioned: Vec<(Channel, RecordId)>,
    /// Records of the grid that can't be read: nobody knows whether they speak of them.
    pub unreadable: BTreeSet<RecordId>,
    /// Those of the names that nobody else of the grid has.
    pub unique: Vec<String>,
    /// Records of others in the channel that have one of these in their text.
    pub elsewhere: Vec<RecordId>,
    /// Their household, and others that were merged with it.
    pub homes: BTreeSet<RecordId>,
}

/// Records that may name anybody in the words that were written.
const REPORTS: [Kind; 7] =
    [Kind::Hazard, Kind::HazardStep, Kind::Request, Kind::RequestStep, Kind::Patrol, Kind::Finding, Kind::Outreach];

/// Whether a hazard, request, patrol or what belongs to them speaks of a person: it is at their household, or names them.
fn speaks_of(record: &Record, names: &[String], others: &[String], homes: &BTreeSet<RecordId>) -> bool {
    let person = Person { names, others, mentioned_in: &[] };
    let text = |name: &str| record.fields.get(name).and_then(|field| field.value.as_str()).unwrap_or_default().trim();
    // What somebody else of the household asked for is theirs.
    let asker = text("asker");
    let home = text("household").parse().ok().filter(|_| asker.is_empty() || names.iter().any(|name| name == asker));
    home.is_some_and(|home| homes.contains(&home))
        || record.fields.iter().any(|(name, field)| person.is_in(name, &field.value))
}

impl Database {
    /// A resident: who it is, and every record that speaks of them. None where the channel has no such resident.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn held_on(&self, of: &OfRecord) -> sqlx::Result<Option<HeldOn>> {
        let Stored { records, unreadable } = self.records_in(&of.channel).await?;
        let own = records.iter().find(|record| record.id == of.record && record.kind == Kind::Resident);
        let Some((own, resident)) = own.and_then(|own| Some((own, own.view::<Resident>()?))) else { return Ok(None) };
        let household = records.iter().find(|record| record.id == resident.household);
        let found = found_as(own, &resident, household);
        let views = records.iter().filter(|record| record.kind == Kind::Resident);
        let residents: Vec<(RecordId, Resident)> =
            views.filter_map(|record| Some((record.id, record.view::<Resident>()?))).collect();
        let named: Vec<_> = residents.iter().map(|(id, resident)| (*id, resident.same_as)).collect();
        let same = merged::together(of.record, &named);
        let own = |id: &RecordId| same.contains(id);
        let mut names: Vec<String> =
            residents.iter().filter(|(id, _)| own(id)).map(|(_, one)| one.name.trim().to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| !name.is_empty());
        let views = records.iter().filter(|record| record.kind == Kind::Household);
        let named: Vec<_> = views.filter_map(|one| Some((one.id, one.view::<Household>()?.same_as))).collect();
        let homes = residents.iter().filter(|(id, _)| own(id)).map(|(_, one)| one.household);
        let homes: BTreeSet<RecordId> = homes.flat_map(|home| merged::together(home, &named)).collect();
        // Where somebody else has the same name, words with it may be about them: only what is at the household counts.
        let strangers = || residents.iter().filter(|(id, _)| !own(id)).map(|(_, other)| other.name.trim());
        let unique: Vec<String> =
            names.iter().filter(|name| !strangers().any(|other| other == name.as_str())).cloned().collect();
        let is_longer = |other: &&str| names.iter().any(|name| *other != name && other.contains(name.as_str()));
        let longer: Vec<String> = strangers().filter(is_longer).map(str::to_owned).collect();
        let speaks = |record: &&Record| match record.kind {
            Kind::Resident => own(&record.id),
            Kind::Household => homes.contains(&record.id),
            Kind::Visit => record.view::<Visit>().is_some_and(|visit| homes.contains(&visit.household)),
            _ => REPORTS.contains(&record.kind) && speaks_of(record, &unique, &longer, &homes),
        };
        let speak: Vec<Record> = records.iter().filter(speaks).cloned().collect();
        // Records of others, and of kinds that this version does not know: what they say of others is not this person's to
        // read, but their name goes from them.
        let person = Person { names: &unique, others: &longer, mentioned_in: &[] };
        let named = |record: &&Record| {
            let contested =
                record.contested.iter().flat_map(|(name, values)| values.iter().map(move |one| (name, one)));
            record.fields.iter().chain(contested).any(|(name, field)| person.is_in(name, &field.value))
        };
        let elsewhere = records.iter().filter(|record| record.kind != Kind::Resident && !speaks(record));
        let once = self.once_named(&of.channel, &unique).await?;
        let elsewhere = elsewhere.filter(|record| named(record) || once.contains(&record.id));
        let elsewhere = elsewhere.map(|record| record.id).collect();
        let mut held = self.with_history(&speak).await?;
        // What was asked about comes first.
        held.sort_by_key(|held| (held.kind.clone(), held.record != of.record));
        let others = residents.iter().filter(|(id, other)| !own(id) && homes.contains(&other.household));
        let mut others: Vec<String> = others.map(|(_, other)| other.name.clone()).chain(longer.clone()).collect();
        let mut mentioned: Vec<(Channel, RecordId)> = Vec::new();
        for record in held.iter().filter(|held| held.kind != Kind::Resident) {
            mentioned.push((of.channel.clone(), record.record));
        }
        // A name is taken out of their text, whatever they are of.
        mentioned.extend(unreadable.iter().map(|record| (of.channel.clone(), *record)));
        for earlier in lived_in(&held).difference(&homes) {
            let village = of.channel.grid.village();
            let (there, more) = self.mentions(village.county(), *earlier, &same, &names).await?;
            others.extend(more);
            mentioned.extend(there.iter().map(|record| (record.channel.clone(), record.id)));
            held.extend(self.with_history(&there).await?);
        }
        Ok(Some(HeldOn {
            found,
            resident,
            same,
            names,
            records: held,
            others,
            mentioned,
            unreadable,
            unique,
            elsewhere,
            homes,
        }))
    }

    /// Returns the records of a channel whose history has one of the names, whatever they say now. It may return others too.
    async fn once_named(&self, channel: &Channel, names: &[String]) -> sqlx::Result<BTreeSet<RecordId>> {
        let words = "SELECT DISTINCT record FROM op WHERE county = $1 AND body LIKE $2
                     AND record IN (SELECT id FROM record WHERE county = $3 AND channel = $4)";
        let village = channel.grid.village();
        let (county, mut found) = (village.county(), BTreeSet::new());
        for name in names {
            let query =
                sqlx::query(words).bind(county).bind(format!("%{name}%")).bind(county).bind(channel.to_string());
            for row in query.fetch_all(&self.pool).await? {
                found.insert(RecordId(uuid(&row, 0)?));
            }
        }
        Ok(found)
    }

    /// A household and the visits to it, as far as one of the names is in them; and the names of others who live there.
    async fn mentions(
        &self,
        county: &str,
        household: RecordId,
        same: &BTreeSet<RecordId>,
        names: &[String],
    ) -> sqlx::Result<(Vec<Record>, Vec<String>)> {
        let channel: Option<String> = sqlx::query_scalar("SELECT channel FROM record WHERE county = $1 AND id = $2")
            .bind(county)
            .bind(key(household.0))
            .fetch_optional(&self.pool)
            .await?;
        let Some(channel) = channel else { return Ok((Vec::new(), Vec::new())) };
        let channel: Channel = channel.parse().map_err(decode)?;
        let kinds = [Kind::Household, Kind::Visit, Kind::Resident];
        let mut records = self.records(channel.grid.as_str(), &kinds).await?.records;
        let residents = records.iter().filter(|record| record.kind == Kind::Resident && !same.contains(&record.id));
        let residents = residents.filter_map(Record::view::<Resident>).filter(|other| other.household == household);
        let others: Vec<String> = residents.map(|other| other.name).collect();
        let person = Person { names, others: &others, mentioned_in: &[] };
        records.retain(|record| {
            let of_it = record.id == household
                || record
                    .view::<Visit>()
                    .is_some_and(|visit| record.kind == Kind::Visit && visit.household == household);
            let says = |(name, field): (&Name, &Field)| person.is_in(name, &field.value);
            record.channel == channel && of_it && record.kind != Kind::Resident && record.fields.iter().any(says)
        });
        Ok((records, others))
    }

    /// The care cases of a resident anywhere in the county, each with the records that name it: all of them speak of this
    /// person. A case is theirs where it names their record, or their household and their name.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn cared_for(&self, of: &OfRecord, held: &HeldOn) -> sqlx::Result<Vec<Record>> {
        let kinds = Kind::in_files_of(&Kind::CareCase);
        let mut records = self.records(of.channel.grid.village().county(), &kinds).await?.records;
        records.retain(|record| record.channel.class == Class::Care);
        let text = |record: &Record, name: &str| {
            let value = record.fields.get(name).map(|field| &field.value);
            value.and_then(Value::as_str).unwrap_or_default().trim().to_owned()
        };
        let texts = |ids: &mut dyn Iterator<Item = RecordId>| ids.map(|id| id.to_string()).collect::<BTreeSet<_>>();
        let own = texts(&mut held.same.iter().copied());
        let households = held.records.iter().filter(|held| held.kind == Kind::Household);
        let households = texts(&mut households.map(|held| held.record));
        let theirs = |record: &&Record| {
            let named = households.contains(&text(record, "household")) && held.names.contains(&text(record, "name"));
            own.contains(&text(record, "resident")) || named
        };
        let cases = records.iter().filter(|record| record.kind == Kind::CareCase);
        let cases: BTreeSet<RecordId> = cases.filter(theirs).map(|record| record.id).collect();
        records.retain(|record| cases.contains(&record.parent().unwrap_or(record.id)));
        Ok(records)
    }

    /// Records as they are held, each with its history.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
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
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn open_request(&self, request: &OpenDataRequest, by: &str) -> sqlx::Result<String> {
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
        append(&mut tx, self.engine, &Entry::of(by, Act::Ask, &id).in_channel(&request.of.channel)).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Requests, the latest first.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn requests(&self) -> sqlx::Result<Vec<DataRequest>> {
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

    /// Decides on a request that is open; `false` where it was decided before. With `erase` the resident's records and
    /// their care cases go in the same transaction, and their name from the records of others.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn decide_request(
        &self,
        request: &DataRequest,
        granted: bool,
        answer: &str,
        by: &str,
        erase: bool,
    ) -> sqlx::Result<bool> {
        // By channel, in the order in which a push locks them: what goes, and where a name is taken out.
        let mut channels: BTreeMap<String, (Channel, Vec<RecordId>, Vec<RecordId>)> = BTreeMap::new();
        let held = if erase { self.held_on(&request.of).await? } else { None };
        if let Some(held) = &held {
            let mut of = |channel: &Channel, gone: Option<RecordId>, mentioned: Option<RecordId>| {
                let of = channels.entry(channel.to_string());
                let (_, all_gone, all_mentioned) = of.or_insert_with(|| (channel.clone(), Vec::new(), Vec::new()));
                all_gone.extend(gone);
                all_mentioned.extend(mentioned);
            };
            // Care cases go whole, whoever decides: nothing else is in them than what is about this person.
            for record in self.cared_for(&request.of, held).await? {
                of(&record.channel, Some(record.id), None);
            }
            held.same.iter().for_each(|record| of(&request.of.channel, Some(*record), None));
            held.mentioned.iter().for_each(|(channel, record)| of(channel, None, Some(*record)));
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
        for (channel, gone, mentioned_in) in channels.values() {
            let (names, others) = held.as_ref().map(|held| (&held.names[..], &held.others[..])).unwrap_or_default();
            self.erase_in(&mut tx, channel, gone, Some(&Person { names, others, mentioned_in })).await?;
            if channel.class == Class::Care {
                self.erase_waiting(&mut tx, channel, gone).await?;
            }
            for record in gone {
                append(&mut tx, self.engine, &Entry::of(by, Act::Erase, record).in_channel(channel)).await?;
            }
            let Some(held) = held.as_ref().filter(|_| *channel == request.of.channel) else { continue };
            // Where somebody else has the name, words with it may be about them.
            let others = Person { names: &held.unique, others: &held.others, mentioned_in: &held.elsewhere };
            self.erase_in(&mut tx, channel, &[], Some(&others)).await?;
            let theirs = Person { mentioned_in: &[], names, others: &held.others };
            self.take_out_of_waiting(&mut tx, channel, &theirs, &others, &held.homes).await?;
        }
        append(&mut tx, self.engine, &Entry::of(by, Act::Answer, &request.id).in_channel(&request.of.channel)).await?;
        if let Some(held) = &held {
            let person = Person { names: &held.names, others: &held.others, mentioned_in: &[] };
            take_out_of_requests(&mut tx, request, &held.same, &person).await?;
        }
        tx.commit().await?;
        if erase {
            self.empty_log().await;
        }
        Ok(true)
    }
}

/// Takes a person's name out of the words of their requests. That there were such requests stays.
async fn take_out_of_requests(
    tx: &mut AnyConnection,
    request: &DataRequest,
    same: &BTreeSet<RecordId>,
    person: &Person<'_>,
) -> sqlx::Result<()> {
    let county = request.of.channel.grid.village().county().to_owned();
    for record in same {
        let rows = sqlx::query(
            "SELECT id, asked_by, words, COALESCE(answer, '') FROM personal_request WHERE county = $1 AND record = $2",
        )
        .bind(&county)
        .bind(key(record.0))
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            let texts = [1, 2, 3].map(|column| row.try_get::<String, _>(column));
            let [asked_by, words, answer] = texts;
            sqlx::query(
                "UPDATE personal_request SET asked_by = $1, words = $2,
                 answer = CASE WHEN answer IS NULL THEN NULL ELSE $3 END WHERE county = $4 AND id = $5",
            )
            .bind(person.take_out_unread(&asked_by?))
            .bind(person.take_out_unread(&words?))
            .bind(person.take_out_unread(&answer?))
            .bind(&county)
            .bind(row.try_get::<String, _>(0)?)
            .execute(&mut *tx)
            .await?;
        }
    }
    Ok(())
}

/// The households that somebody ever belonged to.
fn lived_in(held: &[Held]) -> BTreeSet<RecordId> {
    let residents = held.iter().filter(|held| held.kind == Kind::Resident);
    let named = residents.flat_map(|held| &held.history).filter_map(|entry| entry.changes.get("household")?.as_str());
    named.filter_map(|household| household.parse().ok()).collect()
}

/// Returns the values of a record, without its history.
fn held_as(record: &Record) -> Held {
    let values = record.fields.iter().filter(|(_, field)| !field.value.is_null());
    Held {
        record: record.id,
        kind: record.kind.clone(),
        values: values.map(|(name, field)| (name.clone(), field.value.clone())).collect(),
        history: Vec::new(),
    }
}

fn request(row: &AnyRow) -> sqlx::Result<DataRequest> {
    let channel: Channel = row.try_get::<String, _>(1)?.parse().map_err(decode)?;
    let wish = Wish::named(&row.try_get::<String, _>(3)?).ok_or(sqlx::Error::RowNotFound)?;
    let time = |column: usize| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(i64::cast_unsigned));
    let decided = match (row.try_get::<Option<i64>, _>(8)?, time(11)?) {
        (Some(granted), Some(at)) => Some(Decided {
            granted: granted != 0,
            answer: row.try_get::<Option<String>, _>(9)?.unwrap_or_default(),
            done: Attribution { by: row.try_get::<Option<String>, _>(10)?.unwrap_or_default(), at },
        }),
        _ => None,
    };
    Ok(DataRequest {
        id: row.try_get(0)?,
        of: OfRecord { record: RecordId(uuid(row, 2)?), channel },
        wish,
        asked_by: row.try_get(4)?,
        words: row.try_get(5)?,
        opened: Attribution { by: row.try_get(6)?, at: time(7)?.unwrap_or_default() },
        decided,
    })
}
