//! The roster on the phone: households and residents added, changed, moved and withdrawn.

use crate::{
    components::{
        chips::OneOf, contested::Contested, empty::Empty, page::Page, search_field::SearchField,
        who_is_there::WhoIsThere,
    },
    pages::case::form::{Beside, Form, form_with},
    state::use_app,
};
use chrono::Days;
use leptos::{ev::SubmitEvent, prelude::*};
use ruhu_domain::{RecordChannel, RecordId, codes::PutOff, day, engine, roster::household::Postponed};

const NO_HOUSEHOLD: (&str, &str) = ("没有这一户", "可能已作废、已移走，或不在您的网格里");
const NO_RESIDENT: (&str, &str) = ("没有这个人", "可能已作废、已移走、已按要求限制使用，或不在您的网格里");

fn who(form: Form) -> AnyView {
    let Form { draft, values, is_saved, settle, .. } = form;
    view! { <WhoIsThere draft values is_saved settle/> }.into_any()
}

/// A new household, or its draft.
#[component]
pub fn NewHousehold() -> impl IntoView {
    let none = ("还没有负责的网格", "请联系办公室为您的账号分配网格");
    form_with(use_app().new_household(), "/round".to_owned(), none, Beside::first(who))
}

/// A change to a household.
#[component]
pub fn EditHousehold(
    /// The household.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let draft = app.entry(id).and_then(|_| app.form_of(id));
    let more = Beside::first(who)
        .last(move |_| view! { <More id move_to=format!("/households/{id}/move") words="移到别的网格"/> }.into_any());
    form_with(draft, format!("/households/{id}"), NO_HOUSEHOLD, more)
}

/// A new member of a household, or the draft.
#[component]
pub fn NewResident(
    /// The household.
    household: RecordId,
) -> impl IntoView {
    let back = format!("/households/{household}");
    form_with(use_app().new_resident(household), back, NO_HOUSEHOLD, Beside::first(who))
}

/// A change to a resident.
#[component]
pub fn EditResident(
    /// The resident.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let known = untrack(|| app.read(|notebook| notebook.roster().resident(id).map(|(_, resident)| resident.clone())));
    let back = known.as_ref().map_or_else(
        || "/round".to_owned(),
        |resident| format!("/households/{}", untrack(|| app.home(resident.household))),
    );
    if known.as_ref().is_some_and(|resident| !resident.restricted.is_empty()) {
        let hint = "按本人要求，这份资料只保存、不使用。要更正请找办公室";
        return view! { <Page title="居民" back><Empty title="已限制使用" hint/></Page> }.into_any();
    }
    let draft = known.and_then(|_| app.form_of(id));
    let more = Beside::first(who)
        .last(move |_| view! { <More id move_to=format!("/residents/{id}/move") words="换到别的户"/> }.into_any());
    form_with(draft, back, NO_RESIDENT, more)
}

/// Shows the other actions on a record of the roster, and the records that were merged into it.
#[component]
fn More(
    /// The household or resident.
    id: RecordId,
    /// Where it is moved.
    move_to: String,
    /// Its name.
    words: &'static str,
) -> impl IntoView {
    let app = use_app();
    let merged = move || {
        let merged = app.read(|notebook| notebook.roster().merged_into(id));
        let leads = app.leads(id);
        let rows = merged.into_iter().filter_map(|id| app.entry(id)).map(|entry| {
            let apart = move |_| {
                leptos::task::spawn_local(async move {
                    let _ = app.merge(entry.id, None).await;
                })
            };
            let apart = leads.then(|| {
                view! { <button class="text-button" type="button" on:click=apart>"分开"</button> }
            });
            view! { <li class="row"><span>"已并入："{entry.name}</span>{apart}</li> }
        });
        rows.collect_view()
    };
    view! {
        <Contested record=id/>
        <ul class="card rows">
            {merged}
            <li><a class="row link" href=move_to>{words}</a></li>
            <li><a class="row link" href=format!("/withdraw/{id}")>"登记错了，作废"</a></li>
        </ul>
    }
}

