//! The way back without the old password: the vault key, sealed to the server's public key. The server opens it
//! for its owner alone, after they logged in.

use crate::keys::{CannotOpen, VaultKey};
use crypto_box::{
    PublicKey, SecretKey,
    aead::rand_core::{CryptoRng, Error, RngCore},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// The server's secret key. Kept outside its database and its backups.
#[derive(Clone)]
pub struct RecoveryKey(SecretKey);

/// The server's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryPublicKey([u8; 32]);

/// A vault key and whose it is, sealed to the server (X25519 sealed box).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(Vec<u8>);

impl std::fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryKey")
    }
}

impl RecoveryKey {
    /// A key of 32 random bytes, or one that was kept.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretKey::from(bytes))
    }

    /// The public key.
    pub fn public(&self) -> RecoveryPublicKey {
        RecoveryPublicKey(*self.0.public_key().as_bytes())
    }

    /// Opens a vault key for its owner.
    ///
    /// # Errors
    /// It was sealed to another server, is somebody else's, or was changed.
    pub fn open(&self, sealed: &Sealed, owner: &str) -> Result<VaultKey, CannotOpen> {
        let mut plain = self.0.unseal(&sealed.0).map_err(|_| CannotOpen)?;
        let opened = match plain.split_first_chunk::<32>() {
            Some((key, of)) if of == owner.as_bytes() => Ok(VaultKey::new(*key)),
            _ => Err(CannotOpen),
        };
        plain.zeroize();
        opened
    }
}

impl RecoveryPublicKey {
    /// A public key's bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn bytes(&self) -> [u8; 32] {
        self.0
    }

    /// Seals a vault key for its owner, with 32 random bytes that are used once.
    ///
    /// # Errors
    /// It can't be sealed to this key.
    pub fn seal(&self, vault: &VaultKey, owner: &str, random: [u8; 32]) -> Result<Sealed, CannotOpen> {
        let key = PublicKey::from(self.0);
        let mut plain = [vault.bytes(), owner.as_bytes()].concat();
        let sealed = key.seal(&mut Once(random), &plain).map_err(|_| CannotOpen);
        plain.zeroize();
        Ok(Sealed(sealed?))
    }
}

/// Random bytes for one ephemeral key.
struct Once([u8; 32]);

impl RngCore for Once {
    fn next_u32(&mut self) -> u32 {
        unreachable!("a sealed box takes bytes")
    }

    fn next_u64(&mut self) -> u64 {
        unreachable!("a sealed box takes bytes")
    }

    fn fill_bytes(&mut self, into: &mut [u8]) {
        into.copy_from_slice(&self.0);
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(into);
        Ok(())
    }
}

impl CryptoRng for Once {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_opens_a_vault_for_its_owner_alone() {
        let server = RecoveryKey::new([4; 32]);
        let vault = VaultKey::new([5; 32]);
        let sealed = server.public().seal(&vault, "wangfang/1", [2; 32]).expect("it is sealed");
        assert_eq!(server.open(&sealed, "wangfang/1").expect("it opens").bytes(), vault.bytes());
        assert_eq!(server.open(&sealed, "liqiang/2").map(drop), Err(CannotOpen));
        assert_eq!(RecoveryKey::new([6; 32]).open(&sealed, "wangfang/1").map(drop), Err(CannotOpen));
        assert_eq!(server.open(&Sealed(b"x".to_vec()), "wangfang/1").map(drop), Err(CannotOpen));
    }
}
