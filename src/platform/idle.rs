//! Whether somebody is using the page.

use gloo_timers::callback::Interval;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};

/// Looked at this often, in milliseconds.
const LOOK_MS: u32 = 5_000;

/// Calls `idle` again and again while nobody has touched the page for `after_ms` milliseconds. Also when the page
/// comes back into view: timers stand still while it is out of it.
pub fn listen(after_ms: i64, idle: impl Fn() + 'static) {
    let touched = Rc::new(Cell::new(super::clock::now_ms()));
    let look = {
        let touched = touched.clone();
        Rc::new(move || {
            if super::clock::now_ms().abs_diff(touched.get()) >= after_ms.unsigned_abs() {
                idle();
            }
        })
    };
    let on_touch = {
        let (touched, look) = (touched.clone(), look.clone());
        Closure::<dyn FnMut()>::new(move || {
            look();
            touched.set(super::clock::now_ms());
        })
    };
    let on_view = {
        let look = look.clone();
        Closure::<dyn FnMut()>::new(move || look())
    };
    let window = super::window();
    for event in ["pointerdown", "keydown"] {
        drop(window.add_event_listener_with_callback_and_bool(event, on_touch.as_ref().unchecked_ref(), true));
    }
    if let Some(document) = window.document() {
        drop(document.add_event_listener_with_callback("visibilitychange", on_view.as_ref().unchecked_ref()));
    }
    on_touch.forget();
    on_view.forget();
    Interval::new(LOOK_MS, move || look()).forget();
}
