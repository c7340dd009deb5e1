//! The staff: accounts by place and team, codes for new phones, a second factor, closing an account.

use super::{
    CannotChange, Database,
    accounts::open_session,
    audit::{Act, Entry, append},
    devices::revoke,
    grants::end,
    stored::decode,
};
use crate::{accounts::token_hash, random};
use ruhu_domain::{
    DeviceId,
    office::{Attribution, PutAccount},
    rights::Place,
    wire::CodeMade,
};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};

/// A code lets a phone in for this long, in milliseconds.
const CODE_MS: u64 = 24 * 3_600_000;

/// The characters of a code: Crockford's Base32, without what looks alike.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// An account as those who look after it see it.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its identity.
    pub id: String,
    /// The login name.
    pub account: String,
    /// The person's name.
    pub name: String,
    /// The team.
    pub team: String,
    /// Where they belong.
    pub home: Option<Place>,
    /// Who closed the account.
    pub closed: Option<Attribution>,
    /// Whether it has a second factor.
    pub second_factor: bool,
}

/// A second factor as it is kept.
#[derive(Clone, Debug)]
pub struct Factor {
    /// The secret, sealed to the server.
    pub sealed: String,
    /// The last step of time whose code was used.
    pub step: u64,
}

impl Database {
    /// Every account.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn members(&self) -> sqlx::Result<Vec<Member>> {
        let rows = sqlx::query(
            "SELECT id, account, name, team, home, closed_by, closed_at, factor_on FROM account ORDER BY home, account",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(member).collect()
    }

    /// Makes an account that gets in with a code (see [`Database::make_code`]).
    ///
    /// # Errors
    /// See [`CannotChange`]: a login name that somebody has is not given again.
    pub async fn make_member(&self, member: &PutAccount, by: &str) -> Result<(), CannotChange> {
        let PutAccount { account, name, team, home } = member;
        let mut tx = self.begin().await?;
        let id: Option<String> = sqlx::query_scalar(
            "INSERT INTO account (id, account, name, password_hash, created_at, team, home)
             VALUES ($1, $2, $3, '', $4, $5, $6) ON CONFLICT (account) DO NOTHING RETURNING id",
        )
        .bind(uuid::Uuid::from_bytes(random::bytes()).to_string())
        .bind(account)
        .bind(name)
        .bind(random::now_ms().cast_signed())
        .bind(team)
        .bind(home.to_string())
        .fetch_optional(&mut *tx)
        .await?;
        let id = id.ok_or_else(|| CannotChange::Taken(account.clone()))?;
        append(&mut tx, self.engine, &Entry::of(by, Act::Account, id)).await?;
        Ok(tx.commit().await?)
    }

    /// Changes the name, the team and the home of an account. What they were and what they are is on record.
    ///
    /// # Errors
    /// See [`CannotChange`].
    pub async fn change_member(&self, member: &PutAccount, by: &str) -> Result<(), CannotChange> {
        let PutAccount { account, name, team, home } = member;
        let mut tx = self.begin().await?;
        let words = format!("SELECT id, name, team, home FROM account WHERE account = $1{}", self.engine.for_update());
        let before: Option<(String, String, String, String)> =
            sqlx::query_as(AssertSqlSafe(words)).bind(account).fetch_optional(&mut *tx).await?;
        let (id, name_before, team_before, home_before) =
            before.ok_or_else(|| CannotChange::NoAccount(account.clone()))?;
        sqlx::query("UPDATE account SET name = $1, team = $2, home = $3 WHERE id = $4")
            .bind(name)
            .bind(team)
            .bind(home.to_string())
            .bind(&id)
            .execute(&mut *tx)
            .await?;
        let changes = [
            changed("姓名", &name_before, name),
            changed("队伍", &team_before, team),
            changed("所属", &home_before, &home.to_string()),
        ];
        let changes: String = changes.into_iter().flatten().collect();
        append(&mut tx, self.engine, &Entry::of(by, Act::AccountChange, format!("{id}{changes}"))).await?;
        Ok(tx.commit().await?)
    }

