//! The ticks: where a record is.

use crate::state::use_app;
use leptos::prelude::*;
use ruhu_domain::RecordId;

/// ✓ 已存本机, or ✓✓ 已到办公室.
#[component]
pub fn Tick(
    /// The record.
    record: RecordId,
) -> impl IntoView {
    let app = use_app();
    let at_office = Memo::new(move |_| app.read(|notebook| notebook.engine().at_office(record)));
    move || {
        if at_office.get() {
            view! { <span class="tick office">"✓✓ 已到办公室"</span> }
        } else {
            view! { <span class="tick">"✓ 已存本机"</span> }
        }
    }
}
