//! 两人都改了这里: a field with two values, until a person chooses.

use crate::{platform::clock, state::use_app};
use leptos::prelude::*;
use ruhu_domain::{
    Record, RecordId, Stamp, day,
    form::labels,
    record::{Field, Name},
};

/// A value to choose: its stamp, the words, who wrote it and when.
type Choice = (Stamp, String, String);

/// Shows the two values that two people wrote in the same field of a record, each with who and when. One tap chooses.
#[component]
pub fn Contested(
    /// The record.
    record: RecordId,
) -> impl IntoView {
    let app = use_app();
    let fields = Memo::new(move |_| {
        app.read(|notebook| {
            let engine = notebook.engine();
            let record = engine.record(record);
            record.map(|record| record.contested.keys().filter_map(|name| choices(record, name)).collect::<Vec<_>>())
        })
        .unwrap_or_default()
    });
    let choose = move |field: Name, chosen: Stamp| {
        leptos::task::spawn_local(async move { app.choose(record, &field, chosen).await });
    };
    move || {
        let fields = fields.get().into_iter();
        fields
            .map(|(name, label, values)| {
                let values = values.into_iter().map(|(stamp, words, who)| {
                    let name = name.clone();
                    view! {
                        <li class="row">
                            <span>{words}<br/><span class="hint">{who}</span></span>
                            <button class="small-button" on:click=move |_| choose(name.clone(), stamp)>"用这个"</button>
                        </li>
                    }
                });
                let values = values.collect_view();
                view! {
                    <div class="contested" role="group" aria-label=label>
                        <p><b>"两人都改了这里："</b>{label}</p>
                        <ul class="rows">{values}</ul>
                    </div>
                }
            })
            .collect_view()
    }
}

/// The values of a contested field, the one that stands first.
fn choices(record: &Record, name: &Name) -> Option<(Name, &'static str, Vec<Choice>)> {
    let label = labels::field(&record.kind, name)?;
    let standing = record.fields.get(name)?;
    let others = record.contested.get(name)?;
    let choice = |field: &Field| {
        let when = day::ago(field.stamp.ms.cast_signed(), clock::now_ms());
        let who = format!("{} {when}", record.author(field.stamp));
        (field.stamp, labels::value(&record.kind, name, &field.value), who)
    };
    Some((name.clone(), label, std::iter::once(standing).chain(others).map(choice).collect()))
}
