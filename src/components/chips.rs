//! Chips: choices that are all in view, in place of drop-downs.

use leptos::prelude::*;

/// One answer out of a few.
#[component]
pub fn OneOf<T>(
    /// The question.
    legend: &'static str,
    /// The answers and their words.
    options: Vec<(T, String)>,
    /// The answer chosen.
    #[prop(into)]
    chosen: Signal<T>,
    /// Called with the new answer.
    on_choose: Callback<T>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let chips = options.into_iter().map(|(value, label)| {
        view! {
            <label class="chip">
                <input
                    type="radio"
                    name=legend
                    prop:checked=move || chosen.get() == value
                    on:change=move |_| on_choose.run(value)
                />
                <span>{label}</span>
            </label>
        }
    });
    view! {
        <fieldset class="field">
            <legend>{legend}</legend>
            <div class="chips">{chips.collect_view()}</div>
        </fieldset>
    }
}

/// Any number of answers.
#[component]
pub fn AnyOf<T>(
    /// The question.
    legend: &'static str,
    /// The answers and their words.
    options: Vec<(T, String)>,
    /// The answers chosen.
    #[prop(into)]
    chosen: Signal<Vec<T>>,
    /// Called with an answer and whether it is chosen now.
    on_toggle: Callback<(T, bool)>,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let chips = options.into_iter().map(|(value, label)| {
        let shown = value.clone();
        view! {
            <label class="chip">
                <input
                    type="checkbox"
                    prop:checked=move || chosen.with(|chosen| chosen.contains(&shown))
                    on:change=move |event| on_toggle.run((value.clone(), event_target_checked(&event)))
                />
                <span>{label}</span>
            </label>
        }
    });
    view! {
        <fieldset class="field">
            <legend>{legend}</legend>
            <div class="chips">{chips.collect_view()}</div>
        </fieldset>
    }
}