    /// Closes an account: its grants end, its phones hand over what they have and are cleared, nobody logs in again.
    ///
    /// # Errors
    /// See [`CannotChange`].
    pub async fn close_account(&self, account: &str, by: &str) -> Result<(), CannotChange> {
        let found = self.account(account).await?.ok_or_else(|| CannotChange::NoAccount(account.to_owned()))?;
        let mut tx = self.begin().await?;
        // Every row is locked before the audit's end, as everywhere.
        let lock = self.engine.for_update();
        let [grants, devices] = [
            format!("SELECT id FROM access_grant WHERE account = $1 AND ended_at IS NULL ORDER BY id{lock}"),
            format!("SELECT id FROM device WHERE account = $1 AND revoked_at IS NULL ORDER BY id{lock}"),
        ];
        let grants: Vec<String> = sqlx::query_scalar(AssertSqlSafe(grants)).bind(&found.id).fetch_all(&mut *tx).await?;
        let devices: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(devices)).bind(&found.id).fetch_all(&mut *tx).await?;
        // A phone's token shows whose it is when it hands over: only the office's sessions end here.
        for words in [
            "DELETE FROM session WHERE account = $1 AND kind = 'office'",
            "DELETE FROM enrolment WHERE account = $1 AND used_at IS NULL",
        ] {
            sqlx::query(words).bind(&found.id).execute(&mut *tx).await?;
        }
        sqlx::query("UPDATE account SET closed_by = $1, closed_at = $2 WHERE id = $3 AND closed_at IS NULL")
            .bind(by)
            .bind(random::now_ms().cast_signed())
            .bind(&found.id)
            .execute(&mut *tx)
            .await?;
        for grant in grants {
            end(&mut tx, self.engine, &grant, by).await?;
        }
        for device in devices {
            revoke(&mut tx, self.engine, &device, by).await?;
        }
        append(&mut tx, self.engine, &Entry::of(by, Act::Close, found.id)).await?;
        Ok(tx.commit().await?)
    }

    /// Makes a code for an account; those before it are good no more. Returns it, and until when it is good (Unix
    /// milliseconds).
    ///
    /// # Errors
    /// See [`CannotChange`].
    pub async fn make_code(&self, account: &str, by: &str) -> Result<(String, u64), CannotChange> {
        let found = self.account(account).await?.filter(|found| !found.closed);
        let found = found.ok_or_else(|| CannotChange::NoAccount(account.to_owned()))?;
        let letters = random::bytes::<12>().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        let code: String = letters.iter().collect();
        let (now, until) = (self.now_ms(), self.now_ms() + CODE_MS);
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM enrolment WHERE account = $1 AND used_at IS NULL")
            .bind(&found.id)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO enrolment (code_hash, account, given_by, given_at, until) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(token_hash(&code).as_slice())
        .bind(&found.id)
        .bind(by)
        .bind(now.cast_signed())
        .bind(until.cast_signed())
        .execute(&mut *tx)
        .await?;
        append(&mut tx, self.engine, &Entry::of(by, Act::Code, found.id)).await?;
        tx.commit().await?;
        Ok((format!("{}-{}-{}", &code[..4], &code[4..8], &code[8..]), until))
    }

    /// Returns the codes made for an account since a time (Unix milliseconds), the latest first.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn codes_made(&self, account: &str, since: u64) -> sqlx::Result<Vec<CodeMade>> {
        let rows = sqlx::query(
            "SELECT COALESCE(a.name, e.given_by), e.given_at, e.used_at FROM enrolment e
             LEFT JOIN account a ON a.id = e.given_by
             WHERE e.account = $1 AND e.given_at >= $2 ORDER BY e.given_at DESC LIMIT 5",
        )
        .bind(account)
        .bind(since.cast_signed())
        .fetch_all(&self.pool)
        .await?;
        let code = |row: &AnyRow| {
            let used: Option<i64> = row.try_get(2)?;
            let at = row.try_get::<i64, _>(1)?.cast_unsigned();
            Ok(CodeMade { by: row.try_get(0)?, at, used_at: used.map(i64::cast_unsigned) })
        };
        rows.iter().map(code).collect()
    }

    /// Whether an account that is not closed has this code, unused and in time.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn has_code(&self, account: &str, code: &str) -> sqlx::Result<bool> {
        let found = sqlx::query(
            "SELECT 1 FROM enrolment e JOIN account a ON a.id = e.account
             WHERE e.code_hash = $1 AND e.used_at IS NULL AND e.until > $2 AND a.account = $3 AND a.closed_at IS NULL",
        )
        .bind(code_hash(code).as_slice())
        .bind(self.now_ms().cast_signed())
        .bind(account)
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.is_some())
    }

    /// Lets a phone in with a code, once: the password is set and a session opened, together. `false` where the code
    /// is not this account's, was used, or is too old.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn enrol(
        &self,
        account: &str,
        code: &str,
        password_hash: &str,
        device: DeviceId,
        token: &str,
    ) -> sqlx::Result<bool> {
        let now = self.now_ms().cast_signed();
        let mut tx = self.begin().await?;
        let done: Option<String> = sqlx::query_scalar(
            "UPDATE enrolment SET used_at = $1, device = $2 WHERE code_hash = $3 AND used_at IS NULL AND until > $4
             AND account = (SELECT id FROM account WHERE account = $5 AND closed_at IS NULL) RETURNING account",
        )
        .bind(now)
        .bind(device.to_string())
        .bind(code_hash(code).as_slice())
        .bind(now)
        .bind(account)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(id) = done else { return Ok(false) };
        sqlx::query("UPDATE account SET password_hash = $1 WHERE id = $2")
            .bind(password_hash)
            .bind(&id)
            .execute(&mut *tx)
            .await?;
        if !open_session(&mut tx, &id, device, token).await? {
            return Ok(false);
        }
        // Who had the password before is out of the office.
        sqlx::query("DELETE FROM session WHERE account = $1 AND kind = 'office'").bind(&id).execute(&mut *tx).await?;
        let entry = Entry::of(&id, Act::Enrol, "").on(device);
        append(&mut tx, self.engine, &entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Notes the recovery key that phones seal their keys to, by its public half, or checks that it is the one noted.
    ///
    /// # Errors
    /// It is another: with it nothing that phones sealed could be opened.
    pub async fn check_recovery(&self, public: &[u8]) -> anyhow::Result<()> {
        let print: String = Sha256::digest(public).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        match self.setting("recovery").await? {
            None => self.put_setting("recovery", &print).await?,
            Some(noted) => anyhow::ensure!(
                noted == print,
                "密钥目录里的恢复密钥（指纹 {print}）不是这个数据库原来用的那一把（{noted}）。\
                 换了就打不开手机交来的记录，请放回原来的密钥"
            ),
        }
        Ok(())
    }

    /// Whether a password alone lets somebody in on a new phone: in a database of demo data. Elsewhere it takes a
    /// code.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn is_demo(&self) -> sqlx::Result<bool> {
        let found: Option<String> = self.setting("demo").await?;
        Ok(found.is_some())
    }

    /// Notes that the database holds demo data.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn set_demo(&self) -> sqlx::Result<()> {
        sqlx::query("INSERT INTO setting (name, value) VALUES ('demo', '1') ON CONFLICT DO NOTHING")
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// An account's second factor, confirmed or not; none where it has no secret.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn factor(&self, account: &str) -> sqlx::Result<Option<Factor>> {
        let row = sqlx::query("SELECT factor, factor_step FROM account WHERE id = $1")
            .bind(account)
            .fetch_optional(&self.pool)
            .await?;
        let factor = |row: AnyRow| {
            Ok::<_, sqlx::Error>(Factor { sealed: row.try_get(0)?, step: row.try_get::<i64, _>(1)?.cast_unsigned() })
        };
        Ok(row.map(factor).transpose()?.filter(|factor| !factor.sealed.is_empty()))
    }

    /// Keeps a new secret; it does not count yet.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn put_factor(&self, account: &str, sealed: &str) -> sqlx::Result<()> {
        sqlx::query("UPDATE account SET factor = $1, factor_on = 0, factor_step = 0 WHERE id = $2 AND factor_on = 0")
            .bind(sealed)
            .bind(account)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// Uses up the code of a step of time; `false` where it, or a later one, was used before.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn use_step(&self, account: &str, step: u64) -> sqlx::Result<bool> {
        let done = sqlx::query("UPDATE account SET factor_step = $1 WHERE id = $2 AND factor_step < $3")
            .bind(step.cast_signed())
            .bind(account)
            .bind(step.cast_signed())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Turns an account's second factor on, or off and forgets its secret.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn turn_factor(&self, account: &str, on: bool, by: &str) -> sqlx::Result<()> {
        let mut tx = self.begin().await?;
        let words = if on {
            "UPDATE account SET factor_on = 1 WHERE id = $1"
        } else {
            "UPDATE account SET factor_on = 0, factor = '', factor_step = 0 WHERE id = $1"
        };
        sqlx::query(words).bind(account).execute(&mut *tx).await?;
        let subject = if on { "on" } else { "off" }.to_owned();
        append(&mut tx, self.engine, &Entry::of(by, Act::Factor, subject)).await?;
        tx.commit().await
    }
}

/// Returns the hash of a code as somebody typed it: letters that look like digits are those.
/// Returns what became of a field, for the audit; `None` where it is as it was.
fn changed(field: &str, before: &str, after: &str) -> Option<String> {
    let words = |text: &str| if text.is_empty() { "（空）".to_owned() } else { text.to_owned() };
    (before != after).then(|| format!(" {field} {} 改为 {}", words(before), words(after)))
}

fn code_hash(code: &str) -> [u8; 32] {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    token_hash(&code.replace('O', "0").replace(['I', 'L'], "1"))
}

fn member(row: &AnyRow) -> sqlx::Result<Member> {
    let home: String = row.try_get(4)?;
    let closed = row.try_get::<Option<String>, _>(5)?.zip(row.try_get::<Option<i64>, _>(6)?);
    Ok(Member {
        id: row.try_get(0)?,
        account: row.try_get(1)?,
        name: row.try_get(2)?,
        team: row.try_get(3)?,
        home: if home.is_empty() { None } else { Some(home.parse().map_err(decode)?) },
        closed: closed.map(|(by, at)| Attribution { by, at: at.cast_unsigned() }),
        second_factor: row.try_get::<i64, _>(7)? != 0,
    })
}
