//! Requests that unpack to a thousand times their size are refused, and the server's memory does not follow them. The
//! real program, as the operating system sees it.

use flate2::{Compression, write::GzEncoder};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

const SERVER: &str = env!("CARGO_BIN_EXE_ruhu-server");

/// The most that the memory of the server may grow by, in KiB.
const ALLOWED: u64 = 64 * 1024;

/// A gibibyte of spaces, packed: about a megabyte.
fn bomb() -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let spaces = vec![b' '; 1 << 20];
    (0..1_024).for_each(|_| packed.write_all(&spaces).expect("memory"));
    packed.finish().expect("memory")
}

/// The most memory that a process ever had, in KiB.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[tokio::test]
async fn bombs_are_refused_within_64_mib_of_memory() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (data, app) = (folder.path().join("data"), folder.path().join("app"));
    fs::create_dir(&app).expect("a folder");
    fs::write(app.join("index.html"), "<html></html>").expect("a page");
    assert!(Command::new(SERVER).arg("--data").arg(&data).arg("init").status().expect("it runs").success());
    let mut server = Command::new(SERVER);
    server.arg("--data").arg(&data).args(["serve", "--listen", "127.0.0.1:0", "--app"]).arg(&app);
    let mut server = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut lines = BufReader::new(server.stdout.take().expect("a pipe")).lines();
    let line = lines.next().expect("a line").expect("text");
    let url = line.strip_prefix("listening on ").expect("an address").to_owned();

    let (client, bomb) = (crate::world::client(), bomb());
    assert!(bomb.len() < 2 << 20);
    let before = peak(server.id());
    // Routes that read a body before they know who asks, many at once.
    let paths = ["login", "enrol", "device", "handover", "office/login"];
    let mut requests = tokio::task::JoinSet::new();
    for path in paths.into_iter().cycle().take(20) {
        let request = client.post(format!("{url}/api/v1/{path}")).header("content-type", "application/json");
        let request = request.header("content-encoding", "gzip").body(bomb.clone());
        requests.spawn(async move {
            // The server may hang up in the middle of what it does not want.
            request.send().await.map(|answer| answer.status().as_u16()).ok()
        });
    }
    while let Some(answer) = requests.join_next().await {
        let status = answer.expect("it was asked");
        assert!(status.is_none_or(|status| (400..500).contains(&status)), "{status:?}");
    }
    let grown = peak(server.id()) - before;
    // On a connection of its own: the others may have been hung up.
    let alive = crate::world::client().get(format!("{url}/healthz")).send().await.expect("an answer").status();
    server.kill().expect("it ends");
    drop(server.wait());
    println!("the server's memory grew by {} MiB", grown / 1_024);
    assert_eq!(alive, 200);
    assert!(grown <= ALLOWED, "{grown} KiB");
}
