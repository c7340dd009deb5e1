//! The chains of the audit: how an entry is bound to the one before it, and how a chain is verified.
//!
//! Who can write to the database's files can make a whole new chain: that shows against a head that was written down
//! elsewhere. It is enough to write down the head of the chain of the whole, since each night, and whenever it is asked
//! for, the heads of all counties become entries of it.

use super::{Act, Entry};
use crate::{
    database::{Database, sql::Engine},
    random,
};
use ruhu_domain::OpId;
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, AnyExecutor, AssertSqlSafe, Row};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// The chain of what belongs to no county, in place of the six digits of one.
pub(super) const WHOLE: &str = "";

/// Entries checked at a time.
const PAGE: i64 = 2_000;

/// Where a chain ends: the number of its entries and the hash of the last. Its text form is `12-9f…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    seq: u64,
    hash: Vec<u8>,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.seq)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is not a head of the audit.
#[derive(Debug, thiserror::Error)]
#[error("审计链头的写法是“条数-校验值”，见 ruhu-server audit head")]
pub struct BadHead;

impl FromStr for Head {
    type Err = BadHead;
    fn from_str(text: &str) -> Result<Self, BadHead> {
        let (seq, hash) = text.split_once('-').ok_or(BadHead)?;
        let byte = |at: usize| hash.get(at..at + 2).and_then(|byte| u8::from_str_radix(byte, 16).ok()).ok_or(BadHead);
        let hash = (0..hash.len()).step_by(2).map(byte).collect::<Result<_, _>>()?;
        Ok(Self { seq: seq.parse().map_err(|_| BadHead)?, hash })
    }
}

/// Why the audit is not what it was.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// An entry or the hash of one was changed.
    #[error("{0}审计记录第 {1} 条被改动过")]
    Edited(ChainName, u64),
    /// An entry is missing.
    #[error("{0}审计记录第 {1} 条不见了")]
    Missing(ChainName, u64),
    /// Entries at the end are missing.
    #[error("{0}审计记录的末尾被截断：应有 {1} 条，现有 {2} 条")]
    Cut(ChainName, u64, u64),
    /// There are entries that no chain led to.
    #[error("{0}审计记录被加进了来历不明的内容：应有 {1} 条，现有 {2} 条")]
    Added(ChainName, u64, u64),
    /// The head that was written down is not of this chain.
    #[error("与记下的链头不符：数据库被换过，或从更早的备份恢复过")]
    Another,
    /// The chain of a county is not the one whose head was noted.
    #[error("{0}审计记录与第 {1} 条处记下的链头不符")]
    NotAsNoted(ChainName, u64),
    /// A save in the history was changed.
    #[error("保存历史里的 {0} 被改动过，与当时的校验值不符")]
    Op(OpId),
    /// The database's reason.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The county of a chain, as the beginning of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainName(String);

impl fmt::Display for ChainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == WHOLE { Ok(()) } else { write!(f, "{} 的", self.0) }
    }
}

fn chained(before: &[u8], seq: u64, at: u64, [account, device, act, subject]: [&str; 4]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(before);
    // JSON keeps the fields apart, whatever is in them.
    hash.update(serde_json::json!([seq, at, account, device, act, subject]).to_string());
    hash.finalize().to_vec()
}

/// Returns the end of a county's chain, locked to the end of the transaction; where it has none, one begins.
pub(super) async fn begin(tx: &mut AnyConnection, engine: Engine, county: &str) -> sqlx::Result<Head> {
    let words = format!("SELECT seq, hash FROM audit_chain WHERE county = $1{}", engine.for_update());
    if let Some(row) = sqlx::query(AssertSqlSafe(&*words)).bind(county).fetch_optional(&mut *tx).await? {
        return head(&row, 0);
    }
    // Whoever else begins it at the same time waits here, and goes on from where this one ends.
    sqlx::query("INSERT INTO audit_chain (county, seq, hash) VALUES ($1, 0, $2) ON CONFLICT (county) DO NOTHING")
        .bind(county)
        .bind(county.as_bytes())
        .execute(&mut *tx)
        .await?;
    head(&sqlx::query(AssertSqlSafe(words)).bind(county).fetch_one(tx).await?, 0)
}

/// Adds an entry to its chain, which ends here.
pub(super) async fn append_to(tx: &mut AnyConnection, end: Head, entry: &Entry<'_>) -> sqlx::Result<()> {
    let (seq, at) = (end.seq + 1, random::now_ms());
    let device = entry.device.map(|device| device.to_string()).unwrap_or_default();
    let hash = chained(&end.hash, seq, at, [entry.account, &device, entry.act.as_str(), &entry.subject]);
    sqlx::query(
        "INSERT INTO audit (county, seq, at, account, device, act, subject, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&entry.county)
    .bind(seq.cast_signed())
    .bind(at.cast_signed())
    .bind(entry.account)
    .bind(device)
    .bind(entry.act.as_str())
    .bind(&entry.subject)
    .bind(hash.clone())
    .execute(&mut *tx)
    .await?;
    sqlx::query("UPDATE audit_chain SET seq = $1, hash = $2 WHERE county = $3")
        .bind(seq.cast_signed())
        .bind(hash)
        .bind(&entry.county)
        .execute(tx)
        .await
        .map(drop)
}

fn head(row: &sqlx::any::AnyRow, column: usize) -> sqlx::Result<Head> {
    Ok(Head { seq: row.try_get::<i64, _>(column)?.cast_unsigned(), hash: row.try_get(column + 1)? })
}

/// Returns the ends of all chains, by county.
async fn heads<'e>(executor: impl AnyExecutor<'e>) -> sqlx::Result<BTreeMap<String, Head>> {
    let rows = sqlx::query("SELECT county, seq, hash FROM audit_chain ORDER BY county").fetch_all(executor).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, head(row, 1)?))).collect()
}

