//! TLS of the server's own, as the program is run: with certificate files, and with an authority over ACME (pebble,
//! which takes part in the whole protocol and looks at the server as a real one would).

use crate::world::program::{Running, SERVER, port};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::Certificate;
use serde_json::json;
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

const NAME: &str = "ruhu.example.test";

/// A folder with an app and the server's keys.
fn place() -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let (data, app) = (folder.path().join("data"), folder.path().join("app"));
    fs::create_dir(&app).expect("a folder");
    fs::write(app.join("index.html"), "<html></html>").expect("a page");
    assert!(Command::new(SERVER).arg("--data").arg(&data).arg("init").status().expect("it runs").success());
    (folder, data, app)
}

fn serve(data: &Path, app: &Path, port: u16, options: &[&str]) -> Command {
    let mut command = Command::new(SERVER);
    command.arg("--data").arg(data).arg("serve").arg("--app").arg(app);
    command.args(["--listen", &format!("127.0.0.1:{port}")]).args(options);
    command
}

/// A client that trusts one root, and takes the server for the name's.
fn client(root: &str, port: u16) -> reqwest::Client {
    ruhu_server::crypto::install();
    let root = Certificate::from_pem(root.as_bytes()).expect("a root");
    let here = SocketAddr::from(([127, 0, 0, 1], port));
    let builder = reqwest::Client::builder().add_root_certificate(root).resolve(NAME, here);
    builder.build().expect("a client")
}

async fn answers(client: &reqwest::Client, port: u16) {
    let answer = client.get(format!("https://{NAME}:{port}/healthz")).send().await.expect("an answer over TLS");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=63072000");
    let plain = reqwest::get(format!("http://127.0.0.1:{port}/healthz")).await;
    assert!(plain.is_err() || plain.is_ok_and(|answer| answer.status() != 200), "nothing is said in the clear");
}

#[tokio::test]
async fn the_server_speaks_tls_from_files() {
    let (folder, data, app) = place();
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
    let [chain, key] = ["chain.pem", "key.pem"].map(|name| folder.path().join(name).to_string_lossy().into_owned());
    fs::write(&chain, made.cert.pem()).expect("it is written");
    fs::write(&key, made.signing_key.serialize_pem()).expect("it is written");
    let port = port();
    let options = ["--tls-cert", &chain, "--tls-key", &key];
    let mut server = Running::start(&mut serve(&data, &app, port, &options));
    Running::says(server.0.stdout.take().expect("a pipe"), "listening on https://");
    answers(&client(&made.cert.pem(), port), port).await;
    // Half of it is not enough, and beyond this machine it takes one or a proxy.
    for options in [&options[..2], &["--tls-cert", &chain, "--tls-key", "nowhere.pem"], &["--listen", "0.0.0.0:0"]] {
        let mut command = serve(&data, &app, port + 1, &[]);
        let refused = if options[0] == "--listen" {
            Command::new(SERVER).arg("--data").arg(&data).args(["serve", "--app"]).arg(&app).args(options).output()
        } else {
            command.args(options).output()
        };
        assert!(!refused.expect("it runs").status.success(), "{options:?}");
    }
}

#[tokio::test]
async fn the_server_has_a_certificate_made_for_it_over_acme() {
    let (folder, data, app) = place();
    let [own, authority, management, dns] = [port(), port(), port(), port()];

    // The authority's own certificate, by a root that the server trusts as the system's.
    let root_key = KeyPair::generate().expect("a key");
    let mut root = CertificateParams::new([]).expect("parameters");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_cert = root.self_signed(&root_key).expect("a root");
    let leaf_key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(["localhost".to_owned()]).expect("parameters");
    let leaf = leaf.signed_by(&leaf_key, &Issuer::new(root, root_key)).expect("a certificate");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("it is written");
        path.to_string_lossy().into_owned()
    };
    let trusted = write("root.pem", &root_cert.pem());
    let config = json!({"pebble": {
        "listenAddress": format!("127.0.0.1:{authority}"),
        "managementListenAddress": format!("127.0.0.1:{management}"),
        "certificate": write("leaf.pem", &leaf.pem()),
        "privateKey": write("leaf.key", &leaf_key.serialize_pem()),
        "httpPort": port(),
        "tlsPort": own,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": false,
    }});
    let config = write("pebble.json", &config.to_string());

    let mut names = Command::new("pebble-challtestsrv");
    names.args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", &format!("127.0.0.1:{dns}")]);
    names.args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-management", &format!("127.0.0.1:{}", port())]);
    let _names = Running::start(&mut names);
    let mut pebble = Command::new("pebble");
    pebble.args(["-config", &config, "-dnsserver", &format!("127.0.0.1:{dns}")]);
    pebble.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_WFE_NONCEREJECT", "0");
    let mut pebble = Running::start(&mut pebble);
    Running::says(pebble.0.stdout.take().expect("a pipe"), "Listening on:");

    let directory = format!("https://localhost:{authority}/dir");
    let options = ["--acme-domain", NAME, "--acme-directory", &directory, "--acme-contact", "office@example.test"];
    let mut server = Running::start(serve(&data, &app, own, &options).env("SSL_CERT_FILE", &trusted));
    Running::says(server.0.stderr.take().expect("a pipe"), "DeployedNewCert");

    ruhu_server::crypto::install();
    let trusting = reqwest::Client::builder()
        .add_root_certificate(Certificate::from_pem(root_cert.pem().as_bytes()).expect("a root"));
    let trusting = trusting.build().expect("a client");
    let issuer = trusting.get(format!("https://localhost:{management}/roots/0")).send().await.expect("an answer");
    let issuer = issuer.text().await.expect("a root");
    answers(&client(&issuer, own), own).await;
    let kept = fs::read_dir(data.join("secrets/acme")).expect("keys are kept").count();
    assert!(kept >= 2, "the account and the certificate are kept beside the other secrets");
}
