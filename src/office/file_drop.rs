//! Choosing files, or dropping them.

use crate::platform::files::{self, Chosen};
use leptos::{ev::DragEvent, html, prelude::*};

/// A field for tables.
#[component]
pub fn FileDrop(
    /// The field's name.
    label: &'static str,
    /// Called with the files.
    on_files: Callback<Vec<Chosen>>,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let over = RwSignal::new(false);
    let choose = move |_| on_files.run(field.get_untracked().map(|field| files::chosen(&field)).unwrap_or_default());
    let take = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        on_files.run(files::dropped(&event));
    };
    view! {
        <label
            class="drop-zone"
            class:over=over
            on:dragover=move |event: DragEvent| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=take
        >
            <input type="file" multiple accept=".xlsx,.xls,.csv,.txt" aria-label=label node_ref=field on:change=choose/>
            <span>"选文件，或把文件拖到这里"</span>
        </label>
    }
}
