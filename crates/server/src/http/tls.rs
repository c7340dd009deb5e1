//! TLS of the server's own: from files, which are read again when they change, or by ACME (RFC 8555; the challenge is
//! tls-alpn-01, RFC 8737: no second port is needed).

use super::connections;
use crate::crypto;
use anyhow::Context;
use axum::{
    Router,
    http::{HeaderValue, header},
};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use futures::StreamExt;
use rustls_acme::{
    AcmeConfig,
    caches::DirCache,
    rustls::{ClientConfig, RootCertStore, crypto::ring},
};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::net::TcpListener;
use tower_http::set_header::SetResponseHeaderLayer;

/// Browsers that were here once come back by TLS alone for two years.
const HSTS: &str = "max-age=63072000";

/// How often certificate files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Where a certificate comes from.
#[derive(Clone, Debug)]
pub enum Certificate {
    /// PEM files: the chain, and its key.
    Files {
        /// The chain, the server's own first.
        chain: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// An authority, asked over ACME.
    Acme {
        /// The names.
        domains: Vec<String>,
        /// An address for the authority's warnings.
        contact: Option<String>,
        /// The authority's directory.
        directory: String,
        /// Where the account's and the certificate's keys are kept.
        kept_in: PathBuf,
    },
}

/// Tells browsers to come back by TLS alone.
pub fn strictly(router: Router) -> Router {
    let value = HeaderValue::from_static(HSTS);
    router.layer(SetResponseHeaderLayer::overriding(header::STRICT_TRANSPORT_SECURITY, value))
}

/// Serves over TLS until `stop` ends; what was accepted is finished first.
///
/// # Errors
/// The certificate can't be read, or the listener's.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    certificate: Certificate,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    crypto::install();
    let service = strictly(router).into_make_service_with_connect_info::<SocketAddr>();
    let server = connections::server(listener, false, stop)?;
    match certificate {
        Certificate::Files { chain, key } => {
            let config = read(&chain, &key).await?;
            let tls = config.clone();
            let renewing = tokio::spawn(renew(config, chain, key));
            server.map(|guard| guard.before(RustlsAcceptor::new(tls))).serve(service).await?;
            renewing.abort();
        }
        Certificate::Acme { domains, contact, directory, kept_in } => {
            std::fs::create_dir_all(&kept_in).with_context(|| format!("无法建立 {}", kept_in.display()))?;
            let config = AcmeConfig::new_with_client_config(domains, Arc::new(client()?))
                .contact(contact.map(|address| format!("mailto:{address}")))
                .directory(directory)
                .cache(DirCache::new(kept_in));
            let mut state = config.state();
            let acceptor = state.axum_acceptor(state.default_rustls_config());
            let asking = tokio::spawn(async move {
                while let Some(event) = state.next().await {
                    match event {
                        Ok(event) => tracing::info!(?event, "certificate"),
                        Err(error) => tracing::error!(%error, "certificate"),
                    }
                }
            });
            server.map(|guard| guard.before(acceptor)).serve(service).await?;
            asking.abort();
        }
    }
    Ok(())
}

async fn read(chain: &Path, key: &Path) -> anyhow::Result<RustlsConfig> {
    RustlsConfig::from_pem_file(chain, key)
        .await
        .with_context(|| format!("无法读取证书 {} 或私钥 {}", chain.display(), key.display()))
}

/// Reads the files again whenever they changed. Those that can't be read leave the certificate as it is.
async fn renew(config: RustlsConfig, chain: PathBuf, key: PathBuf) {
    let mut read = changed(&chain, &key);
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        look(&config, &chain, &key, &mut read).await;
    }
}

/// When the files were last changed.
type Changed = [Option<SystemTime>; 2];

fn changed(chain: &Path, key: &Path) -> Changed {
    [chain, key].map(|path| path.metadata().and_then(|meta| meta.modified()).ok())
}

async fn look(config: &RustlsConfig, chain: &Path, key: &Path, read: &mut Changed) {
    let now = changed(chain, key);
    if now == *read {
        return;
    }
    match config.reload_from_pem_file(chain, key).await {
        Ok(()) => {
            *read = now;
            tracing::info!("the certificate was read again");
        }
        // Half written, perhaps: the next look will tell.
        Err(error) => tracing::error!(%error, "the certificate can't be read"),
    }
}

/// How the authority itself is trusted: as the system does.
fn client() -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    anyhow::ensure!(!roots.is_empty(), "系统里没有根证书，请先安装 ca-certificates");
    let config = ClientConfig::builder_with_provider(ring::default_provider().into());
    Ok(config.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_certificate_that_changed_is_read_again_and_one_that_is_broken_is_not() {
        crypto::install();
        let folder = tempfile::TempDir::new().expect("a folder");
        let [chain, key] = ["chain.pem", "key.pem"].map(|name| folder.path().join(name));
        let issue = || {
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
            std::fs::write(&chain, made.cert.pem()).expect("it is written");
            std::fs::write(&key, made.signing_key.serialize_pem()).expect("it is written");
        };
        issue();
        let config = read(&chain, &key).await.expect("it is read");
        let mut seen = changed(&chain, &key);
        let first = config.get_inner();
        look(&config, &chain, &key, &mut seen).await;
        assert!(Arc::ptr_eq(&first, &config.get_inner()), "nothing changed");
        issue();
        look(&config, &chain, &key, &mut seen).await;
        let second = config.get_inner();
        assert!(!Arc::ptr_eq(&first, &second));
        std::fs::write(&chain, "half").expect("it is written");
        look(&config, &chain, &key, &mut seen).await;
        assert!(Arc::ptr_eq(&second, &config.get_inner()), "the one before goes on");
        assert!(read(&chain, &key).await.is_err(), "a server does not start with it");
    }
}