/// 换户: to which household a resident goes.
#[component]
pub fn MoveResident(
    /// The resident.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let back = format!("/residents/{id}");
    let Some(entry) = untrack(|| app.entry(id)) else {
        let (title, hint) = NO_RESIDENT;
        return view! { <Page title="换户" back="/round"><Empty title hint/></Page> }.into_any();
    };
    let (name, from) = (entry.name.clone(), entry.household);
    let query = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let query = query.get();
        let hits = app.read(|notebook| notebook.search(&query));
        let ids = hits.into_iter().map(|hit| hit.id).filter(|to| app.may_move(id, *to));
        ids.filter(|found| *found != from).take(20).filter_map(|id| app.entry(id)).collect::<Vec<_>>()
    });
    let rows = move || {
        let found = found.get();
        if found.is_empty() && !query.with(|query| query.trim().is_empty()) {
            let hint = "新的一户请先在“走访”里登记".to_owned();
            return view! { <Empty title="没有找到".to_owned() hint/> }.into_any();
        }
        let rows = found.into_iter().map(|entry| {
            let to = entry.id;
            let choose = move |_| {
                leptos::task::spawn_local(async move {
                    if app.move_resident(id, to).await {
                        app.leave_for(&format!("/households/{to}"));
                    }
                });
            };
            let place = entry.facts.first().map(|(_, words)| words.clone());
            view! {
                <li>
                    <button class="row link" on:click=choose>
                        <span>{entry.name}</span>
                        <span class="hint">{place}</span>
                    </button>
                </li>
            }
        });
        view! { <ul class="card rows">{rows.collect_view()}</ul> }.into_any()
    };
    view! {
        <Page title="换户" back>
            <p class="lead">{name}" 换到哪一户？走访记录留在原来的户"</p>
            <SearchField label="查找户" hint="姓名、拼音、电话尾号、户号" query/>
            {rows}
        </Page>
    }
    .into_any()
}

/// 移户: to which of the worker's grids a household goes.
#[component]
pub fn MoveHousehold(
    /// The household.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let back = format!("/households/{id}/edit");
    let Some(entry) = untrack(|| app.entry(id)) else {
        let (title, hint) = NO_HOUSEHOLD;
        return view! { <Page title="移户" back="/round"><Empty title hint/></Page> }.into_any();
    };
    let grids = untrack(|| {
        app.read(|notebook| {
            let here = notebook.channel_of(id);
            let engine = notebook.engine();
            let others = engine::grids(engine.head())
                .filter(|grid| here.as_ref().is_some_and(|here| grid.channel != *here && here.leads_to(&grid.channel)));
            others.cloned().collect::<Vec<_>>()
        })
    });
    if grids.is_empty() {
        let hint = "您只负责这一个网格。要移到别人的网格，请联系办公室";
        return view! { <Page title="移户" back><Empty title="没有可以移到的网格" hint/></Page> }.into_any();
    }
    app.open_form();
    let options: Vec<(usize, String)> = grids.iter().map(|grid| grid.name.clone()).enumerate().collect();
    let chosen = RwSignal::new(0_usize);
    let choose = Callback::new(move |at| chosen.set(at));
    let (members, visits) = untrack(|| app.goes_with(id));
    let moving = RwSignal::new(false);
    let go = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(grid) = grids.get(chosen.get_untracked()).cloned() else { return };
        moving.set(true);
        leptos::task::spawn_local(async move {
            if app.move_household(id, &grid.channel, &grid.name).await {
                app.leave_for(&format!("/households/{id}"));
            } else {
                let _ = moving.try_set(false);
            }
        });
    };
    view! {
        <Page title="移户" back>
            <form class="visit-form" on:submit=go>
                <p class="lead">{entry.name}</p>
                <OneOf legend="移到" options chosen on_choose=choose/>
                <p class="hint">{format!("家庭成员 {members} 人、走访记录 {visits} 条一起移；纠纷和关爱的卷宗留在原网格")}</p>
                <div class="action"><button class="button" type="submit" disabled=moving>"移到这个网格"</button></div>
            </form>
        </Page>
    }
    .into_any()
}

