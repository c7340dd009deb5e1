//! Messages from one window to the others.

use ruhu_domain::engine::Delta;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// A message to the other windows. As text: a delta as JSON, or one of the words below.
#[derive(Clone, Debug)]
pub enum News<D> {
    /// This changed.
    Changed(D),
    /// The storage is to be read again.
    Reload,
    /// The worker locked the app.
    Lock,
}

/// The channel's name.
const NAME: &str = "ruhu";

const LOCK: &str = "lock";
const RELOAD: &str = "reload";

/// The channel between the windows of this phone.
pub struct Tabs {
    channel: Option<BroadcastChannel>,
    _listener: Option<Closure<dyn FnMut(MessageEvent)>>,
}

impl Tabs {
    /// Joins the others; `receive` is called with what they tell. What can't be read comes from another version: the
    /// storage is read again.
    pub fn join(mut receive: impl FnMut(News<Box<Delta>>) + 'static) -> Self {
        let Ok(channel) = BroadcastChannel::new(NAME) else {
            return Self { channel: None, _listener: None };
        };
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            receive(match serde_json::from_slice(text.as_bytes()) {
                Ok(delta) => News::Changed(delta),
                Err(_) if text == LOCK => News::Lock,
                Err(_) => News::Reload,
            });
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Self { channel: Some(channel), _listener: Some(listener) }
    }

    /// Tells every window to read the storage again, also where none of this window's is joined.
    pub fn tell_to_reload() {
        if let Ok(channel) = BroadcastChannel::new(NAME) {
            drop(channel.post_message(&JsValue::from_str(RELOAD)));
            channel.close();
        }
    }

    /// Tells the others.
    pub fn tell(&self, news: &News<&Delta>) {
        let Some(channel) = &self.channel else { return };
        let text = match news {
            News::Changed(delta) => serde_json::to_string(delta).unwrap_or_default(),
            News::Lock => LOCK.to_owned(),
            News::Reload => RELOAD.to_owned(),
        };
        drop(channel.post_message(&JsValue::from_str(&text)));
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
