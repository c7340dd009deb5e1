//! The list of deadlines for 今日, and 月历: a month of what was done and what is due.

use crate::{
    components::{empty::Empty, page::Page},
    platform::{clock, reminder},
    route::path_of,
    state::use_app,
};
use chrono::{Datelike, Days, Months, NaiveDate};
use leptos::prelude::*;
use ruhu_domain::{
    Kind,
    case::deadline::Rung,
    day,
    due::{
        AHEAD_DAYS, Item, Work,
        calendar::{Day, DoneItem, first_of, weeks},
        numbers,
    },
};

fn address_of(work: Work) -> String {
    match work {
        Work::Case(id) => path_of(&Kind::CareCase, id),
        Work::Dispute(id) => path_of(&Kind::Dispute, id),
        Work::Hazard(id) => path_of(&Kind::Hazard, id),
        Work::Request(id) => path_of(&Kind::Request, id),
        Work::Door(id) => format!("/households/{id}"),
    }
}

const fn sort_of(work: Work) -> &'static str {
    match work {
        Work::Case(_) => "关爱",
        Work::Dispute(_) => "纠纷",
        Work::Hazard(_) => "隐患",
        Work::Request(_) => "诉求",
        Work::Door(_) => "走访",
    }
}

/// Who knows of a delay, and who is told next; nothing while it is the worker's own.
fn told(item: &Item, today: NaiveDate) -> Option<String> {
    let above = |rung: Rung| match rung {
        Rung::Lead => Some("村负责人能看到"),
        Rung::Township => Some("乡镇领办"),
        Rung::County => Some("县级督办"),
        _ => None,
    };
    let now = above(item.rung(today)).map(str::to_owned);
    let next = item.next(today).and_then(|(rung, on)| Some(format!("{}起{}", day::words(on), above(rung)?)));
    let told: Vec<String> = now.into_iter().chain(next).collect();
    (item.late(today) > 0 && !told.is_empty()).then(|| told.join("，"))
}

/// The patrol that is on, and files of which something is due, the latest overdue first. The number of what is due, doors with a
/// day of their own too, is shown on the app's icon whenever the list is.
#[component]
pub fn DueList() -> impl IntoView {
    let app = use_app();
    let due = Memo::new(move |_| app.due());
    Effect::new(move |_| reminder::note(&due.with(|due| numbers(due, clock::today()))));
    let list = move || {
        let until = clock::today() + Days::new(AHEAD_DAYS);
        let files = |item: &&Item| !matches!(item.work, Work::Door(_)) && item.by <= until;
        let items: Vec<Item> = due.with(|due| due.iter().filter(files).cloned().collect());
        (!items.is_empty()).then(|| {
            let count = items.len();
            let rows = items.into_iter().map(|item| view! { <ItemRow item/> }).collect_view();
            view! {
                <section>
                    <h2>{format!("到期的事（{count}）")}</h2>
                    <ul class="card rows">{rows}</ul>
                </section>
            }
        })
    };
    let patrol = move || {
        app.patrol_on().map(|(id, patrol)| {
            view! {
                <a href=format!("/patrols/{id}") class="card row link strong">
                    <span>"正在巡逻"</span>
                    <span class="hint">{day::clock(patrol.began)}" 开始"</span>
                </a>
            }
        })
    };
    view! {
        {patrol}
        {list}
        <p><a href="/calendar" class="text-button">"月历：已做的和到期的"</a></p>
    }
}

#[component]
fn ItemRow(
    /// The item.
    item: Item,
) -> impl IntoView {
    let today = clock::today();
    let late = item.late(today) > 0;
    let told = told(&item, today).map(|told| view! { <br/><span class="problem small">{told}</span> });
    let words = item.words(today);
    view! {
        <li>
            <a href=address_of(item.work) class="row link">
                <span>
                    <span class="tag">{sort_of(item.work)}</span>" "<b>{item.name}</b>
                    <br/>
                    <span class="hint">{item.why}</span>
                    {told}
                </span>
                <span class=if late { "due problem" } else { "due hint" }>{words}</span>
            </a>
        </li>
    }
}

