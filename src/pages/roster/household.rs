//! 户: who lives here, and what was noted before.

use crate::{
    components::{case_tabs::Turned, contested::Contested, empty::Empty, page::Page, tick::Tick},
    platform::clock,
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::{
    RecordId,
    codes::Living,
    day,
    roster::{household::Household, resident::Resident},
    visit::Visit,
};
use std::sync::Arc;

/// Visits shown at first, and more at each tap.
const PAGE: usize = 20;

/// A household.
#[component]
pub fn HouseholdPage(
    /// The household.
    id: RecordId,
    /// Its disputes and care cases: they are in parts of the app.
    more: ViewFn,
) -> impl IntoView {
    let app = use_app();
    // What was merged into another shows as that one.
    let id = untrack(|| app.home(id));
    let household = Memo::new(move |_| {
        app.read(|notebook| notebook.roster().household(id).map(|(_, household)| household.clone()))
    });
    let members = Memo::new(move |_| app.read(|notebook| notebook.roster().members(id)));
    let visits = Memo::new(move |_| app.read(|notebook| notebook.roster().visits(id)));
    let shown = RwSignal::new(PAGE);
    let title = Signal::derive(move || household.get().map_or_else(|| "户".into(), |household| household.head.clone()));
    view! {
        <Page title=title back="/round">
            {move || match household.get() {
                Some(household) => view! {
                    <Facts id household/>
                    <Contested record=id/>
                    <section>
                        <h2>"家庭成员"</h2>
                        <ul class="card rows">
                            {move || members.get().into_iter().map(|(id, member)| view! { <Member id member/> }).collect_view()}
                            <li><a class="row link" href=format!("/households/{id}/resident")>"添加成员"</a></li>
                        </ul>
                        <p><a href=format!("/households/{id}/notice") class="text-button">"告知：我们记什么、怎么用"</a></p>
                    </section>
                    <section>
                        <h2>"走访记录"</h2>
                        {move || {
                            let visits = visits.get();
                            if visits.is_empty() {
                                let hint = "点下方“走访”记第一次".to_owned();
                                return view! { <Empty title="还没走访过".to_owned() hint/> }.into_any();
                            }
                            let older = visits.len().saturating_sub(shown.get());
                            let rows = visits.into_iter().take(shown.get());
                            let rows = rows.map(|(id, visit)| view! { <TimelineVisit id visit/> }).collect_view();
                            let more = (older > 0).then(|| view! {
                                <button class="row link center" on:click=move |_| shown.update(|shown| *shown += PAGE)>
                                    {format!("显示更早的（还有 {older} 次）")}
                                </button>
                            });
                            view! { <ol class="timeline">{rows}</ol> {more} }.into_any()
                        }}
                    </section>
                    {more.run()}
                    <div class="action">
                        <a href=format!("/households/{id}/visit") class="button">"走访"</a>
                    </div>
                }
                .into_any(),
                _ => view! {
                    <Empty title="没有这一户".to_owned() hint="可能已搬走，或不在您的网格里".to_owned()/>
                }
                .into_any(),
            }}
        </Page>
    }
}

#[component]
fn Facts(
    /// The record.
    id: RecordId,
    /// The household.
    household: Arc<Household>,
) -> impl IntoView {
    let tags = household.tags.iter().map(|tag| view! { <span class="tag">{tag.label()}</span> }).collect_view();
    let rhythm = use_app().read(|notebook| notebook.roster().door(id)).map(|door| {
        let next = match (door.due, door.put_off) {
            (Some(due), Some(why)) => format!("改到{}：{}", day::words(due), why.label()),
            (Some(due), None) => format!("{}前", day::words(due)),
            (None, _) => "还没走访过，现在就去".to_owned(),
        };
        view! {
            <p class="row"><span>"走访间隔"</span><span>{format!("每{}天", door.rhythm())}</span></p>
            <a class="row link" href=format!("/households/{id}/later")>
                <span>"下次走访"</span>
                <span>{next}<br/><span class="hint">"改期"</span></span>
            </a>
        }
    });
    let phone = (!household.phone.is_empty()).then(|| {
        let phone = household.phone.clone();
        let href = format!("tel:{phone}");
        view! { <a class="row link" href=href><span>"电话"</span><span>{phone}</span></a> }
    });
    view! {
        <section class="card rows">
            <p class="row"><span>"户号"</span><span>{household.number.clone()}</span></p>
            {(!household.address.is_empty()).then(|| view! {
                <p class="row"><span>"住址"</span><span>{household.address.clone()}</span></p>
            })}
            {phone}
            {(!household.tags.is_empty()).then(|| view! { <p class="row"><span>"标签"</span><span>{tags}</span></p> })}
            {(!household.note.is_empty()).then(|| view! {
                <p class="row"><span>"备注"</span><span>{household.note.clone()}</span></p>
            })}
            {rhythm}
            <a class="row link" href=format!("/households/{id}/edit")>"修改户信息"</a>
        </section>
    }
}

#[component]
fn Member(
    /// The record.
    id: RecordId,
    /// The resident.
    member: Arc<Resident>,
) -> impl IntoView {
    let today = clock::today();
    let age = member.birth.and_then(|birth| day::age(birth, today)).map(|age| format!("{age}岁"));
    let words = [
        member.relation.map(|relation| relation.label().to_owned()),
        member.sex.map(|sex| sex.label().to_owned()),
        age,
    ];
    let words = match member.restricted.as_str() {
        "" => words.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        _ => "已按要求限制使用".to_owned(),
    };
    let living = member.living.filter(|living| *living != Living::Home);
    view! {
        <li>
            <a class="row link" href=format!("/residents/{id}")>
                <span>{member.name.clone()}{living.map(|living| view! { <span class="tag">{living.label()}</span> })}</span>
                <span class="hint">{words}</span>
            </a>
        </li>
    }
}

#[component]
fn TimelineVisit(
    /// The record.
    id: RecordId,
    /// The visit.
    visit: Arc<Visit>,
) -> impl IntoView {
    let when = day::words(day::day(visit.at));
    let ago = day::ago(visit.at, clock::now_ms());
    let purposes = visit.purposes.iter().map(|purpose| purpose.label()).collect::<Vec<_>>().join("、");
    let paragraph = |label: &'static str, text: &str| {
        (!text.is_empty())
            .then(|| view! { <p>{(!label.is_empty()).then(|| view! { <b>{label}</b> })}{text.to_owned()}</p> })
    };
    view! {
        <li class="card visit">
            <p class="visit-head">
                <b>{visit.outcome.label()}</b>
                <span class="hint">{when}"（"{ago}"）"</span>
            </p>
            {paragraph("", &purposes)}
            {paragraph("", &visit.found)}
            {paragraph("反映：", &visit.requests)}
            {paragraph("处理：", &visit.done)}
            {visit.next_on.map(|next| view! { <p><b>"下次："</b>{day::words(next)}</p> })}
            <Contested record=id/>
            <Turned id path=format!("/visits/{id}")/>
            <p class="visit-foot">
                <span class="hint">{visit.workers.join("、")}</span>
                <Tick record=id/>
                <a href=format!("/visits/{id}/history") class="text-button">"历史"</a>
                <a href=format!("/visits/{id}") class="text-button">"修改"</a>
                <a href=format!("/withdraw/{id}") class="text-button">"作废"</a>
            </p>
        </li>
    }
}
