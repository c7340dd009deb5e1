//! The number on the app's icon, where the browser and the launcher show one.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// Shows a number on the app's icon; none for 0.
pub fn show(count: usize) {
    let navigator = super::window().navigator();
    if let Ok(set) = Reflect::get(&navigator, &"setAppBadge".into())
        && let Some(set) = set.dyn_ref::<Function>()
    {
        // A promise that is refused where there is no icon: nothing depends on it.
        if let Ok(shown) = set.call1(&navigator, &JsValue::from(u32::try_from(count).unwrap_or(u32::MAX)))
            && let Some(shown) = shown.dyn_ref::<js_sys::Promise>()
        {
            let shown = wasm_bindgen_futures::JsFuture::from(shown.clone());
            wasm_bindgen_futures::spawn_local(async move { drop(shown.await) });
        }
    }
}
