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
use sqlx::{AssertSqlSafe, Row};

/// A field device's session ends after this long without contact, in milliseconds.
const IDLE_MS: u64 = 7 * 86_400_000;

/// A field device's session ends after this long in any case, in milliseconds.
const ABSOLUTE_MS: u64 = 30 * 86_400_000;

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
    /// The password's hash.
    pub password_hash: String,
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
    /// The device the session was opened on.
    pub device: DeviceId,
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
            "INSERT INTO account (id, account, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (account) DO UPDATE SET name = excluded.name, password_hash = excluded.password_hash
             RETURNING id",
        )
        .bind(uuid::Uuid::from_bytes(random::bytes()).to_string())
        .bind(account)
        .bind(name)
        .bind(hash)
        .bind(random::now_ms().cast_signed())
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
        let entry = Entry { account: OPERATOR, device: None, act: Act::Account, subject: id };
        append(&mut tx, self.engine, &entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The account with this login name.
    ///
    /// # Errors
    /// The database's.
    pub async fn account(&self, account: &str) -> sqlx::Result<Option<Account>> {
        let row = sqlx::query("SELECT id, account, name, password_hash FROM account WHERE account = $1")
            .bind(account)
            .fetch_optional(&self.pool)
            .await?;
        let account = |row: sqlx::any::AnyRow| {
            Ok(Account {
                id: row.try_get(0)?,
                account: row.try_get(1)?,
                name: row.try_get(2)?,
                password_hash: row.try_get(3)?,
            })
        };
        row.map(account).transpose()
    }

    /// Opens a session: from now on the token speaks for the account on this device.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_session(&self, account: &Account, device: DeviceId, token: &str) -> sqlx::Result<()> {
        let now = random::now_ms().cast_signed();
        let device = device.to_string();
        let mut tx = self.begin().await?;
        sqlx::query("INSERT INTO device (id, account, first_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING")
            .bind(&device)
            .bind(&account.id)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO session (token_hash, account, device, created_at, seen_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(token_hash(token).as_slice())
        .bind(&account.id)
        .bind(&device)
        .bind(now)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Whether and for whom a token speaks.
    ///
    /// # Errors
    /// The database's.
    pub async fn session(&self, token: &str) -> sqlx::Result<Standing> {
        const SEEN_EVERY_MS: i64 = 3_600_000;
        let now = random::now_ms().cast_signed();
        let hash = token_hash(token);
        let row = sqlx::query(
            "SELECT a.id, a.name, s.device, s.seen_at, a.account, s.created_at, d.revoked_at FROM session s
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
        if seen <= now - IDLE_MS.cast_signed() || created <= now - ABSOLUTE_MS.cast_signed() {
            return Ok(Standing::Ended);
        }
        if now - seen > SEEN_EVERY_MS {
            sqlx::query("UPDATE session SET seen_at = $1 WHERE token_hash = $2")
                .bind(now)
                .bind(hash.as_slice())
                .execute(&self.pool)
                .await?;
        }
        let device: String = row.try_get(2)?;
        let device = device.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let (account, name, login) = (row.try_get(0)?, row.try_get(1)?, row.try_get(4)?);
        Ok(Standing::Open(Session { account, login, name, device }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database's.
    pub async fn close_session(&self, token: &str) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM session WHERE token_hash = $1")
            .bind(token_hash(token).as_slice())
            .execute(&self.pool)
            .await
            .map(drop)
    }
}
