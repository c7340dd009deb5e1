//! The vault: how what is kept on a phone is sealed, and who can open it. Pure: randomness and the key that
//! Argon2id makes of a password come in as arguments.
//!
//! ```text
//! password ── Argon2id ──► opens ┐
//! the server's secret key ─ opens ┼► vault key ── HKDF-SHA256 ──► a key each for general, mediation, care,
//! the phone's sensor ───── opens ┘                                outbox, meta and names
//! ```

mod keys;
mod recovery;
mod wrap;

pub use keys::{CannotOpen, Keys, Purpose, VaultKey};
pub use recovery::{RecoveryKey, RecoveryPublicKey, Sealed};
pub use wrap::{Kdf, SensorWrap, Wrap};
