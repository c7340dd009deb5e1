//! Passwords and session tokens.

use crate::random;
use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version, password_hash::SaltString,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// The fewest characters of a password.
pub const MIN_PASSWORD: usize = 8;

fn argon() -> Argon2<'static> {
    // OWASP's floor for Argon2id: 19 MiB, two passes.
    let params = Params::new(19 * 1024, 2, 1, None).expect("these parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A password's hash, to be kept.
///
/// # Errors
/// The password is too short.
pub fn hash_password(password: &str) -> anyhow::Result<String> {
    anyhow::ensure!(password.chars().count() >= MIN_PASSWORD, "密码至少 {MIN_PASSWORD} 个字");
    let salt = SaltString::encode_b64(&random::bytes::<16>()).map_err(|error| anyhow::anyhow!("{error}"))?;
    let hash = argon().hash_password(password.as_bytes(), &salt).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(hash.to_string())
}

/// Whether a password fits a kept hash. Takes as long where there is no account, so that the time
/// says nothing about which accounts exist.
pub fn password_fits(password: &str, kept: Option<&str>) -> bool {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let Ok(hash) = PasswordHash::new(kept.unwrap_or(NOBODY)) else { return false };
    argon().verify_password(password.as_bytes(), &hash).is_ok() && kept.is_some()
}

/// A new bearer token: 256 random bits as text.
pub fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(random::bytes::<32>())
}

/// What the server keeps of a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_of_an_account_that_exists_fits() {
        let hash = hash_password("走村入户-2026").expect("long enough");
        assert!(password_fits("走村入户-2026", Some(&hash)));
        assert!(!password_fits("走村入户-2025", Some(&hash)));
        assert!(!password_fits("走村入户-2026", None));
        assert!(hash_password("short").is_err());
    }
}
