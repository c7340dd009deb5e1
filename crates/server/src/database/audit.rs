//! The audit: who read or decided what, when, and on which device; never the content. What was changed, and by whom,
//! is in the history of the ops.
//!
//! Entries are only added (the database refuses the rest), and each carries the SHA-256 of the one before and of
//! itself. Who can write to the database's files can still make a whole new chain: that shows against a head that
//! was written down elsewhere (`ruhu-server audit head`).

use super::{
    Database,
    sql::{Engine, Retries},
    stored::decode,
};
use crate::random;
use ruhu_domain::{Channel, DeviceId, OpId, RecordId};
use sha2::{Digest, Sha256};
use sqlx::{AnyConnection, Row};
use std::{fmt, str::FromStr};

/// Entries checked at a time.
const PAGE: i64 = 2_000;

/// The kinds of acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Logged in on a device.
    LogIn,
    /// Had records of a channel sent to a device.
    Carry,
    /// Looked at the history of a record.
    Look,
    /// Had a vault key opened by the server, after a password was forgotten.
    Recover,
    /// Made an account or set its password.
    Account,
    /// Gave a right.
    Give,
    /// Ended a right.
    End,
    /// Took in what was in quarantine.
    Accept,
    /// Refused what was in quarantine.
    Refuse,
    /// Wrote a ledger to a file.
    Export,
    /// Revoked a device.
    Revoke,
    /// Took over the ops that a revoked device had not sent.
    DeviceHandover,
    /// Put a backup in the database's place.
    Restore,
    /// Logged in on a new phone with a code, and set a password.
    Enrol,
    /// Gave out a code for a new phone or a forgotten password.
    Code,
    /// Closed an account.
    Close,
    /// Gave a grid from one worker to another.
    GridOver,
    /// Read what waits for a decision.
    Wait,
    /// Looked for a person recorded.
    Find,
    /// Read what is held on a person.
    Dossier,
    /// Took down a request of somebody recorded.
    Ask,
    /// Granted or refused a request of somebody recorded.
    Answer,
    /// Erased records, at a request or because their time was over.
    Erase,
    /// Let the erasing of a day go on that waited for an office.
    Approve,
    /// Turned a second factor on or off.
    Factor,
    /// Wrote a backup.
    Backup,
    /// Looked into the audit.
    Sight,
    /// Pressed for what is late.
    Press,
    /// Read a dispute's file.
    File,
    /// Wrote a page of the handbook, or took it back.
    Page,
    /// Wrote a number of 便民电话, or deleted it.
    Contact,
}

impl Act {
    const ALL: [Self; 31] = [
        Self::LogIn,
        Self::Carry,
        Self::Look,
        Self::Recover,
        Self::Account,
        Self::Give,
        Self::End,
        Self::Accept,
        Self::Refuse,
        Self::Export,
        Self::Revoke,
        Self::DeviceHandover,
        Self::Restore,
        Self::Enrol,
        Self::Code,
        Self::Close,
        Self::GridOver,
        Self::Wait,
        Self::Find,
        Self::Dossier,
        Self::Ask,
        Self::Answer,
        Self::Erase,
        Self::Approve,
        Self::Factor,
        Self::Backup,
        Self::Sight,
        Self::Press,
        Self::File,
        Self::Page,
        Self::Contact,
    ];

