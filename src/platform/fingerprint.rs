//! The phone's sensor, through `public/fingerprint.js`.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

async fn call(name: &str, arguments: &Array) -> Option<JsValue> {
    let module = Reflect::get(&super::window(), &"ruhuFingerprint".into()).ok()?;
    let function: Function = Reflect::get(&module, &name.into()).ok()?.dyn_into().ok()?;
    let answer: Promise = function.apply(&module, arguments).ok()?.dyn_into().ok()?;
    JsFuture::from(answer).await.ok()
}

fn bytes(of: &JsValue, name: &str) -> Option<Vec<u8>> {
    Some(Reflect::get(of, &name.into()).ok()?.dyn_into::<Uint8Array>().ok()?.to_vec())
}

/// Whether this browser and phone have what it takes.
pub async fn available() -> bool {
    call("available", &Array::new()).await.is_some_and(|answer| answer.is_truthy())
}

/// Makes a credential for an account; its identity, and the secret it gives out for the salt. None where the phone
/// did not agree or can't.
pub async fn enrol(account: &str, user: [u8; 16], salt: [u8; 32]) -> Option<(Vec<u8>, [u8; 32])> {
    let arguments = Array::of3(&account.into(), &Uint8Array::from(&user[..]), &Uint8Array::from(&salt[..]));
    let made = call("enrol", &arguments).await?;
    Some((bytes(&made, "id")?, bytes(&made, "secret")?.try_into().ok()?))
}

/// The secret that a credential gives out for the salt. None where the phone did not see its user.
pub async fn secret(credential: &[u8], salt: [u8; 32]) -> Option<[u8; 32]> {
    let found = call("secret", &Array::of2(&Uint8Array::from(credential), &Uint8Array::from(&salt[..]))).await?;
    bytes(&found, "secret")?.try_into().ok()
}
