//! 入户走访: the form.

use crate::{
    components::{
        chips::{AnyOf, OneOf},
        empty::Empty,
        page::Page,
    },
    platform::clock,
    state::{
        notebook::drafts::{self, Draft},
        use_app,
    },
};
use chrono::Days;
use leptos::{ev::SubmitEvent, prelude::*};
use ruhu_domain::{
    RecordId,
    codes::{Outcome, Purpose},
    day,
    visit::{BadVisit, Visit},
};

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
    match draft {
        Some(draft) => view! { <VisitForm draft/> }.into_any(),
        None => view! {
            <Page title="入户走访" back="/round">
                <Empty title="没有这条记录".to_owned() hint="可能已作废，或不在您的网格里".to_owned()/>
            </Page>
        }
        .into_any(),
    }
}

/// The form itself. Every change is kept as a draft at once.
#[component]
fn VisitForm(
    /// What to begin with.
    draft: Draft,
) -> impl IntoView {
    let app = use_app();
    app.open_form();

    let id = draft.id;
    let Some(visit) = draft.visit() else { return ().into_any() };
    let household = visit.household;
    let base = StoredValue::new(draft);
    let visit = RwSignal::new(visit);
    let problem = RwSignal::new(None::<(Option<BadVisit>, String)>);
    let saving = RwSignal::new(false);
    let kept = RwSignal::new(false);

    let change = move |edit: &dyn Fn(&mut Visit)| {
        visit.update(|visit| edit(visit));
        problem.set(None);
        kept.set(true);
        if let Some(open) = app.notebook() {
            let values = visit.with_untracked(drafts::fields);
            open.keep_draft(Draft { values, touched: clock::now_ms(), ..base.get_value() });
        }
    };
    let back = move || format!("/households/{household}");
    let save = {
        move |event: SubmitEvent| {
            event.prevent_default();
            if saving.get_untracked() {
                return;
            }
            let visit = visit.get_untracked();
            if let Err(bad) = visit.check(clock::now_ms()) {
                problem.set(Some((Some(bad), bad.to_string())));
                return;
            }
            saving.set(true);
            leptos::task::spawn_local(async move {
                match app.save_visit(id, visit).await {
                    Ok(()) => app.saved("已保存 ✓ 已存本机", back()),
                    Err(error) => {
                        let _ = saving.try_set(false);
                        drop(problem.try_set(Some((None, error.to_string()))));
                    }
                }
            });
        }
    };
    let discard = move |_| {
        leptos::task::spawn_local(async move {
            let Some(open) = app.notebook() else { return };
            match open.forget_draft(id).await {
                Ok(()) => app.leave_for(&back()),
                Err(error) => drop(problem.try_set(Some((None, error.to_string())))),
            }
        });
    };

    let door =
        app.notebook().and_then(|open| open.roster().household(household).map(|(_, household)| household.clone()));
    let who = door.map_or_else(String::new, |door| format!("{} {} · {}", door.number, door.head, door.address));
    let members = app.notebook().map(|open| open.roster().members(household)).unwrap_or_default();
    let members: Vec<_> = members.into_iter().map(|(_, member)| (member.name.clone(), member.name.clone())).collect();
    let outcomes = Outcome::ALL.iter().map(|outcome| (*outcome, outcome.label().to_owned())).collect::<Vec<_>>();
    let purposes = Purpose::ALL.iter().map(|purpose| (*purpose, purpose.label().to_owned())).collect::<Vec<_>>();
    let outcome = Memo::new(move |_| visit.with(|visit| visit.outcome));
    let chosen_purposes = Signal::derive(move || visit.with(|visit| visit.purposes.clone()));
    let chosen_met = Signal::derive(move || visit.with(|visit| visit.met.clone()));
    let met = Memo::new(move |_| outcome.get() == Outcome::Met);
    let has_more =
        visit.with_untracked(|visit| !visit.requests.is_empty() || !visit.done.is_empty() || visit.next_on.is_some());
    let wrong = move |which: BadVisit| {
        problem.with(|problem| problem.as_ref().filter(|(bad, _)| *bad == Some(which)).map(|(_, words)| words.clone()))
    };
    let elsewhere = move || {
        problem.with(|problem| {
            let beside = [Some(BadVisit::NothingFound), Some(BadVisit::NextInThePast)];
            problem.as_ref().filter(|(bad, _)| !beside.contains(bad)).map(|(_, words)| words.clone())
        })
    };
    let choose_outcome = Callback::new(move |outcome: Outcome| change(&move |visit| visit.outcome = outcome));
    let toggle_purpose = Callback::new(move |(purpose, on): (Purpose, bool)| {
        change(&move |visit| toggle(&mut visit.purposes, purpose, on));
    });
    let toggle_met = Callback::new(move |(name, on): (String, bool)| {
        change(&move |visit| toggle(&mut visit.met, name.clone(), on));
    });
    let tomorrow = day::ledger(clock::today() + Days::new(1));
    // `autocomplete="off"`: browsers write the fields of other forms into their session files, in the clear.
    view! {
        <Page title="入户走访" back=format!("/households/{household}")>
            <p class="lead">{who}</p>
            <form class="visit-form" autocomplete="off" on:submit=save novalidate>
                <OneOf legend="走访结果" options=outcomes chosen=outcome on_choose=choose_outcome/>
                <label class="field">
                    <span>"走访情况"</span>
                    <textarea
                        rows="3"
                        maxlength=ruhu_domain::visit::MAX_TEXT
                        placeholder="家里怎样，说了什么"
                        aria-describedby="found-problem"
                        prop:value=move || visit.with(|visit| visit.found.clone())
                        on:input=move |event| {
                            let text = event_target_value(&event);
                            change(&move |visit| visit.found.clone_from(&text));
                        }
                    />
                </label>
                <p class="problem" role="alert" id="found-problem">{move || wrong(BadVisit::NothingFound)}</p>
                {(!members.is_empty()).then(|| view! {
                    <div class:away=move || !met.get()>
                        <AnyOf legend="见到谁" options=members chosen=chosen_met on_toggle=toggle_met/>
                    </div>
                })}
                <AnyOf legend="走访事由" options=purposes chosen=chosen_purposes on_toggle=toggle_purpose/>
                <details open=has_more>
                    <summary>"反映问题、处理、下次走访"</summary>
                    <label class="field">
                        <span>"反映问题"</span>
                        <textarea
                            rows="2"
                            maxlength=ruhu_domain::visit::MAX_TEXT
                            prop:value=move || visit.with(|visit| visit.requests.clone())
                            on:input=move |event| {
                                let text = event_target_value(&event);
                                change(&move |visit| visit.requests.clone_from(&text));
                            }
                        />
                    </label>
                    <label class="field">
                        <span>"处理"</span>
                        <textarea
                            rows="2"
                            maxlength=ruhu_domain::visit::MAX_TEXT
                            prop:value=move || visit.with(|visit| visit.done.clone())
                            on:input=move |event| {
                                let text = event_target_value(&event);
                                change(&move |visit| visit.done.clone_from(&text));
                            }
                        />
                    </label>
                    <label class="field">
                        <span>"下次走访"</span>
                        <input
                            type="date"
                            min=tomorrow
                            prop:value=move || visit.with(|visit| visit.next_on.map(day::ledger).unwrap_or_default())
                            on:change=move |event| {
                                let date = day::read(&event_target_value(&event));
                                change(&move |visit| visit.next_on = date);
                            }
                        />
                    </label>
                    <p class="problem" role="alert">{move || wrong(BadVisit::NextInThePast)}</p>
                </details>
                <div class="action">
                    <p class="problem" role="alert">{elsewhere}</p>
                    <p class="hint" role="status">{move || if kept.get() { "草稿已自动保存" } else { "" }}</p>
                    <div class="buttons">
                        <button class="button plain" type="button" on:click=discard>"放弃"</button>
                        <button class="button" type="submit" disabled=saving>
                            {move || if saving.get() { "正在保存…" } else { "保存" }}
                        </button>
                    </div>
                </div>
            </form>
        </Page>
    }
    .into_any()
}

fn toggle<T: PartialEq>(items: &mut Vec<T>, item: T, on: bool) {
    items.retain(|kept| *kept != item);
    if on {
        items.push(item);
    }
}
