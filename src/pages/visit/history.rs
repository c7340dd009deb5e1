//! 修改历史: who changed what in a visit, and when. It is at the office and loaded on demand.

use crate::{
    components::{empty::Empty, page::Page},
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::{Kind, RecordId, day, form::labels, wire::HistoryEntry};

/// The history of a visit.
#[component]
pub fn History(
    /// The visit.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let found = RwSignal::new(None::<Result<Vec<HistoryEntry>, String>>);
    leptos::task::spawn_local(async move {
        let answer = app.history(id).await;
        drop(found.try_set(Some(answer)));
    });
    let back = untrack(|| app.read(|notebook| Some(notebook.roster().visit(id)?.household)));
    let back = back.map_or_else(|| "/round".to_owned(), |household| format!("/households/{household}"));
    view! {
        <Page title="修改历史" back=back>
            {move || match found.get() {
                None => view! { <p class="hint" role="status">"正在向办公室查询…"</p> }.into_any(),
                Some(Err(reason)) => view! { <Empty title="暂时看不到".to_owned() hint=reason/> }.into_any(),
                Some(Ok(entries)) if entries.is_empty() => {
                    let hint = "这次走访还只在本机，送到办公室后才有历史".to_owned();
                    view! { <Empty title="还没有历史".to_owned() hint/> }.into_any()
                }
                Some(Ok(entries)) => {
                    let rows = entries.into_iter().map(|entry| view! { <Entry entry/> }).collect_view();
                    view! { <ol class="timeline">{rows}</ol> }.into_any()
                }
            }}
        </Page>
    }
}

#[component]
fn Entry(
    /// The save.
    entry: HistoryEntry,
) -> impl IntoView {
    let when = day::moment(entry.saved_at.cast_signed());
    let fields = entry.changes.iter().filter_map(|(name, value)| {
        let label = labels::field(&Kind::Visit, name)?;
        Some(view! { <p><b>{label}"："</b>{labels::value(&Kind::Visit, name, value)}</p> })
    });
    view! {
        <li class="card visit">
            <p class="visit-head"><b>{entry.by.to_string()}</b><span class="hint">{when}</span></p>
            {fields.collect_view()}
            {(!entry.merged).then(|| view! { <p class="problem">"没有并入记录（待核对或被退回）"</p> })}
        </li>
    }
}
