//! Reminds outside the app, through `public/reminder.js`: the number on the icon, and a quiet notification.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

async fn call(name: &str, argument: JsValue) -> Option<JsValue> {
    let module = Reflect::get(&super::window(), &"ruhuReminder".into()).ok()?;
    let function: Function = Reflect::get(&module, &name.into()).ok()?.dyn_into().ok()?;
    let answer: Promise = function.apply(&module, &Array::of1(&argument)).ok()?.dyn_into().ok()?;
    JsFuture::from(answer).await.ok()
}

/// Shows how much is due today, and keeps it for the reminder: days as in `2026-11-26` from today on, each with what is
/// due by then. Without any nothing is kept.
pub fn note(days: &[(String, usize)]) {
    let days = serde_json::to_string(days).unwrap_or_default();
    wasm_bindgen_futures::spawn_local(async move { drop(call("note", days.into()).await) });
}

/// Whether this browser can remind; none where it can't.
pub async fn is_on() -> Option<bool> {
    call("available", JsValue::UNDEFINED).await.filter(JsValue::is_truthy)?;
    Some(call("isOn", JsValue::UNDEFINED).await?.is_truthy())
}

/// Turns it on or off.
///
/// # Errors
/// Returns the message that says what to do first.
pub async fn turn(on: bool) -> Result<(), &'static str> {
    let done = call(if on { "turnOn" } else { "turnOff" }, JsValue::UNDEFINED).await;
    match done.and_then(|done| done.as_string()).as_deref() {
        Some("") => Ok(()),
        Some("refused") => Err("手机没有允许通知。请在手机的设置里允许“入户”发通知，再打开提醒"),
        _ => Err("请先把“入户”装到桌面，再打开提醒"),
    }
}
