//! How much the browser keeps for the app, and whether it promises to.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageEstimate;

/// Bytes used and granted; whether the browser promises not to evict.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Space {
    /// Bytes used.
    pub used: u64,
    /// Bytes granted.
    pub granted: u64,
    /// Whether the browser promised not to clear it by itself.
    pub persistent: bool,
}

/// What the browser says; none where it doesn't tell.
pub async fn look() -> Option<Space> {
    let storage = super::window().navigator().storage();
    let estimate = JsFuture::from(storage.estimate().ok()?).await.ok()?.unchecked_into::<StorageEstimate>();
    let persistent = JsFuture::from(storage.persisted().ok()?).await.ok()?.is_truthy();
    Some(Space {
        used: estimate.get_usage().unwrap_or_default() as u64,
        granted: estimate.get_quota().unwrap_or_default() as u64,
        persistent,
    })
}

/// Asks the browser not to evict what is kept. It may refuse.
pub async fn ask_to_persist() {
    if let Ok(promise) = super::window().navigator().storage().persist() {
        drop(JsFuture::from(promise).await);
    }
}
