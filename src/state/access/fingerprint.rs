//! The phone's fingerprint sensor (or face, or screen lock: whatever it verifies its user with) opens the vault: the
//! sensor gives out a secret of its own for this app (WebAuthn Level 3, PRF extension), and the vault key is sealed
//! with that, besides the password. No finger's photo leaves the sensor.

use crate::{
    platform::{fingerprint as sensor, random},
    storage::Storage,
};
use ruhu_domain::storage::{VAULT, Write};
use ruhu_vault::{SensorWrap, VaultKey};

/// The key in [`VAULT`].
const FINGERPRINT: &str = "fingerprint";

/// The stored form, in the clear: which of the sensor's credentials, and the sealed vault key. As bytes: the salt, how long
/// the sealed key is (one byte), the sealed key, and the credential.
#[derive(Clone, Debug)]
pub struct Fingerprint {
    credential: Vec<u8>,
    salt: [u8; 32],
    wrap: SensorWrap,
}

impl Fingerprint {
    /// Asks the sensor for a secret, and seals the vault key with it.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese.
    pub async fn enrol(account: &str, owner: &str, vault: &VaultKey) -> Result<Self, String> {
        let salt = random();
        let made = sensor::enrol(account, random::<16>(), salt).await;
        let (credential, secret) = made.ok_or("没有设成：手机没有确认，或这个浏览器不支持用指纹打开")?;
        Ok(Self { credential, salt, wrap: SensorWrap::seal(owner, secret, random(), vault) })
    }

    /// Opens the vault key, after the sensor has seen the finger.
    ///
    /// # Errors
    /// Returns what to tell the worker, in Chinese.
    pub async fn open(&self, owner: &str) -> Result<VaultKey, String> {
        let secret = sensor::secret(&self.credential, self.salt).await.ok_or("指纹没有通过，请再试，或用密码打开")?;
        self.wrap.open(owner, secret).map_err(|_| "指纹已换过，请用密码打开，再到“我的”里重新设置".to_owned())
    }

    /// Returns the credential that the storage holds.
    pub async fn stored(storage: &impl Storage) -> Option<Self> {
        let bytes = storage.get(VAULT, FINGERPRINT).await.ok().flatten()?;
        let (salt, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first()?;
        let (sealed, credential) = rest.split_at_checked(usize::from(*length))?;
        Some(Self { credential: credential.to_vec(), salt: *salt, wrap: SensorWrap(sealed.to_vec()) })
    }

    /// The write that keeps it.
    pub fn write(&self) -> Write {
        let sealed = &self.wrap.0;
        let length = u8::try_from(sealed.len()).expect("a sealed key is 73 bytes");
        let bytes = [&self.salt[..], &[length], sealed, &self.credential].concat();
        Write::Put(VAULT, FINGERPRINT.into(), bytes)
    }
}

/// The write that forgets it.
pub fn forget() -> Write {
    Write::Delete(VAULT, FINGERPRINT.into())
}
