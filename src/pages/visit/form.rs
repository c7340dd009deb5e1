//! 入户走访: the form. Its fields are a table ([`ruhu_domain::form`]); who was met is chosen of those who live there.

use crate::{
    components::chips::AnyOf,
    pages::case::form::{Beside, Form, form_with},
    state::{notebook::drafts::Draft, use_app},
};
use leptos::prelude::*;
use ruhu_domain::{RecordId, codes::Outcome};
use serde_json::Value;

/// A new visit to a household, or its draft.
#[component]
pub fn NewVisit(
    /// The household.
    id: RecordId,
) -> impl IntoView {
    form(use_app().draft_for(id))
}

/// A change to a visit.
#[component]
pub fn EditVisit(
    /// The visit.
    id: RecordId,
) -> impl IntoView {
    form(use_app().draft_of(id))
}

fn form(draft: Option<Draft>) -> AnyView {
    let household = draft.as_ref().and_then(Draft::visit).map(|visit| visit.household);
    let back = household.map_or_else(|| "/round".to_owned(), |household| format!("/households/{household}"));
    let none = ("没有这条记录", "可能已作废，或不在您的网格里");
    let met = move |form: Form| household.map(|household| view! { <Met household form/> }).into_any();
    form_with(draft, back, none, Beside::first(met).lead(household.map(door).unwrap_or_default()))
}

/// Returns the number, the head and the address of a household.
fn door(household: RecordId) -> String {
    let door = use_app()
        .notebook()
        .and_then(|open| open.roster().household(household).map(|(_, household)| household.clone()));
    door.map_or_else(String::new, |door| format!("{} {} · {}", door.number, door.head, door.address))
}

/// 见到谁: some of those who live there.
#[component]
fn Met(
    /// The household.
    household: RecordId,
    /// The form.
    form: Form,
) -> impl IntoView {
    let app = use_app();
    let members = app.notebook().map(|open| open.roster().members(household)).unwrap_or_default();
    let members: Vec<_> = members.into_iter().map(|(_, member)| (member.name.clone(), member.name.clone())).collect();
    let away = Memo::new(move |_| form.text("outcome") != Outcome::Met.code());
    let names = |value: Option<&Value>| {
        let names = value.and_then(Value::as_array).into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let chosen = Signal::derive(move || form.values.with(|values| names(values.get("met"))));
    let toggle = Callback::new(move |(name, on): (String, bool)| {
        let mut now = chosen.get_untracked();
        now.retain(|kept| *kept != name);
        now.extend(on.then_some(name));
        form.change.run(("met", now.into()));
    });
    (!members.is_empty()).then(|| {
        view! {
            <div class:away=away>
                <AnyOf legend="见到谁" options=members chosen on_toggle=toggle/>
            </div>
        }
    })
}
