//! The page's address, and going to another without loading the page anew.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, EventTarget, HtmlAnchorElement, MouseEvent, Window};

/// The path of the page.
pub fn path() -> String {
    super::window().location().pathname().unwrap_or_default()
}

/// Returns what follows the `#` of the address.
pub fn fragment() -> String {
    let hash = super::window().location().hash().unwrap_or_default();
    hash.strip_prefix('#').unwrap_or_default().to_owned()
}

/// Calls `changed` when what follows the `#` changed by 返回, or by hand.
pub fn listen_to_fragment(changed: impl Fn() + 'static) {
    let on_change = Closure::<dyn FnMut()>::new(changed);
    add(&super::window(), "hashchange", on_change.as_ref());
    on_change.forget();
}

/// Account and code from a QR code of the office's: `/enrol#account/code`.
pub fn enrolment() -> Option<(String, String)> {
    if path() != "/enrol" {
        return None;
    }
    let hash = super::window().location().hash().ok()?;
    let (account, code) = hash.strip_prefix('#')?.rsplit_once('/')?;
    let account = js_sys::decode_uri_component(account).ok()?;
    Some((account.into(), code.to_owned()))
}

/// Calls `changed` when the user goes back or on, and `go` with the path of a link of this app that was tapped.
/// Other links, and those meant for another window, are left to the browser.
pub fn listen(changed: impl Fn() + 'static, go: impl Fn(&str) + 'static) {
    let window = super::window();
    let on_pop = Closure::<dyn FnMut()>::new(changed);
    add(&window, "popstate", on_pop.as_ref());
    on_pop.forget();
    let here = window.location().origin().unwrap_or_default();
    let on_click = Closure::<dyn FnMut(MouseEvent)>::new(move |event: MouseEvent| {
        let meant_elsewhere = event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key();
        if event.default_prevented() || event.button() != 0 || meant_elsewhere {
            return;
        }
        let tapped = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let link = tapped.and_then(|tapped| tapped.closest("a[href]").ok().flatten());
        let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else { return };
        if link.origin() == here && link.target().is_empty() && !link.has_attribute("download") {
            event.prevent_default();
            go(&link.pathname());
        }
    });
    add(&window, "click", on_click.as_ref());
    on_click.forget();
}

/// Shows another path in the address bar: as a step that 返回 takes back, or in place of this one.
pub fn show(path: &str, replace: bool) {
    let window = super::window();
    let Ok(history) = window.history() else { return };
    if replace {
        drop(history.replace_state_with_url(&JsValue::NULL, "", Some(path)));
    } else {
        drop(history.push_state_with_url(&JsValue::NULL, "", Some(path)));
    }
}

/// Shows the page from its top.
pub fn to_top() {
    super::window().scroll_to_with_x_and_y(0.0, 0.0);
}

fn add(window: &Window, event: &str, listener: &JsValue) {
    let target: &EventTarget = window;
    drop(target.add_event_listener_with_callback(event, listener.unchecked_ref()));
}
