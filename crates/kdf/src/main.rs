//! Makes a key of a password with Argon2id (RFC 9106), in a worker of its own: the page goes on meanwhile, and
//! the memory it takes goes back when the worker ends.
//!
//! One message in, one out. In: `[password, salt, memory in KiB, passes]`, the first two as bytes. Out: the key's
//! 32 bytes, or a text where it can't be made, for example for want of memory.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use js_sys::{Array, Uint8Array, global};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn main() {
    let scope: DedicatedWorkerGlobalScope = global().unchecked_into();
    let answer = scope.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let said = match key(&event.data().unchecked_into()) {
            Ok(key) => Uint8Array::from(key.as_slice()).into(),
            Err(words) => JsValue::from_str(&words),
        };
        drop(answer.post_message(&said));
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    // The page sends its message when the worker says that it listens.
    drop(scope.post_message(&JsValue::NULL));
}

fn key(message: &Array) -> Result<[u8; 32], String> {
    let bytes = |at: u32| message.get(at).unchecked_into::<Uint8Array>().to_vec();
    let number = |at: u32| message.get(at).as_f64().unwrap_or_default() as u32;
    let (password, salt) = (bytes(0), bytes(1));
    let params = Params::new(number(2), number(3), 1, Some(32)).map_err(|error| error.to_string())?;
    let mut blocks = Vec::new();
    // A phone that has not so much memory says so, instead of falling over.
    blocks.try_reserve_exact(params.block_count()).map_err(|error| error.to_string())?;
    blocks.resize(params.block_count(), Block::default());
    let mut key = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into_with_memory(&password, &salt, &mut key, blocks).map_err(|error| error.to_string())?;
    Ok(key)
}
