//! Attacks by somebody with one account or none on the real program: what it refuses, what still works beside, and how much
//! memory it took. `cargo xtask attack` prints a line for each.

use crate::world::{
    picture,
    program::{Running, SERVER},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::future::join_all;
use reqwest::{Client, Method, StatusCode};
use ruhu_domain::photo::{MAX_BYTES, PhotoHash, UPLOADS};
use ruhu_server::{demo, random};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

const WORKER: &str = "wangfang";

/// The most that an attack may add to the server's memory, in KiB.
const ALLOWED: u64 = 96 * 1024;

/// A server of demo data, as it is run.
struct Target {
    server: Running,
    url: String,
    client: Client,
    data: PathBuf,
    _folder: TempDir,
}

/// A phone's session.
struct Session {
    token: String,
    device: String,
    /// The everyday records of their first grid.
    channel: String,
}

impl Target {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let (data, app) = (folder.path().join("data"), folder.path().join("app"));
        fs::create_dir_all(app.join("office")).expect("a folder");
        fs::write(app.join("index.html"), "<html></html>").expect("a page");
        fs::write(app.join("office/index.html"), "<html></html>").expect("a page");
        let mut fill = Command::new(SERVER);
        fill.arg("--data").arg(&data).args(["demo", "--households", "12"]).env("RUHU_LOG", "warn");
        assert!(fill.stdout(Stdio::null()).status().expect("it runs").success());
        let mut serve = Command::new(SERVER);
        serve.arg("--data").arg(&data).args(["serve", "--listen", "127.0.0.1:0", "--app"]).arg(&app);
        let mut server = Running::start(serve.env("RUHU_LOG", "warn"));
        let line = Running::says(server.0.stdout.take().expect("a pipe"), "listening on ");
        let url = line.strip_prefix("listening on ").expect("an address").to_owned();
        Self { server, url, client: crate::world::client(), data, _folder: folder }
    }

    /// Returns the most memory that the server ever had, in KiB.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.0.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
        self.client.post(format!("{}/api/v1/{path}", self.url)).bearer_auth(token).json(body).send().await
    }

    async fn status(&self, path: &str, token: &str, body: &Value) -> u16 {
        self.post(path, token, body).await.map_or(0, |answer| answer.status().as_u16())
    }

    async fn log_in(&self, account: &str) -> Session {
        let device = format!("{:016x}", u64::from_be_bytes(random::bytes()));
        let login = json!({"account": account, "password": demo::PASSWORD, "device": device});
        let answer = self.post("login", "", &login).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let answer: Value = answer.json().await.expect("JSON");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        Session { token: text(&answer["token"]), device, channel: text(&answer["grids"][0]["channel"]) }
    }

    async fn sync(&self, of: &Session, ops: &[Value]) -> Value {
        let request = json!({"device": of.device, "app": "attack", "ops": ops, "cursors": {}, "limit": 1000});
        let answer = self.post("sync", &of.token, &request).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.json().await.expect("JSON")
    }

    fn address(&self) -> &str {
        self.url.strip_prefix("http://").expect("plain HTTP")
    }
}

fn id() -> String {
    uuid::Uuid::from_bytes(random::bytes()).to_string()
}

/// An op that writes a field of a record.
fn op(of: &Session, record: &str, channel: &str, field: &str, value: Value) -> Value {
    json!({
        "id": id(), "record": record, "kind": "note", "channel": channel,
        "stamp": format!("{:012x}0000{}", random::now_ms(), of.device), "changes": {field: {"value": value}},
    })
}

fn outcomes(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().expect("results").iter().map(|one| one["outcome"].as_str().expect("text")).collect()
}

/// Whether something is as it should be; says so where it is not.
fn is<A: PartialEq<B> + std::fmt::Debug, B: std::fmt::Debug>(found: &A, expected: &B) -> bool {
    if found != expected {
        println!("    {found:?} instead of {expected:?}");
    }
    found == expected
}

/// Login names of 900 KB: they are refused and not remembered.
async fn long_login_names(target: &Target) -> bool {
    let mut refused = true;
    for n in 0..60 {
        let name = format!("{n}{}", "x".repeat(900_000));
        let login = json!({"account": name, "password": "x", "device": "0000000000000001"});
        refused &= [401, 429].contains(&target.status("login", "", &login).await);
    }
    refused
}

/// A hundred log-ins at once: some are asked to wait, and a worker's sync goes on meanwhile.
async fn log_ins_at_once(target: &Target) -> bool {
    let worker = target.log_in(WORKER).await;
    let login =
        |n: usize| json!({"account": format!("a{n}"), "password": "wrong-password", "device": "0000000000000001"});
    let logins: Vec<Value> = (0..100).map(login).collect();
    let tries = join_all(logins.iter().map(|login| target.status("login", "", login)));
    let (statuses, answer) = tokio::join!(tries, target.sync(&worker, &[]));
    statuses.iter().all(|status| [401, 429].contains(status)) && statuses.contains(&429) && answer["epoch"].is_string()
}

