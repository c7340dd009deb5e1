//! A second factor for offices: six digits that change every half minute (TOTP, RFC 6238). The secret is kept sealed
//! to the server's key: who has only the database can't make codes.

use crate::{
    database::{Account, Database},
    random,
};
use anyhow::anyhow;
use ruhu_domain::office::SecondFactor;
use ruhu_vault::{RecoveryKey, Sealed, VaultKey};
use totp_rs::{Builder, Totp};

/// How the authenticator app names where the code is for.
const ISSUER: &str = "Ruhu";

/// Bytes of a secret: as many as the hash has (RFC 4226, 4).
const SECRET: usize = 20;

fn owner(account: &Account) -> String {
    format!("second factor/{}", account.id)
}

fn totp(key: &VaultKey, account: &str) -> anyhow::Result<Totp> {
    let secret: [u8; SECRET] = key.bytes()[..SECRET].try_into()?;
    // Colons part the name from the issuer.
    let builder = Builder::new().with_secret(secret).with_account_name(account.replace(':', " "));
    builder.with_issuer(Some(ISSUER)).build().map_err(|error| anyhow!("{error}"))
}

/// Makes a secret for an account; it counts once a code of it is confirmed.
///
/// # Errors
/// Fails when the database can't be reached or refuses a statement.
pub async fn begin(database: &Database, server: &RecoveryKey, account: &Account) -> anyhow::Result<SecondFactor> {
    let key = VaultKey::new(random::bytes());
    let sealed = server.public().seal(&key, &owner(account), random::bytes())?;
    database.put_factor(&account.id, &serde_json::to_string(&sealed)?).await?;
    let totp = totp(&key, &account.account)?;
    let uri = totp.to_url().map_err(|error| anyhow!("{error}"))?;
    Ok(SecondFactor { uri, secret: totp.secret().to_base32() })
}

/// Whether these are the digits of the moment, or of the half minute before or after. Each is good once.
///
/// # Errors
/// Fails when the database does, or the secret was sealed to another server.
pub async fn fits(database: &Database, server: &RecoveryKey, account: &Account, code: &str) -> anyhow::Result<bool> {
    let Some(factor) = database.factor(&account.id).await? else { return Ok(false) };
    let sealed: Sealed = serde_json::from_str(&factor.sealed)?;
    let key = server.open(&sealed, &owner(account))?;
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    match totp(&key, &account.account)?.check(&digits, random::now_ms() / 1_000) {
        Some(step) => Ok(database.use_step(&account.id, step).await?),
        None => Ok(false),
    }
}
