//! 发送: what has not reached the office yet, one by one.

use crate::{
    platform::clock,
    state::{SyncStatus, use_app},
};
use leptos::prelude::*;
use ruhu_domain::{
    Kind, day,
    engine::{Queued, QueuedState},
    form::labels,
    record::WITHDRAWN,
    roster::resident::Resident,
    visit::Visit,
};

/// Unsent items shown one by one.
const SHOWN: usize = 50;

/// Every unsent item: what it is, its state and the reason.
#[component]
pub fn Outbox() -> impl IntoView {
    let app = use_app();
    let items = move || {
        app.read(|notebook| {
            let engine = notebook.engine();
            let roster = notebook.roster();
            let item = |queued: &Queued| {
                let record = engine.record(queued.op.record);
                let household = record.and_then(|record| match record.kind {
                    Kind::Household => Some(record.id),
                    Kind::Visit => Some(record.view::<Visit>()?.household),
                    Kind::Resident => Some(record.view::<Resident>()?.household),
                    _ => None,
                });
                let household = household.and_then(|id| roster.household(id));
                let name = household.map(|(_, household)| format!("{} {}", household.number, household.head));
                (queued.clone(), name.unwrap_or_default())
            };
            let items: Vec<_> = engine.outbox().take(SHOWN).map(item).collect();
            (engine.outbox().count(), items)
        })
    };
    let count = move || items().0;
    let photos = move || app.read(|notebook| notebook.unsent_photos().len());
    let synced = move || app.read(|notebook| notebook.engine().head().synced_at);
    let unreadable = move || app.read(|notebook| notebook.engine().head().unreadable.len());
    let state = move || match app.status.get() {
        SyncStatus::Sending => "正在发送…".to_owned(),
        _ => synced().map_or_else(
            || "还没有和办公室同步过".to_owned(),
            |at| format!("上次同步：{}", day::ago(at.cast_signed(), clock::now_ms())),
        ),
    };
    view! {
        <section>
            <h2>"发送"</h2>
            <div class="card rows">
                <p class="row">
                    <span>{move || match (count(), photos()) {
                        (0, 0) => "全部已到办公室".to_owned(),
                        (0, count) => format!("{count} 张照片还没到办公室"),
                        (count, _) => format!("{count} 条还没到办公室"),
                    }}</span>
                    <button class="text-button" on:click=move |_| app.sync_now()>"立即发送"</button>
                </p>
                <p class="row hint" role="status">{state}</p>
                <ul class="rows">
                    {move || items().1.into_iter().map(|(queued, household)| view! { <Item queued household/> }).collect_view()}
                </ul>
                {move || (count() + photos() > 0).then(|| view! {
                    <p class="row">
                        <span class="hint">"一直发不出去？导出文件交办公室，内含群众信息，请勿转发"</span>
                        <button class="text-button" on:click=move |_| leptos::task::spawn_local(app.export_unsent())>"导出"</button>
                    </p>
                })}
                {move || (unreadable() > 0).then(|| view! {
                    <p class="row problem" role="alert">
                        {format!("办公室有 {} 条记录这台手机读不出来，没有显示。其他记录不受影响，请告诉办公室", unreadable())}
                    </p>
                })}
                {move || (count() > SHOWN).then(|| view! { <p class="row hint">"还有 "{count() - SHOWN}" 条未列出"</p> })}
            </div>
        </section>
    }
}

#[component]
fn Item(
    /// The unsent op.
    queued: Queued,
    /// The household's number and head, where it has to do with one.
    household: String,
) -> impl IntoView {
    let app = use_app();
    let id = queued.op.id;
    let withdrawn = queued.op.changes.contains_key(WITHDRAWN);
    let what = match (&queued.op.kind, withdrawn) {
        (Kind::Visit, true) => "撤销走访",
        (Kind::Other(_), _) => "记录",
        (kind, _) => labels::kind(kind),
    };
    let what = what.to_owned();
    let since = day::ago(queued.op.stamp.ms.cast_signed(), clock::now_ms());
    let sending = move || app.status.get() == SyncStatus::Sending;
    let (state, reason, retry) = match queued.state {
        QueuedState::Waiting => ("", String::new(), false),
        QueuedState::Review { reason } => ("待核对", reason, false),
        QueuedState::SetAside { reason } => ("被退回", reason, true),
    };
    let waiting = state.is_empty();
    let retry_now = move |_| leptos::task::spawn_local(async move { app.retry(id).await });
    let sure = RwSignal::new(false);
    let give_up = move |_| {
        if sure.get_untracked() {
            leptos::task::spawn_local(async move { app.give_up(id).await });
        }
        sure.set(true);
    };
    let give_up_words = move || if sure.get() { "确定放弃" } else { "放弃" };
    view! {
        <li class="row">
            <span>
                {what}" "{household}
                <br/>
                <span class="hint">{since}" · ✓ 已存本机"</span>
                {(!reason.is_empty()).then(|| view! { <br/><span class="problem">{reason}</span> })}
            </span>
            <span class="hint">
                {move || if waiting { if sending() { "发送中" } else { "等待" } } else { state }}
                {retry.then(|| view! {
                    <button class="text-button" on:click=retry_now>"重试"</button>
                    <button class="text-button" on:click=give_up>{give_up_words}</button>
                })}
            </span>
        </li>
    }
}
