//! The browser's store, in a real browser.
#![cfg(target_arch = "wasm32")]

mod contract;

use indexed_db_futures::{Build, database::Database};
use ruhu::{
    platform::locks::{self, Held},
    storage::{Storage, StorageError, indexed_db::IndexedDb},
};
use ruhu_domain::storage::{Table, Write};
use ruhu_vault::VaultKey;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn unique(name: &str) -> String {
    format!("{name}-{}", js_sys::Math::random())
}

async fn open(name: &str) -> IndexedDb {
    let store = IndexedDb::open(name, || ()).await.expect("the browser has storage");
    store.unlock(VaultKey::new([1; 32]).keys());
    store
}

#[wasm_bindgen_test]
async fn the_browsers_store_keeps_the_contract() {
    contract::run(&open(&unique("contract")).await).await;
}

#[wasm_bindgen_test]
async fn what_was_written_is_there_through_another_connection() {
    let name = unique("again");
    let first = open(&name).await;
    first.write(&vec![Write::Put(Table::Meta, "a".into(), vec![1])]).await.expect("it can be written");
    let second = open(&name).await;
    assert_eq!(second.get(Table::Meta, "a").await, Ok(Some(vec![1])));
}

fn put(key: &str, value: u8) -> Write {
    Write::Put(Table::Outbox, key.into(), vec![value])
}

#[wasm_bindgen_test]
async fn a_window_with_an_older_app_makes_way_for_a_newer_one_and_then_says_so() {
    let name = unique("newer");
    let old = open(&name).await;
    old.write(&vec![put("a", 1)]).await.expect("it can be written");
    let newer = Database::open(name.clone()).with_version(99_u32).await.expect("nobody is in the way");
    assert_eq!(old.write(&vec![put("b", 2)]).await, Err(StorageError::Newer));
    assert_eq!(IndexedDb::open(&name, || ()).await.err(), Some(StorageError::Newer));
    newer.close();
}

#[wasm_bindgen_test]
async fn an_update_that_breaks_off_half_way_leaves_everything_as_it_was() {
    let name = unique("half");
    let before = open(&name).await;
    before.write(&vec![put("a", 1)]).await.expect("it can be written");
    let update = Database::open(name.clone()).with_version(50_u32).with_on_upgrade_needed(|_, database| {
        database.delete_object_store(Table::Outbox.name())?;
        // There is one already: the browser refuses, in the middle of the update.
        database.create_object_store(Table::Meta.name()).build().map(drop)
    });
    assert!(update.await.is_err());
    assert_eq!(before.get(Table::Outbox, "a").await, Ok(Some(vec![1])), "the connection that made way is opened again");
    assert_eq!(open(&name).await.get(Table::Outbox, "a").await, Ok(Some(vec![1])));
}

#[wasm_bindgen_test]
async fn a_lost_connection_is_opened_again() {
    let name = unique("lost");
    let store = open(&name).await;
    store.write(&vec![put("a", 1)]).await.expect("it can be written");
    // Deleting makes every connection close, as the browser does when it clears what a site keeps.
    Database::delete_by_name(&name).expect("it can be asked for").await.expect("it is deleted");
    store.write(&vec![put("b", 2)]).await.expect("it can be written to a new one");
    assert_eq!(store.get(Table::Outbox, "b").await, Ok(Some(vec![2])));
}

#[wasm_bindgen_test]
async fn one_holder_at_a_time_has_a_lock() {
    let inner =
        locks::holding("test", Held::LeaveIt, async { locks::holding("test", Held::LeaveIt, async { 2 }).await }).await;
    assert_eq!(inner, Some(None));
    assert_eq!(locks::holding("test", Held::LeaveIt, async { 3 }).await, Some(3), "it is free again");
}

#[wasm_bindgen_test]
async fn a_lock_is_taken_from_a_window_that_is_frozen_with_it() {
    let (holds, held) = futures::channel::oneshot::channel();
    wasm_bindgen_futures::spawn_local(async {
        let forever = async {
            let _ = holds.send(());
            std::future::pending::<()>().await;
        };
        let _ = locks::holding("frozen", Held::LeaveIt, forever).await;
    });
    held.await.expect("it is held");
    assert_eq!(locks::holding("frozen", Held::LeaveIt, async { 1 }).await, None);
    assert_eq!(locks::holding("frozen", Held::TakeIt, async { 2 }).await, Some(2));
    assert_eq!(locks::holding("frozen", Held::LeaveIt, async { 3 }).await, Some(3), "it is free again");
}
