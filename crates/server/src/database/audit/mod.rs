//! The audit: who read or decided what, when, and on which device; never the content. What was changed, and by whom,
//! is in the history of the ops.
//!
//! Entries are only added (the database refuses the rest), and each carries the SHA-256 of the one before and of
//! itself. Each county has its chain, so that a reading waits for no other county's; what belongs to none has one too, the
//! chain of the whole, into which the ends of the others are noted (see [`chain`]).

mod act;
mod chain;
mod subjects;

pub use act::Act;
pub use chain::{BadHead, Broken, Head};

use super::{
    Database,
    sql::{Engine, Retries},
    stored::decode,
};
use chain::{WHOLE, append_to, begin};
use ruhu_domain::{
    Channel, DeviceId, RecordId,
    office::{ActPlace, ActSort},
};
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use std::ops::Range;

/// Something to be put on record.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The account's identity, or who a command of the server's was given for.
    pub account: &'a str,
    /// The device; none for a command of the server's.
    pub device: Option<DeviceId>,
    /// The kind of act.
    pub act: Act,
    /// To what: a channel, a record, an account, a grant, an op, an area.
    pub subject: String,
    /// The county whose chain it belongs to: six digits, or nothing for the chain of the whole.
    county: String,
}

impl<'a> Entry<'a> {
    /// Returns an entry of the chain of the whole, on no device.
    pub fn of(account: &'a str, act: Act, subject: impl ToString) -> Self {
        Self { account, device: None, act, subject: subject.to_string(), county: WHOLE.to_owned() }
    }

    /// Returns it as an act on a device.
    #[must_use]
    pub fn on(self, device: impl Into<Option<DeviceId>>) -> Self {
        Self { device: device.into(), ..self }
    }

    /// Returns it as an entry of a county's chain: six digits, or nothing for the chain of the whole.
    #[must_use]
    pub fn at(self, county: &str) -> Self {
        Self { county: county.to_owned(), ..self }
    }

    /// Returns it as an entry of the chain of this channel's county.
    #[must_use]
    pub fn in_channel(self, channel: &Channel) -> Self {
        self.at(channel.grid.village().county())
    }
}

/// An entry of the audit.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where it stands.
    pub place: ActPlace,
    /// The account's identity.
    pub account: String,
    /// The kind of act.
    pub act: Act,
    /// To what.
    pub subject: String,
}

/// The acts that somebody wants to see.
#[derive(Clone, Debug)]
pub struct WantedActs {
    /// The accounts' identities.
    pub accounts: Vec<String>,
    /// Of one sort; of all where it is `None`.
    pub sort: Option<ActSort>,
    /// From this moment, and before that one; Unix milliseconds.
    pub period: Range<u64>,
    /// Before this place of the list.
    pub before: Option<ActPlace>,
}

/// Who saw a record, how, and when last.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The person's name.
    pub name: String,
    /// The login name.
    pub account: String,
    /// How.
    pub act: Act,
    /// The last time, Unix milliseconds.
    pub at: u64,
}

/// Puts something on record, in the transaction in which it is done. The end of its chain is locked to the end of it.
pub(super) async fn append(tx: &mut AnyConnection, engine: Engine, entry: &Entry<'_>) -> sqlx::Result<()> {
    let end = begin(tx, engine, &entry.county).await?;
    append_to(tx, end, entry).await
}

impl Database {
    /// Puts on record what is about to be handed out: durable when this returns.
    ///
    /// # Errors
    /// Fails when the database does: then nothing may be handed out.
    pub async fn put_on_record(&self, entries: &[Entry<'_>]) -> sqlx::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut retries = Retries::default();
        loop {
            match self.try_put_on_record(entries).await {
                Ok(()) => return Ok(()),
                Err(error) => retries.again(error).await?,
            }
        }
    }

    async fn try_put_on_record(&self, entries: &[Entry<'_>]) -> sqlx::Result<()> {
        let mut tx = self.begin_on(&self.recorder).await?;
        // Chains are locked in the order of their counties: no two requests wait for each other.
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_by_key(|entry| &entry.county);
        for entry in entries {
            append(&mut tx, self.engine, entry).await?;
        }
        tx.commit().await
    }

    /// Who saw a record of this channel: had it on a device, or looked at it. The latest first.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn who_saw(&self, record: RecordId, channel: &Channel) -> sqlx::Result<Vec<Sight>> {
        let rows = sqlx::query(
            "SELECT COALESCE(a.name, u.account), COALESCE(a.account, u.account), u.act, MAX(u.at)
             FROM audit u LEFT JOIN account a ON a.id = u.account
             WHERE u.county IN ('', $1)
             AND ((u.act = 'carry' AND u.subject = $2) OR (u.act IN ('look', 'dossier', 'file', 'find') AND u.subject = $3))
             GROUP BY a.name, a.account, u.account, u.act ORDER BY MAX(u.at) DESC",
        )
        .bind(channel.grid.village().county())
        .bind(channel.to_string())
        .bind(record.to_string())
        .fetch_all(&self.pool)
        .await?;
        let sight = |row: &sqlx::any::AnyRow| {
            Ok(Sight {
                name: row.try_get(0)?,
                account: row.try_get(1)?,
                act: Act::named(&row.try_get::<String, _>(2)?).map_err(decode)?,
                at: row.try_get::<i64, _>(3)?.cast_unsigned(),
            })
        };
        rows.iter().map(sight).collect()
    }

    /// Returns acts of all counties, the latest first: at most `limit` entries.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn acts(&self, wanted: &WantedActs, limit: u32) -> sqlx::Result<Vec<Line>> {
        let mut lines = Vec::new();
        let before = wanted.before.as_ref();
        let (at, county, seq) =
            before.map_or((i64::MAX, "", 0), |place| (place.at.cast_signed(), &*place.county, place.seq.cast_signed()));
        let acts: Vec<&str> = wanted.sort.into_iter().flat_map(Act::of_sort).map(Act::as_str).collect();
        let of_sort = if acts.is_empty() { String::new() } else { format!(" AND act IN ('{}')", acts.join("', '")) };
        let words = format!(
            "SELECT county, seq, at, act, subject FROM audit WHERE account = $1 AND at <= $2
             AND (at < $3 OR county > $4 OR (county = $5 AND seq < $6)) AND at >= $7 AND at < $8{of_sort}
             ORDER BY at DESC, county, seq DESC LIMIT $9"
        );
        // Few enough for one statement each; an office looks after some hundred people at the most.
        for account in &wanted.accounts {
            let rows = sqlx::query(AssertSqlSafe(words.clone()))
                .bind(account)
                .bind(at)
                .bind(at)
                .bind(county)
                .bind(county)
                .bind(seq)
                .bind(i64::try_from(wanted.period.start).unwrap_or(i64::MAX))
                .bind(i64::try_from(wanted.period.end).unwrap_or(i64::MAX))
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await?;
            for row in &rows {
                lines.push(Line {
                    place: ActPlace {
                        county: row.try_get(0)?,
                        seq: row.try_get::<i64, _>(1)?.cast_unsigned(),
                        at: row.try_get::<i64, _>(2)?.cast_unsigned(),
                    },
                    account: account.clone(),
                    act: Act::named(&row.try_get::<String, _>(3)?).map_err(decode)?,
                    subject: row.try_get(4)?,
                });
            }
        }
        lines.sort_unstable_by(|one, other| one.place.cmp(&other.place));
        lines.truncate(limit as usize);
        Ok(lines)
    }
}
