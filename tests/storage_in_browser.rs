//! The browser's store, in a real browser.
#![cfg(target_arch = "wasm32")]

mod contract;

use ruhu::{
    platform::{locks, pinyin::Initials},
    storage::{Storage, indexed_db::IndexedDb},
};
use ruhu_domain::{
    search::initials,
    storage::{Table, Write},
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

async fn fresh(name: &str) -> IndexedDb {
    IndexedDb::open(&format!("{name}-{}", js_sys::Math::random())).await.expect("the browser has storage")
}

#[wasm_bindgen_test]
async fn the_browsers_store_keeps_the_contract() {
    contract::run(&fresh("contract").await).await;
}

#[wasm_bindgen_test]
async fn what_was_written_is_there_through_another_connection() {
    let name = format!("again-{}", js_sys::Math::random());
    let first = IndexedDb::open(&name).await.expect("the browser has storage");
    first.write(&vec![Write::Put(Table::Meta, "a".into(), vec![1])]).await.expect("it can be written");
    let second = IndexedDb::open(&name).await.expect("the browser has storage");
    assert_eq!(second.get(Table::Meta, "a").await, Ok(Some(vec![1])));
}

#[wasm_bindgen_test]
async fn one_holder_at_a_time_has_a_lock() {
    let inner = locks::if_free("test", async { locks::if_free("test", async { 2 }).await }).await;
    assert_eq!(inner, Some(None));
    assert_eq!(locks::if_free("test", async { 3 }).await, Some(3), "it is free again");
}

#[wasm_bindgen_test]
fn the_browser_knows_pinyin_initials() {
    let mut known = Initials::default();
    let mut initial = |character| known.of(character);
    for (name, expected) in [
        ("李明", "lm"),
        ("王建国", "wjg"),
        ("张秀英", "zxy"),
        ("曾国藩", "zgf"),
        ("单雄信", "sxx"),
        ("解晓东", "xxd"),
        ("仇英", "qy"),
        ("区寄", "oj"),
        ("查良镛", "zly"),
        ("尉迟恭", "ycg"),
        ("欧阳修", "oyx"),
        ("阿依古丽·A", "aygl·a"),
        ("余华", "yh"),
        ("鄂尔泰", "eet"),
        ("吕布", "lb"),
        ("谷爱凌", "gal"),
    ] {
        assert_eq!(initials(name, &mut initial), expected, "{name}");
    }
}
