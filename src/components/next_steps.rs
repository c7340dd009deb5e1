//! The steps of a file that may be taken: the usual ones as big buttons, the others below.

use crate::{route::path_of, state::use_app};
use leptos::prelude::*;
use ruhu_domain::{
    Kind, RecordId,
    case::{Need, Offer, Step},
};
use serde_json::Map;

/// A step that may be taken.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub label: &'static str,
    /// The requirements that are not met yet, in words.
    pub missing: Vec<&'static str>,
    /// Whether something has to be said with it.
    pub asks: bool,
    /// Whether it is a big button.
    pub main: bool,
}

impl Choice {
    /// The choices that a case offers, in their order; `is_main` tells, of a step and its place, whether it is a big button.
    pub fn of<S: Step>(offers: impl IntoIterator<Item = Offer<S>>, is_main: impl Fn(S, usize) -> bool) -> Vec<Self> {
        let choices = offers.into_iter().enumerate().map(|(place, Offer { step, missing, asks })| Self {
            code: step.code(),
            label: step.into(),
            missing: missing.into_iter().map(Need::words).collect(),
            asks: !asks.is_empty(),
            main: is_main(step, place),
        });
        choices.collect()
    }
}

/// The choices, in their order.
#[component]
pub fn NextSteps(
    /// The file's head.
    head: RecordId,
    /// The kind of the steps.
    kind: Kind,
    /// The choices.
    choices: Vec<Choice>,
) -> impl IntoView {
    let (main, others): (Vec<Choice>, Vec<Choice>) = choices.into_iter().partition(|choice| choice.main);
    let main = main.into_iter().map(|choice| way(head, kind.clone(), choice)).collect_view();
    let contacts = format!("/contacts{}", path_of(&kind, head));
    let others: Vec<_> =
        others.into_iter().map(|choice| view! { <li>{way(head, kind.clone(), choice)}</li> }).collect();
    view! {
        <section class="next">
            {main}
            {(!others.is_empty()).then(|| view! {
                <details><summary>"其他步骤"</summary><ul class="card rows">{others}</ul></details>
            })}
            <a href=contacts class="text-button">"要找人帮忙？便民电话"</a>
        </section>
    }
}

fn way(head: RecordId, kind: Kind, choice: Choice) -> AnyView {
    let app = use_app();
    let Choice { code, label, missing, asks, main } = choice;
    let class = if main { "button" } else { "row link strong" };
    if !missing.is_empty() {
        let words = missing.into_iter().map(|words| view! { <p class="hint">{words}</p> }).collect_view();
        let class = if main { "missing" } else { "missing row" };
        return view! { <div class=class><b>"下一步："{label}</b>{words}</div> }.into_any();
    }
    if asks {
        let path = format!("{}/step/{code}", path_of(&kind, head));
        return view! { <a href=path class=class>{label}</a> }.into_any();
    }
    let busy = RwSignal::new(false);
    let take = move |_| {
        // A second tap while the first is being kept would be a second step.
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let kind = kind.clone();
        leptos::task::spawn_local(async move {
            if let Err(error) = app.take(&kind, head, code, Map::new()).await {
                app.say(error.to_string(), None);
            }
            let _ = busy.try_set(false);
        });
    };
    view! { <button class=class on:click=take>{label}</button> }.into_any()
}
