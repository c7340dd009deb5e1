//! PhotoStore in storage that speaks S3, as the program is run: a server of the protocol with signed requests, that keeps its
//! objects in a folder.

use crate::world::{
    Base, World, channel,
    program::{Running, SERVER, port},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use ruhu_domain::{
    Kind, OpId, RecordId,
    photo::{CHUNK, Photo, PhotoHash, PhotoRequest, UPLOADS},
    record::{Op, diff},
};
use ruhu_server::{database::Location, random};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;
use tokio::net::TcpListener;

const PHOTO: &[u8] = include_bytes!("photos/hazard.jpg");
const KEY: &str = "ruhu-photos";
const SECRET: &str = "a secret of this test";

/// Serves S3 from a folder; its port.
async fn store(folder: &Path) -> u16 {
    let mut builder = S3ServiceBuilder::new(FileSystem::new(folder).expect("a folder"));
    builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
    let service = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                drop(server.serve_connection(TokioIo::new(connection), service).await);
            });
        }
    });
    port
}

/// The files below a folder, but for what the store keeps for itself.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if name.to_string_lossy().starts_with('.') => {}
            false => found.push(path),
        }
    }
    found
}

#[tokio::test]
async fn photos_are_kept_in_storage_that_speaks_s3() {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("bucket")).expect("a bucket");
    let endpoint = format!("http://127.0.0.1:{}", store(folder.path()).await);

    let world = World::new(Base::Sqlite).await;
    let mut phone = world.log_in(1).await;
    let photo = Photo { of: RecordId::new(1, [1; 10]), hash: PhotoHash::of(PHOTO), size: PHOTO.len() as u32 };
    let record = RecordId::new(5, [5; 10]);
    let op = Op {
        id: OpId::new(random::now_ms(), random::bytes()),
        record,
        kind: Kind::Photo,
        changes: diff(None, &photo),
        ..phone.visit(5, "")
    };
    assert_eq!(phone.sync(vec![crate::world::hazard(phone.device), op]).await.results[1].reason, None);
    let (token, client) = (phone.token.clone(), world.client.clone());
    let (kept, location) = world.stop().await;
    let Location::File(file) = location else { panic!("it is a file") };
    let data = file.parent().expect("a folder");
    let app = kept.path().join("app");
    fs::create_dir(&app).expect("a folder");
    fs::write(app.join("index.html"), "<html></html>").expect("a page");
    assert!(Command::new(SERVER).arg("--data").arg(data).arg("init").status().expect("it runs").success());

    let serve = |secret: &str| {
        let port = port();
        let mut command = Command::new(SERVER);
        command.arg("--data").arg(data).args(["serve", "--photos", "s3://bucket/county"]).arg("--app").arg(&app);
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        command.env("AWS_ENDPOINT", &endpoint).env("AWS_ALLOW_HTTP", "true").env("AWS_REGION", "cn-north-1");
        command.env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", secret);
        let mut server = Running::start(&mut command);
        Running::says(server.0.stdout.take().expect("a pipe"), "listening on http://");
        (server, format!("http://127.0.0.1:{port}"))
    };
    let begin = async |url: &str| {
        let encode = |text: String| BASE64_STANDARD.encode(text);
        let metadata = format!("record {},channel {}", encode(record.to_string()), encode(channel().to_string()));
        let request = client.post(format!("{url}{UPLOADS}")).bearer_auth(&token).header("tus-resumable", "1.0.0");
        let request = request.header("upload-length", PHOTO.len()).header("upload-metadata", metadata);
        request.send().await.expect("an answer")
    };
    let send = async |url: String, at: usize, piece: &[u8]| {
        let request = client.patch(url).bearer_auth(&token).header("tus-resumable", "1.0.0");
        let request = request.header("upload-offset", at).header("content-type", "application/offset+octet-stream");
        request.body(piece.to_vec()).send().await.expect("an answer").status().as_u16()
    };
    let shown = async |url: &str| {
        let request = PhotoRequest { channel: channel(), record };
        let request = client.post(format!("{url}/api/v1/photo")).bearer_auth(&token).json(&request);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.bytes().await.expect("a body"))
    };

    // A store that does not let the server in: nothing is taken, and nothing said to be there.
    let (server, url) = serve("another secret");
    let begun = begin(&url).await;
    assert_eq!(begun.status().as_u16(), 201);
    let place = begun.headers()["location"].to_str().expect("text").to_owned();
    assert_eq!(send(format!("{url}{place}"), 0, PHOTO).await, 500);
    drop(server);

    let (server, url) = serve(SECRET);
    let mut at = 0;
    for piece in PHOTO.chunks(CHUNK / 2) {
        assert_eq!(send(format!("{url}{place}"), at, piece).await, 204);
        at += piece.len();
    }
    assert_eq!(shown(&url).await, (200, PHOTO.into()));
    let there = files(folder.path());
    assert_eq!(there.len(), 1, "the whole, and no pieces: {there:?}");
    assert!(there[0].starts_with(folder.path().join("bucket/county/photos")), "{there:?}");
    assert_eq!(fs::read(&there[0]).expect("a file"), PHOTO);
    assert!(!data.join("photos").exists(), "nothing is beside the database");
    drop(server);

    // Another program on the same store has it, and one whose store lost it says that it is not there.
    let (_server, url) = serve(SECRET);
    assert_eq!(shown(&url).await, (200, PHOTO.into()));
    fs::remove_file(&there[0]).expect("it is lost");
    assert_eq!(shown(&url).await.0, 404);
}
