//! 可能已登记: who is in the roster already and may be the one that is being written; and, for a new household, in which
//! of the worker's grids it is.

use super::{chips::OneOf, record_form::Values};
use crate::state::{notebook::drafts::Draft, use_app};
use leptos::prelude::*;
use ruhu_domain::{Channel, Kind, engine::grids};

/// The grids to choose from, and who may be there already; nothing where there is no choice and nobody.
#[component]
pub fn WhoIsThere(
    /// The draft.
    draft: StoredValue<Draft>,
    /// The values of the fields.
    values: RwSignal<Values>,
    /// Whether it is saved already: then it is where it is.
    is_saved: bool,
    /// Called with the grid that was chosen.
    settle: Callback<Channel>,
) -> impl IntoView {
    let app = use_app();
    let is_new_household = !is_saved && draft.with_value(|draft| draft.kind == Kind::Household);
    let grids = untrack(|| app.read(|notebook| grids(notebook.engine().head()).cloned().collect::<Vec<_>>()));
    let here = draft.with_value(|draft| grids.iter().position(|grid| Some(&grid.channel) == draft.channel.as_ref()));
    let chosen = RwSignal::new(here.unwrap_or_default());
    let options: Vec<(usize, String)> = grids.iter().map(|grid| grid.name.clone()).enumerate().collect();
    let grids = StoredValue::new(grids);
    let on_choose = Callback::new(move |at: usize| {
        chosen.set(at);
        if let Some(grid) = grids.with_value(|grids| grids.get(at).cloned()) {
            settle.run(grid.channel);
        }
    });
    let choice = (is_new_household && options.len() > 1)
        .then(|| view! { <OneOf legend="在哪个网格" options chosen on_choose/> });
    let found = Memo::new(move |_| draft.with_value(|draft| values.with(|values| app.duplicates(draft, values))));
    view! {
        {choice}
        {move || {
            let found = found.get();
            (!found.is_empty()).then(|| {
                let rows = found.into_iter().map(|duplicate| view! {
                    <li class="row">
                        <a href=format!("/households/{}", duplicate.household)>{duplicate.name}</a>
                        <span class="hint">{duplicate.why.words()}</span>
                    </li>
                });
                view! {
                    <section class="missing" aria-label="可能已登记">
                        <b>"可能已经登记过，请先看一看"</b>
                        <ul class="rows">{rows.collect_view()}</ul>
                    </section>
                }
            })
        }}
    }
}
