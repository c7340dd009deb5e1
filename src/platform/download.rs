//! Giving a file to the user.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlAnchorElement, Url};

/// A file that is written piece by piece: only the browser has it whole.
#[derive(Default)]
pub struct Writer(Array);

impl Writer {
    /// Writes on: to where the browser keeps files, not to the page's memory.
    pub fn write(&self, bytes: &[u8]) {
        let part = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes)));
        self.0.push(&part.map_or(JsValue::UNDEFINED, JsValue::from));
    }

    /// Saves it where the browser puts downloads. False where the browser can't.
    pub fn save(self, name: &str) -> bool {
        let saved = || {
            if self.0.iter().any(|part| part.is_undefined()) {
                return None;
            }
            let url = Url::create_object_url_with_blob(&Blob::new_with_blob_sequence(&self.0).ok()?).ok()?;
            let link: HtmlAnchorElement = super::window().document()?.create_element("a").ok()?.dyn_into().ok()?;
            link.set_href(&url);
            link.set_download(name);
            link.click();
            Url::revoke_object_url(&url).ok()
        };
        saved().is_some()
    }
}

/// Saves bytes as a file where the browser puts downloads. False where the browser can't.
pub fn save(name: &str, bytes: &[u8]) -> bool {
    let file = Writer::default();
    file.write(bytes);
    file.save(name)
}
