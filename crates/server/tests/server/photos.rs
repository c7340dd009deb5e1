//! PhotoStore by tus: whatever the connection does they arrive, once, and nobody sees them who may not.

use crate::world::{Base, GRID, Phone, World, channel};
use reqwest::{Method, Response, StatusCode, header};
use ruhu_domain::{
    Channel, Kind, OpId, RecordId,
    photo::{CHUNK, MAX_BYTES, Photo, PhotoHash, PhotoRequest},
    record::{Op, diff},
    wire::OpOutcome,
};
use ruhu_server::{
    database::{Act, OPERATOR},
    random,
};
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256};

const PHOTO: &[u8] = include_bytes!("photos/hazard.jpg");
const OFFSET: &str = "application/offset+octet-stream";

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

fn hash(bytes: &[u8]) -> PhotoHash {
    PhotoHash(Sha256::digest(bytes).into())
}

/// Saves the record of a photo; its identity.
async fn record(phone: &mut Phone<'_>, n: u8, bytes: &[u8]) -> RecordId {
    let photo = Photo { of: RecordId::new(1, [1; 10]), hash: hash(bytes), size: bytes.len() as u32 };
    let id = RecordId::new(u64::from(n), [n; 10]);
    let op = Op {
        id: OpId::new(random::now_ms(), random::bytes()),
        record: id,
        kind: Kind::Photo,
        changes: diff(None, &photo),
        ..phone.visit(u64::from(n), "")
    };
    let answer = phone.sync(vec![crate::world::hazard(phone.device), op]).await;
    assert_eq!(answer.results[1].reason, None);
    id
}

struct Tus<'a> {
    phone: &'a Phone<'a>,
}

impl Tus<'_> {
    async fn send(&self, method: Method, url: &str, headers: &[(&str, String)], body: Vec<u8>) -> Response {
        let url = if url.starts_with('/') { format!("{}{url}", self.phone.world.url) } else { url.to_owned() };
        let request = self.phone.world.client.request(method, url).bearer_auth(&self.phone.token);
        let request = request.header("tus-resumable", "1.0.0");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        request.body(body).send().await.expect("an answer")
    }

    async fn create(&self, record: RecordId, channel: &Channel, length: usize) -> Response {
        let metadata = format!(
            "record {},channel {}",
            base64(record.to_string().as_bytes()),
            base64(channel.to_string().as_bytes())
        );
        let headers = [("upload-length", length.to_string()), ("upload-metadata", metadata)];
        self.send(Method::POST, "/api/v1/photos", &headers, Vec::new()).await
    }

    async fn patch(&self, url: &str, at: usize, bytes: &[u8]) -> Response {
        let checksum = format!("sha256 {}", base64(&Sha256::digest(bytes)));
        self.patch_with(url, at, bytes, &checksum).await
    }

    async fn patch_with(&self, url: &str, at: usize, bytes: &[u8], checksum: &str) -> Response {
        let headers = [
            ("content-type", OFFSET.to_owned()),
            ("upload-offset", at.to_string()),
            ("upload-checksum", checksum.to_owned()),
        ];
        self.send(Method::PATCH, url, &headers, bytes.to_vec()).await
    }

    async fn position(&self, url: &str) -> usize {
        number(&self.send(Method::HEAD, url, &[], Vec::new()).await, "upload-offset")
    }
}

fn number(response: &Response, name: &str) -> usize {
    response.headers()[name].to_str().expect("text").parse().expect("a number")
}

fn place(response: &Response) -> String {
    assert_eq!(response.status(), StatusCode::CREATED);
    response.headers()[header::LOCATION].to_str().expect("text").to_owned()
}

async fn shown(phone: &Phone<'_>, channel: &Channel, record: RecordId) -> Response {
    let request = PhotoRequest { channel: channel.clone(), record };
    let client = &phone.world.client;
    let request = client.post(format!("{}/api/v1/photo", phone.world.url)).bearer_auth(&phone.token).json(&request);
    request.send().await.expect("an answer")
}

