//! 办理: a step of a file about which something has to be said.

use crate::{
    components::{
        empty::Empty,
        page::Page,
        record_form::{RecordForm, Values},
    },
    route::path_of,
    state::use_app,
};
use leptos::{ev::SubmitEvent, prelude::*};
use ruhu_domain::{Kind, RecordId, field::Field, form::Wrong};
use serde_json::{Map, Value};

/// A step to take.
#[component]
pub fn TakeStep(
    /// The file's head.
    head: RecordId,
    /// The kind of the step.
    kind: Kind,
    /// Its code.
    code: &'static str,
    /// Its name.
    label: &'static str,
    /// The fields that are asked for with it.
    fields: Vec<Field>,
    /// The law it rests on; may be empty.
    law: &'static str,
) -> impl IntoView {
    let app = use_app();
    let back = StoredValue::new(path_of(&kind, head));
    let there = untrack(|| app.notebook().and_then(|open| open.channel_of(head)).is_some() && !app.is_kept_only(head));
    if !there {
        let hint = "可能已作废，或换了网格、权限";
        return view! { <Page title=label back=back.get_value()><Empty title="没有这份卷宗" hint/></Page> }.into_any();
    }
    app.open_form();
    let kind = StoredValue::new(kind);
    let values = RwSignal::new(Values::new());
    let problem = RwSignal::new(None::<String>);
    let saving = RwSignal::new(false);
    let change = Callback::new(move |(name, value): (&'static str, Value)| {
        values.update(|values| drop(values.insert(name.to_owned(), value)));
        problem.set(None);
    });
    let take = move |event: SubmitEvent| {
        event.prevent_default();
        if saving.get_untracked() {
            return;
        }
        saving.set(true);
        let said: Map<String, Value> = values.get_untracked();
        let said = Map::from_iter(said.into_iter().filter(|(_, value)| !value.is_null()));
        leptos::task::spawn_local(async move {
            match app.take(&kind.get_value(), head, code, said).await {
                Ok(()) => app.leave_for(&back.get_value()),
                Err(error) => {
                    let _ = saving.try_set(false);
                    drop(problem.try_set(Some(error.to_string())));
                }
            }
        });
    };
    view! {
        <Page title=label back=back.get_value()>
            <form class="visit-form" autocomplete="off" on:submit=take novalidate>
                {(!law.is_empty()).then(|| view! { <p class="hint">"依据："{law}</p> })}
                <RecordForm fields values wrong=Signal::stored(None::<Wrong>) on_change=change/>
                <div class="action">
                    <p class="problem" role="status">{move || problem.get()}</p>
                    <button class="button" type="submit" disabled=saving>{label}</button>
                </div>
            </form>
        </Page>
    }
    .into_any()
}