impl Database {
    /// Notes the heads of all counties' chains in the chain of the whole, for whoever asked for it. Returns the head of the
    /// whole, to be written down elsewhere.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn seal_audit(&self, by: &str) -> sqlx::Result<Head> {
        let noted: Vec<String> = heads(&self.pool)
            .await?
            .iter()
            .filter(|(county, _)| *county != WHOLE)
            .map(|(county, head)| format!("{county} {head}"))
            .collect();
        let entries: Vec<_> = noted.iter().map(|noted| Entry::of(by, Act::Seal, noted)).collect();
        self.put_on_record(&entries).await?;
        Ok(heads(&self.pool).await?.remove(WHOLE).unwrap_or(Head { seq: 0, hash: Vec::new() }))
    }

    /// Goes through all chains, and holds the counties' against the heads that were noted of them; `anchor` is a head of the
    /// chain of the whole that was written down. Returns the head of the whole.
    ///
    /// # Errors
    /// The first thing that is not what it was.
    pub async fn verify_audit(&self, anchor: Option<&Head>) -> Result<Head, Broken> {
        let mut tx = self.engine.begin_reading(&self.pool).await?;
        let mut chains = heads(&mut *tx).await?;
        chains.entry(WHOLE.to_owned()).or_insert_with(|| Head { seq: 0, hash: Vec::new() });
        for (county, chain) in &chains {
            let anchor = anchor.filter(|_| county == WHOLE);
            verify_chain(&mut tx, county, chain, anchor).await?;
        }
        let rows = sqlx::query("SELECT county, COUNT(*) FROM audit GROUP BY county").fetch_all(&mut *tx).await?;
        for row in &rows {
            let (county, there) = (row.try_get::<String, _>(0)?, row.try_get::<i64, _>(1)?.cast_unsigned());
            let expected = chains.get(&county).map_or(0, |head| head.seq);
            if there != expected {
                return Err(Broken::Added(ChainName(county), expected, there));
            }
        }
        tx.commit().await?;
        Ok(chains.remove(WHOLE).expect("it was put in above"))
    }
}

/// Goes through one chain, which should end here.
async fn verify_chain(tx: &mut AnyConnection, county: &str, end: &Head, anchor: Option<&Head>) -> Result<(), Broken> {
    let name = || ChainName(county.to_owned());
    let (mut seq, mut hash) = (0_u64, county.as_bytes().to_vec());
    let mut met = anchor.is_none_or(|anchor| anchor.seq == 0);
    loop {
        let words = "SELECT seq, at, account, device, act, subject, hash FROM audit
                     WHERE county = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let query = sqlx::query(words).bind(county).bind(seq.cast_signed()).bind(PAGE);
        let rows = query.fetch_all(&mut *tx).await?;
        for row in &rows {
            if row.try_get::<i64, _>(0)?.cast_unsigned() != seq + 1 {
                return Err(Broken::Missing(name(), seq + 1));
            }
            seq += 1;
            let [account, device, act, subject] = [2, 3, 4, 5].map(|column| row.try_get::<String, _>(column));
            let (act, subject) = (act?, subject?);
            let fields = [&*account?, &*device?, &*act, &*subject];
            hash = chained(&hash, seq, row.try_get::<i64, _>(1)?.cast_unsigned(), fields);
            if row.try_get::<Vec<u8>, _>(6)? != hash {
                return Err(Broken::Edited(name(), seq));
            }
            if act == Act::Seal.as_str() && county == WHOLE {
                verify_noted(tx, &subject).await?;
            }
            match anchor {
                Some(anchor) if anchor.seq == seq && anchor.hash == hash => met = true,
                Some(anchor) if anchor.seq == seq => return Err(Broken::Another),
                _ => {}
            }
        }
        if rows.is_empty() {
            break;
        }
    }
    if seq < end.seq {
        return Err(Broken::Cut(name(), end.seq, seq));
    }
    if seq > end.seq {
        return Err(Broken::Added(name(), end.seq, seq));
    }
    if end.hash != hash || !met {
        return Err(Broken::Another);
    }
    Ok(())
}

/// Holds the chain of a county against its head as it was noted: `411502 12-9f…`.
async fn verify_noted(tx: &mut AnyConnection, noted: &str) -> Result<(), Broken> {
    let (county, head) = noted.split_once(' ').unwrap_or((noted, ""));
    let broken = |seq| Broken::NotAsNoted(ChainName(county.to_owned()), seq);
    let head: Head = head.parse().map_err(|_| broken(0))?;
    let found: Option<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM audit WHERE county = $1 AND seq = $2")
        .bind(county)
        .bind(head.seq.cast_signed())
        .fetch_optional(tx)
        .await?;
    if found.is_some_and(|hash| hash == head.hash) { Ok(()) } else { Err(broken(head.seq)) }
}
