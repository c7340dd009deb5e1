//! The contract that every store must keep. The store in memory runs it natively, the browser's in a real browser.

use ruhu::storage::{Storage, StorageError};
use ruhu_domain::{
    Class,
    storage::{DRAFTS, TABLES, Table, Write},
};

/// Runs the whole suite on an empty store.
pub async fn run(store: &impl Storage) {
    an_empty_store_has_nothing(store).await;
    what_is_put_can_be_read_back_in_the_order_of_the_keys(store).await;
    a_later_put_replaces_and_a_delete_removes(store).await;
    writes_of_one_batch_happen_in_their_order(store).await;
    tables_are_apart(store).await;
    a_batch_that_was_overtaken_writes_nothing(store).await;
    a_batch_that_rests_on_other_keys_writes_nothing(store).await;
    values_are_bytes_of_any_kind_and_length(store).await;
}

fn put(table: Table, key: &str, value: &[u8]) -> Write {
    Write::Put(table, key.to_owned(), value.to_vec())
}

async fn keys(store: &impl Storage, table: Table) -> Vec<String> {
    let all = store.snapshot().await.expect("the store can be read");
    all.entries(table).iter().map(|(key, _)| key.clone()).collect()
}

async fn write(store: &impl Storage, batch: Vec<Write>) {
    store.write(&batch).await.expect("the batch can be written");
}

async fn an_empty_store_has_nothing(store: &impl Storage) {
    for table in TABLES {
        assert!(keys(store, table).await.is_empty());
        assert_eq!(store.get(table, "a").await, Ok(None));
    }
    write(store, Vec::new()).await;
}

async fn what_is_put_can_be_read_back_in_the_order_of_the_keys(store: &impl Storage) {
    let batch = ["b", "a", "c"].map(|key| put(Table::Outbox, key, key.as_bytes())).to_vec();
    write(store, batch).await;
    let all = store.snapshot().await.expect("the store can be read");
    let expected = ["a", "b", "c"].map(|key| (key.to_owned(), key.as_bytes().to_vec()));
    assert_eq!(all.entries(Table::Outbox), expected);
    assert_eq!((all.get(Table::Outbox, "b"), all.get(Table::Outbox, "d")), (Some(&b"b"[..]), None));
    assert_eq!(store.get(Table::Outbox, "b").await, Ok(Some(b"b".to_vec())));
}

async fn a_later_put_replaces_and_a_delete_removes(store: &impl Storage) {
    write(store, vec![put(Table::Outbox, "a", b"new"), Write::Delete(Table::Outbox, "b".into())]).await;
    write(store, vec![Write::Delete(Table::Outbox, "not there".into())]).await;
    assert_eq!(store.get(Table::Outbox, "a").await, Ok(Some(b"new".to_vec())));
    assert_eq!(keys(store, Table::Outbox).await, ["a", "c"]);
}

async fn writes_of_one_batch_happen_in_their_order(store: &impl Storage) {
    write(store, vec![Write::Clear(Table::Outbox), put(Table::Outbox, "z", b"1"), put(Table::Outbox, "z", b"2")]).await;
    assert_eq!(keys(store, Table::Outbox).await, ["z"]);
    assert_eq!(store.get(Table::Outbox, "z").await, Ok(Some(b"2".to_vec())));
}

async fn tables_are_apart(store: &impl Storage) {
    write(store, vec![put(DRAFTS, "z", b"draft"), put(Table::Meta, "z", b"meta")]).await;
    write(store, vec![Write::Clear(DRAFTS)]).await;
    assert!(keys(store, DRAFTS).await.is_empty());
    assert_eq!(store.get(Table::Meta, "z").await, Ok(Some(b"meta".to_vec())));
}

async fn values_are_bytes_of_any_kind_and_length(store: &impl Storage) {
    let large: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
    write(
        store,
        vec![put(Table::Segments(Class::General), "large", &large), put(Table::Segments(Class::General), "empty", &[])],
    )
    .await;
    assert_eq!(store.get(Table::Segments(Class::General), "large").await, Ok(Some(large)));
    assert_eq!(store.get(Table::Segments(Class::General), "empty").await, Ok(Some(Vec::new())));
}

async fn a_batch_that_was_overtaken_writes_nothing(store: &impl Storage) {
    let check = |value: Option<&[u8]>| Write::Check(Table::Meta, "count".into(), value.map(<[u8]>::to_vec));
    write(store, vec![check(None), put(Table::Meta, "count", b"1"), put(Table::Cursors, "c", b"1")]).await;
    for seen in [None, Some(&b"0"[..])] {
        let late = vec![check(seen), put(Table::Meta, "count", b"2"), Write::Clear(Table::Cursors)];
        assert_eq!(store.write(&late).await, Err(StorageError::Overtaken));
    }
    assert_eq!(store.get(Table::Meta, "count").await, Ok(Some(b"1".to_vec())));
    assert_eq!(keys(store, Table::Cursors).await, ["c"]);
    write(store, vec![check(Some(b"1")), put(Table::Meta, "count", b"2"), Write::Clear(Table::Cursors)]).await;
    assert!(keys(store, Table::Cursors).await.is_empty());
}

async fn a_batch_that_rests_on_other_keys_writes_nothing(store: &impl Storage) {
    let check = |keys: &[&str]| Write::CheckKeys(Table::Outbox, keys.iter().map(|key| (*key).to_owned()).collect());
    write(store, vec![Write::Clear(Table::Outbox)]).await;
    write(store, vec![check(&[]), put(Table::Outbox, "b", b"1")]).await;
    write(store, vec![check(&["b"]), put(Table::Outbox, "a", b"1")]).await;
    for other in [&[][..], &["a"], &["a", "c"], &["a", "b", "c"]] {
        assert_eq!(store.write(&vec![check(other), Write::Clear(Table::Outbox)]).await, Err(StorageError::Overtaken));
    }
    write(store, vec![check(&["a", "b"]), Write::Clear(Table::Outbox)]).await;
    assert!(keys(store, Table::Outbox).await.is_empty());
}
