//! Places: the name of one, and choosing one by its name or its code.

use super::desk::use_desk;
use leptos::prelude::*;
use ruhu_domain::{
    GridCode,
    office::{FindAreas, NamedArea},
    rights::Place,
};

/// The words for a filter by what is no place.
pub const NO_SUCH_PLACE: &str = "没有这个地方，请从列出的地方里选一个，或不填";

/// The name of a place; its code shows where a pointer rests on it.
#[component]
pub fn At(
    /// The place.
    place: Place,
) -> impl IntoView {
    let desk = use_desk();
    let code = place.to_string();
    view! { <span title=code>{move || desk.name_of(&place)}</span> }
}

/// The name of a grid, as [`At`].
#[component]
pub fn AtGrid(
    /// The grid.
    grid: GridCode,
) -> impl IntoView {
    view! { <At place=Place::Grid(grid)/> }
}

/// A field for a place, with the areas that match what is typed.
#[component]
pub fn PlaceField(
    /// The label of the field.
    label: &'static str,
    /// The code.
    place: RwSignal<String>,
) -> impl IntoView {
    let desk = use_desk();
    let found = RwSignal::new(Vec::<NamedArea>::new());
    let look = move |text: String| {
        place.set(text.trim().to_owned());
        if text.trim().chars().count() < 2 {
            found.set(Vec::new());
            return;
        }
        leptos::task::spawn_local(async move {
            let asked = FindAreas { text };
            if let Ok(areas) = desk.ask("areas", &asked).await {
                // What was typed meanwhile counts.
                if place.try_get_untracked().as_deref() == Some(asked.text.trim()) {
                    drop(found.try_set(areas));
                }
            }
        });
    };
    let choose = move |code: String| {
        place.set(code);
        found.set(Vec::new());
    };
    view! {
        <div class="field place">
            <label>
                <span>{label}</span>
                <input
                    type="text"
                    autocomplete="off"
                    placeholder="村名、12 位代码或网格编码"
                    prop:value=place
                    on:input=move |event| look(event_target_value(&event))
                />
            </label>
            {move || place.get().parse::<Place>().ok().map(|place| view! { <span class="hint"><At place/></span> })}
            <ul class="matches">
                {move || found.get().into_iter().take(8).map(|area| {
                    let code = area.code.clone();
                    view! {
                        <li>
                            <button type="button" class="text-button" on:click=move |_| choose(code.clone())>
                                {area.name}" "<span class="hint">{area.code}</span>
                            </button>
                        </li>
                    }
                }).collect_view()}
            </ul>
        </div>
    }
}
