//! Installing: the browser's own offer, kept until the worker asks for it.

use js_sys::{Function, Reflect};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

thread_local! {
    static OFFER: RefCell<Option<JsValue>> = const { RefCell::new(None) };
}

/// Keeps the browser's offer when it comes, and calls `offered` with whether there is one.
pub fn listen(offered: impl Fn(bool) + Clone + 'static) {
    let gone = offered.clone();
    on("beforeinstallprompt", move |event| {
        event.prevent_default();
        OFFER.set(Some(event.into()));
        offered(true);
    });
    on("appinstalled", move |_| gone(false));
}

/// Asks the browser to install the app. An offer can be taken up once.
pub fn ask() {
    let Some(offer) = OFFER.take() else { return };
    if let Ok(prompt) = Reflect::get(&offer, &"prompt".into())
        && let Some(prompt) = prompt.dyn_ref::<Function>()
    {
        drop(prompt.call0(&offer));
    }
}

fn on(name: &str, act: impl Fn(web_sys::Event) + 'static) {
    let listener = Closure::<dyn FnMut(web_sys::Event)>::new(act);
    drop(super::window().add_event_listener_with_callback(name, listener.as_ref().unchecked_ref()));
    listener.forget();
}
