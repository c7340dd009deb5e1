//! The message of a screen that has nothing to list.

use leptos::prelude::*;

/// A heading and what to do.
#[component]
pub fn Empty(
    /// The name of the missing thing.
    #[prop(into)]
    title: Signal<String>,
    /// The hint that says what to do about it.
    #[prop(into)]
    hint: Signal<String>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <p>{hint}</p>
        </div>
    }
}
