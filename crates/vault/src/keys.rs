//! The vault key, the keys derived from it, and sealed values.

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, AeadInPlace, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The first byte of every sealed value: XChaCha20-Poly1305, 24 bytes of nonce, ciphertext with its tag.
const FORMAT: u8 = 1;

const NONCE: usize = 24;
const TAG: usize = 16;

/// The purpose of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Records everyone of a grid works with.
    General,
    /// Records of disputes.
    Mediation,
    /// Records of care.
    Care,
    /// The ops that the office has not acknowledged.
    Outbox,
    /// Session, cursors, drafts.
    Meta,
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::General => b"ruhu/general",
            Self::Mediation => b"ruhu/mediation",
            Self::Care => b"ruhu/care",
            Self::Outbox => b"ruhu/outbox",
            Self::Meta => b"ruhu/meta",
        }
    }
}

/// A sealed value that was changed, moved, or sealed with another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open")]
pub struct CannotOpen;

/// The key of a vault: 256 random bits, one for each worker and device. Never kept bare.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct VaultKey(pub(crate) [u8; 32]);

impl std::fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VaultKey")
    }
}

impl VaultKey {
    /// A new key of random bytes, or one that was opened.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be sealed or sent to their owner.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The keys derived from it.
    pub fn keys(&self) -> Keys {
        let derive = |info: &[u8]| {
            let mut key = [0; 32];
            Hkdf::<Sha256>::new(None, &self.0).expand(info, &mut key).expect("32 bytes are few enough");
            key
        };
        let of = |purpose: Purpose| derive(purpose.info());
        Keys {
            general: of(Purpose::General),
            mediation: of(Purpose::Mediation),
            care: of(Purpose::Care),
            outbox: of(Purpose::Outbox),
            meta: of(Purpose::Meta),
            names: derive(b"ruhu/names"),
        }
    }
}

/// The keys of an open vault. Wiped from memory when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Keys {
    general: [u8; 32],
    mediation: [u8; 32],
    care: [u8; 32],
    outbox: [u8; 32],
    meta: [u8; 32],
    names: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// Returns the place that a value is bound to besides its key. The value opens in no other place.
fn place(table: &str, name: &str) -> Vec<u8> {
    [&[FORMAT], table.as_bytes(), &[0], name.as_bytes()].concat()
}

/// Seals the parts as one value, where they will be kept: no copy in the clear is left behind.
pub(crate) fn seal(key: &[u8; 32], place: &[u8], nonce: [u8; NONCE], parts: &[&[u8]]) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new(Key::from_slice(key));
    let mut sealed = Vec::with_capacity(1 + NONCE + parts.iter().map(|part| part.len()).sum::<usize>() + TAG);
    sealed.push(FORMAT);
    sealed.extend_from_slice(&nonce);
    parts.iter().for_each(|part| sealed.extend_from_slice(part));
    let text = &mut sealed[1 + NONCE..];
    let tag = cipher.encrypt_in_place_detached(XNonce::from_slice(&nonce), place, text);
    sealed.extend_from_slice(&tag.expect("a value is far below 256 GB"));
    sealed
}

pub(crate) fn open(key: &[u8; 32], place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
    let (format, rest) = sealed.split_first().ok_or(CannotOpen)?;
    if *format != FORMAT || rest.len() < NONCE {
        return Err(CannotOpen);
    }
    let (nonce, sealed) = rest.split_at(NONCE);
    let cipher = XChaCha20Poly1305::new(Key::from_slice(key));
    cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: place }).map_err(|_| CannotOpen)
}

impl Keys {
    /// The name an entry has in the storage: the same each time, and it tells nothing.
    pub fn name(&self, table: &str, key: &str) -> String {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.names).expect("any length is a key");
        mac.update(&place(table, key));
        mac.finalize().into_bytes().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Seals an entry, to be kept under [`Keys::name`]. The nonce is random and used once.
    pub fn seal(&self, purpose: Purpose, table: &str, key: &str, nonce: [u8; NONCE], value: &[u8]) -> Vec<u8> {
        let length = u32::try_from(key.len()).expect("a key is short").to_le_bytes();
        let place = place(table, &self.name(table, key));
        seal(self.of(purpose), &place, nonce, &[&length, key.as_bytes(), value])
    }

