//! Passwords and session tokens.

use crate::random;
use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version, password_hash::SaltString,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// The fewest characters of a password.
pub const MIN_PASSWORD: usize = 8;

/// The most bytes of a password.
const MAX_PASSWORD: usize = 512;

/// The most bytes of a login name.
pub const MAX_NAME: usize = 128;

/// The 3,000 commonest passwords that are long enough, in lower case, the commonest first. From the list of the
/// `zxcvbn-ts` project, whose licence (MIT) is beside it.
const COMMON: &str = include_str!("../data/common-passwords.txt");

/// The longest login name, name and team of an account, in characters.
const WORDS: usize = 40;

/// Why an account can't have these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNames {
    /// The login name has other signs than letters, digits, full stops, hyphens and underscores, or something is empty.
    #[error("登录名用字母、数字或汉字，姓名不能空")]
    NotPlain,
    /// One of them is longer than [`WORDS`].
    #[error("登录名、姓名和队伍都请控制在 {WORDS} 个字以内")]
    Long,
}

/// Whether an account may have this login name, name and team.
///
/// # Errors
/// Why not.
pub fn check_names(account: &str, name: &str, team: &str) -> Result<(), BadNames> {
    let plain = account.chars().all(|letter| letter.is_alphanumeric() || ['.', '_', '-'].contains(&letter));
    if account.is_empty() || name.trim().is_empty() || !plain {
        return Err(BadNames::NotPlain);
    }
    if [account, name, team].into_iter().any(|text| text.chars().count() > WORDS) {
        return Err(BadNames::Long);
    }
    Ok(())
}

/// Why a password can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Fewer than [`MIN_PASSWORD`] characters.
    #[error("密码至少 {MIN_PASSWORD} 个字")]
    Short,
    /// More than [`MAX_PASSWORD`] bytes.
    #[error("密码太长，请短一些")]
    Long,
    /// One of the first that anybody would try.
    #[error("这个密码太容易猜到，请换一个：几个不相干的词连在一起就好")]
    Common,
}

/// Whether a password may be used for an account (NIST SP 800-63B, 3.1.1.2: no rules of composition, but none
/// that is commonly used, expected, or the account's own name).
///
/// # Errors
/// Why not.
pub fn check(password: &str, account: &str) -> Result<(), BadPassword> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(BadPassword::Short);
    }
    if password.len() > MAX_PASSWORD {
        return Err(BadPassword::Long);
    }
    let lower = password.to_lowercase();
    let account = account.to_lowercase();
    let rest = lower.replace(&account, "");
    let named = !account.is_empty() && rest.chars().count() < MIN_PASSWORD / 2;
    let first = lower.chars().next();
    let repeated = lower.chars().all(|character| Some(character) == first);
    if named || repeated || COMMON.lines().any(|common| common == lower) {
        return Err(BadPassword::Common);
    }
    Ok(())
}

fn argon() -> Argon2<'static> {
    // OWASP's floor for Argon2id: 19 MiB, two passes.
    let params = Params::new(19 * 1024, 2, 1, None).expect("these parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash of an account's password, to be kept.
///
/// # Errors
/// The password is too short or too easy to guess.
pub fn hash_password(password: &str, account: &str) -> anyhow::Result<String> {
    check(password, account)?;
    let salt = SaltString::encode_b64(&random::bytes::<16>()).map_err(|error| anyhow::anyhow!("{error}"))?;
    let hash = argon().hash_password(password.as_bytes(), &salt).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(hash.to_string())
}

/// Whether a password fits a kept hash. Takes as long where there is no account, so that the time
/// says nothing about which accounts exist. One that is longer than any password can be fits none.
pub fn password_fits(password: &str, kept: Option<&str>) -> bool {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    if password.len() > MAX_PASSWORD {
        return false;
    }
    let Ok(hash) = PasswordHash::new(kept.unwrap_or(NOBODY)) else { return false };
    argon().verify_password(password.as_bytes(), &hash).is_ok() && kept.is_some()
}

/// Returns a login name as it is kept: without spaces around it, and letters of full width as the usual ones
/// (Unicode, Halfwidth and Fullwidth Forms).
pub fn login_name(typed: &str) -> String {
    let usual = |letter: char| match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        letter => letter,
    };
    typed.trim().chars().map(usual).collect()
}

/// A new bearer token: 256 random bits as text.
pub fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(random::bytes::<32>())
}

/// Returns the hash of a token that the server keeps.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_anybody_would_try_first_is_no_password() {
        let refused = ["password", "PassWord", "12345678", "a1b2c3d4", "wangfang", "WangFang123", "啊啊啊啊啊啊啊啊啊"];
        for password in refused {
            assert_eq!(check(password, "wangfang"), Err(BadPassword::Common), "{password}");
        }
        assert_eq!(check("短的密码", "wangfang"), Err(BadPassword::Short));
        assert_eq!(check(&"长".repeat(200), "wangfang"), Err(BadPassword::Long));
        for password in ["走村入户-2026", "wangfang 喜欢吃热干面", "correct horse"] {
            assert_eq!(check(password, "wangfang"), Ok(()), "{password}");
        }
        assert_eq!(check("correct horse", ""), Ok(()), "an account without a name changes nothing");
        assert!(COMMON.lines().count() == 3_000 && COMMON.lines().all(|line| line.chars().count() >= MIN_PASSWORD));
    }

    #[test]
    fn a_login_name_has_letters_of_one_width() {
        assert_eq!(login_name(" Ｗangfang＿２\u{3000}"), "Wangfang_2");
        assert_eq!(login_name("王芳"), "王芳");
    }

    #[test]
    fn only_the_right_password_of_an_account_that_exists_fits() {
        let hash = hash_password("走村入户-2026", "wangfang").expect("long enough");
        assert!(password_fits("走村入户-2026", Some(&hash)));
        assert!(!password_fits("走村入户-2025", Some(&hash)));
        assert!(!password_fits("走村入户-2026", None));
        assert!(hash_password("short", "wangfang").is_err());
    }
}
