//! Revoked devices: what they are answered, and what they hand over.

use crate::world::{Base, PASSWORD, Phone, World, channel, desk::Desk, hazard, picture};
use ruhu_domain::{
    Class, DeviceId, Kind, RecordId,
    engine::{Queued, QueuedState},
    office::WaitingPhoto,
    photo::{CHUNK, Photo, PhotoHash, piece_key},
    record::{Op, diff},
    rights::Role,
    storage::{BLOBS, TOKEN, Table},
    wire::{
        DeviceAnswer, DeviceHandover, DeviceHandoverAnswer, DeviceRequest, LoginRequest, Revoked, SealedEntry,
        WantedPhotos, vault_owner,
    },
};
use ruhu_server::{database::OPERATOR, random};
use ruhu_vault::{Purpose, RecoveryKey, Sealed, VaultKey};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

async fn post(world: &World, path: &str, body: &impl Serialize) -> reqwest::Response {
    world.client.post(format!("{}/api/v1/{path}", world.url)).json(body).send().await.expect("an answer")
}

/// Returns the handover of a revoked phone that holds these ops.
fn handing_over(phone: &Phone<'_>, ops: Vec<Op>) -> DeviceHandover<Sealed> {
    handing_over_with(&VaultKey::new(random::bytes()), phone, ops)
}

fn seal(vault: &VaultKey, table: Table, purpose: Purpose, key: &str, value: &[u8]) -> SealedEntry {
    let keys = vault.keys();
    (keys.name(table.name(), key), keys.seal(purpose, table.name(), key, random::bytes(), value))
}

fn handing_over_with(vault: &VaultKey, phone: &Phone<'_>, ops: Vec<Op>) -> DeviceHandover<Sealed> {
    let key = RecoveryKey::new(crate::world::RECOVERY).public();
    let key = key.seal(vault, &vault_owner("wangfang", phone.device), random::bytes()).expect("it is sealed");
    let outbox = ops.into_iter().map(|op| {
        let queued = Queued { op: Arc::new(op), state: QueuedState::Waiting };
        let value = serde_json::to_vec(&queued).expect("a value");
        seal(vault, Table::Outbox, Purpose::Outbox, &queued.op.id.to_string(), &value)
    });
    let outbox = outbox.collect();
    let meta = vec![seal(vault, Table::Meta, Purpose::Meta, TOKEN, phone.token.as_bytes())];
    let of = Revoked { account: "wangfang".into(), device: phone.device, key, meta };
    DeviceHandover { of, outbox, pieces: vec![], last: true }
}

