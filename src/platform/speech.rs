//! Reading aloud, where the browser can.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

fn synthesis() -> Option<JsValue> {
    Reflect::get(&super::window(), &"speechSynthesis".into()).ok().filter(JsValue::is_object)
}

fn call(of: &JsValue, name: &str, arguments: &Array) -> Option<JsValue> {
    let function: Function = Reflect::get(of, &name.into()).ok()?.dyn_into().ok()?;
    function.apply(of, arguments).ok()
}

/// Whether the browser reads aloud.
pub fn available() -> bool {
    synthesis().is_some()
}

/// Reads texts aloud in Chinese, one after the other, in place of what is being read.
pub fn read(texts: &[&str]) {
    let Some(synthesis) = synthesis() else { return };
    call(&synthesis, "cancel", &Array::new());
    let Some(kind) = Reflect::get(&super::window(), &"SpeechSynthesisUtterance".into()).ok() else { return };
    for text in texts {
        let Some(made) =
            kind.dyn_ref::<Function>().and_then(|kind| Reflect::construct(kind, &Array::of1(&(*text).into())).ok())
        else {
            return;
        };
        drop(Reflect::set(&made, &"lang".into(), &"zh-CN".into()));
        call(&synthesis, "speak", &Array::of1(&made));
    }
}

/// Reads no further.
pub fn stop() {
    if let Some(synthesis) = synthesis() {
        call(&synthesis, "cancel", &Array::new());
    }
}