    /// The name in the database.
    const fn as_str(self) -> &'static str {
        match self {
            Self::LogIn => "log-in",
            Self::Carry => "carry",
            Self::Look => "look",
            Self::Recover => "recover",
            Self::Account => "account",
            Self::Give => "give",
            Self::End => "end",
            Self::Accept => "accept",
            Self::Refuse => "refuse",
            Self::Export => "export",
            Self::Revoke => "revoke",
            Self::DeviceHandover => "hand-over",
            Self::Restore => "restore",
            Self::Enrol => "enrol",
            Self::Code => "code",
            Self::Close => "close",
            Self::GridOver => "grid-over",
            Self::Wait => "wait",
            Self::Find => "find",
            Self::Dossier => "dossier",
            Self::Ask => "ask",
            Self::Answer => "answer",
            Self::Erase => "erase",
            Self::Approve => "approve",
            Self::Factor => "factor",
            Self::Backup => "backup",
            Self::Sight => "sight",
            Self::Press => "press",
            Self::File => "file",
            Self::Page => "page",
            Self::Contact => "contact",
        }
    }

    fn named(text: &str) -> Result<Self, UnknownAct> {
        Self::ALL.into_iter().find(|act| act.as_str() == text).ok_or(UnknownAct)
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::LogIn => "登录",
            Self::Carry => "下载到手机",
            Self::Look => "查看修改记录",
            Self::Recover => "恢复手机密钥",
            Self::Account => "设置账号",
            Self::Give => "授权",
            Self::End => "结束授权",
            Self::Accept => "采纳待核对记录",
            Self::Refuse => "退回待核对记录",
            Self::Export => "导出",
            Self::Revoke => "停用设备",
            Self::DeviceHandover => "停用的设备交出记录",
            Self::Restore => "恢复备份",
            Self::Enrol => "用登记码登录",
            Self::Code => "发登记码",
            Self::Close => "停用账号",
            Self::GridOver => "交接网格",
            Self::Wait => "查看待核对记录",
            Self::Find => "按姓名查人",
            Self::Dossier => "查阅个人信息",
            Self::Ask => "登记个人信息请求",
            Self::Answer => "答复个人信息请求",
            Self::Erase => "删除记录",
            Self::Approve => "准许到期删除",
            Self::Factor => "设置动态码",
            Self::Backup => "备份",
            Self::Sight => "查看审计",
            Self::Press => "催办、领办、督办",
            Self::File => "查看卷宗",
            Self::Page => "编写手册",
            Self::Contact => "编写便民电话",
        }
    }
}

/// A name of something done that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("an unknown act in the audit")]
struct UnknownAct;

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
}

/// Where the chain ends: the number of its entries and the hash of the last. Its text form is `12-9f…`.
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
    #[error("审计记录第 {0} 条被改动过")]
    Edited(u64),
    /// An entry is missing.
    #[error("审计记录第 {0} 条不见了")]
    Missing(u64),
    /// Entries at the end are missing.
    #[error("审计记录的末尾被截断：应有 {0} 条，现有 {1} 条")]
    Cut(u64, u64),
    /// There are entries that no chain led to.
    #[error("审计记录被加进了来历不明的内容：应有 {0} 条，现有 {1} 条")]
    Added(u64, u64),
    /// The head that was written down is not of this chain.
    #[error("与记下的链头不符：数据库被换过，或从更早的备份恢复过")]
    Another,
    /// A save in the history was changed.
    #[error("保存历史里的 {0} 被改动过，与当时的校验值不符")]
    Op(OpId),
    /// The database's reason.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// An entry of the audit.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number.
    pub seq: u64,
    /// When, Unix milliseconds.
    pub at: u64,
    /// The account's identity.
    pub account: String,
    /// The kind of act.
    pub act: Act,
    /// To what.
    pub subject: String,
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

fn chained(before: &[u8], seq: u64, at: u64, [account, device, act, subject]: [&str; 4]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(before);
    // JSON keeps the fields apart, whatever is in them.
    hash.update(serde_json::json!([seq, at, account, device, act, subject]).to_string());
    hash.finalize().to_vec()
}

