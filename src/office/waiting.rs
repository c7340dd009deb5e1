//! 待核对: changes that wait for a decision.

use super::{
    desk::{Asked, shown, use_desk},
    moment,
    places::AtGrid,
    value,
};
use crate::platform::photo::Shown;
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    Kind, OpId,
    form::labels,
    office::{self, FindWaiting, WAITING_PAGE, WaitingPage},
};

/// Shows the ops that wait for a decision.
#[component]
pub fn Waiting() -> impl IntoView {
    let skip = RwSignal::new(0);
    let waiting: Asked<WaitingPage> = Asked::about("waiting", &FindWaiting::default());
    let again = Callback::new(move |()| waiting.again());
    let turn = Callback::new(move |to: usize| {
        skip.set(to);
        waiting.about_again(&FindWaiting { skip: to });
    });
    view! {
        <div class="desk-head"><h2>"待核对"</h2></div>
        {shown(waiting, move |WaitingPage { items, unreadable, all }| {
            let from = skip.get_untracked();
            let count = items.len() + unreadable.len();
            if count == 0 && from > 0 {
                // The last of this page were decided on.
                turn.run(from.saturating_sub(WAITING_PAGE));
            }
            if count == 0 {
                return view! { <p class="hint">"没有待核对的记录"</p> }.into_any();
            }
            // Where some were decided on meanwhile the page is shorter; the next begins after it all the same.
            let to = all.min(from + WAITING_PAGE);
            view! {
                {unreadable.into_iter().map(|op| view! { <Unreadable op on_change=again/> }).collect_view()}
                {items.into_iter().map(|item| view! { <Item item on_change=again/> }).collect_view()}
                {(all > WAITING_PAGE).then(|| view! { <Pages from to all turn/> })}
            }
            .into_any()
        })}
    }
}

/// Which of all that wait are shown, and the way to the others.
#[component]
fn Pages(
    /// How many are before these.
    from: usize,
    /// How many are up to the last of these.
    to: usize,
    /// How many wait in all.
    all: usize,
    /// Called with how many to leave out.
    turn: Callback<usize>,
) -> impl IntoView {
    view! {
        <p class="decide" role="status">
            <button
                type="button" class="small-button" disabled=from == 0
                on:click=move |_| turn.run(from.saturating_sub(WAITING_PAGE))
            >"上一页"</button>
            <span class="hint">{format!("第 {}～{to} 条，共 {all} 条，先到的在前", from + 1)}</span>
            <button type="button" class="small-button" disabled={to >= all} on:click=move |_| turn.run(to)>"下一页"</button>
        </p>
    }
}

/// A change that can't be read: it can only be returned.
#[component]
fn Unreadable(
    /// The change.
    op: OpId,
    /// Called after a decision.
    on_change: Callback<()>,
) -> impl IntoView {
    view! {
        <article class="card item">
            <p class="problem">"这条记录读不出来，不能采纳。退回后走访人会看到原因，可以重新填写"</p>
            <Decide op acceptable=false on_change/>
        </article>
    }
}

/// The decision on a change.
#[component]
fn Decide(
    /// The change.
    op: OpId,
    /// Whether it can be accepted.
    acceptable: bool,
    /// Called after a decision.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let reason = NodeRef::<html::Input>::new();
    let decision = move |reason: String| office::Decision { op, reason };
    let accept = move |_| desk.act("accept", decision(String::new()), "已采纳", move || on_change.run(()));
    let refuse = move |event: SubmitEvent| {
        event.prevent_default();
        desk.act("refuse", decision(value(reason)), "已退回，走访人会看到原因", move || on_change.run(()));
    };
    view! {
        <form class="decide" on:submit=refuse>
            {acceptable.then(|| view! {
                <button type="button" class="small-button main" on:click=accept>"采纳"</button>
            })}
            <input type="text" autocomplete="off" aria-label="退回原因" placeholder="退回原因，走访人会看到" node_ref=reason/>
            <button class="small-button" type="submit">"退回"</button>
        </form>
    }
}

#[component]
fn Item(
    /// The change.
    item: office::Waiting,
    /// Called after a decision.
    on_change: Callback<()>,
) -> impl IntoView {
    let op = item.op;
    let kind = item.kind.clone();
    let fields = item.changes.iter().filter_map(|(name, value)| {
        let label = labels::field(&kind, name)?;
        Some(view! { <p><b>{label}"："</b>{labels::value(&kind, name, value)}</p> })
    });
    view! {
        <article class="card item">
            <p>
                <b>{labels::kind(&item.kind).to_owned()}</b>" · "{item.by.to_string()}" · "<AtGrid grid=item.channel.grid.clone()/>
                <span class="hint">" "{moment(item.received_at)}</span>
            </p>
            {(!item.household.is_empty()).then(|| view! { <p><b>"户："</b>{item.household.clone()}</p> })}
            <p class="problem">{item.reason.clone()}</p>
            {fields.collect_view()}
            {(item.kind == Kind::Photo).then(|| view! { <Photo op/> })}
            <Decide op acceptable=true on_change/>
        </article>
    }
}

/// The photo of a photo that waits, shown when it is asked for: each look is on record.
#[component]
fn Photo(
    /// The change.
    op: OpId,
) -> impl IntoView {
    let desk = use_desk();
    let shown = RwSignal::new_local(None::<Shown>);
    let show = move |_| {
        leptos::task::spawn_local(async move {
            match desk.photo("photo", &office::WaitingPhoto { op }).await.map(|bytes| Shown::new(&bytes)) {
                Ok(Some(photo)) => drop(shown.try_set(Some(photo))),
                Ok(None) => desk.say("这张照片显示不了"),
                Err(words) => desk.say(words),
            }
        });
    };
    view! {
        {move || shown.with(|shown| match shown {
            Some(photo) => view! { <img class="picture" src=photo.address() alt="待核对的照片"/> }.into_any(),
            None => view! { <button type="button" class="small-button" on:click=show>"看照片"</button> }.into_any(),
        })}
    }
}
