//! Long lists: only the rows in view are in the page.

use crate::platform::window;
use leptos::{ev, html, prelude::*};
use std::sync::Arc;

/// Rows drawn above and below the view, once those in it are on the screen.
const MARGIN: usize = 3;

/// A list whose rows all have one height.
#[component]
pub fn Windowed<T, N, K, F, V>(
    /// The rows.
    #[prop(into)]
    items: Signal<Arc<Vec<T>>>,
    /// A row's height in CSS pixels.
    #[prop(into)]
    row_height: Signal<u32>,
    /// The key that tells a row apart. A row with another key is drawn anew.
    key: N,
    /// Draws a row.
    row: F,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    N: Fn(&T) -> K + Clone + Send + Sync + 'static,
    K: Eq + std::hash::Hash + Clone + Send + Sync + 'static,
    F: Fn(T) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let list = NodeRef::<html::Ul>::new();
    let view_top = RwSignal::new(0.0_f64);
    // The items that are on the screen, by where they are in memory.
    let shown_items = RwSignal::new(0_usize);
    let address = move |items: &Arc<Vec<T>>| Arc::as_ptr(items) as usize;
    let look = move || {
        // The list may be gone by the time of a frame that was asked for.
        if let Some(list) = list.try_get_untracked().flatten() {
            view_top.try_set(-list.get_bounding_client_rect().top());
            shown_items.try_set(items.with_untracked(address));
        }
    };
    let scrolling = window_event_listener(ev::scroll, move |_| look());
    let resizing = window_event_listener(ev::resize, move |_| look());
    on_cleanup(move || {
        scrolling.remove();
        resizing.remove();
    });
    // Not at once: to measure is to lay out the page, and other rows are still to be drawn.
    Effect::new(move |_| {
        items.track();
        request_animation_frame(look);
    });
    let range = Memo::new(move |_| {
        let height = f64::from(row_height.get().max(1));
        let count = items.with(|items| items.len());
        let view = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(800.0);
        let top = view_top.get();
        let first = (top.max(0.0) / height) as usize;
        let last = ((view + top).max(0.0) / height).ceil() as usize;
        let margin = if items.with(address) == shown_items.get() { MARGIN } else { 0 };
        let from = first.saturating_sub(margin).min(count);
        (from, (last + margin).min(count))
    });
    let visible = move || {
        let (from, to) = range.get();
        items.with(|items| items.get(from..to.min(items.len())).unwrap_or_default().to_vec())
    };
    let top = move || format!("{}px", range.get().0 * row_height.get() as usize);
    let bottom = move || {
        let below = items.with(|items| items.len()).saturating_sub(range.get().1);
        format!("{}px", below * row_height.get() as usize)
    };
    view! {
        <ul class="list" node_ref=list style:padding-top=top style:padding-bottom=bottom>
            <For each=visible key=move |item| key(item) let:item>
                <li>{row(item)}</li>
            </For>
        </ul>
    }
}
