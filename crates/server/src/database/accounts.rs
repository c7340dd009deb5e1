//! Accounts, what they may see, and sessions.

use super::{
    Database,
    audit::{Act, Entry, append},
    grants::{end, give},
};
use crate::{accounts::token_hash, random};
use ruhu_domain::{
    Class, DeviceId, GridCode,
    rights::{Grant, Role},
};
use sqlx::{AnyConnection, AssertSqlSafe, Row};

/// A field device's session ends after this long without contact, in milliseconds.
const IDLE_MS: u64 = 7 * 86_400_000;

/// A field device's session ends after this long in any case, in milliseconds.
const ABSOLUTE_MS: u64 = 30 * 86_400_000;

/// An office's session ends after a quarter of an hour without a request, and after twelve hours in any case.
const OFFICE_IDLE_MS: u64 = 15 * 60_000;
const OFFICE_ABSOLUTE_MS: u64 = 12 * 3_600_000;

/// Who gives a right where nobody is named: whoever runs the server's commands.
pub const OPERATOR: &str = "服务器管理";

/// An account as the login needs it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its identity.
    pub id: String,
    /// The login name.
    pub account: String,
    /// The person's name.
    pub name: String,
    /// The password's hash; none before the first code was used.
    pub password_hash: Option<String>,
    /// Whether the account was closed.
    pub closed: bool,
    /// Whether a log-in asks for a second factor.
    pub second_factor: bool,
}

/// The purpose of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// A phone's: it syncs.
    Field,
    /// An office's pages.
    Office,
}

impl SessionKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Office => "office",
        }
    }

    /// Its longest time without a request, and in all; how often it is noted that it was seen.
    const fn times(self) -> [i64; 3] {
        match self {
            Self::Field => [IDLE_MS.cast_signed(), ABSOLUTE_MS.cast_signed(), 3_600_000],
            Self::Office => [OFFICE_IDLE_MS.cast_signed(), OFFICE_ABSOLUTE_MS.cast_signed(), 30_000],
        }
    }
}

/// Who is asking.
#[derive(Clone, Debug)]
pub struct Session {
    /// The account's identity.
    pub account: String,
    /// The login name.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The device the session was opened on; of an office's session a number of its own.
    pub device: DeviceId,
    /// The use of the session: on a phone or in an office.
    pub kind: SessionKind,
    /// The version of the app that the phone synced with last; empty where none was noted.
    pub app: String,
}

/// How a token stands.
#[derive(Clone, Debug)]
pub enum Standing {
    /// It speaks for somebody.
    Open(Session),
    /// It is unknown, or its session ended.
    Ended,
    /// Its device was revoked, however long ago.
    Revoked,
}

impl Database {
    /// Makes an account of a grid worker of these grids, or gives an existing one the password, name and grids;
    /// its other rights stay.
    ///
    /// # Errors
    /// The password is too short, or the database's.
    pub async fn put_account(
        &self,
        account: &str,
        name: &str,
        password: &str,
        grids: &[GridCode],
    ) -> anyhow::Result<()> {
        let hash = crate::accounts::hash_password(password, account)?;
        let mut tx = self.begin().await?;
        let id: String = sqlx::query_scalar(
            "INSERT INTO account (id, account, name, password_hash, created_at, home) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account) DO UPDATE SET name = excluded.name, password_hash = excluded.password_hash
             RETURNING id",
        )
        .bind(uuid::Uuid::from_bytes(random::bytes()).to_string())
        .bind(account)
        .bind(name)
        .bind(hash)
        .bind(random::now_ms().cast_signed())
        .bind(grids.first().map(|grid| grid.village().to_string()).unwrap_or_default())
        .fetch_one(&mut *tx)
        .await?;
        // The grids they had before and are not named end; those they go on with stay as they were given.
        // Their rows are locked before the audit's end, as everywhere.
        let words = format!(
            "SELECT id, place FROM access_grant WHERE account = $1 AND role = $2 AND classes = $3
             AND ended_at IS NULL AND until IS NULL ORDER BY id{}",
            self.engine.for_update()
        );
        let had: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(words))
            .bind(&id)
            .bind(Role::GridWorker.as_str())
            .bind(Class::General.as_str())
            .fetch_all(&mut *tx)
            .await?;
        for (grant, _) in had.iter().filter(|(_, place)| !grids.iter().any(|grid| grid.as_str() == place.as_str())) {
            end(&mut tx, self.engine, grant, OPERATOR).await?;
        }
        for grid in grids.iter().filter(|grid| !had.iter().any(|(_, place)| place == grid.as_str())) {
            give(&mut tx, self.engine, &id, &Grant::grid_worker(grid.clone()), OPERATOR, None).await?;
        }
        let entry = Entry::of(OPERATOR, Act::Account, id);
        append(&mut tx, self.engine, &entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Returns the login name that somebody means by what they typed: case and width of letters don't matter where one name
    /// fits. `None` where none fits, or several do.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn login_name(&self, typed: &str) -> sqlx::Result<Option<String>> {
        let typed = crate::accounts::login_name(typed);
        let mut names: Vec<String> =
            sqlx::query_scalar("SELECT account FROM account WHERE account = $1 OR LOWER(account) = $2 LIMIT 3")
                .bind(&typed)
                .bind(typed.to_ascii_lowercase())
                .fetch_all(&self.pool)
                .await?;
        if names.contains(&typed) {
            return Ok(Some(typed));
        }
        Ok(names.pop().filter(|_| names.is_empty()))
    }

