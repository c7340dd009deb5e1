//! The fields of a record's form, as its table says ([`ruhu_domain::form`]).

use super::chips::{AnyOf, OneOf};
use crate::platform::clock;
use leptos::prelude::*;
use ruhu_domain::{
    day,
    field::{self, Field, Input, MAX_TEXT},
    form::Wrong,
};
use serde_json::{Map, Value};

/// The values of the fields of a form.
pub type Values = Map<String, Value>;

/// The fields, those that are seldom needed folded away.
#[component]
pub fn RecordForm(
    /// The fields.
    fields: Vec<Field>,
    /// The values of the fields.
    #[prop(into)]
    values: Signal<Values>,
    /// The fault of one of them.
    #[prop(into)]
    wrong: Signal<Option<Wrong>>,
    /// Called with a field's name and its new value.
    on_change: Callback<(&'static str, Value)>,
    /// The view below the first field.
    #[prop(optional, into)]
    below_first: ViewFn,
) -> impl IntoView {
    let rows = |folded: bool| {
        let rows = fields.iter().copied().filter(move |field| field.folded == folded);
        rows.map(|field| view! { <Row field values wrong on_change/> }.into_any()).collect::<Vec<_>>()
    };
    let more = rows(true);
    let folded: Vec<&str> = fields.iter().filter(|field| field.folded).map(|field| field.label).collect();
    let summary = if folded.len() > 3 { "更多".to_owned() } else { format!("更多：{}", folded.join("、")) };
    let mut shown = rows(false).into_iter();
    let first = shown.next();
    let filled = values.with_untracked(|values| {
        let folded = fields.iter().filter(|field| field.folded);
        folded
            .into_iter()
            .any(|field| values.get(field.name).is_some_and(|value| *value != Value::Null && *value != ""))
    });
    view! {
        {first}
        {below_first.run()}
        {shown.collect::<Vec<_>>()}
        {(!more.is_empty()).then(|| view! { <details open=filled><summary>{summary}</summary>{more}</details> })}
    }
}

/// How much more may be written in a field, once that is little. Nothing is cut: what does not fit is said, and refused when
/// the form is saved.
#[component]
pub fn LettersLeft(
    /// What is written.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    move || match MAX_TEXT.checked_sub(text.with(|text| text.chars().count())) {
        Some(left) if left > MAX_TEXT / 5 => None,
        Some(left) => Some(view! { <p class="hint">{format!("还能写 {left} 字")}</p> }.into_any()),
        None => {
            let over = text.with(|text| text.chars().count()) - MAX_TEXT;
            Some(view! { <p class="problem">{format!("超出 {over} 字，请缩短后再保存")}</p> }.into_any())
        }
    }
}

#[component]
fn Row(
    /// The field.
    field: Field,
    /// The values of the fields.
    values: Signal<Values>,
    /// The fault of the form.
    wrong: Signal<Option<Wrong>>,
    /// Called with the new value.
    on_change: Callback<(&'static str, Value)>,
) -> impl IntoView {
    let name = field.name;
    let text = Signal::derive(move || {
        values.with(|values| match values.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        })
    });
    let set = move |text: String| {
        let value = match field.input {
            _ if text.is_empty() => Value::Null,
            // What is no number stays as it is typed: it may become one, and saving says so.
            Input::Number => text.parse::<u32>().map_or_else(|_| text.into(), Value::from),
            _ => text.into(),
        };
        on_change.run((name, value));
    };
    let input = |kind: &'static str, mode: &'static str| {
        view! {
            <input type=kind autocomplete="off" inputmode=mode prop:value=text on:input=move |event| set(event_target_value(&event))/>
        }
        .into_any()
    };
    let must = field.wanted || field.depends;
    let label = if must { field.label.to_owned() } else { format!("{}（可不填）", field.label) };
    let asked = match field.input {
        Input::One(rows) => {
            let options = rows.iter().map(|(code, label)| (*code, (*label).to_owned())).collect::<Vec<_>>();
            let chosen = Signal::derive(move || {
                let text = text.get();
                rows.iter().map(|(code, _)| *code).find(|code| *code == text).unwrap_or_default()
            });
            let on_choose = Callback::new(move |code: &'static str| on_change.run((name, code.into())));
            view! { <OneOf legend=field.label options chosen on_choose/> }.into_any()
        }
        Input::Many(rows) => {
            let options = rows.iter().map(|(code, label)| (*code, (*label).to_owned())).collect::<Vec<_>>();
            let chosen = Signal::derive(move || {
                let there = |code: &&'static str| {
                    values.with(|values| {
                        values
                            .get(name)
                            .and_then(Value::as_array)
                            .is_some_and(|chosen| chosen.iter().any(|one| one == code))
                    })
                };
                rows.iter().map(|(code, _)| *code).filter(there).collect::<Vec<_>>()
            });
            let on_toggle = Callback::new(move |(code, on): (&'static str, bool)| {
                let mut now = chosen.get_untracked();
                now.retain(|one| *one != code);
                now.extend(on.then_some(code));
                on_change.run((name, now.into()));
            });
            view! { <AnyOf legend=field.label options chosen on_toggle/> }.into_any()
        }
        Input::Flag => view! {
            <div class="field">
                <label class="chip">
                    <input
                        type="checkbox"
                        prop:checked=move || values.with(|values| values.get(name) == Some(&Value::Bool(true)))
                        on:change=move |event| on_change.run((name, event_target_checked(&event).into()))
                    />
                    <span>{field.label}</span>
                </label>
            </div>
        }
        .into_any(),
        Input::Text => view! {
            <label class="field">
                <span>{label}</span>
                <textarea rows="3" autocomplete="off" prop:value=text on:input=move |event| set(event_target_value(&event))/>
            </label>
        }
        .into_any(),
        Input::Line | Input::IdNumber => {
            view! { <label class="field"><span>{label}</span>{input("text", "text")}</label> }.into_any()
        }
        Input::Day => view! { <label class="field"><span>{label}</span>{input("date", "none")}</label> }.into_any(),
        Input::PastDay => {
            let today = day::ledger(clock::today());
            view! {
                <label class="field">
                    <span>{label}</span>
                    <input type="date" max=today prop:value=text on:input=move |event| set(event_target_value(&event))/>
                </label>
            }
            .into_any()
        }
        Input::ComingDay => {
            let tomorrow = clock::today().succ_opt().map(day::ledger);
            view! {
                <label class="field">
                    <span>{label}</span>
                    <input
                        type="date"
                        min=tomorrow
                        prop:value=text
                        on:input=move |event| set(event_target_value(&event))
                    />
                </label>
            }
            .into_any()
        }
        Input::Number => {
            // Units are taken off when the field is left: while it is typed in, digits may follow (1980年3月).
            let read = move |event| {
                if let Some(number) = field::number(&event_target_value(&event)) {
                    on_change.run((name, number.into()));
                }
            };
            view! {
                <label class="field" on:change=read><span>{label}</span>{input("text", "numeric")}</label>
            }
            .into_any()
        }
        Input::Phone => view! { <label class="field"><span>{label}</span>{input("tel", "tel")}</label> }.into_any(),
    };
    let words = move || wrong.get().filter(|wrong| wrong.field == name).map(|wrong| wrong.words);
    view! {
        {asked}
        {(!field.purpose.is_empty()).then(|| view! { <p class="hint">"用途："{field.purpose}</p> })}
        <LettersLeft text/>
        <p class="problem" role="alert">{words}</p>
    }
}
