//! Devices: where somebody logged in, and what becomes of a phone that is lost or whose worker left.

use super::{
    Database, Session, SessionKind,
    audit::{Act, Entry, append},
    sql::Engine,
    stored::decode,
};
use crate::{accounts::token_hash, random};
use ruhu_domain::DeviceId;
use sqlx::{AnyConnection, Row, any::AnyRow};

/// A device that somebody logged in on.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its identity.
    pub id: DeviceId,
    /// The login name.
    pub account: String,
    /// The first login, Unix milliseconds.
    pub first_at: u64,
    /// The last contact, to the hour, Unix milliseconds; none after a log-out.
    pub seen_at: Option<u64>,
    /// Who revoked it, and when.
    pub revoked: Option<(String, u64)>,
    /// When it had handed over all it had.
    pub handed_over_at: Option<u64>,
}

/// Why a device can't be revoked.
#[derive(Debug, thiserror::Error)]
pub enum CannotRevoke {
    /// Nobody logged in on it.
    #[error("没有这台设备，或已经停用")]
    NotThere,
    /// The database's reason.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Database {
    /// The devices of an account, or all, by their first login.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn devices(&self, account: Option<&str>) -> sqlx::Result<Vec<Device>> {
        let rows = sqlx::query(
            "SELECT d.id, a.account, d.first_at, MAX(s.seen_at), d.revoked_by, d.revoked_at, d.handed_over_at
             FROM device d JOIN account a ON a.id = d.account LEFT JOIN session s ON s.device = d.id
             GROUP BY d.id, a.account, d.first_at, d.revoked_by, d.revoked_at, d.handed_over_at
             ORDER BY d.first_at, d.id",
        )
        .fetch_all(&self.pool)
        .await?;
        let devices = rows.iter().map(device).collect::<sqlx::Result<Vec<_>>>()?;
        Ok(devices.into_iter().filter(|device| account.is_none_or(|account| device.account == account)).collect())
    }

    /// Whether an account logged in on a device before.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn logged_in_before(&self, account: &str, device: DeviceId) -> sqlx::Result<bool> {
        let found =
            sqlx::query("SELECT 1 FROM device d JOIN account a ON a.id = d.account WHERE d.id = $1 AND a.account = $2")
                .bind(device.to_string())
                .bind(account)
                .fetch_optional(&self.pool)
                .await?;
        Ok(found.is_some())
    }

    /// Whether a device was revoked.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn is_revoked(&self, device: DeviceId) -> sqlx::Result<bool> {
        let found = sqlx::query("SELECT 1 FROM device WHERE id = $1 AND revoked_at IS NOT NULL")
            .bind(device.to_string())
            .fetch_optional(&self.pool)
            .await?;
        Ok(found.is_some())
    }

    /// Revokes a device: at its next contact it hands over what it has not sent, and clears itself.
    ///
    /// # Errors
    /// See [`CannotRevoke`].
    pub async fn revoke(&self, device: DeviceId, by: &str) -> Result<(), CannotRevoke> {
        let mut tx = self.begin().await?;
        if !revoke(&mut tx, self.engine, &device.to_string(), by).await? {
            return Err(CannotRevoke::NotThere);
        }
        Ok(tx.commit().await?)
    }

    /// Who a token spoke for on a device that was revoked, however long ago; none for any other.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn revoked_session(&self, token: &str, device: DeviceId) -> sqlx::Result<Option<Session>> {
        let row = sqlx::query(
            "SELECT a.id, a.account, a.name FROM session s JOIN account a ON a.id = s.account
             JOIN device d ON d.id = s.device WHERE s.token_hash = $1 AND d.id = $2 AND d.revoked_at IS NOT NULL",
        )
        .bind(token_hash(token).as_slice())
        .bind(device.to_string())
        .fetch_optional(&self.pool)
        .await?;
        let session = |row: AnyRow| {
            let (account, login, name) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            Ok(Session { account, login, name, device, kind: SessionKind::Field, app: String::new() })
        };
        row.map(session).transpose()
    }

    /// A revoked device has handed over all it had.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn handed_over(&self, session: &Session) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE device SET handed_over_at = $1 WHERE id = $2")
            .bind(random::now_ms().cast_signed())
            .bind(session.device.to_string())
            .execute(&mut *tx)
            .await?;
        let device = Some(session.device);
        let entry = Entry::of(&session.account, Act::DeviceHandover, "").on(device);
        append(&mut tx, self.engine, &entry).await?;
        tx.commit().await
    }
}

/// Revokes a device in a transaction under way; `false` where there is none to revoke.
pub(super) async fn revoke(tx: &mut AnyConnection, engine: Engine, device: &str, by: &str) -> sqlx::Result<bool> {
    let done = sqlx::query("UPDATE device SET revoked_by = $1, revoked_at = $2 WHERE id = $3 AND revoked_at IS NULL")
        .bind(by)
        .bind(random::now_ms().cast_signed())
        .bind(device)
        .execute(&mut *tx)
        .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    append(tx, engine, &Entry::of(by, Act::Revoke, device)).await?;
    Ok(true)
}

fn device(row: &AnyRow) -> sqlx::Result<Device> {
    let id: String = row.try_get(0)?;
    let time = |column: usize| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(i64::cast_unsigned));
    Ok(Device {
        id: id.parse().map_err(decode)?,
        account: row.try_get(1)?,
        first_at: time(2)?.unwrap_or_default(),
        seen_at: time(3)?,
        revoked: row.try_get::<Option<String>, _>(4)?.zip(time(5)?),
        handed_over_at: time(6)?,
    })
}