    /// The account with this login name.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn account(&self, account: &str) -> sqlx::Result<Option<Account>> {
        let words = "SELECT id, account, name, password_hash, closed_at, factor_on FROM account WHERE account = $1";
        let row = sqlx::query(words).bind(account).fetch_optional(&self.pool).await?;
        let account = |row: sqlx::any::AnyRow| {
            Ok(Account {
                id: row.try_get(0)?,
                account: row.try_get(1)?,
                name: row.try_get(2)?,
                password_hash: Some(row.try_get::<String, _>(3)?).filter(|hash| !hash.is_empty()),
                closed: row.try_get::<Option<i64>, _>(4)?.is_some(),
                second_factor: row.try_get::<i64, _>(5)? != 0,
            })
        };
        row.map(account).transpose()
    }

    /// Opens a phone's session: from now on the token speaks for the account on this device. `false` where the device
    /// is another account's.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn open_session(&self, account: &Account, device: DeviceId, token: &str) -> sqlx::Result<bool> {
        let mut tx = self.begin().await?;
        if !open_session(&mut tx, &account.id, device, token).await? {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Opens an office's session.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn open_office_session(&self, account: &Account, token: &str) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        let number = DeviceId(u64::from_be_bytes(random::bytes()));
        insert_session(&mut tx, &account.id, number, token, SessionKind::Office).await?;
        tx.commit().await
    }

    /// Whether and for whom a token speaks.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn session(&self, token: &str) -> sqlx::Result<Standing> {
        let now = self.now_ms().cast_signed();
        let hash = token_hash(token);
        let row = sqlx::query(
            "SELECT a.id, a.name, s.device, s.seen_at, a.account, s.created_at, d.revoked_at, s.kind, d.app, a.handed_over_at
             FROM session s
             JOIN account a ON a.id = s.account LEFT JOIN device d ON d.id = s.device WHERE s.token_hash = $1",
        )
        .bind(hash.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(Standing::Ended) };
        if row.try_get::<Option<i64>, _>(6)?.is_some() {
            return Ok(Standing::Revoked);
        }
        let (seen, created): (i64, i64) = (row.try_get(3)?, row.try_get(5)?);
        let office = row.try_get::<String, _>(7)? == SessionKind::Office.as_str();
        let kind = if office { SessionKind::Office } else { SessionKind::Field };
        let [idle, absolute, seen_every] = kind.times();
        if seen <= now - idle || created <= now - absolute {
            return Ok(Standing::Ended);
        }
        // The first contact after a grid went over is noted whenever it is: the receipt says which phones still lack it.
        let handed_over = row.try_get::<Option<i64>, _>(9)?.is_some_and(|at| seen < at);
        if now - seen > seen_every || handed_over {
            sqlx::query("UPDATE session SET seen_at = $1 WHERE token_hash = $2")
                .bind(now)
                .bind(hash.as_slice())
                .execute(&self.pool)
                .await?;
        }
        let device: String = row.try_get(2)?;
        let device = device.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let (account, name, login) = (row.try_get(0)?, row.try_get(1)?, row.try_get(4)?);
        let app = row.try_get::<Option<String>, _>(8)?.unwrap_or_default();
        Ok(Standing::Open(Session { account, login, name, device, kind, app }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn close_session(&self, token: &str) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM session WHERE token_hash = $1")
            .bind(token_hash(token).as_slice())
            .execute(&self.pool)
            .await
            .map(drop)
    }
}

/// Opens a phone's session in a transaction under way; `false` where the device is another account's.
pub(super) async fn open_session(
    tx: &mut AnyConnection,
    account: &str,
    device: DeviceId,
    token: &str,
) -> sqlx::Result<bool> {
    sqlx::query("INSERT INTO device (id, account, first_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING")
        .bind(device.to_string())
        .bind(account)
        .bind(random::now_ms().cast_signed())
        .execute(&mut *tx)
        .await?;
    let owner: String = sqlx::query_scalar("SELECT account FROM device WHERE id = $1")
        .bind(device.to_string())
        .fetch_one(&mut *tx)
        .await?;
    if owner != account {
        return Ok(false);
    }
    insert_session(tx, account, device, token, SessionKind::Field).await?;
    Ok(true)
}

async fn insert_session(
    tx: &mut AnyConnection,
    account: &str,
    device: DeviceId,
    token: &str,
    kind: SessionKind,
) -> sqlx::Result<()> {
    let now = random::now_ms().cast_signed();
    sqlx::query(
        "INSERT INTO session (token_hash, account, device, created_at, seen_at, kind) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(token_hash(token).as_slice())
    .bind(account)
    .bind(device.to_string())
    .bind(now)
    .bind(now)
    .bind(kind.as_str())
    .execute(&mut *tx)
    .await
    .map(drop)
}
