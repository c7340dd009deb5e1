//! Photos: made small through `public/photo.js`, and shown.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use ruhu_domain::photo::{WANTED_BYTES, WANTED_SIDE};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlInputElement, Url};

/// The files that were chosen in a field; it can be used again after.
pub fn chosen(field: &HtmlInputElement) -> Vec<JsValue> {
    super::files::chosen(field).into_iter().map(JsValue::from).collect()
}

/// The functions of `public/photo.js`, which is loaded when the first photo is taken.
async fn module() -> Option<JsValue> {
    let known = || Reflect::get(&super::window(), &"ruhuPhoto".into()).ok().filter(JsValue::is_object);
    if known().is_none() {
        let document = super::window().document()?;
        let script = document.create_element("script").ok()?;
        script.set_attribute("src", "/photo.js").ok()?;
        let loaded = Promise::new(&mut |done, _| {
            for event in ["load", "error"] {
                drop(script.add_event_listener_with_callback(event, &done));
            }
        });
        document.head()?.append_child(&script).ok()?;
        JsFuture::from(loaded).await.ok()?;
    }
    known()
}

/// A file as a photo of bounded size, without what the camera wrote into it; none where it is no photo.
pub async fn make(file: JsValue) -> Option<Vec<u8>> {
    let module = module().await?;
    let function: Function = Reflect::get(&module, &"make".into()).ok()?.dyn_into().ok()?;
    let arguments = Array::of3(&file, &WANTED_BYTES.into(), &WANTED_SIDE.into());
    let made: Promise = function.apply(&module, &arguments).ok()?.dyn_into().ok()?;
    Some(JsFuture::from(made).await.ok()?.dyn_into::<Uint8Array>().ok()?.to_vec())
}

/// An address under which this page can show a photo, for as long as the value lives.
pub struct Shown(String);

impl Shown {
    /// None where the browser can't.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let options = BlobPropertyBag::new();
        options.set_type("image/jpeg");
        let parts = Array::of1(&Uint8Array::from(bytes));
        let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
        Url::create_object_url_with_blob(&blob).ok().map(Self)
    }

    /// The address.
    pub fn address(&self) -> String {
        self.0.clone()
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        drop(Url::revoke_object_url(&self.0));
    }
}