/// 月历.
#[component]
pub fn Calendar() -> impl IntoView {
    let app = use_app();
    let today = clock::today();
    let first = RwSignal::new(first_of(today));
    let chosen = RwSignal::new(today);
    let days = Memo::new(move |_| app.month(first.get(), today));
    let turn = move |to: Option<NaiveDate>| {
        if let Some(to) = to {
            first.set(to);
            chosen.set(if first_of(today) == to { today } else { to });
        }
    };
    let title = move || {
        let first = first.get();
        format!("{}年{}月", first.year(), first.month())
    };
    let cell = move |on: Option<NaiveDate>| {
        let Some(on) = on else { return view! { <td></td> }.into_any() };
        let (done, due) = days.with(|days| days.get(&on).map_or((0, 0), |day| (day.done.len(), day.due.len())));
        let count = |class: &'static str, words: &'static str, mark: &str, count: usize| {
            let shown = format!("{mark}{count}");
            (count > 0).then(|| view! { <span class="unseen">{words}</span> <span class=class>{shown}</span> })
        };
        view! {
            <td>
                <button
                    class="day"
                    class:today=on == today
                    aria-pressed=move || (chosen.get() == on).to_string()
                    on:click=move |_| chosen.set(on)
                >
                    <span class="unseen">{format!("{}月", on.month())}</span>
                    {on.day()}
                    <span class="unseen">{format!("日 {}", day::weekday(on))}</span>
                    {count("done", "，已做", "✓", done)}
                    {count("problem", "，到期", "!", due)}
                </button>
            </td>
        }
        .into_any()
    };
    let rows = move || {
        let rows =
            weeks(first.get()).into_iter().map(|week| view! { <tr>{week.map(cell).into_iter().collect_view()}</tr> });
        rows.collect_view()
    };
    let names = ["一", "二", "三", "四", "五", "六", "日"].map(|name| view! { <th scope="col">{name}</th> });
    let of_day = move || {
        let on = chosen.get();
        let Day { done, due } = days.with(|days| days.get(&on).cloned()).unwrap_or_default();
        let body = if done.is_empty() && due.is_empty() {
            let hint =
                if on > today { "还没有约定或到期的事" } else { "没有记录，也没有到期的事" };
            view! { <Empty title="这天没有事" hint=hint.to_owned()/> }.into_any()
        } else {
            let due = due.into_iter().map(|item| view! { <ItemRow item/> }).collect_view();
            let done = done.into_iter().map(done_row).collect_view();
            view! { <ul class="card rows">{due}{done}</ul> }.into_any()
        };
        view! { <section><h2>{day::words(on)}</h2>{body}</section> }
    };
    view! {
        <Page title="月历" back="/">
            <div class="month">
                <button
                    class="text-button"
                    aria-label="上个月"
                    on:click=move |_| turn(first.get_untracked().checked_sub_months(Months::new(1)))
                >
                    "‹"
                </button>
                <p role="status"><b>{title}</b></p>
                <button
                    class="text-button"
                    aria-label="下个月"
                    on:click=move |_| turn(first.get_untracked().checked_add_months(Months::new(1)))
                >
                    "›"
                </button>
            </div>
            <table class="calendar">
                <thead><tr>{names.into_iter().collect_view()}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <p class="hint">"✓ 已做，! 到期。走访到期只列约好日子的户和重点户"</p>
            {of_day}
        </Page>
    }
}

fn done_row(done: DoneItem) -> impl IntoView {
    view! {
        <li>
            <a href=address_of(done.work) class="row link">
                <span><span class="tag">{sort_of(done.work)}</span>" "<b>{done.name}</b></span>
                <span class="due hint">"✓ "{done.what}</span>
            </a>
        </li>
    }
}