async fn a_revoked_device_is_told_so_and_only_hands_over(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let other = world.log_in(2).await;
    phone.sync(vec![phone.visit(1, "发过的")]).await;
    let ask = DeviceRequest { device: phone.device };
    let told: DeviceAnswer = post(&world, "device", &ask).await.json().await.expect("an answer");
    assert!(!told.revoked);
    let early = post(&world, "handover", &handing_over(&phone, vec![phone.visit(9, "早了")])).await;
    assert_eq!(early.status(), 403, "a device at work pushes as ever");

    world.database.revoke(phone.device, "李主任").await.expect("it is revoked");
    assert!(world.database.revoke(phone.device, OPERATOR).await.is_err(), "once");
    assert!(world.database.revoke(DeviceId(77), OPERATOR).await.is_err(), "there is none");
    let told: DeviceAnswer = post(&world, "device", &ask).await.json().await.expect("an answer");
    assert!(told.revoked);
    let body = serde_json::to_vec(&phone.request(vec![])).expect("a request");
    assert_eq!(phone.post(body, &phone.token).await.status(), 410);
    let again =
        LoginRequest { account: "wangfang".into(), password: PASSWORD.into(), device: phone.device, code: None };
    assert_eq!(post(&world, "login", &again).await.status(), 410);
    let body = serde_json::to_vec(&other.request(vec![])).expect("a request");
    assert_eq!(other.post(body, &other.token).await.status(), 200, "the other device goes on");

    // What it had sent before is there already; the rest waits for a supervisor.
    let ops = (1..=50).map(|n| phone.visit(n, if n == 1 { "发过的" } else { "没发的" })).collect();
    let over = handing_over(&phone, ops);
    for expected in [49, 49] {
        let done: DeviceHandoverAnswer = post(&world, "handover", &over).await.json().await.expect("an answer");
        assert_eq!(done, DeviceHandoverAnswer { taken: expected, left: 0 });
    }
    assert_eq!(world.database.quarantined().await.expect("a list").len(), 49, "a second time changes nothing");
    // One that was refused since is returned to the worker, who may be gone: it keeps the phone from nothing.
    let one = world.database.quarantined().await.expect("a list")[0].op.id;
    world.database.refuse(one, "不清楚", OPERATOR).await.expect("it is refused");
    let done: DeviceHandoverAnswer = post(&world, "handover", &over).await.json().await.expect("an answer");
    assert_eq!(done, DeviceHandoverAnswer { taken: 48, left: 0 });
    let devices = world.database.devices(Some("wangfang")).await.expect("a list");
    let state: Vec<_> =
        devices.iter().map(|device| (device.revoked.is_some(), device.handed_over_at.is_some())).collect();
    assert_eq!(state, [(true, true), (false, false)]);
    assert_eq!(devices[0].revoked.as_ref().map(|(by, _)| by.as_str()), Some("李主任"));
}

async fn nobody_hands_over_for_another_phone(base: Base) {
    let world = World::new(base).await;
    let (phone, other) = (world.log_in(1).await, world.log_in(2).await);
    world.database.revoke(phone.device, OPERATOR).await.expect("it is revoked");
    let good = handing_over(&phone, vec![phone.visit(1, "真的")]);
    // Anybody can seal a key of their own making to the server, in the name of the revoked phone.
    let stranger = |token: &str| {
        let cursors = BTreeMap::new();
        Phone {
            world: &world,
            token: token.to_owned(),
            device: phone.device,
            cursors,
            milestones: phone.milestones.clone(),
        }
    };
    let but = |change: &dyn Fn(&mut Revoked<Sealed>)| {
        let mut over = good.clone();
        change(&mut over.of);
        over
    };
    let forged = [
        // The token of another device, none, one that was made up.
        but(&|of| of.meta = handing_over(&other, vec![]).of.meta),
        but(&|of| of.meta = vec![]),
        handing_over(&stranger(&other.token), vec![phone.visit(2, "假的")]),
        handing_over(&stranger("made up"), vec![phone.visit(2, "假的")]),
        // The key of another vault.
        but(&|of| of.key = handing_over(&phone, vec![]).of.key),
        but(&|of| of.device = other.device),
        but(&|of| of.account = "liqiang".into()),
    ];
    for over in forged {
        assert_eq!(post(&world, "handover", &over).await.status(), 403);
        assert_eq!(post(&world, "handover/wanted", &over.of).await.status(), 403);
    }
    assert!(world.database.quarantined().await.expect("a list").is_empty());

    // Damaged on the phone: the rest comes. An op that can't be taken keeps the phone as it is.
    let mut damaged = handing_over(&phone, vec![phone.visit(1, "一"), phone.visit(2, "二")]);
    damaged.outbox[0].1[30] ^= 1;
    let done: DeviceHandoverAnswer = post(&world, "handover", &damaged).await.json().await.expect("an answer");
    assert_eq!(done, DeviceHandoverAnswer { taken: 1, left: 0 });
    let large = handing_over(&phone, vec![phone.visit(3, &"长".repeat(40_000))]);
    let done: DeviceHandoverAnswer = post(&world, "handover", &large).await.json().await.expect("an answer");
    assert_eq!(done, DeviceHandoverAnswer { taken: 0, left: 1 });
}

