//! A door of the round.

use crate::{platform::clock, state::use_app};
use leptos::prelude::*;
use ruhu_domain::{day, roster::doors::Door};

/// The number, whom to ask for, what to remember, the last visit, and what to do.
#[component]
pub fn DoorRow(
    /// The door.
    door: Door,
    /// Who was searched for and lives there.
    #[prop(optional_no_strip)]
    found: Option<String>,
) -> impl IntoView {
    let app = use_app();
    let now = clock::now_ms();
    let id = door.id;
    let last = match &door.last {
        None => "还没走访过".to_owned(),
        Some(last) => format!("{} {}", day::ago(last.at, now), last.outcome.label()),
    };
    let last = match found {
        Some(name) if name != door.household.head => format!("{name} · {last}"),
        _ => last,
    };
    let tags = door.household.tags.iter().map(|tag| view! { <span class="tag">{tag.label()}</span> }).collect_view();
    let due = door.is_due(clock::today());
    let nobody_home = move |_| leptos::task::spawn_local(async move { app.log_nobody_home(id).await });
    view! {
        <article class=if due { "door due" } else { "door" }>
            <a href=format!("/households/{id}") class="door-main">
                <span class="door-number">{door.household.number.clone()}</span>
                <span class="door-text">
                    <span class="door-head"><b>{door.household.head.clone()}</b>{tags}</span>
                    <span class="door-last">{last}</span>
                </span>
            </a>
            <button class="small-button" on:click=nobody_home>"无人在家"</button>
            <a href=format!("/households/{id}/visit") class="small-button main">"走访"</a>
        </article>
    }
}
