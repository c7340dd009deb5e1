//! The vault key under a password.

use crate::keys::{CannotOpen, VaultKey, open, seal};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroize;

/// How a key is made of a password: Argon2id (RFC 9106), one lane, 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kdf {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Random bytes.
    pub salt: [u8; 16],
}

impl Kdf {
    /// Memory and passes where the phone has the memory.
    pub const STRONG: (u32, u32) = (64 * 1024, 3);
    /// Memory and passes where it has not.
    pub const MODEST: (u32, u32) = (19 * 1024, 2);

    /// None where the parameters are weaker than this code allows: somebody changed what is stored.
    pub fn checked(self) -> Option<Self> {
        (self.memory >= Self::MODEST.0 && self.passes >= Self::MODEST.1).then_some(self)
    }
}

/// The vault key, sealed with the key that is made of the password. The parameters and whose it is are bound in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrap {
    /// How the key is made of the password.
    pub kdf: Kdf,
    /// The sealed vault key.
    sealed: Vec<u8>,
}

fn place(kdf: &Kdf, owner: &str) -> Vec<u8> {
    let numbers = [kdf.memory.to_le_bytes(), kdf.passes.to_le_bytes()].concat();
    [b"wrap\0", &numbers[..], &kdf.salt, owner.as_bytes()].concat()
}

impl Wrap {
    /// Seals a vault key for its owner with the key made of the password, which is wiped.
    pub fn seal(kdf: Kdf, owner: &str, mut password_key: [u8; 32], nonce: [u8; 24], vault: &VaultKey) -> Self {
        let sealed = seal(&password_key, &place(&kdf, owner), nonce, &[vault.bytes()]);
        password_key.zeroize();
        Self { kdf, sealed }
    }

    /// Opens the vault key; `password_key` is wiped.
    ///
    /// # Errors
    /// Another password, another owner, or something was changed.
    pub fn open(&self, owner: &str, mut password_key: [u8; 32]) -> Result<VaultKey, CannotOpen> {
        let opened = open(&password_key, &place(&self.kdf, owner), &self.sealed);
        password_key.zeroize();
        let mut bytes = opened?;
        let key = bytes.as_slice().try_into().map(VaultKey::new).map_err(|_| CannotOpen);
        bytes.zeroize();
        key
    }
}

/// The vault key, sealed with a secret that the phone's sensor gives out (WebAuthn, PRF extension).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SensorWrap(pub Vec<u8>);

impl SensorWrap {
    fn key(mut secret: [u8; 32]) -> [u8; 32] {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(None, &secret).expand(b"ruhu/sensor", &mut key).expect("32 bytes are few enough");
        secret.zeroize();
        key
    }

    fn place(owner: &str) -> Vec<u8> {
        [b"sensor\0", owner.as_bytes()].concat()
    }

    /// Seals a vault key for its owner; the secret is wiped.
    pub fn seal(owner: &str, secret: [u8; 32], nonce: [u8; 24], vault: &VaultKey) -> Self {
        let mut key = Self::key(secret);
        let sealed = seal(&key, &Self::place(owner), nonce, &[vault.bytes()]);
        key.zeroize();
        Self(sealed)
    }

    /// Opens the vault key; the secret is wiped.
    ///
    /// # Errors
    /// Another secret, another owner, or something was changed.
    pub fn open(&self, owner: &str, secret: [u8; 32]) -> Result<VaultKey, CannotOpen> {
        let mut key = Self::key(secret);
        let opened = open(&key, &Self::place(owner), &self.0);
        key.zeroize();
        let mut bytes = opened?;
        let vault = bytes.as_slice().try_into().map(VaultKey::new).map_err(|_| CannotOpen);
        bytes.zeroize();
        vault
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{Algorithm, Argon2, Params, Version};

    fn kdf() -> Kdf {
        Kdf { memory: Kdf::MODEST.0, passes: Kdf::MODEST.1, salt: [3; 16] }
    }

    fn key(kdf: &Kdf, password: &str) -> [u8; 32] {
        let params = Params::new(kdf.memory, kdf.passes, 1, Some(32)).expect("parameters");
        let mut key = [0; 32];
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_into(password.as_bytes(), &kdf.salt, &mut key).expect("a key");
        key
    }

    #[test]
    fn the_password_opens_the_vault_and_another_does_not() {
        let vault = VaultKey::new([5; 32]);
        let wrap = Wrap::seal(kdf(), "wangfang", key(&kdf(), "right"), [1; 24], &vault);
        let opened = wrap.open("wangfang", key(&kdf(), "right")).expect("it opens");
        assert_eq!(opened.bytes(), vault.bytes());
        assert_eq!(wrap.open("wangfang", key(&kdf(), "wrong")).map(drop), Err(CannotOpen));
        assert_eq!(wrap.open("liqiang", key(&kdf(), "right")).map(drop), Err(CannotOpen));
    }

    #[test]
    fn the_sensors_secret_opens_the_vault_of_its_owner_alone() {
        let vault = VaultKey::new([5; 32]);
        let wrap = SensorWrap::seal("wangfang", [7; 32], [1; 24], &vault);
        assert_eq!(wrap.open("wangfang", [7; 32]).expect("it opens").bytes(), vault.bytes());
        assert_eq!(wrap.open("wangfang", [8; 32]).map(drop), Err(CannotOpen));
        assert_eq!(wrap.open("liqiang", [7; 32]).map(drop), Err(CannotOpen));
    }

    #[test]
    fn weaker_parameters_are_refused_and_others_do_not_open() {
        let vault = VaultKey::new([5; 32]);
        let wrap = Wrap::seal(kdf(), "wangfang", [8; 32], [1; 24], &vault);
        let weaker = Wrap { kdf: Kdf { passes: 1, ..kdf() }, ..wrap };
        assert_eq!(weaker.kdf.checked(), None);
        assert_eq!(weaker.open("wangfang", [8; 32]).map(drop), Err(CannotOpen));
    }
}
