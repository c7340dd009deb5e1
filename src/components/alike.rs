//! 可能重复: other disputes with the same parties or place, so that nobody begins the same file twice.

use crate::state::use_app;
use leptos::prelude::*;
use ruhu_domain::{
    RecordId,
    dispute::{
        DisputeFile,
        codes::DisputeType,
        known::{Alike, Traits},
    },
};

/// The disputes that may be the same as this one; nothing where there is none.
#[component]
pub fn AlikeDisputes(
    /// The dispute.
    dispute: RecordId,
    /// The traits that it is compared by with others.
    #[prop(into)]
    traits: Signal<Traits>,
) -> impl IntoView {
    let app = use_app();
    let saved = Memo::new(move |_| app.file(dispute).is_some());
    let found = Memo::new(move |_| {
        let words = |(file, why): (DisputeFile, Alike)| {
            let matter = file.dispute.matter.map_or("未分类", DisputeType::label);
            let what = format!("{matter} {} {}", file.parties_in_short(), file.number());
            (file.id, what, format!("{}，{}", why.words(), file.state.label()))
        };
        traits.with(|traits| app.alike(dispute, traits)).into_iter().map(words).collect::<Vec<_>>()
    });
    move || {
        let found = found.get();
        if found.is_empty() {
            return ().into_any();
        }
        let row = |(earlier, what, why): (RecordId, String, String)| {
            let note = move |_| leptos::task::spawn_local(async move { app.note_earlier(dispute, earlier).await });
            let note = saved.get().then(|| {
                view! { <button class="text-button" type="button" on:click=note>"关联为先前纠纷"</button> }
            });
            view! {
                <li class="row">
                    <a href=format!("/matters/{earlier}")>{what}</a>
                    <span class="hint">{why}</span>
                    {note}
                </li>
            }
        };
        let rows = found.into_iter().map(row).collect_view();
        view! {
            <section class="missing" aria-label="可能重复">
                <b>"一年内有相似的纠纷，请先看是不是同一件"</b>
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    }
}
