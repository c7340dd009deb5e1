//! The cryptography of TLS: ring's, everywhere in this program; and how long a certificate is good.

use chrono::NaiveDate;
use ruhu_domain::day;
use rustls_acme::rustls::crypto::ring;
use std::path::Path;

/// Makes ring the provider of this process. It is the same where another part did so before.
pub fn install() {
    drop(ring::default_provider().install_default());
}

/// Returns the last day of the first certificate of a PEM file, the server's own; `None` where it can't be read.
pub fn last_day(chain: &Path) -> Option<NaiveDate> {
    let text = std::fs::read(chain).ok()?;
    let (_, pem) = x509_parser::pem::parse_x509_pem(&text).ok()?;
    let end = pem.parse_x509().ok()?.validity().not_after.timestamp();
    Some(day::day(end.saturating_mul(1_000)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    #[test]
    fn a_certificate_in_a_file_tells_its_last_day() {
        let folder = tempfile::tempdir().expect("a folder");
        let chain = folder.path().join("chain.pem");
        assert_eq!(last_day(&chain), None);
        let mut params = CertificateParams::new(["ruhu.example".to_owned()]).expect("parameters");
        params.not_after = date_time_ymd(2027, 3, 5);
        let made = params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate");
        std::fs::write(&chain, made.pem()).expect("it is written");
        assert_eq!(last_day(&chain), "2027-03-05".parse().ok());
    }
}
