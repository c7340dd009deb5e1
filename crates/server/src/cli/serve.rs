//! The command that serves.

use anyhow::Context;
use clap::Args;
use ruhu_server::{
    http::{self, tls::Certificate},
    nightly,
};
use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tokio::net::TcpListener;

/// Where and how the server listens.
#[derive(Args)]
pub struct Serve {
    /// 监听地址；未加密的 HTTP 只应在本机或反向代理之后使用
    #[arg(long, env = "RUHU_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// 已构建的应用目录
    #[arg(long, env = "RUHU_APP", default_value = "dist")]
    app: PathBuf,
    /// 由反向代理提供 TLS:允许在本机以外的地址上用未加密的 HTTP，并相信代理写的来源地址(X-Forwarded-For)
    #[arg(long, env = "RUHU_BEHIND_PROXY", conflicts_with_all = ["tls_cert", "acme_domain"])]
    pub behind_proxy: bool,
    /// TLS 证书链文件(PEM);文件更新后自动重新读取
    #[arg(long, env = "RUHU_TLS_CERT", requires = "tls_key", conflicts_with = "acme_domain")]
    tls_cert: Option<PathBuf>,
    /// TLS 私钥文件(PEM)
    #[arg(long, env = "RUHU_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// 用 ACME 自动申请和更新证书的域名，可写多个；要能从外面连到本机的 443 端口
    #[arg(long, env = "RUHU_ACME_DOMAIN", value_delimiter = ',')]
    acme_domain: Vec<String>,
    /// 证书机构发提醒用的邮箱
    #[arg(long, env = "RUHU_ACME_CONTACT", requires = "acme_domain")]
    acme_contact: Option<String>,
    /// 证书机构的 ACME 目录地址
    #[arg(
        long,
        env = "RUHU_ACME_DIRECTORY",
        requires = "acme_domain",
        default_value = "https://acme-v02.api.letsencrypt.org/directory"
    )]
    acme_directory: String,
}

impl Serve {
    /// Returns where the certificate comes from; `None` for plain HTTP.
    pub fn certificate(&self, secrets: &Path) -> Option<Certificate> {
        if let Some((chain, key)) = self.tls_cert.clone().zip(self.tls_key.clone()) {
            return Some(Certificate::Files { chain, key });
        }
        let (domains, contact) = (self.acme_domain.clone(), self.acme_contact.clone());
        let (directory, kept_in) = (self.acme_directory.clone(), secrets.join("acme"));
        (!domains.is_empty()).then_some(Certificate::Acme { domains, contact, directory, kept_in })
    }

    /// Serves until the process is asked to stop.
    pub async fn carry_out(self, state: http::AppState) -> anyhow::Result<ExitCode> {
        let certificate = state.certificate.clone();
        anyhow::ensure!(
            self.listen.ip().is_loopback() || self.behind_proxy || certificate.is_some(),
            "在本机以外的地址上监听需要 TLS:请用 --tls-cert 和 --tls-key 或 --acme-domain，或放在反向代理之后并加 --behind-proxy"
        );
        let nightly = tokio::spawn(nightly::run(state.database.clone(), state.photos.clone()));
        let database = state.database.clone();
        let router = http::router(state, Some(&self.app))?;
        let listener = TcpListener::bind(self.listen).await.with_context(|| format!("无法监听 {}", self.listen))?;
        let scheme = if certificate.is_some() { "https" } else { "http" };
        println!("listening on {scheme}://{}", listener.local_addr()?);
        std::io::stdout().flush()?;
        let serving = async {
            match certificate {
                Some(certificate) => http::tls::serve(listener, router, certificate, stopped()).await,
                None if self.behind_proxy => {
                    Ok(http::serve(listener, http::tls::strictly(router), true, stopped()).await?)
                }
                None => Ok(http::serve(listener, router, false, stopped()).await?),
            }
        };
        tokio::select! {
            served = serving => served?,
            error = database.displaced() => anyhow::bail!("{error}，服务已停止。请放回原来的文件，或用 restore 恢复备份，再启动"),
        }
        nightly.abort();
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns when the process is asked to stop.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} },
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}
