//! The cryptography of TLS: ring's, everywhere in this program.

use rustls_acme::rustls::crypto::ring;

/// Makes ring the provider of this process. It is the same where another part did so before.
pub fn install() {
    drop(ring::default_provider().install_default());
}