/// Codes are checked before a password is hashed: guesses cost no memory.
async fn guessed_codes(target: &Target) -> bool {
    let guess =
        json!({"account": WORKER, "code": "AAAA-AAAA-AAAA", "password": "走村入户-2026", "device": "0000000000000001"});
    let statuses = join_all((0..40).map(|_| target.status("enrol", "", &guess))).await;
    statuses.iter().all(|status| [401, 429].contains(status))
}

/// More connections than one client may have, each with half a header: they are hung up on, and others get through.
async fn half_headers(target: &Target) -> bool {
    let mut connections = Vec::new();
    for _ in 0..400 {
        let Ok(mut connection) = TcpStream::connect(target.address()) else { break };
        drop(connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Half: "));
        connections.push(connection);
    }
    let hung_up = |connection: &mut TcpStream| {
        connection.set_read_timeout(Some(Duration::from_secs(45))).expect("a limit");
        let mut byte = [0; 1];
        // Closed, reset, or told that it took too long.
        !matches!(connection.read(&mut byte), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
    };
    // The ones over the share at once, the others when their time is over.
    let all = tokio::task::spawn_blocking(move || connections.iter_mut().rev().all(hung_up)).await.expect("it ran");
    let alive = target.client.get(format!("{}/healthz", target.url)).send().await;
    all && alive.is_ok_and(|answer| answer.status() == 200)
}

/// Values nested as deep as a reader bears: they are not kept, the good op beside is, and others can pull.
async fn deep_values(target: &Target) -> bool {
    let worker = target.log_in(WORKER).await;
    let mut held = true;
    for levels in [17, 100, 117, 120, 122, 123, 124, 126, 127, 200, 20_000] {
        let record = id();
        let deep = serde_json::to_string(&op(&worker, &record, &worker.channel, "deep", json!("HERE"))).expect("text");
        let deep = deep.replace("\"HERE\"", &format!("{}1{}", "[".repeat(levels), "]".repeat(levels)));
        let good = op(&worker, &id(), &worker.channel, "text", json!("好"));
        let body = format!(
            r#"{{"device":"{}","app":"attack","ops":[{deep},{good}],"cursors":{{}},"limit":1000}}"#,
            worker.device
        );
        let request = target.client.post(format!("{}/api/v1/sync", target.url)).bearer_auth(&worker.token);
        let answer = request.header("content-type", "application/json").body(body).send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("an answer that can be read");
        held &= is(&outcomes(&answer), &["rejected", "applied"]);
    }
    let other = target.log_in(WORKER).await;
    held && target.sync(&other, &[]).await["channels"].is_array()
}

/// Control characters and NUL: refused where they are parsed, everywhere.
async fn control_characters(target: &Target) -> bool {
    let worker = target.log_in(WORKER).await;
    let ops = [
        op(&worker, &id(), &worker.channel, "text", json!("a\0b")),
        op(&worker, &id(), &worker.channel, "te\0xt", json!("b")),
        op(&worker, &id(), &worker.channel, "text", json!({"a\u{1}": 1})),
        json!({"id": id(), "record": id(), "kind": "no\0te", "channel": worker.channel.clone(),
            "stamp": format!("{:012x}0000{}", random::now_ms(), worker.device), "changes": {}}),
        op(&worker, &id(), &worker.channel, "text", json!("好")),
    ];
    let taken = target.sync(&worker, &ops).await;
    let login = json!({"account": "wang\0fang", "password": "x\0", "device": "0000000000000001"});
    let find = json!({"name": "王\0芳"});
    let expected = ["rejected", "rejected", "rejected", "rejected", "applied"];
    is(&outcomes(&taken), &expected)
        & is(&target.status("login", "", &login).await, &422)
        & is(&target.status("office/find", &worker.token, &find).await, &401)
}

/// A thousand fields and a value of 60 KB again and again: the record stays within its bounds.
async fn a_record_without_end(target: &Target) -> bool {
    let worker = target.log_in(WORKER).await;
    let record = id();
    for round in 0..12 {
        let fields: Vec<Value> = (0..8)
            .map(|n| op(&worker, &record, &worker.channel, &format!("f{}", round * 8 + n), json!("长".repeat(19_000))))
            .collect();
        target.sync(&worker, &fields).await;
    }
    let other = target.log_in(WORKER).await;
    let answer = target.sync(&other, &[]).await.to_string();
    answer.len() < 2 << 20
}

/// Hundreds of large records: an answer stays within its bytes, and the rest comes with the next.
async fn large_pulls(target: &Target) -> bool {
    let worker = target.log_in(WORKER).await;
    for _ in 0..40 {
        let ops: Vec<Value> =
            (0..9).map(|_| op(&worker, &id(), &worker.channel, "text", json!("长".repeat(20_000)))).collect();
        target.sync(&worker, &ops).await;
    }
    let other = target.log_in(WORKER).await;
    let answer = target.sync(&other, &[]).await;
    let pages = answer["channels"].as_array().expect("pages");
    is(&(answer.to_string().len() < 6 << 20), &true) & is(&pages.iter().any(|page| page["more"] == json!(true)), &true)
}

/// Ops for grids that don't exist: not one of them is kept.
async fn grids_that_do_not_exist(target: &Target) -> bool {
    let worker = target.log_in(WORKER).await;
    let mut held = true;
    for round in 0..4 {
        let ops: Vec<Value> = (0..99)
            .map(|n| op(&worker, &id(), &format!("4115010{round:02}{:03}-{n:02}/general", n % 90), "text", json!("x")))
            .collect();
        held &= outcomes(&target.sync(&worker, &ops).await).iter().all(|outcome| *outcome == "rejected");
    }
    held
}

/// Stamps that name another's device: they overwrite nothing.
async fn stamps_of_others(target: &Target) -> bool {
    let (victim, attacker) = (target.log_in(WORKER).await, target.log_in("sunli").await);
    let record = id();
    target.sync(&victim, &[op(&victim, &record, &victim.channel, "text", json!("原来的"))]).await;
    let mut forged = op(&attacker, &record, &attacker.channel, "text", json!("改掉"));
    forged["stamp"] = json!(format!("{:012x}0000{}", random::now_ms() + 60_000, victim.device));
    let taken = target.sync(&attacker, &[forged]).await;
    let seen = target.sync(&victim, &[]).await.to_string();
    outcomes(&taken) == ["rejected"] && !seen.contains("改掉")
}

/// Positions that this database never gave out: it begins anew once, and not again for the same account.
async fn invented_positions(target: &Target) -> bool {
    let worker = target.log_in(WORKER).await;
    let mut epochs = vec![target.sync(&worker, &[]).await["epoch"].clone()];
    for _ in 0..4 {
        let epoch = epochs.last().cloned().unwrap_or_default();
        let cursors = json!({worker.channel.clone(): [1_000_000, 0]});
        let request = json!({
            "device": worker.device, "app": "attack", "epoch": epoch, "ops": [], "cursors": cursors, "limit": 1000
        });
        let answer = target.post("sync", &worker.token, &request).await.expect("an answer");
        let answer: Value = answer.json().await.expect("JSON");
        epochs.push(answer["epoch"].clone());
    }
    let changes: Vec<bool> = epochs.windows(2).map(|pair| pair[0] != pair[1]).collect();
    is(&changes, &vec![true, false, false, false])
}

/// Uploads begun and not finished, and a photo with something after its end.
async fn uploads(target: &Target) -> bool {
    let worker = target.log_in(WORKER).await;
    let hazard = id();
    let on = "2026-11-01";
    let mut first = op(&worker, &hazard, &worker.channel, "what", json!("井盖塌了"));
    first["kind"] = json!("hazard");
    for (field, value) in [("danger", "traffic"), ("grade", "serious"), ("place", "小学门口"), ("found_on", on)] {
        first["changes"][field] = json!({"value": value});
    }
    let photo = |hash: String, size: usize, of: &str| {
        let mut op = op(&worker, &id(), &worker.channel, "of", json!(of));
        op["kind"] = json!("photo");
        op["changes"]["hash"] = json!({"value": hash});
        op["changes"]["size"] = json!({"value": size});
        op
    };
    let trailing = [picture(0), b"after the end".to_vec()].concat();
    let real = photo(PhotoHash::of(&trailing).to_string(), trailing.len(), &hazard);
    let many: Vec<Value> = (0..100).map(|n| photo(format!("{n:064x}"), MAX_BYTES as usize, &hazard)).collect();
    let nowhere = photo(format!("{:064x}", 7), 5, &id());
    let mut held = is(&outcomes(&target.sync(&worker, &[first, real.clone()]).await), &["applied", "applied"]);
    held &= is(&outcomes(&target.sync(&worker, &[nowhere]).await), &["quarantined"]);
    held &= is(&outcomes(&target.sync(&worker, &many).await), &["applied"; 100].to_vec());
    let begin = async |record: &Value, length: usize| {
        let encode = |text: &str| STANDARD.encode(text);
        let metadata =
            format!("record {},channel {}", encode(record["record"].as_str().expect("text")), encode(&worker.channel));
        let request = target.client.post(format!("{}{UPLOADS}", target.url)).bearer_auth(&worker.token);
        let request = request.header("tus-resumable", "1.0.0").header("upload-length", length);
        request.header("upload-metadata", metadata).send().await.expect("an answer")
    };
    let (one, again) = (begin(&many[0], MAX_BYTES as usize).await, begin(&many[0], MAX_BYTES as usize).await);
    held &= one.headers()["location"] == again.headers()["location"];
    let mut statuses = Vec::new();
    for record in &many {
        statuses.push(begin(record, MAX_BYTES as usize).await.status());
    }
    held &= statuses.contains(&StatusCode::TOO_MANY_REQUESTS);
    let place = begin(&real, trailing.len()).await;
    // The account has too much open by now; what is whole is told from what is not by its own bytes.
    if place.status() == StatusCode::CREATED {
        let url = place.headers()["location"].to_str().expect("text").to_owned();
        let request = target.client.request(Method::PATCH, format!("{}{url}", target.url)).bearer_auth(&worker.token);
        let request = request.header("tus-resumable", "1.0.0").header("upload-offset", 0);
        let request = request.header("content-type", "application/offset+octet-stream").body(trailing.clone());
        held &= request.send().await.expect("an answer").status() == 422;
    }
    held
}

/// Addresses that would lead elsewhere, and a request's id that a client made up.
async fn addresses_and_ids(target: &Target) -> bool {
    let no_follow = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let mut held = true;
    for path in ["//evil.example", "//evil.example/", "//evil.example/%2e%2e", "/\\evil.example", "//office"] {
        let answer = no_follow.get(format!("{}{path}", target.url)).send().await.expect("an answer");
        held &= !answer.status().is_redirection();
    }
    let answer = no_follow.get(format!("{}/healthz", target.url)).header("x-request-id", "made-up\tid").send().await;
    held && answer.expect("an answer").headers()["x-request-id"] != "made-up\tid"
}

/// The database's file is replaced under the server: it keeps nothing more, and stops with words.
async fn a_replaced_database(target: &mut Target) -> bool {
    let worker = target.log_in(WORKER).await;
    let file = target.data.join("ruhu.db");
    let copy = target.data.join("copy.db");
    fs::copy(&file, &copy).expect("a copy");
    fs::rename(&copy, &file).expect("it is replaced");
    let request = json!({
        "device": worker.device, "app": "attack", "ops": [op(&worker, &id(), &worker.channel, "text", json!("好"))],
        "cursors": {}, "limit": 0
    });
    let status = target.status("sync", &worker.token, &request).await;
    let lines = BufReader::new(target.server.0.stderr.take().expect("a pipe")).lines();
    let said: Vec<String> =
        tokio::task::spawn_blocking(move || lines.map_while(Result::ok).collect()).await.expect("it ran");
    status != 200 && said.iter().any(|line| line.contains("被删除或替换了")) && target.server.0.wait().is_ok()
}

/// Runs an attack on a server of its own; whether it held, with bounded memory.
async fn run(name: &str, attack: impl AsyncFnOnce(&mut Target) -> bool) -> bool {
    let mut target = Target::new();
    // What everyday work takes is not the attack's.
    let worker = target.log_in(WORKER).await;
    target.sync(&worker, &[]).await;
    let before = target.peak();
    let held = attack(&mut target).await;
    let ended = target.server.0.try_wait().is_ok_and(|ended| ended.is_some());
    let peak = if ended { before } else { target.peak() };
    let bounded = peak.saturating_sub(before) <= ALLOWED;
    let words = if held && bounded { "held" } else { "NOT HELD" };
    println!("attack {name}: {words}, peak {} MiB (+{} MiB)", peak / 1024, (peak - before) / 1024);
    held && bounded
}

#[tokio::test]
async fn an_attacker_with_one_account_or_none_costs_bounded_memory_and_stops_nobody() {
    let mut held = Vec::new();
    held.push(run("long login names", async |target| long_login_names(target).await).await);
    held.push(run("log-ins at once", async |target| log_ins_at_once(target).await).await);
    held.push(run("guessed codes", async |target| guessed_codes(target).await).await);
    held.push(run("half headers", async |target| half_headers(target).await).await);
    held.push(run("deep values", async |target| deep_values(target).await).await);
    held.push(run("control characters", async |target| control_characters(target).await).await);
    held.push(run("a record without end", async |target| a_record_without_end(target).await).await);
    held.push(run("large pulls", async |target| large_pulls(target).await).await);
    held.push(run("grids that do not exist", async |target| grids_that_do_not_exist(target).await).await);
    held.push(run("stamps of others", async |target| stamps_of_others(target).await).await);
    held.push(run("invented positions", async |target| invented_positions(target).await).await);
    held.push(run("uploads", async |target| uploads(target).await).await);
    held.push(run("addresses and ids", async |target| addresses_and_ids(target).await).await);
    held.push(run("a replaced database", a_replaced_database).await);
    println!("{} attacks, {} held", held.len(), held.iter().filter(|held| **held).count());
    assert!(held.iter().all(|held| *held));
}
