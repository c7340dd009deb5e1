//! 已登记的人: who is on the phone already under the name that is being typed. One tap fills in what is known.

use crate::state::use_app;
use leptos::prelude::*;
use ruhu_domain::dispute::known::Person;

/// People whose name begins as it was typed; nothing where there are none.
#[component]
pub fn KnownPeople(
    /// The text typed so far.
    #[prop(into)]
    typed: Signal<String>,
    /// Whether parties of other disputes are shown too, and not the roster alone.
    earlier: bool,
    /// Called with who was chosen.
    on_choose: Callback<Person>,
) -> impl IntoView {
    let app = use_app();
    let chosen = RwSignal::new(None::<String>);
    let found = Memo::new(move |_| {
        let typed = typed.get();
        // Once somebody was chosen the others are no longer in the way.
        if chosen.get().as_ref() == Some(&typed) { Vec::new() } else { app.known_people(&typed, earlier) }
    });
    move || {
        let found = found.get();
        if found.is_empty() {
            return ().into_any();
        }
        let row = |person: Person| {
            let name = person.name.clone();
            let tail: String = person.phone.chars().skip(person.phone.chars().count().saturating_sub(4)).collect();
            let phone = if tail.is_empty() { String::new() } else { format!(" 尾号{tail}") };
            let from = format!("{}{phone}", person.address);
            let choose = move |_| {
                chosen.set(Some(person.name.clone()));
                on_choose.run(person.clone());
            };
            view! {
                <li>
                    <button class="row link" type="button" on:click=choose>
                        <span>{name}</span>
                        <span class="hint">{from}</span>
                    </button>
                </li>
            }
        };
        let rows = found.into_iter().map(row).collect_view();
        view! { <ul class="card rows" aria-label="已登记的人">{rows}</ul> }.into_any()
    }
}
