//! Revoked devices: what they are answered, and what they hand over.

mod world;

use ruhu_domain::{
    DeviceId,
    engine::{Queued, QueuedState},
    record::Op,
    storage::{TOKEN, Table},
    wire::{DeviceAnswer, DeviceRequest, HandOver, HandedOver, LoginRequest, SealedEntry, vault_owner},
};
use ruhu_server::{database::OPERATOR, random};
use ruhu_vault::{Purpose, RecoveryKey, Sealed, VaultKey};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use world::{Base, PASSWORD, Phone, World};

async fn post(world: &World, path: &str, body: &impl Serialize) -> reqwest::Response {
    world.client.post(format!("{}/api/v1/{path}", world.url)).json(body).send().await.expect("an answer")
}

/// What a phone with these ops hands over.
fn handing_over(phone: &Phone<'_>, ops: Vec<Op>) -> HandOver<Sealed> {
    let vault = VaultKey::new(random::bytes());
    let keys = vault.keys();
    let seal = |table: Table, purpose, key: &str, value: &[u8]| -> SealedEntry {
        (keys.name(table.name(), key), keys.seal(purpose, table.name(), key, random::bytes(), value))
    };
    let key = RecoveryKey::new(world::RECOVERY).public();
    let key = key.seal(&vault, &vault_owner("wangfang", phone.device), random::bytes()).expect("it is sealed");
    let outbox = ops.into_iter().map(|op| {
        let queued = Queued { op: Arc::new(op), state: QueuedState::Waiting };
        let value = serde_json::to_vec(&queued).expect("a value");
        seal(Table::Outbox, Purpose::Outbox, &queued.op.id.to_string(), &value)
    });
    let outbox = outbox.collect();
    let meta = vec![seal(Table::Meta, Purpose::Meta, TOKEN, phone.token.as_bytes())];
    HandOver { account: "wangfang".into(), device: phone.device, key, meta, outbox, last: true }
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
        let done: HandedOver = post(&world, "handover", &over).await.json().await.expect("an answer");
        assert_eq!(done, HandedOver { taken: expected, left: 0 });
    }
    assert_eq!(world.database.quarantined().await.expect("a list").len(), 49, "a second time changes nothing");
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
        Phone { world: &world, token: token.to_owned(), device: phone.device, cursors }
    };
    let forged = [
        // The token of another device, none, one that was made up.
        HandOver { meta: handing_over(&other, vec![]).meta, ..good.clone() },
        HandOver { meta: vec![], ..good.clone() },
        handing_over(&stranger(&other.token), vec![phone.visit(2, "假的")]),
        handing_over(&stranger("made up"), vec![phone.visit(2, "假的")]),
        // The key of another vault.
        HandOver { key: handing_over(&phone, vec![]).key, ..good.clone() },
        HandOver { device: other.device, ..good.clone() },
        HandOver { account: "liqiang".into(), ..good.clone() },
    ];
    for over in forged {
        assert_eq!(post(&world, "handover", &over).await.status(), 403);
    }
    assert!(world.database.quarantined().await.expect("a list").is_empty());

    // Damaged on the phone: the rest comes. An op that can't be taken keeps the phone as it is.
    let mut damaged = handing_over(&phone, vec![phone.visit(1, "一"), phone.visit(2, "二")]);
    damaged.outbox[0].1[30] ^= 1;
    let done: HandedOver = post(&world, "handover", &damaged).await.json().await.expect("an answer");
    assert_eq!(done, HandedOver { taken: 1, left: 0 });
    let large = handing_over(&phone, vec![phone.visit(3, &"长".repeat(40_000))]);
    let done: HandedOver = post(&world, "handover", &large).await.json().await.expect("an answer");
    assert_eq!(done, HandedOver { taken: 0, left: 1 });
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
    a_stranger_who_guesses_shuts_out_nobody_else,
    a_revoked_device_is_told_so_and_only_hands_over,
    nobody_hands_over_for_another_phone
);
