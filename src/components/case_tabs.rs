//! 事项: what there is of it, one tab each.

use crate::{route::path_of, state::use_app};
use leptos::prelude::*;
use ruhu_domain::{Kind, RecordId, form::labels};

/// The tabs, and where each leads.
const TABS: [(&str, &str); 5] =
    [("/matters", "纠纷"), ("/hazards", "隐患"), ("/requests", "诉求"), ("/patrols", "巡逻"), ("/outreach", "宣讲")];

/// Whether a path is a list of 事项, or below one.
pub fn is_case(path: &str) -> bool {
    TABS.iter().any(|(tab, _)| path.strip_prefix(tab).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The tabs.
#[component]
pub fn CaseTabs() -> impl IntoView {
    let app = use_app();
    let tabs = TABS.map(|(href, label)| {
        let current = move || app.path.with(|path| path == href).then_some("page");
        view! { <a href=href class="matter-tab" aria-current=current>{label}</a> }
    });
    view! { <nav class="matter-tabs" aria-label="事项">{tabs.into_iter().collect_view()}</nav> }
}

/// Returns the name of a kind of file in a button.
pub const fn short_word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Hazard => "隐患",
        Kind::Request => "诉求",
        Kind::CareCase => "关爱",
        _ => "纠纷",
    }
}

/// The last part of the address under which a file of this kind is begun.
pub const fn begin_word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Hazard => "hazard",
        Kind::Request => "request",
        Kind::CareCase => "care",
        _ => "dispute",
    }
}

/// The cases that came from a visit or a finding, and buttons that begin more from it.
#[component]
pub fn Turned(
    /// The visit or the finding.
    id: RecordId,
    /// Its address.
    path: String,
) -> impl IntoView {
    let app = use_app();
    move || {
        let risen = app.risen_from(id);
        let kinds: Vec<Kind> = risen.iter().map(|risen| risen.kind.clone()).collect();
        let risen = risen.into_iter().map(|risen| {
            let words = format!("已转{}", labels::kind(&risen.kind));
            view! { <a href=path_of(&risen.kind, risen.id) class="text-button strong">{words}</a> }
        });
        let risen = risen.collect_view();
        let ways = app.can_begin_at(id).into_iter().filter(|kind| !kinds.contains(kind)).map(|kind| {
            let href = format!("{path}/{}", begin_word(&kind));
            view! { <a href=href class="text-button">{format!("转{}", short_word(&kind))}</a> }
        });
        view! { <p class="turned">{risen}{ways.collect_view()}</p> }
    }
}
