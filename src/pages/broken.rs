//! The storage can't be opened.

use leptos::prelude::*;

/// Says why, and what to do.
#[component]
pub fn Broken(
    /// Why.
    reason: String,
) -> impl IntoView {
    let again = |_| drop(crate::platform::window().location().reload());
    view! {
        <main class="page login">
            <h1>"暂时打不开记录本"</h1>
            <p role="alert">{reason}</p>
            <p>"手机里的记录没有被删除。可以先重试；如果一直这样，请联系办公室。"</p>
            <button class="button" on:click=again>"重试"</button>
        </main>
    }
}
