//! 查重: what may have been registered twice, side by side, and merged by the village's lead.

use crate::{
    components::{empty::Empty, page::Page},
    state::{roster::Entry, use_app},
};
use leptos::prelude::*;
use ruhu_domain::RecordId;

/// Pairs shown at once: the next come when these are settled.
const SHOWN: usize = 50;

/// The pairs that may be the same.
#[component]
pub fn Duplicates() -> impl IntoView {
    let app = use_app();
    let pairs = Memo::new(move |_| app.pairs());
    let rows = move || {
        let pairs = pairs.get();
        if pairs.is_empty() {
            let hint = "姓名、出生日期、电话、户号相同的会列在这里".to_owned();
            return view! { <Empty title="没有发现重复登记".to_owned() hint/> }.into_any();
        }
        let count = pairs.len();
        let rows = pairs.into_iter().take(SHOWN).filter_map(|pair| {
            let (one, other) = (app.entry(pair.one)?, app.entry(pair.other)?);
            let name = if one.name == other.name { one.name } else { format!("{} · {}", one.name, other.name) };
            Some(view! {
                <li>
                    <a class="row link" href=format!("/duplicates/{}/{}", pair.one, pair.other)>
                        <span>{name}</span>
                        <span class="hint">{pair.why.words()}</span>
                    </a>
                </li>
            })
        });
        let rows = rows.collect_view();
        view! { <p class="count" role="status">{count}" 对"</p> <ul class="card rows">{rows}</ul> }.into_any()
    };
    view! { <Page title="查重" back="/me">{rows}</Page> }
}

/// Two records side by side.
#[component]
pub fn PairPage(
    /// The older.
    one: RecordId,
    /// The newer.
    other: RecordId,
) -> impl IntoView {
    let app = use_app();
    let both = untrack(|| app.entry(one).zip(app.entry(other)));
    let Some((first, second)) = both else {
        let hint = "其中一条已作废，或不在您的网格里";
        return view! { <Page title="查重" back="/duplicates"><Empty title="没有这一对" hint/></Page> }.into_any();
    };
    let leads = untrack(|| app.leads(one));
    let merging = RwSignal::new(false);
    let keep = Callback::new(move |(kept, gone): (RecordId, RecordId)| {
        merging.set(true);
        leptos::task::spawn_local(async move {
            if app.merge(gone, Some(kept)).await {
                app.leave_for("/duplicates");
            } else {
                let _ = merging.try_set(false);
            }
        });
    });
    let hint = if leads {
        "合并后只显示留下的一条，另一条的成员和走访都归到它下面。电话等资料不会自动合并，缺的请先补上。以后可以再分开"
    } else {
        "是同一户、同一人的，请村负责人合并；登记错了的可以作废"
    };
    view! {
        <Page title="查重" back="/duplicates">
            <p class="hint">{hint}</p>
            <Side entry=first.clone() beside=second.clone() gone=other leads merging keep/>
            <Side entry=second beside=first gone=one leads merging keep/>
        </Page>
    }
    .into_any()
}

/// One of the two.
#[component]
fn Side(
    /// The record.
    entry: Entry,
    /// The other one: what differs is marked.
    beside: Entry,
    /// Which one goes when this one is kept.
    gone: RecordId,
    /// Whether the worker may merge.
    leads: bool,
    /// Whether it is being done.
    merging: RwSignal<bool>,
    /// Called with the one to keep and the one that goes.
    keep: Callback<(RecordId, RecordId)>,
) -> impl IntoView {
    let id = entry.id;
    let rows = entry.facts.into_iter().zip(beside.facts).map(|((label, words), (_, other))| {
        let differs = words != other;
        let words = if words.is_empty() { "—".to_owned() } else { words };
        view! {
            <p class="row">
                <span>{label}</span>
                <span>{words}{differs.then(|| view! { " "<span class="tag">"不同"</span> })}</span>
            </p>
        }
    });
    let choose = move |_| keep.run((id, gone));
    let href = if entry.household == id { format!("/households/{id}") } else { format!("/residents/{id}") };
    view! {
        <section class="card rows apart">
            <p class="row"><b>{entry.name}</b><a class="text-button" href=href>"打开"</a></p>
            {rows.collect_view()}
            {leads.then(|| view! {
                <p class="row"><button class="button" disabled=merging on:click=choose>"留这一条"</button></p>
            })}
        </section>
    }
}