    /// Opens an entry that is kept under `name`: its key and value.
    ///
    /// # Errors
    /// It was changed, belongs elsewhere, or was sealed with another key.
    pub fn open(
        &self,
        purpose: Purpose,
        table: &str,
        name: &str,
        sealed: &[u8],
    ) -> Result<(String, Vec<u8>), CannotOpen> {
        let mut plain = open(self.of(purpose), &place(table, name), sealed)?;
        let (length, rest) = plain.split_first_chunk::<4>().ok_or(CannotOpen)?;
        let length = u32::from_le_bytes(*length) as usize;
        let key = rest.get(..length).and_then(|key| std::str::from_utf8(key).ok()).ok_or(CannotOpen)?.to_owned();
        drop(plain.drain(..4 + length));
        Ok((key, plain))
    }

    const fn of(&self, purpose: Purpose) -> &[u8; 32] {
        match purpose {
            Purpose::General => &self.general,
            Purpose::Mediation => &self.mediation,
            Purpose::Care => &self.care,
            Purpose::Outbox => &self.outbox,
            Purpose::Meta => &self.meta,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn an_entry_opens_with_its_key_and_value_and_nothing_of_it_shows() {
        let keys = VaultKey::new([7; 32]).keys();
        let sealed = keys.seal(Purpose::Outbox, "outbox", "钥匙", [9; 24], "王芳家的情况".as_bytes());
        let name = keys.name("outbox", "钥匙");
        let opened = keys.open(Purpose::Outbox, "outbox", &name, &sealed).expect("it opens");
        assert_eq!(opened, ("钥匙".to_owned(), "王芳家的情况".as_bytes().to_vec()));
        let shows = |part: &str| sealed.windows(part.len()).any(|window| window == part.as_bytes());
        assert!(!shows("王芳") && !shows("钥匙") && !name.contains("outbox"));
    }

    #[test]
    fn what_was_flipped_moved_cut_or_sealed_for_another_purpose_does_not_open() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (keys, others) = (VaultKey::new(rng.random()).keys(), VaultKey::new(rng.random()).keys());
        for _ in 0..500 {
            let value: Vec<u8> = (0..rng.random_range(0..200)).map(|_| rng.random()).collect();
            let key = format!("{:x}", rng.random::<u64>());
            let sealed = keys.seal(Purpose::General, "segments", &key, rng.random(), &value);
            let name = keys.name("segments", &key);
            let open = |keys: &Keys, purpose, table: &str, name: &str, sealed: &[u8]| {
                keys.open(purpose, table, name, sealed).ok().map(|(_, value)| value)
            };
            assert_eq!(open(&keys, Purpose::General, "segments", &name, &sealed), Some(value));
            let mut flipped = sealed.clone();
            let at = rng.random_range(0..flipped.len());
            flipped[at] ^= 1 << rng.random_range(0..8);
            assert_eq!(open(&keys, Purpose::General, "segments", &name, &flipped), None);
            let cut = &sealed[..rng.random_range(0..sealed.len())];
            assert_eq!(open(&keys, Purpose::General, "segments", &name, cut), None);
            let elsewhere = keys.name("segments", "elsewhere");
            assert_eq!(open(&keys, Purpose::General, "segments", &elsewhere, &sealed), None);
            assert_eq!(open(&keys, Purpose::General, "outbox", &name, &sealed), None);
            assert_eq!(open(&keys, Purpose::Care, "segments", &name, &sealed), None);
            assert_eq!(open(&others, Purpose::General, "segments", &name, &sealed), None);
        }
    }
}
