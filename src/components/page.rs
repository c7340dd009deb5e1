//! A screen: a title, a way back where there is one, and what it shows.

use super::notice::Notice;
use leptos::prelude::*;

/// A screen.
#[component]
pub fn Page(
    /// The title.
    #[prop(into)]
    title: Signal<String>,
    /// Where back leads; none on the screens of the bottom bar.
    #[prop(optional, into)]
    back: Option<String>,
    /// The contents of the page.
    children: Children,
) -> impl IntoView {
    view! {
        <header class="bar">
            {back.map(|href| view! { <a href=href class="back" aria-label="返回">"‹"</a> })}
            <h1>{title}</h1>
        </header>
        <main class="page">
            <Notice/>
            {children()}
        </main>
    }
}
