//! What one window tells the others.

use ruhu_domain::engine::Delta;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// The channel between the windows of this phone.
pub struct Tabs {
    channel: Option<BroadcastChannel>,
    _listener: Option<Closure<dyn FnMut(MessageEvent)>>,
}

impl Tabs {
    /// Joins the others; `receive` is called for each change they made, with none where the storage is
    /// to be read again.
    pub fn join(mut receive: impl FnMut(Option<Delta>) + 'static) -> Self {
        let Ok(channel) = BroadcastChannel::new("ruhu") else {
            return Self { channel: None, _listener: None };
        };
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            receive(serde_json::from_slice(text.as_bytes()).unwrap_or_default());
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Self { channel: Some(channel), _listener: Some(listener) }
    }

    /// Tells the others what changed, or with none to read the storage again.
    pub fn tell(&self, delta: Option<&Delta>) {
        if let (Some(channel), Ok(text)) = (&self.channel, serde_json::to_string(&delta)) {
            drop(channel.post_message(&JsValue::from_str(&text)));
        }
    }
}

impl Drop for Tabs {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.set_onmessage(None);
            channel.close();
        }
    }
}
