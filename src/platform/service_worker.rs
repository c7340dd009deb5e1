//! The service worker: it keeps the app's files for offline starts. A new version waits until it is
//! told to take over, so that no form is ever replaced under the worker's hands.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageEvent, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState};

fn container() -> Option<ServiceWorkerContainer> {
    let navigator = super::window().navigator();
    Reflect::has(&navigator, &"serviceWorker".into()).ok()?.then(|| navigator.service_worker())
}

/// Registers the worker and calls `ready` whenever a new version waits to take over.
pub async fn register(ready: impl Fn() + Clone + 'static) {
    let _ = try_register(ready).await;
}

async fn try_register(ready: impl Fn() + Clone + 'static) -> Option<()> {
    let container = container()?;
    let registration = JsFuture::from(container.register("/sw.js")).await.ok()?;
    let registration: ServiceWorkerRegistration = registration.dyn_into().ok()?;
    if registration.waiting().is_some() {
        ready();
    }
    let found = registration.clone();
    let on_found = Closure::<dyn FnMut()>::new(move || {
        let Some(installing) = found.installing() else { return };
        let (worker, ready) = (installing.clone(), ready.clone());
        let on_state = Closure::<dyn FnMut()>::new(move || {
            // The first version of all has nothing to take over from.
            let replaces = self::container().is_some_and(|container| container.controller().is_some());
            if worker.state() == ServiceWorkerState::Installed && replaces {
                ready();
            }
        });
        installing.set_onstatechange(Some(on_state.as_ref().unchecked_ref()));
        on_state.forget();
    });
    registration.set_onupdatefound(Some(on_found.as_ref().unchecked_ref()));
    on_found.forget();
    ask_for_control(&container).await
}

/// A page that was loading while the first version became active is left out of its claim (a race that the standard
/// allows), and would not find its parts without a network: it asks to be claimed.
async fn ask_for_control(container: &ServiceWorkerContainer) -> Option<()> {
    let active = JsFuture::from(container.ready().ok()?).await.ok()?;
    let active = active.dyn_into::<ServiceWorkerRegistration>().ok()?.active()?;
    if container.controller().is_none() {
        active.post_message(&JsValue::from_str("claim")).ok()?;
    }
    Some(())
}

/// Asks the server whether there is a new version.
pub async fn look_for_update() {
    if let Some(registration) = registration().await
        && let Ok(promise) = registration.update()
    {
        drop(JsFuture::from(promise).await);
    }
}

/// Lets the waiting version take over, and loads the page anew when it has.
pub async fn apply_update() {
    let _ = try_apply().await;
}

async fn try_apply() -> Option<()> {
    let container = container()?;
    let waiting = registration().await?.waiting()?;
    let reload = Closure::<dyn FnMut()>::once(|| drop(super::window().location().reload()));
    container.set_oncontrollerchange(Some(reload.as_ref().unchecked_ref()));
    reload.forget();
    waiting.post_message(&JsValue::from_str("take-over")).ok()
}

async fn registration() -> Option<ServiceWorkerRegistration> {
    JsFuture::from(container()?.get_registration()).await.ok()?.dyn_into().ok()
}

/// Asks the browser to say when there is a network again, also while the page sleeps (Background Sync). Browsers
/// without it do nothing.
pub async fn ask_for_sync() {
    let _ = try_ask_for_sync().await;
}

async fn try_ask_for_sync() -> Option<()> {
    let registration = registration().await?;
    let sync = Reflect::get(&registration, &"sync".into()).ok().filter(JsValue::is_object)?;
    let register: Function = Reflect::get(&sync, &"register".into()).ok()?.dyn_into().ok()?;
    let asked: Promise = register.call1(&sync, &"ruhu".into()).ok()?.dyn_into().ok()?;
    JsFuture::from(asked).await.ok().map(drop)
}

/// Calls `wake` whenever the browser says that now is the time to sync.
pub fn on_sync(wake: impl Fn() + 'static) {
    let Some(container) = container() else { return };
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if event.data().as_string().as_deref() == Some("sync") {
            wake();
        }
    });
    container.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
}
