//! Locking and unlocking: the phone's records are sealed with a key that only the password opens, or, after a
//! login, the server.

use crate::{
    platform::{clock, kdf, random},
    storage::{Storage, StorageError},
};
use ruhu_domain::{
    DeviceId,
    storage::{Batch, VAULT, Write},
    wire::vault_owner,
};
use ruhu_vault::{Kdf, RecoveryPublicKey, Sealed, VaultKey, Wrap};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// The keys in [`VAULT`].
const KEYS: &str = "vault";
const TRIES: &str = "tries";

/// Wrong passwords without a wait.
const FREE_TRIES: u32 = 3;

/// The wait after the next one, doubled after each further one, in milliseconds; and the longest.
const FIRST_WAIT_MS: i64 = 5_000;
const LONGEST_WAIT_MS: i64 = 300_000;

/// The stored form, in the clear: whose vault this is, and its key, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vault {
    /// The login name.
    pub account: String,
    /// This device.
    pub device: DeviceId,
    /// The key, sealed with the password.
    wrap: Wrap,
    /// The key, sealed to the server; none where the server had not been reached when the vault was made.
    pub recovery: Option<Sealed>,
}

/// When this page last tried a password, by [`clock::steady_ms`].
static LAST_TRY: AtomicI64 = AtomicI64::new(0);

/// Wrong passwords so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tries {
    wrong: u32,
    last_ms: i64,
}

impl Tries {
    /// The writes that keep it.
    fn writes(self) -> Batch {
        let bytes = serde_json::to_vec(&self).expect("two numbers");
        vec![Write::Put(VAULT, TRIES.into(), bytes)]
    }

    /// How long to wait for the next try, in milliseconds. `steady_ms` is how long this page has been open without a try, by
    /// a clock that nobody sets: to set the phone's ahead shortens nothing.
    fn wait_ms(self, now_ms: i64, steady_ms: i64) -> i64 {
        let Some(over) = self.wrong.checked_sub(FREE_TRIES) else { return 0 };
        let wait = (FIRST_WAIT_MS << over.min(16)).min(LONGEST_WAIT_MS);
        // A clock that was set back does not shut anybody out for longer.
        let passed = now_ms.saturating_sub(self.last_ms).max(0);
        (wait - passed.min(steady_ms)).clamp(0, wait)
    }
}

/// Why the vault stays locked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StayLocked {
    /// The password is wrong.
    #[error("密码不对，请再试一次")]
    Wrong,
    /// Too many wrong passwords: how many seconds to wait.
    #[error("密码错了太多次。请让这一页开着，等 {0} 秒再试")]
    Wait(i64),
    /// The key can't be made on this phone.
    #[error("手机内存不足，打不开。请关掉别的应用再试")]
    NoMemory,
    /// The storage's reason.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The vault that a phone holds; none before the first login, or where an earlier version of the app left its
/// records unsealed.
///
/// # Errors
/// It can't be read.
pub async fn stored(storage: &impl Storage) -> Result<Option<Vault>, StorageError> {
    match storage.get(VAULT, KEYS).await? {
        Some(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| StorageError::Unreadable),
        None => Ok(None),
    }
}

/// Goes on only where the vault is still the one that the phone holds now.
///
/// # Errors
/// It can't be read.
pub async fn unchanged(storage: &impl Storage) -> Result<Write, StorageError> {
    Ok(Write::Check(VAULT, KEYS.into(), storage.get(VAULT, KEYS).await?))
}

impl Vault {
    /// Seals a key with a password, and to the server where its key is known.
    ///
    /// # Errors
    /// The phone has too little memory.
    pub async fn seal(
        account: &str,
        device: DeviceId,
        password: &str,
        server: Option<&RecoveryPublicKey>,
        key: &VaultKey,
    ) -> Result<Self, StayLocked> {
        let owner = vault_owner(account, device);
        let salt = random();
        let mut made = None;
        for (memory, passes) in [Kdf::STRONG, Kdf::MODEST] {
            let kdf = Kdf { memory, passes, salt };
            if let Some(password_key) = kdf::key(password, &kdf).await {
                made = Some(Wrap::seal(kdf, &owner, password_key, random(), key));
                break;
            }
        }
        let wrap = made.ok_or(StayLocked::NoMemory)?;
        let recovery = server.and_then(|server| server.seal(key, &owner, random()).ok());
        Ok(Self { account: account.to_owned(), device, wrap, recovery })
    }

    /// The writes that keep it; wrong passwords are forgotten.
    pub fn writes(&self) -> Batch {
        let bytes = serde_json::to_vec(self).expect("a vault is plain data");
        vec![Write::Put(VAULT, KEYS.into(), bytes), Write::Delete(VAULT, TRIES.into())]
    }

    /// Goes on only where no vault was made meanwhile.
    pub fn first() -> Write {
        Write::Check(VAULT, KEYS.into(), None)
    }

    /// Opens the key with the password. After some wrong ones each try waits longer; nothing is erased.
    ///
    /// # Errors
    /// Why it stays locked.
    pub async fn open(&self, storage: &impl Storage, password: &str) -> Result<VaultKey, StayLocked> {
        let tries = storage.get(VAULT, TRIES).await?;
        let tries: Tries = tries.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let now_ms = clock::now_ms();
        let wait = tries.wait_ms(now_ms, clock::steady_ms() - LAST_TRY.load(Relaxed));
        if wait > 0 {
            return Err(StayLocked::Wait(wait / 1_000 + 1));
        }
        let last_try = LAST_TRY.swap(clock::steady_ms(), Relaxed);
        // Counted before it is tried: closing the page saves no try. A phone that is full opens all the same.
        let count = Tries { wrong: tries.wrong.saturating_add(1), last_ms: now_ms };
        match storage.write(&count.writes()).await {
            Ok(()) | Err(StorageError::Full) => {}
            Err(error) => return Err(error.into()),
        }
        let kdf = self.wrap.kdf.checked().ok_or(StorageError::Unreadable)?;
        let Some(password_key) = kdf::key(password, &kdf).await else {
            // It was not tried at all.
            LAST_TRY.store(last_try, Relaxed);
            drop(storage.write(&tries.writes()).await);
            return Err(StayLocked::NoMemory);
        };
        let key = self.wrap.open(&vault_owner(&self.account, self.device), password_key);
        let key = key.map_err(|_| StayLocked::Wrong)?;
        // Where it can't be written the next try may have to wait; the notebook opens.
        drop(storage.write(&Tries::default().writes()).await);
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use crate::state::access::vault::*;

    #[test]
    fn wrong_passwords_wait_longer_and_longer_but_never_for_ever() {
        let wait = |wrong, now: i64| Tries { wrong, last_ms: 1_000_000 }.wait_ms(now, (now - 1_000_000).max(0));
        assert_eq!((wait(0, 1_000_000), wait(2, 1_000_000)), (0, 0));
        assert_eq!((wait(3, 1_000_000), wait(4, 1_000_000)), (5_000, 10_000));
        assert_eq!((wait(3, 1_004_000), wait(3, 1_005_000)), (1_000, 0));
        assert_eq!(wait(u32::MAX, 1_000_000), LONGEST_WAIT_MS);
        assert_eq!(wait(3, 0), FIRST_WAIT_MS, "a clock set back");
        let ahead = Tries { wrong: 3, last_ms: 1_000_000 }.wait_ms(9_000_000, 2_000);
        assert_eq!(ahead, 3_000, "a clock set ahead");
    }
}