async fn a_photo_arrives_in_pieces_and_is_shown_to_a_colleague(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let record = record(&mut phone, 5, PHOTO).await;
    assert_eq!(shown(&phone, &channel(), record).await.status(), StatusCode::NOT_FOUND, "it is not here yet");
    let tus = Tus { phone: &phone };
    let able = tus.send(Method::OPTIONS, "/api/v1/photos", &[], Vec::new()).await;
    assert_eq!(able.headers()["tus-extension"], "creation,checksum,expiration");
    assert_eq!(number(&able, "tus-max-size"), MAX_BYTES as usize);
    let url = place(&tus.create(record, &channel(), PHOTO.len()).await);
    let mut at = 0;
    for piece in PHOTO.chunks(CHUNK / 4) {
        // The connection drops after each piece: its answer is lost, and the next is found by asking.
        assert_eq!(tus.position(&url).await, at);
        let done = tus.patch(&url, at, piece).await;
        at += piece.len();
        assert_eq!((done.status(), number(&done, "upload-offset")), (StatusCode::NO_CONTENT, at));
        let again = tus.patch(&url, at - piece.len(), piece).await;
        assert_eq!(again.status(), StatusCode::CONFLICT, "a piece that came is not taken twice");
    }
    let colleague = world.log_in(2).await;
    let found = shown(&colleague, &channel(), record).await;
    assert_eq!(found.headers()[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(found.headers()["x-content-type-options"], "nosniff");
    assert_eq!(found.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(found.bytes().await.expect("the picture"), PHOTO);
    let seen = world.database.who_saw(record, &channel()).await.expect("the record of who saw it");
    assert!(seen.iter().any(|sight| sight.act == Act::Look), "who looks is on record");
    assert!(!world.folder.path().join("photos/uploads").exists(), "no pieces stay");
}

/// The server was stopped between the last piece and the check of the whole.
async fn what_came_whole_and_was_not_checked_is_checked_when_it_is_asked_for(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let record = record(&mut phone, 5, PHOTO).await;
    let photo = world.database.photo(&channel(), record).await.expect("a database").expect("a photo");
    let tus = Tus { phone: &phone };
    let url = place(&tus.create(record, &channel(), PHOTO.len()).await);
    let (_, id) = url.rsplit_once('/').expect("an upload");
    let upload = world.database.upload("411502", id).await.expect("a database").expect("an upload");
    world.photos.put_piece("411502", id, 0, PHOTO.into()).await.expect("a piece");
    assert!(world.database.advance_upload(&upload, photo.size.into()).await.expect("a database"));
    assert_eq!(shown(&phone, &channel(), record).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(tus.position(&url).await, PHOTO.len());
    assert_eq!(
        shown(&phone, &channel(), record).await.status(),
        StatusCode::OK,
        "it is not said to be here before it is"
    );
}

async fn the_same_photo_from_two_phones_is_sent_once(base: Base) {
    let world = World::new(base).await;
    let (mut one, mut two) = (world.log_in(1).await, world.log_in(2).await);
    let first = record(&mut one, 5, PHOTO).await;
    let second = record(&mut two, 6, PHOTO).await;
    let tus = Tus { phone: &one };
    let url = place(&tus.create(first, &channel(), PHOTO.len()).await);
    assert_eq!(tus.patch(&url, 0, PHOTO).await.status(), StatusCode::NO_CONTENT);
    let there = Tus { phone: &two }.create(second, &channel(), PHOTO.len()).await;
    assert_eq!(number(&there, "upload-offset"), PHOTO.len(), "nothing is to be sent");
    assert_eq!(shown(&two, &channel(), second).await.status(), StatusCode::OK);
}

async fn what_is_not_the_photo_named_is_not_taken(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let html = b"<!doctype html><script>alert(1)</script>".repeat(40);
    let mut exif = PHOTO[..2].to_vec();
    exif.extend(b"\xff\xe1\x00\x0eExif\0\0MM\0*\0\0");
    exif.extend(&PHOTO[2..]);
    for (n, bytes, sent, words) in [
        (5, html.clone(), html, "不是照片"),
        (6, exif.clone(), exif, "拍摄信息"),
        (7, PHOTO.to_vec(), PHOTO.iter().rev().copied().collect(), "checksum"),
        (8, PHOTO[..PHOTO.len() / 2].to_vec(), PHOTO[..PHOTO.len() / 2].to_vec(), "不是照片"),
    ] {
        let record = record(&mut phone, n, &bytes).await;
        let tus = Tus { phone: &phone };
        let url = place(&tus.create(record, &channel(), bytes.len()).await);
        let done = tus.patch(&url, 0, &sent).await;
        assert!(!done.status().is_success(), "{words}");
        let said = done.text().await.expect("words");
        assert!(said.contains(words), "{said} says not {words}");
        let gone = tus.send(Method::HEAD, &url, &[], Vec::new()).await;
        assert_eq!(gone.status(), StatusCode::NOT_FOUND, "it begins anew");
        assert_eq!(shown(&phone, &channel(), record).await.status(), StatusCode::NOT_FOUND);
    }
}

async fn a_piece_that_came_wrong_is_sent_again(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let record = record(&mut phone, 5, PHOTO).await;
    let tus = Tus { phone: &phone };
    let url = place(&tus.create(record, &channel(), PHOTO.len()).await);
    let (first, rest) = PHOTO.split_at(5_000);
    let wrong = format!("sha1 {}", base64(&Sha1::digest(rest)));
    assert_eq!(tus.patch_with(&url, 0, first, &wrong).await.status().as_u16(), 460);
    assert_eq!(tus.position(&url).await, 0);
    let unknown = tus.patch_with(&url, 0, first, "md5 AAAA").await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    let right = format!("sha1 {}", base64(&Sha1::digest(first)));
    assert_eq!(tus.patch_with(&url, 0, first, &right).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(tus.patch(&url, first.len(), &[rest, b"more"].concat()).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(tus.patch(&url, first.len(), rest).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(shown(&phone, &channel(), record).await.status(), StatusCode::OK);
}

async fn a_piece_comes_by_post_where_patch_is_refused_on_the_way(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let record = record(&mut phone, 5, PHOTO).await;
    let tus = Tus { phone: &phone };
    let url = place(&tus.create(record, &channel(), PHOTO.len()).await);
    let piece = [("content-type", OFFSET.to_owned()), ("upload-offset", "0".to_owned())];
    let bare = tus.send(Method::POST, &url, &piece, PHOTO.to_vec()).await;
    assert_eq!(bare.status(), StatusCode::METHOD_NOT_ALLOWED);
    let as_patch = [piece.as_slice(), &[("x-http-method-override", "PATCH".to_owned())]].concat();
    let done = tus.send(Method::POST, &url, &as_patch, PHOTO.to_vec()).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    assert_eq!(shown(&phone, &channel(), record).await.status(), StatusCode::OK);
}

async fn nobody_sends_or_sees_a_photo_of_another_grid(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let record = record(&mut phone, 5, PHOTO).await;
    let elsewhere: Channel = "411502001003-09/general".parse().expect("a channel");
    let other = GRID.replace("-02", "-09").parse().expect("a grid");
    world.database.put_account("zhao", "赵强", crate::world::PASSWORD, &[other]).await.expect("an account");
    let stranger = world.log_in_as("zhao", 3).await;
    let tus = Tus { phone: &stranger };
    assert_eq!(tus.create(record, &channel(), PHOTO.len()).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(tus.create(record, &elsewhere, PHOTO.len()).await.status(), StatusCode::NOT_FOUND);
    let own = Tus { phone: &phone };
    let url = place(&own.create(record, &channel(), PHOTO.len()).await);
    assert_eq!(tus.send(Method::HEAD, &url, &[], Vec::new()).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(tus.patch(&url, 0, PHOTO).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(own.patch(&url, 0, PHOTO).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(shown(&stranger, &channel(), record).await.status(), StatusCode::NOT_FOUND);
    // Who knows the hash of a photo elsewhere has to have the photo itself.
    let mut stranger = world.log_in_as("zhao", 4).await;
    let photo = Photo { of: RecordId::new(1, [1; 10]), hash: hash(PHOTO), size: PHOTO.len() as u32 };
    let op = Op {
        record: RecordId::new(6, [6; 10]),
        kind: Kind::Photo,
        channel: elsewhere.clone(),
        changes: diff(None, &photo),
        ..stranger.visit(6, "")
    };
    stranger.sync(vec![op]).await;
    let begun = Tus { phone: &stranger }.create(RecordId::new(6, [6; 10]), &elsewhere, PHOTO.len()).await;
    assert_eq!(number(&begun, "upload-offset"), 0);
    assert_eq!(shown(&stranger, &elsewhere, RecordId::new(6, [6; 10])).await.status(), StatusCode::NOT_FOUND);
}

async fn a_photo_that_nothing_names_any_more_is_erased(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let id = record(&mut phone, 5, PHOTO).await;
    let tus = Tus { phone: &phone };
    let url = place(&tus.create(id, &channel(), PHOTO.len()).await);
    tus.patch(&url, 0, PHOTO).await;
    assert_eq!(world.database.sweep_photos(&world.photos).await.expect("a sweep"), 0, "a record names it");
    crate::world::sql(&crate::world::address(&world.location), "DELETE FROM record").await;
    crate::world::sql(&crate::world::address(&world.location), "UPDATE photo_upload SET expires_at = 1").await;
    assert_eq!(world.database.sweep_photos(&world.photos).await.expect("a sweep"), 2, "the picture, and the upload");
    let gone = tus.send(Method::HEAD, &url, &[], Vec::new()).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    assert!(world.photos.get(&channel(), hash(PHOTO)).await.is_err());
}

async fn a_record_of_no_photo_is_set_aside(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let bad = json!({"of": RecordId::new(1, [1; 10]), "hash": "00", "size": 5});
    let op = Op { kind: Kind::Photo, changes: diff(None, &bad), ..phone.visit(5, "") };
    let answer = phone.sync(vec![op]).await;
    assert!(answer.results[0].reason.as_deref().is_some_and(|reason| reason.contains("照片的登记不完整")));
}

async fn a_photo_goes_with_its_record_that_waits_and_nobody_elses(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    // The record came in time, the photo did not.
    let earlier = crate::world::picture(PHOTO.len() + 100);
    let came = record(&mut phone, 6, &earlier).await;
    world.database.put_account("zhao", "赵强", crate::world::PASSWORD, &[]).await.expect("an account");
    // Their right ended, and the phone did not know.
    crate::world::sql(&crate::world::address(&world.location), "UPDATE access_grant SET ended_at = 1").await;
    let photo = Photo { of: RecordId::new(1, [1; 10]), hash: hash(PHOTO), size: PHOTO.len() as u32 };
    let record = RecordId::new(7, [7; 10]);
    let op = Op { record, kind: Kind::Photo, changes: diff(None, &photo), ..phone.visit(7, "") };
    let id = op.id;
    let answer = phone.sync(vec![op]).await;
    assert_eq!(answer.results[0].outcome, OpOutcome::Quarantined, "{answer:?}");
    let other = world.log_in_as("zhao", 3).await;
    let url = place(&Tus { phone: &phone }.create(came, &channel(), earlier.len()).await);
    assert_eq!(Tus { phone: &phone }.patch(&url, 0, &earlier).await.status(), StatusCode::NO_CONTENT);
    assert!(world.photos.has(&channel(), hash(&earlier)).await.expect("an answer"));
    assert_eq!(Tus { phone: &other }.create(came, &channel(), earlier.len()).await.status(), StatusCode::NOT_FOUND);
    // It is there, but who may not look is not told so.
    let again = Tus { phone: &phone }.create(came, &channel(), earlier.len()).await;
    assert_eq!(number(&again, "upload-offset"), 0);
    let wrong = Tus { phone: &phone }.patch(&place(&again), 0, &vec![7; earlier.len()]).await;
    assert_eq!(wrong.status().as_u16(), 460);
    assert_eq!(shown(&phone, &channel(), came).await.status(), StatusCode::NOT_FOUND);
    let (own, others) = (Tus { phone: &phone }, Tus { phone: &other });
    assert_eq!(others.create(record, &channel(), PHOTO.len()).await.status(), StatusCode::NOT_FOUND);
    let url = place(&own.create(record, &channel(), PHOTO.len()).await);
    assert_eq!(others.patch(&url, 0, PHOTO).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(own.patch(&url, 0, PHOTO).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(shown(&phone, &channel(), record).await.status(), StatusCode::NOT_FOUND, "it is not decided on");
    assert_eq!(world.database.sweep_photos(&world.photos).await.expect("a sweep"), 0, "a record that waits names it");
    world.database.refuse(id, "看不清", OPERATOR).await.expect("it is refused");
    assert_eq!(world.database.sweep_photos(&world.photos).await.expect("a sweep"), 1, "it goes with its record");
    assert_eq!(own.create(record, &channel(), PHOTO.len()).await.status(), StatusCode::NOT_FOUND);
}

on_both_databases!(
    a_photo_arrives_in_pieces_and_is_shown_to_a_colleague,
    what_came_whole_and_was_not_checked_is_checked_when_it_is_asked_for,
    the_same_photo_from_two_phones_is_sent_once,
    what_is_not_the_photo_named_is_not_taken,
    a_piece_that_came_wrong_is_sent_again,
    a_piece_comes_by_post_where_patch_is_refused_on_the_way,
    nobody_sends_or_sees_a_photo_of_another_grid,
    a_photo_that_nothing_names_any_more_is_erased,
    a_record_of_no_photo_is_set_aside,
    a_photo_goes_with_its_record_that_waits_and_nobody_elses,
);
