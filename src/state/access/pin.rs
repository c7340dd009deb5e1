//! A PIN of six digits opens the notebook again while the page is in memory. It is never on the disk in a form that
//! opens anything: what is kept, sealed like everything else, is the key made of it; and while the notebook is locked
//! the vault key is in memory sealed with that.

use crate::{
    platform::{kdf, random},
    storage::Storage,
};
use ruhu_domain::storage::{Table, Write};
use ruhu_vault::{Kdf, VaultKey, Wrap};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The key in [`Table::Meta`].
const PIN: &str = "pin";

/// Digits of a PIN.
pub const DIGITS: usize = 6;

/// Wrong PINs until it takes the password.
const TRIES: u8 = 5;

/// The key made of a PIN. Kept as the salt and the key, 48 bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Pin {
    salt: [u8; 16],
    key: [u8; 32],
}

/// How the key is made.
const fn kdf_of(salt: [u8; 16]) -> Kdf {
    let (memory, passes) = Kdf::STRONG;
    Kdf { memory, passes, salt }
}

/// The vault key, sealed with the PIN, in the memory of a locked page.
pub struct Reopen {
    wrap: Wrap,
    owner: String,
    left: u8,
}

/// Whether nobody would guess these digits at once: not all the same, and not in a row.
fn is_good(digits: &str) -> bool {
    let steps: Vec<i16> = digits.as_bytes().windows(2).map(|pair| i16::from(pair[1]) - i16::from(pair[0])).collect();
    let in_a_row = [0, 1, -1].iter().any(|step| steps.iter().all(|other| other == step));
    digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit()) && !in_a_row
}

impl Pin {
    /// The key made of these digits.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese.
    pub async fn new(digits: &str) -> Result<Self, String> {
        if !is_good(digits) {
            return Err("请设 6 位数字，不要用 111111、123456 这样的".into());
        }
        let salt = random();
        let key = kdf::key(digits, &kdf_of(salt)).await.ok_or("手机内存不足，没有设成。请关掉别的应用再试")?;
        Ok(Self { salt, key })
    }

    /// The vault key, sealed with the PIN.
    pub fn reopen(self, owner: String, vault: &VaultKey) -> Reopen {
        Reopen { wrap: Wrap::seal(kdf_of(self.salt), &owner, self.key, random(), vault), owner, left: TRIES }
    }
}

impl Reopen {
    /// Tries left.
    pub const fn left(&self) -> u8 {
        self.left
    }

    /// Opens the vault key.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese; one try fewer is left.
    pub async fn open(&mut self, digits: &str) -> Result<VaultKey, String> {
        // Counted before it is tried.
        self.left = self.left.saturating_sub(1);
        let wrong = |left| match left {
            0 => "PIN 错了 5 次，请用登录密码打开".to_owned(),
            left => format!("PIN 不对，还可以试 {left} 次"),
        };
        let Some(key) = kdf::key(digits, &self.wrap.kdf).await else {
            self.left += 1;
            return Err("手机内存不足，打不开。请关掉别的应用再试".into());
        };
        self.wrap.open(&self.owner, key).map_err(|_| wrong(self.left))
    }
}

/// The PIN that the open storage holds.
pub async fn stored(storage: &impl Storage) -> Option<Pin> {
    let bytes = storage.get(Table::Meta, PIN).await.ok().flatten()?;
    let bytes = Zeroizing::new(bytes);
    let (salt, key) = bytes.split_first_chunk()?;
    Some(Pin { salt: *salt, key: key.try_into().ok()? })
}

/// The write that keeps a PIN, or forgets the one there is.
pub fn write(pin: Option<&Pin>) -> Write {
    match pin {
        Some(Pin { salt, key }) => Write::Put(Table::Meta, PIN.into(), [&salt[..], key].concat()),
        None => Write::Delete(Table::Meta, PIN.into()),
    }
}

#[cfg(test)]
mod tests {
    use crate::state::access::pin::*;

    #[test]
    fn a_pin_is_six_digits_that_nobody_guesses_at_once() {
        for bad in ["", "12345", "1234567", "12345a", "111111", "123456", "654321", "987654"] {
            assert!(!is_good(bad), "{bad}");
        }
        assert!(is_good("202611") && is_good("123457") && is_good("112233"));
    }
}
