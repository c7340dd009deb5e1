//! What is to be said of a roster's rows: why one can't be taken, what a person decides, what should be looked at.

use super::{
    import::Import,
    note::{Note, Sort},
};
use crate::{components::chips::OneOf, office::value};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::office::{Cell, Line, Question};

/// How many notes are shown at a time.
const PAGE: usize = 50;

/// The notes of an import, a sort at a time.
#[component]
pub fn Notes(
    /// The import.
    import: Import,
) -> impl IntoView {
    let count = move |sort: Sort| import.notes.with(|notes| notes.iter().filter(|note| note.sort() == sort).count());
    let first = Sort::ALL.into_iter().find(|sort| untrack(|| count(*sort)) > 0);
    let sort = RwSignal::new(first.unwrap_or(Sort::Refused));
    let upto = RwSignal::new(PAGE);
    let chips = move || {
        let options = Sort::ALL.into_iter().map(|sort| (sort, format!("{} {}", sort.label(), count(sort)))).collect();
        let choose = Callback::new(move |chosen| {
            sort.set(chosen);
            upto.set(PAGE);
        });
        view! { <OneOf legend="看哪些" options chosen=sort on_choose=choose/> }
    };
    let shown = move || {
        let (sort, upto) = (sort.get(), upto.get());
        let notes: Vec<Note> =
            import.notes.with(|notes| notes.iter().filter(|note| note.sort() == sort).take(upto).cloned().collect());
        if notes.is_empty() {
            return view! { <p class="hint">{format!("没有{}的", sort.label())}</p> }.into_any();
        }
        notes.into_iter().map(|note| view! { <OneNote import note/> }).collect_view().into_any()
    };
    let more = move || {
        let all = count(sort.get());
        (all > upto.get()).then(|| view! {
            <p class="decide">
                <button type="button" class="small-button" on:click=move |_| upto.update(|upto| *upto += PAGE)>"再看 50 条"</button>
                <span class="hint">{format!("共 {all} 条；也可以下载核对表，在表里改好再导入")}</span>
            </p>
        })
    };
    view! {
        <section aria-label="核对">
            {chips}
            {move || (sort.get() == Sort::Missing && count(Sort::Missing) > 0).then(|| view! {
                <p class="hint">"这些户和人在记录里有、名单上没有：没有改动。搬走、去世的请网格员在手机上登记"</p>
            })}
            {shown}
            {more}
        </section>
    }
}

#[component]
fn OneNote(
    /// The import.
    import: Import,
    /// The note.
    note: Note,
) -> impl IntoView {
    let line = note.line().cloned();
    let words = note.words();
    let sort = note.sort();
    let question = if let Note::Asked(question) = note { Some(question) } else { None };
    view! {
        <article class="card item">
            <p>
                {line.as_ref().map(|line| view! { <b>{line.to_string()}</b>" " })}
                <span class=if sort == Sort::Refused { "problem" } else { "" }>{words}</span>
            </p>
            {question.map(|question| view! { <Decide import question/> })}
            {line.map(|line| view! { <Mend import line/> })}
        </article>
    }
}

/// The answers to a question.
#[component]
fn Decide(
    /// The import.
    import: Import,
    /// The question.
    question: Question,
) -> impl IntoView {
    let chosen = import.answer(&question);
    let Question { key, words, choices, .. } = question;
    let one = move |(code, label): (String, String)| {
        let (key, is_chosen) = (key.clone(), code == chosen);
        let decide = move |_| {
            import.decide(key.clone(), code.clone());
            let key = key.clone();
            leptos::task::spawn_local(async move { import.look_again(&key).await });
        };
        (is_chosen, label, decide)
    };
    let name = words.clone();
    let chips = choices.into_iter().map(|choice| {
        let (is_chosen, label, decide) = one((choice.code, choice.label));
        view! {
            <label class="chip">
                <input type="radio" name=name.clone() prop:checked=is_chosen on:change=decide/>
                <span>{label}</span>
            </label>
        }
    });
    view! { <div class="chips" role="radiogroup" aria-label=words>{chips.collect_view()}</div> }
}

/// The cells of a row, to be mended.
#[component]
fn Mend(
    /// The import.
    import: Import,
    /// The row.
    line: Line,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let row = StoredValue::new(line);
    let cells: StoredValue<Vec<NodeRef<html::Input>>> = StoredValue::new(Vec::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let cells = cells.with_value(|cells| cells.iter().map(|cell| value(*cell)).collect());
        leptos::task::spawn_local(import.mend(row.get_value(), cells));
    };
    let fields = move || {
        let row = row.with_value(|line| import.row(line))?;
        let columns = import.columns.get_untracked();
        cells.set_value(columns.iter().map(|_| NodeRef::new()).collect());
        let field = |((label, cell), node_ref): ((String, Cell), NodeRef<html::Input>)| {
            view! {
                <label class="field">
                    <span>{label}</span>
                    <input type="text" autocomplete="off" maxlength="2000" value=cell.shown().to_owned() node_ref=node_ref/>
                </label>
            }
        };
        let all = columns.into_iter().zip(row.cells).zip(cells.get_value());
        Some(view! {
            <form class="form" on:submit=submit novalidate>
                <div class="columns">{all.map(field).collect_view()}</div>
                <button class="small-button main" type="submit">"改好了，重新核对"</button>
            </form>
        })
    };
    view! {
        <button
            type="button" class="text-button" aria-expanded=move || open.get().to_string()
            on:click=move |_| open.update(|open| *open = !*open)
        >
            {move || if open.get() { "收起这一行" } else { "看、改这一行" }}
        </button>
        {move || open.get().then(fields)}
    }
}
