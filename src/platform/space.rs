//! How much the browser keeps for the app, and whether it promises to.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageEstimate;

/// Less than this free is scarce, however much is granted: records are small, photos are not.
const LEAST_FREE: u64 = 10 << 20;

/// The space in bytes that newer Chromium tells is left, on whatever phone (ADR 31).
const UNTOLD: u64 = 10 << 30;

/// Bytes used and granted; whether the browser promises not to evict.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Space {
    /// Bytes used.
    pub used: u64,
    /// Bytes granted; none where the browser does not tell.
    pub granted: u64,
    /// Of these the records, drafts and photos, where the browser tells.
    pub stored: Option<u64>,
    /// Of these the app itself, where the browser tells.
    pub app: Option<u64>,
    /// Whether the browser promised not to clear it by itself.
    pub persistent: bool,
}

impl Space {
    /// Whether it is nearly full: four fifths are used, or hardly anything is left. The app keeps no photos then.
    pub const fn is_scarce(&self) -> bool {
        self.granted > 0 && (self.used > self.granted / 5 * 4 || self.granted.saturating_sub(self.used) < LEAST_FREE)
    }
}

/// Returns the space that the browser reports; none where it reports nothing.
pub async fn look() -> Option<Space> {
    let storage = super::window().navigator().storage();
    let estimate = JsFuture::from(storage.estimate().ok()?).await.ok()?.unchecked_into::<StorageEstimate>();
    let persistent = JsFuture::from(storage.persisted().ok()?).await.ok()?.is_truthy();
    // Chromium's own; others say the sum alone.
    let details = member(&estimate, "usageDetails");
    let used = estimate.get_usage().unwrap_or_default() as u64;
    let granted = estimate.get_quota().unwrap_or_default() as u64;
    let of = |kind| Some(member(details.as_ref()?, kind)?.as_f64()? as u64);
    Some(Space {
        stored: of("indexedDB"),
        app: of("caches"),
        used,
        granted: if granted == used + UNTOLD { 0 } else { granted },
        persistent,
    })
}

fn member(object: &JsValue, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(object, &name.into()).ok().filter(|found| !found.is_undefined())
}

/// Asks the browser not to evict what is kept. It may refuse.
pub async fn ask_to_persist() {
    if let Ok(promise) = super::window().navigator().storage().persist() {
        drop(JsFuture::from(promise).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_scarce_from_four_fifths_on_or_where_hardly_any_is_left() {
        let space = |used: u64, granted: u64| Space { used: used << 20, granted: granted << 20, ..Space::default() };
        assert!(!space(79, 100).is_scarce());
        assert!(space(81, 100).is_scarce());
        assert!(space(15, 20).is_scarce(), "five are left, whatever part that is");
        assert!(!space(0, 0).is_scarce(), "a browser that tells nothing");
        assert!(!space(500, 10_240).is_scarce());
    }
}