/// Puts something on record, in the transaction in which it is done. The chain's end is locked to the end of it.
pub(super) async fn append(tx: &mut AnyConnection, engine: Engine, entry: &Entry<'_>) -> sqlx::Result<()> {
    let words = format!("SELECT seq, hash FROM audit_head WHERE one = 1{}", engine.for_update());
    let row = sqlx::query(sqlx::AssertSqlSafe(words)).fetch_one(&mut *tx).await?;
    let seq = row.try_get::<i64, _>(0)?.cast_unsigned() + 1;
    let before: Vec<u8> = row.try_get(1)?;
    let at = random::now_ms();
    let device = entry.device.map(|device| device.to_string()).unwrap_or_default();
    let hash = chained(&before, seq, at, [entry.account, &device, entry.act.as_str(), &entry.subject]);
    sqlx::query("INSERT INTO audit (seq, at, account, device, act, subject, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(seq.cast_signed())
        .bind(at.cast_signed())
        .bind(entry.account)
        .bind(device)
        .bind(entry.act.as_str())
        .bind(&entry.subject)
        .bind(hash.clone())
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE audit_head SET seq = $1, hash = $2 WHERE one = 1")
        .bind(seq.cast_signed())
        .bind(hash)
        .execute(&mut *tx)
        .await
        .map(drop)
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
        for entry in entries {
            append(&mut tx, self.engine, entry).await?;
        }
        tx.commit().await
    }

    /// Where the chain ends, to be written down elsewhere.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn audit_head(&self) -> sqlx::Result<Head> {
        let row = sqlx::query("SELECT seq, hash FROM audit_head WHERE one = 1").fetch_one(&self.pool).await?;
        Ok(Head { seq: row.try_get::<i64, _>(0)?.cast_unsigned(), hash: row.try_get(1)? })
    }

    /// Goes through the whole chain; `anchor` is a head that was written down. Returns the head.
    ///
    /// # Errors
    /// The first thing that is not what it was.
    pub async fn verify_audit(&self, anchor: Option<&Head>) -> Result<Head, Broken> {
        let mut tx = self.engine.begin_reading(&self.pool).await?;
        let (mut seq, mut hash) = (0_u64, Vec::new());
        let mut met = anchor.is_none_or(|anchor| anchor.seq == 0);
        loop {
            let words =
                "SELECT seq, at, account, device, act, subject, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2";
            let rows = sqlx::query(words).bind(seq.cast_signed()).bind(PAGE).fetch_all(&mut *tx).await?;
            for row in &rows {
                if row.try_get::<i64, _>(0)?.cast_unsigned() != seq + 1 {
                    return Err(Broken::Missing(seq + 1));
                }
                seq += 1;
                let [account, device, act, subject] = [2, 3, 4, 5].map(|column| row.try_get::<String, _>(column));
                let fields = [&*account?, &*device?, &*act?, &*subject?];
                hash = chained(&hash, seq, row.try_get::<i64, _>(1)?.cast_unsigned(), fields);
                if row.try_get::<Vec<u8>, _>(6)? != hash {
                    return Err(Broken::Edited(seq));
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
        let row = sqlx::query("SELECT seq, hash FROM audit_head WHERE one = 1").fetch_one(&mut *tx).await?;
        let head = Head { seq: row.try_get::<i64, _>(0)?.cast_unsigned(), hash: row.try_get(1)? };
        let entries: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM audit").fetch_one(&mut *tx).await?;
        tx.commit().await?;
        if seq < head.seq {
            return Err(Broken::Cut(head.seq, seq));
        }
        if entries.cast_unsigned() != head.seq {
            return Err(Broken::Added(head.seq, entries.cast_unsigned()));
        }
        if head.hash != hash || !met {
            return Err(Broken::Another);
        }
        Ok(head)
    }

    /// Who saw a record of this channel: had it on a device, or looked at it. The latest first.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn who_saw(&self, record: RecordId, channel: &Channel) -> sqlx::Result<Vec<Sight>> {
        let rows = sqlx::query(
            "SELECT COALESCE(a.name, u.account), COALESCE(a.account, u.account), u.act, MAX(u.at)
             FROM audit u LEFT JOIN account a ON a.id = u.account
             WHERE (u.act = 'carry' AND u.subject = $1) OR (u.act IN ('look', 'dossier', 'file') AND u.subject = $2)
             GROUP BY a.name, a.account, u.account, u.act ORDER BY MAX(u.at) DESC",
        )
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

    /// Returns the acts of these accounts, the latest first: at most `limit` entries with numbers below `before`.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn acts(&self, accounts: &[String], before: Option<u64>, limit: u32) -> sqlx::Result<Vec<Line>> {
        let mut lines = Vec::new();
        // Few enough for one statement each; an office looks after some hundred people at the most.
        for account in accounts {
            let rows = sqlx::query(
                "SELECT seq, at, act, subject FROM audit WHERE account = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
            )
            .bind(account)
            .bind(before.map_or(i64::MAX, u64::cast_signed))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
            for row in &rows {
                lines.push(Line {
                    seq: row.try_get::<i64, _>(0)?.cast_unsigned(),
                    at: row.try_get::<i64, _>(1)?.cast_unsigned(),
                    account: account.clone(),
                    act: Act::named(&row.try_get::<String, _>(2)?).map_err(decode)?,
                    subject: row.try_get(3)?,
                });
            }
        }
        lines.sort_unstable_by_key(|line| std::cmp::Reverse(line.seq));
        lines.truncate(limit as usize);
        Ok(lines)
    }
}