/// A photo of so many bytes: what follows the end of one is not looked at.
/// The save of a photo's record.
fn photo_op(phone: &Phone<'_>, n: u64, bytes: &[u8]) -> Op {
    let photo = Photo { of: RecordId::new(1, [1; 10]), hash: PhotoHash::of(bytes), size: bytes.len() as u32 };
    let record = RecordId::new(n, [n as u8; 10]);
    Op { record, kind: Kind::Photo, changes: diff(None, &photo), ..phone.visit(n, "") }
}

async fn a_revoked_phones_photos_come_too_and_wait_with_their_records(base: Base) {
    let world = World::new(base).await;
    let mut phone = world.log_in(1).await;
    let [known, sent, new, damaged] = [100_000, 130_000, 150_000, 90_000].map(picture);
    // Of the first both the record and the photo are there, of the second the record alone.
    let first = phone.sync(vec![hazard(phone.device), photo_op(&phone, 6, &known), photo_op(&phone, 2, &sent)]).await;
    assert!(first.results.iter().all(|result| result.reason.is_none()), "{first:?}");
    let at = channel();
    world.database.keep_photo(&world.photos, &at, PhotoHash::of(&known), known.clone()).await.expect("it is kept");
    world.database.revoke(phone.device, OPERATOR).await.expect("it is revoked");

    let vault = VaultKey::new(random::bytes());
    let ops = vec![photo_op(&phone, 3, &new), photo_op(&phone, 4, &damaged), phone.visit(5, "没发的")];
    let over = DeviceHandover { last: false, ..handing_over_with(&vault, &phone, ops) };
    let done: DeviceHandoverAnswer = post(&world, "handover", &over).await.json().await.expect("an answer");
    assert_eq!(done, DeviceHandoverAnswer { taken: 3, left: 0 });
    let ask =
        async || -> WantedPhotos { post(&world, "handover/wanted", &over.of).await.json().await.expect("an answer") };
    let names = |bytes: &[u8], from: usize| -> Vec<String> {
        let pieces = from..bytes.len().div_ceil(CHUNK);
        pieces.map(|n| vault.keys().name("blobs", &piece_key(PhotoHash::of(bytes), n))).collect()
    };
    assert_eq!(ask().await.photos, [names(&new, 0), names(&damaged, 0), names(&sent, 0)]);

    let pieces = |bytes: &[u8]| -> Vec<SealedEntry> {
        let hash = PhotoHash::of(bytes);
        let piece = |(n, piece): (usize, &[u8])| seal(&vault, BLOBS, Purpose::General, &piece_key(hash, n), piece);
        bytes.chunks(CHUNK).enumerate().map(piece).collect()
    };
    let send = async |pieces: &[SealedEntry]| {
        let over = DeviceHandover { outbox: vec![], pieces: pieces.to_vec(), ..over.clone() };
        let done: DeviceHandoverAnswer = post(&world, "handover", &over).await.json().await.expect("an answer");
        assert_eq!(done, DeviceHandoverAnswer { taken: 0, left: 0 });
    };
    // It breaks off after the first piece, goes on with the second, and some come twice or too early.
    send(&pieces(&new)[1..]).await;
    send(&pieces(&new)[..1]).await;
    assert_eq!(ask().await.photos, [names(&new, 1), names(&damaged, 0), names(&sent, 0)]);
    send(&pieces(&new)).await;
    send(&pieces(&new)).await;
    send(&pieces(&sent)[..1]).await;
    send(&pieces(&sent)[1..]).await;
    let mut bad = pieces(&damaged);
    bad[0].1[40] ^= 1;
    send(&bad).await;
    assert_eq!(ask().await.photos, [names(&damaged, 0)], "what nobody can read holds up nothing");
    for bytes in [&known, &sent, &new] {
        let kept = world.photos.get(&at, PhotoHash::of(bytes)).await.expect("it is kept");
        assert_eq!(kept, *bytes);
    }
    let over = DeviceHandover { outbox: vec![], last: true, ..over };
    post(&world, "handover", &over).await.error_for_status().expect("it is done");

    // Whoever decides sees it, others don't; at night it stays for as long as it is named or waits.
    world.database.sweep_photos(&world.photos).await.expect("it is tidied");
    let waiting = world.database.quarantined().await.expect("a list");
    let photo = |bytes: &[u8]| {
        let hash = PhotoHash::of(bytes);
        let op = waiting.iter().find(|waits| Photo::made_by(&waits.op).is_some_and(|photo| photo.hash == hash));
        WaitingPhoto { op: op.expect("it waits").op.id }
    };
    let lead = Desk::open(&world, "lead", Role::VillageLead, "411502001003", &[Class::General]).await;
    let seen = lead.post("photo", &photo(&new)).await;
    assert_eq!((seen.status().as_u16(), seen.headers()["content-type"].to_str().ok()), (200, Some("image/jpeg")));
    assert_eq!(seen.bytes().await.expect("a body"), new);
    assert_eq!(lead.status("photo", &photo(&damaged)).await, 404);
    let other = Desk::open(&world, "other", Role::VillageLead, "411502001004", &[Class::General]).await;
    assert_eq!(other.status("photo", &photo(&new)).await, 403);
    let (accepted, refused) = (photo(&new).op, photo(&damaged).op);
    world.database.accept(accepted, OPERATOR).await.expect("it is taken");
    world.database.refuse(refused, "看不清", OPERATOR).await.expect("it is refused");
    world.database.sweep_photos(&world.photos).await.expect("it is tidied");
    assert!(world.photos.has(&at, PhotoHash::of(&new)).await.expect("an answer"));
    assert_eq!(lead.status("photo", &WaitingPhoto { op: accepted }).await, 403, "it waits no more");
}

