//! Web Locks: one window at a time does what all share.

use js_sys::{Function, Object, Promise, Reflect};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

/// The ways to act where another window holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Leave it there.
    LeaveIt,
    /// Take it away: the window seems to be frozen.
    TakeIt,
}

/// Runs `work` while holding the lock `name`; none when another window holds it and is left with it. Without
/// Web Locks in the browser it just runs.
pub async fn holding<T: 'static>(name: &str, held: Held, work: impl Future<Output = T> + 'static) -> Option<T> {
    let navigator = super::window().navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object);
    let request = locks.as_ref().and_then(|locks| Reflect::get(locks, &"request".into()).ok());
    let (Some(locks), Some(request)) = (locks, request.and_then(|request| request.dyn_into::<Function>().ok())) else {
        return Some(work.await);
    };
    let result = std::rc::Rc::new(RefCell::new(None));
    let slot = result.clone();
    let work = RefCell::new(Some(work));
    let callback = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |lock: JsValue| {
        let work = if lock.is_null() { None } else { work.borrow_mut().take() };
        let slot = slot.clone();
        future_to_promise(async move {
            if let Some(work) = work {
                let done = work.await;
                slot.borrow_mut().replace(done);
            }
            Ok(JsValue::UNDEFINED)
        })
    });
    let options = Object::new();
    let way = match held {
        Held::LeaveIt => "ifAvailable",
        Held::TakeIt => "steal",
    };
    Reflect::set(&options, &way.into(), &true.into()).ok()?;
    let promise = request.call3(&locks, &name.into(), &options, callback.as_ref()).ok()?;
    JsFuture::from(promise.unchecked_into::<Promise>()).await.ok()?;
    result.take()
}
