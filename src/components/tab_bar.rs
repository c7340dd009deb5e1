//! The bottom bar: 今日 · 走访 · 事项 · 关爱 · 我的.

use super::case_tabs::is_case;
use crate::state::use_app;
use leptos::prelude::*;

const TABS: [(&str, &str, &str); 5] = [
    ("/", "今日", "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4"),
    ("/round", "走访", "M4 11l8-7 8 7M6 10v10h12V10M10 20v-6h4v6"),
    ("/matters", "事项", "M6 4h12v16H6zM9 9h6M9 13h6M9 17h3"),
    ("/care", "关爱", "M12 20S4 15 4 9.5A4 4 0 0 1 12 8a4 4 0 0 1 8 1.5C20 15 12 20 12 20z"),
    ("/me", "我的", "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c1-5 4-7 8-7s7 2 8 7"),
];

/// Whether a path is a tab's own, or below it.
fn is_in(path: &str, tab: &str) -> bool {
    path.strip_prefix(tab).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a tab is the one that a path is in.
fn is_current(path: &str, tab: &str) -> bool {
    is_in(path, tab) || (tab == "/matters" && is_case(path))
}

/// The bottom bar. Hidden while a form is open: a form has one way on.
#[component]
pub fn TabBar() -> impl IntoView {
    let app = use_app();
    let may_mediate = Memo::new(move |_| !app.mediation_channels().is_empty());
    let tabs = TABS.map(|(href, label, drawing)| {
        // Who handles no disputes begins with what is theirs.
        let first = move || if href == "/matters" && !may_mediate.get() { "/hazards" } else { href };
        view! {
            <a href=first class="tab" aria-current=move || app.path.with(|path| is_current(path, href)).then_some("page")>
                <svg viewBox="0 0 24 24" aria-hidden="true">
                    <path d=drawing/>
                </svg>
                <span>{label}</span>
            </a>
        }
    });
    view! { <nav class="tabs" class:away=move || app.form_open.get() aria-label="主导航">{tabs.collect_view()}</nav> }
}
