//! The field in which one searches.

use crate::state::use_app;
use leptos::prelude::*;

/// A search field.
#[component]
pub fn SearchField(
    /// The name of the things that are searched, for those who don't see it.
    label: &'static str,
    /// The hint that says what may be typed.
    hint: &'static str,
    /// The query.
    query: RwSignal<String>,
) -> impl IntoView {
    let app = use_app();
    // How characters are read comes after the first screen; what is typed by then is looked for again.
    leptos::task::spawn_local(async move {
        let Some(open) = app.notebook() else { return };
        if open.load_readings().await {
            let _ = query.try_update(|_| ());
        }
    });
    // Doors are made ready to be found before the first letter is there.
    let prepare = move |_| {
        request_animation_frame(move || {
            if let Some(open) = app.notebook() {
                open.prepare_search();
            }
        });
    };
    view! {
        <div class="search">
            <input
                type="search"
                aria-label=label
                placeholder=hint
                autocomplete="off"
                prop:value=query
                on:focus=prepare
                on:input=move |event| query.set(event_target_value(&event))
            />
        </div>
    }
}
