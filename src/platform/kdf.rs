//! Argon2id in a worker of its own: the page goes on meanwhile, and the memory goes back afterwards.

use futures::channel::oneshot;
use js_sys::{Array, Uint8Array};
use ruhu_vault::Kdf;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MessageEvent, Worker};

/// The worker's script.
const SCRIPT: &str = "/ruhu-kdf_loader.js";

/// The key made of a password; none where this browser can't make it, for example for want of memory.
pub async fn key(password: &str, kdf: &Kdf) -> Option<[u8; 32]> {
    let worker = Worker::new(SCRIPT).ok()?;
    let question = Array::of4(
        &Uint8Array::from(password.as_bytes()),
        &Uint8Array::from(&kdf.salt[..]),
        &kdf.memory.into(),
        &kdf.passes.into(),
    );
    let (sender, answer) = oneshot::channel::<JsValue>();
    let sender = RefCell::new(Some(sender));
    let asked = worker.clone();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // The first message says that it listens.
        if event.data().is_null() {
            drop(asked.post_message(&question));
        } else if let Some(sender) = sender.borrow_mut().take() {
            drop(sender.send(event.data()));
        }
    });
    let (failure, failed) = oneshot::channel::<()>();
    let failure = RefCell::new(Some(failure));
    let on_error = Closure::<dyn FnMut()>::new(move || drop(failure.borrow_mut().take()));
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    let answer = futures::future::select(answer, failed).await;
    worker.terminate();
    let futures::future::Either::Left((Ok(answer), _)) = answer else { return None };
    answer.dyn_into::<Uint8Array>().ok()?.to_vec().try_into().ok()
}