/// 改期 of the next visit, with the reason.
#[component]
pub fn PutOffVisit(
    /// The household.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let back = format!("/households/{id}");
    let door = untrack(|| app.read(|notebook| notebook.roster().door(id)));
    let Some((entry, door)) = untrack(|| app.entry(id)).zip(door) else {
        let (title, hint) = NO_HOUSEHOLD;
        return view! { <Page title="改期" back="/round"><Empty title hint/></Page> }.into_any();
    };
    let today = untrack(|| day::day(app.office_now()));
    app.open_form();
    let days: Vec<(usize, String)> = Postponed::DAYS.iter().map(|(_, words)| (*words).to_owned()).enumerate().collect();
    let on = move |at: usize| day::words(today + Days::new(Postponed::DAYS[at].0));
    let why: Vec<(usize, String)> = PutOff::ALL.iter().map(|why| why.label().to_owned()).enumerate().collect();
    let (to, reason) = (RwSignal::new(0_usize), RwSignal::new(0_usize));
    let choose_day = Callback::new(move |at| to.set(at));
    let choose_why = Callback::new(move |at| reason.set(at));
    let saving = RwSignal::new(false);
    let save = move |to: Option<(u64, PutOff)>| {
        saving.set(true);
        let back = back.clone();
        leptos::task::spawn_local(async move {
            if app.put_off(id, to).await {
                app.leave_for(&back);
            } else {
                let _ = saving.try_set(false);
            }
        });
    };
    let cancel = door.put_off.map(|why| {
        let save = save.clone();
        let words = door.due.map_or_else(String::new, |to| format!("现在改到{}：{}", day::words(to), why.label()));
        view! {
            <p class="hint">{words}</p>
            <p><button class="text-button" type="button" disabled=saving on:click=move |_| save(None)>"取消改期"</button></p>
        }
    });
    let go = move |event: SubmitEvent| {
        event.prevent_default();
        save(Some((Postponed::DAYS[to.get_untracked()].0, PutOff::ALL[reason.get_untracked()])));
    };
    view! {
        <Page title="改期" back=format!("/households/{id}")>
            <form class="visit-form" on:submit=go>
                <p class="lead">{entry.name}</p>
                {cancel}
                <OneOf legend="改到" options=days chosen=to on_choose=choose_day/>
                <OneOf legend="原因" options=why chosen=reason on_choose=choose_why/>
                <p class="hint">"电话里和家里说好的日子，请记一次“电话联系”，填下次走访"</p>
                <div class="action">
                    <button class="button" type="submit" disabled=saving>{move || format!("改到{}", on(to.get()))}</button>
                </div>
            </form>
        </Page>
    }
    .into_any()
}

/// 作废 of a household, resident or visit, with the reason.
#[component]
pub fn Withdraw(
    /// The household, resident or visit.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let Some(entry) = untrack(|| app.entry(id)) else {
        let (title, hint) = NO_RESIDENT;
        return view! { <Page title="作废" back="/round"><Empty title hint/></Page> }.into_any();
    };
    let is_household = entry.household == id;
    let is_visit = untrack(|| app.read(|notebook| notebook.roster().visit(id).is_some()));
    let back = match (is_household, is_visit) {
        (true, _) => format!("/households/{id}/edit"),
        (_, true) => format!("/households/{}", entry.household),
        _ => format!("/residents/{id}"),
    };
    let hint = if is_visit {
        "只用于记错了的，如记到了别的户。走访记录和台账里不再显示，修改历史里留着"
    } else {
        "只用于登记错了的。搬走、去世请在“居住状态”里选"
    };
    let next =
        StoredValue::new(if is_household { "/round".to_owned() } else { format!("/households/{}", entry.household) });
    let reason = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let withdraw = move |event: SubmitEvent| {
        event.prevent_default();
        leptos::task::spawn_local(async move {
            match app.withdraw_entry(id, &reason.get_untracked()).await {
                Ok(true) => app.leave_for(&next.get_value()),
                Ok(false) => {}
                Err(words) => drop(problem.try_set(Some(words))),
            }
        });
    };
    app.open_form();
    view! {
        <Page title="作废" back>
            <form class="visit-form" autocomplete="off" on:submit=withdraw novalidate>
                <p class="lead">{entry.name}</p>
                <p class="hint">{hint}</p>
                <label class="field">
                    <span>"为什么作废"</span>
                    <input
                        type="text"
                        autocomplete="off"
                        prop:value=reason
                        on:input=move |event| {
                            reason.set(event_target_value(&event));
                            problem.set(None);
                        }
                    />
                </label>
                <div class="action">
                    <p class="problem" role="alert">{move || problem.get()}</p>
                    <button class="button" type="submit">"作废"</button>
                </div>
            </form>
        </Page>
    }
    .into_any()
}
