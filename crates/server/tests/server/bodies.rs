//! Requests whose body comes after their head: each is answered, and its connection goes on.

use crate::world::{
    Base, World,
    desk::Desk,
    program::{Running, SERVER, port},
};
use futures::{channel::oneshot, stream};
use reqwest::{
    Body, Certificate, Client, ClientBuilder, Method, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::CONTENT_LENGTH,
};
use ruhu_domain::{Class, rights::Role};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tempfile::TempDir;

/// The sources that name the routes.
const ROUTES: [(&str, &str); 2] =
    [("", include_str!("../../src/http/mod.rs")), ("/office", include_str!("../../src/http/office/mod.rs"))];

/// The name by which the server is called. Each connection asks for its address.
const NAME: &str = "ruhu.example.test";

/// Counts how often an address is asked for: once for each connection.
#[derive(Clone, Default)]
struct Connections(Arc<AtomicUsize>);

impl Resolve for Connections {
    fn resolve(&self, _: Name) -> Resolving {
        self.0.fetch_add(1, Ordering::SeqCst);
        let here: Addrs = Box::new([SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)].into_iter());
        Box::pin(std::future::ready(Ok(here)))
    }
}

/// Every route that takes a body, under `/api/v1`.
fn routes() -> Vec<(Method, String)> {
    let mut found = Vec::new();
    for (nest, source) in ROUTES {
        for route in source.split(".route(\"").skip(1) {
            let (path, rest) = route.split_once('"').expect("a path");
            let path = path.replace("{county}", "411502").replace("{id}", "0000");
            let rest = rest.split(".route(").next().unwrap_or_default();
            for (method, words) in [(Method::POST, "post("), (Method::PATCH, "patch(")] {
                if rest.contains(words) {
                    found.push((method, format!("{nest}{path}")));
                }
            }
        }
    }
    found
}

/// Sends a request whose body follows when its head has been there for as long as another request takes.
async fn apart(client: &Client, other: &Client, base: &str, request: (Method, &str, Option<&str>, &str)) -> Response {
    let (method, path, token, body) = request;
    let (sent, there) = oneshot::channel::<()>();
    let body = body.to_owned();
    let length = body.len();
    let late = stream::once(async move {
        there.await.expect("the head is there");
        Ok::<_, std::io::Error>(body)
    });
    let mut request = client.request(method, format!("{base}/api/v1{path}")).body(Body::wrap_stream(late));
    // A body whose length is not told is sent in chunks.
    if length.is_multiple_of(2) {
        request = request.header(CONTENT_LENGTH, length);
    }
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let healthy = async {
        let answer = other.get(format!("{base}/healthz")).send().await.expect("an answer");
        assert!(answer.status().is_success());
        sent.send(()).expect("the body is waited for");
    };
    let (answer, ()) = tokio::join!(request.send(), healthy);
    answer.unwrap_or_else(|error| panic!("{path} is answered: {error:?}"))
}

/// Sends to every route over one connection, and holds that it stayed one.
async fn over_one_connection(build: impl Fn() -> ClientBuilder, base: &str, tokens: &[Option<&str>]) {
    let connections = Connections::default();
    let client = build().dns_resolver(connections.clone()).pool_max_idle_per_host(1).build().expect("a client");
    let other = build().dns_resolver(Connections::default()).build().expect("a client");
    let routes = routes();
    assert!(routes.len() > 70, "the sources name the routes: {routes:?}");
    for token in tokens {
        for (method, path) in routes.iter().filter(|(_, path)| !path.contains("logout")) {
            // JSON that no handler takes, and one that all take who take nothing.
            for body in ["null", "{}", "[1, 2, 3]"] {
                let answer = apart(&client, &other, base, (method.clone(), path, *token, body)).await;
                let (status, text) = (answer.status(), answer.text().await);
                assert!(text.is_ok(), "{path}: the answer is whole: {text:?}");
                assert!(status != 500 && status != 408, "{path}: {status}");
                assert_eq!(
                    connections.0.load(Ordering::SeqCst),
                    1,
                    "{path} of {token:?} ends the connection: {status}"
                );
            }
        }
    }
}

async fn a_connection_goes_on_after_every_request_whose_body_comes_late(base: Base) {
    let world = World::new(base).await;
    let desk = Desk::open(&world, "xian", Role::County, "411502000000", Class::ALL).await;
    let token = desk.token.clone();
    let phone = world.log_in(1).await.token;
    let port = world.url.rsplit(':').next().expect("a port").to_owned();
    let url = format!("http://{NAME}:{port}");
    over_one_connection(Client::builder, &url, &[None, Some(&token), Some(&phone)]).await;
}

#[tokio::test]
async fn a_connection_over_tls_goes_on_after_every_request_whose_body_comes_late() {
    let folder = TempDir::new().expect("a folder");
    let (data, app) = (folder.path().join("data"), folder.path().join("app"));
    std::fs::create_dir(&app).expect("a folder");
    std::fs::write(app.join("index.html"), "<html></html>").expect("a page");
    assert!(Command::new(SERVER).arg("--data").arg(&data).arg("init").status().expect("it runs").success());
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
    let [chain, key] = ["chain.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&chain, made.cert.pem()).expect("it is written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("it is written");
    let port = port();
    let mut command = Command::new(SERVER);
    command.arg("--data").arg(&data).arg("serve").arg("--app").arg(&app).arg("--tls-cert").arg(&chain);
    command.arg("--tls-key").arg(&key).args(["--listen", &format!("127.0.0.1:{port}")]);
    let mut server = Running::start(&mut command);
    Running::says(server.0.stdout.take().expect("a pipe"), "listening on https://");
    ruhu_server::crypto::install();
    let root = Certificate::from_pem(made.cert.pem().as_bytes()).expect("a root");
    let build = || Client::builder().add_root_certificate(root.clone());
    over_one_connection(build, &format!("https://{NAME}:{port}"), &[None]).await;
}

#[tokio::test]
async fn a_refusal_reads_a_bounded_rest() {
    let world = World::new(Base::Sqlite).await;
    let long = "9".repeat(3 * 1024 * 1024);
    let answer = world.client.post(format!("{}/api/v1/sync", world.url)).bearer_auth("nobody").body(long).send().await;
    // More than the bound may cost the connection; what comes is a refusal, never a success.
    if let Ok(answer) = answer {
        assert_eq!(answer.status(), 401);
    }
    let phone = world.log_in(1).await;
    let fits = "[".to_owned() + &" ".repeat(900 * 1024) + "]";
    let answer = world.client.post(format!("{}/api/v1/sync", world.url)).bearer_auth("nobody").body(fits).send().await;
    assert_eq!(answer.expect("what is within the bound is answered").status(), 401);
    assert_eq!(phone.post(b"{}".to_vec(), &phone.token).await.status(), 400);
}

on_both_databases! {
    a_connection_goes_on_after_every_request_whose_body_comes_late,
}
