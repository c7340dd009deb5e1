//! 卷宗 of a dispute, for those who may look at mediation.

use super::{
    day_words,
    desk::{Asked, shown},
};
use crate::{components::sheets::Sheets, platform};
use leptos::prelude::*;
use ruhu_domain::{
    case::{Case, book::CaseFile},
    dispute::{DisputeFile, sheets::committee},
    office::{OfRecord, WholeFile},
};

/// A file's documents, and every step. Reading it is on record.
#[component]
pub fn FilePage(
    /// The dispute.
    of: OfRecord,
    /// Goes back to the list.
    on_close: Callback<()>,
) -> impl IntoView {
    let whole: Asked<WholeFile> = Asked::about("file", &of);
    view! {
        <div class="desk-head no-print">
            <h2>"卷宗"</h2>
            <button class="small-button" on:click=move |_| on_close.run(())>"返回"</button>
            <button class="small-button" on:click=|_| platform::print()>"打印"</button>
        </div>
        <p class="hint no-print">"您的查看已记入审计。卷宗的内容不得外传（人民调解法第十五条）。"</p>
        {shown(whole, |WholeFile { dispute, others, grid }| {
            let Some(file) = DisputeFile::gather(&dispute, &others) else {
                return view! { <p class="problem" role="alert">"这份卷宗读不出来，请联系系统管理员"</p> }.into_any();
            };
            let steps = file.history().map(|done| {
                let why = (!done.taken.why.is_empty()).then(|| format!("：{}", done.taken.why));
                view! { <li>{day_words(done.at)}" "{done.by.to_string()}" "{done.taken.step.label()}{why}</li> }
            });
            let steps = steps.collect_view();
            let sheets = file.sheets();
            let none = sheets.is_empty().then(|| view! { <p class="hint">"还没有文书"</p> });
            let head = format!("{} {}", file.number(), file.dispute.title);
            let summary = file.dispute.summary.clone();
            view! {
                <section class="card item no-print">
                    <h3>{head}</h3>
                    <p>{summary}</p>
                    <ol>{steps}</ol>
                </section>
                {none}
                <Sheets file sheets committee=committee(&grid)/>
            }
            .into_any()
        })}
    }
}
