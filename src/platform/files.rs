//! Files: those of the app that are no code, which the service worker keeps with the rest, and those that somebody chose.

use super::window;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DragEvent, FileList, HtmlInputElement, Response};

/// The text of a file; none where it can't be had.
pub async fn text(path: &str) -> Option<String> {
    let answer = JsFuture::from(window().fetch_with_str(path)).await.ok()?;
    let response: Response = answer.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// A file that somebody chose or dropped.
pub struct Chosen(web_sys::File);

impl Chosen {
    /// Its name.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Its size in bytes.
    pub fn size(&self) -> f64 {
        self.0.size()
    }

    /// Its bytes; none where the browser can't read it.
    pub async fn bytes(&self) -> Option<Vec<u8>> {
        let buffer = JsFuture::from(self.0.array_buffer()).await.ok()?;
        Some(Uint8Array::new(&buffer).to_vec())
    }
}

impl From<Chosen> for JsValue {
    fn from(file: Chosen) -> Self {
        file.0.into()
    }
}

/// Returns the files chosen in a field, and empties it: the same can be chosen again.
pub fn chosen(field: &HtmlInputElement) -> Vec<Chosen> {
    let chosen = list(field.files());
    field.set_value("");
    chosen
}

/// Returns the files that were dropped.
pub fn dropped(event: &DragEvent) -> Vec<Chosen> {
    list(event.data_transfer().and_then(|dropped| dropped.files()))
}

fn list(files: Option<FileList>) -> Vec<Chosen> {
    let Some(files) = files else { return Vec::new() };
    (0..files.length()).filter_map(|at| files.get(at)).map(Chosen).collect()
}
