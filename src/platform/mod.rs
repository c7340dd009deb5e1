//! Everything the browser offers besides storage and the network: small functions that hide its API.

pub mod address;
pub mod clock;
pub mod download;
pub mod files;
pub mod fingerprint;
pub mod idle;
pub mod install;
pub mod kdf;
pub mod locks;
pub mod photo;
pub mod pinyin;
pub mod preferences;
pub mod reminder;
pub mod service_worker;
pub mod space;
pub mod speech;
pub mod tab_session;
pub mod tabs;

use futures::{FutureExt, channel::oneshot, future::select};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::{JsCast, closure::Closure};

/// `N` random bytes.
///
/// # Panics
/// When the browser has no randomness to give: every browser since 2013 has.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the browser gives random bytes");
    bytes
}

/// The window.
///
/// # Panics
/// Outside a page: the app runs nowhere else.
pub fn window() -> web_sys::Window {
    web_sys::window().expect("the app runs in a page")
}

/// Waits until what was changed in the page is on the screen. A page that is not looked at is not drawn: then it does not
/// wait, or no longer than a tenth of a second where it is left meanwhile.
pub async fn painted() {
    if !visible() {
        return;
    }
    let (done, frame) = oneshot::channel::<()>();
    let on_frame = Closure::once_into_js(move || drop(done));
    drop(window().request_animation_frame(on_frame.unchecked_ref()));
    let drawn = frame.then(|_| TimeoutFuture::new(0));
    drop(select(drawn, TimeoutFuture::new(100)).await);
}

/// Sets the title of the document, which browsers keep in their history: it says what a screen is for, never whom it shows.
pub fn set_title(title: &str) {
    if let Some(document) = window().document() {
        document.set_title(&format!("{title} · 入户"));
    }
}

/// Opens the system's print window; where the browser has none nothing happens.
pub fn print() {
    drop(window().print());
}

/// Whether the browser says there is a network. It can be wrong both ways.
pub fn online() -> bool {
    window().navigator().on_line()
}

/// Whether the page is in view.
pub fn visible() -> bool {
    window().document().is_some_and(|document| document.visibility_state() == web_sys::VisibilityState::Visible)
}