async fn a_stranger_who_guesses_shuts_out_nobody_else(base: Base) {
    let world = World::new(base).await;
    let own = world.log_in(1).await.device;
    let log_in = async |account: &str, password: &str, device, address: &str| {
        let request = LoginRequest { account: account.into(), password: password.into(), device, code: None };
        let request = world.client.post(format!("{}/api/v1/login", world.url)).json(&request);
        request.header("x-forwarded-for", address).send().await.expect("an answer").status().as_u16()
    };
    for account in ["wangfang", "nobody"] {
        for _ in 0..5 {
            assert_eq!(log_in(account, "wrong-password", DeviceId(66), "203.0.113.9").await, 401);
        }
        assert_eq!(log_in(account, PASSWORD, DeviceId(67), "203.0.113.9").await, 429, "the right one has to wait too");
    }
    assert_eq!(log_in("wangfang", PASSWORD, own, "203.0.113.9").await, 200, "a phone of theirs, even from there");
    assert_eq!(log_in("wangfang", PASSWORD, DeviceId(2), "198.51.100.7").await, 200, "a new phone from elsewhere");
    for _ in 0..5 {
        assert_eq!(log_in("wangfang", "wrong-password", own, "198.51.100.7").await, 401);
    }
    assert_eq!(log_in("wangfang", PASSWORD, own, "198.51.100.7").await, 429, "a found phone is no way around");
    assert_eq!(log_in("wangfang", PASSWORD, own, "192.0.2.1").await, 200, "nor does who knows the phone's identity");
    assert_eq!(log_in("wangfang", PASSWORD, DeviceId(3), "198.51.100.7").await, 200);
}

on_both_databases!(
    a_revoked_phones_photos_come_too_and_wait_with_their_records,
    a_stranger_who_guesses_shuts_out_nobody_else,
    a_revoked_device_is_told_so_and_only_hands_over,
    nobody_hands_over_for_another_phone
);
