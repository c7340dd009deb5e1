//! 关爱个案: for whom and why, what is due, the plan, the looks, the steps.

use crate::{
    components::{
        contested::Contested,
        empty::Empty,
        next_steps::{Choice, NextSteps},
        page::Page,
        tick::Tick,
    },
    platform::clock,
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::{
    Kind, RecordId,
    care::{
        CareFile,
        codes::{Difficulty, Help, Reason, Referral, Way},
        file::REVIEW_DAYS,
        steps::{State, Step},
    },
    case::Case,
    day,
};

/// A care case.
#[component]
pub fn CasePage(
    /// The case.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let file = Memo::new(move |_| app.case(id));
    let title = Signal::derive(move || match file.get() {
        Some(file) if !app.is_restricted(&file) => file.case.name,
        _ => "关爱个案".to_owned(),
    });
    view! {
        <Page title=title back="/care">
            {move || match file.get() {
                Some(file) if app.is_restricted(&file) => {
                    let hint = "按本人要求，这份资料只保存、不使用";
                    view! { <Empty title="已限制使用" hint/> }.into_any()
                }
                Some(file) => view! { <Sections file/> }.into_any(),
                None => view! { <Empty title="没有这个个案" hint="可能已作废，或换了网格、权限"/> }.into_any(),
            }}
        </Page>
    }
}

#[component]
fn Sections(
    /// The case.
    file: CareFile,
) -> impl IntoView {
    let app = use_app();
    let (id, today) = (file.id, clock::today());
    let (roles, name) = app.part_in(id);
    let is_main = |step, _| matches!(step, Step::Confirm | Step::Renew | Step::Resume);
    let choices = Choice::of(file.offers(&roles, &name, today), is_main);
    let plan = file.plan.iter().map(|(item, view)| {
        let when = match (view.done_on, view.due) {
            (Some(done), _) => format!("✓ {}完成", day::words(done)),
            (None, Some(due)) => format!("{}前", day::words(due)),
            _ => String::new(),
        };
        view! {
            <li>
                <a href=format!("/care/{id}/plan_item/{item}") class="row link">
                    <span>{view.what.clone()}</span>
                    <span class="hint">{when}</span>
                </a>
                <Contested record=*item/>
            </li>
        }
    });
    let plan = plan.collect_view();
    let mut looks = file.visits.clone();
    looks.sort_by_key(|(id, visit)| std::cmp::Reverse((visit.on, *id)));
    let looks = looks.into_iter().map(|(look, visit)| {
        let paragraph = |label: &'static str, text: &str| {
            (!text.is_empty()).then(|| view! { <p><b>{label}</b>{text.to_owned()}</p> })
        };
        let referral = visit.referral.map(|referral| {
            let answer = if visit.answer.is_empty() { "还没有答复" } else { &visit.answer };
            view! { <p><b>"转介："</b>{Referral::label(referral)}"，"{answer.to_owned()}</p> }
        });
        view! {
            <li class="card visit">
                <p class="visit-head">
                    <b>{visit.way.map_or("", Way::label)}</b>
                    <span class="hint">{visit.on.map(day::words)}</span>
                </p>
                <p>{visit.found.clone()}</p>
                {paragraph("需要：", &visit.needs)}
                {visit.help.map(|help| view! { <p><b>"帮助："</b>{Help::label(help)}</p> })}
                {paragraph("做了：", &visit.done)}
                {referral}
                {visit.next_on.map(|next| view! { <p><b>"下次："</b>{day::words(next)}</p> })}
                <Contested record=look/>
                <p class="visit-foot">
                    <Tick record=look/>
                    <a href=format!("/care/{id}/care_visit/{look}") class="text-button">"修改"</a>
                </p>
            </li>
        }
    });
    let looks = looks.collect_view();
    let done = file.steps.iter().rev().map(|done| {
        let why = [&done.taken.to, &done.taken.why].map(String::as_str).join(" ");
        let void = (!done.counts).then(|| view! { <span class="problem">"未生效：已先办了别的步骤，或已失效"</span> });
        view! {
            <li class="row">
                <span><b>{done.taken.step.label()}</b>" "{void}<br/><span class="hint">{why}</span></span>
                <span class="hint">{done.by.to_string()}<br/>{day::moment(done.at.cast_signed())}</span>
            </li>
        }
    });
    let done = done.collect_view();
    let in_care = matches!(file.state(today), State::InCare | State::Paused);
    let waits = (file.state(today) == State::Opened).then(|| {
        view! { <p class="hint">"由村负责人确认后开始看望。开案人和负责人不能自己确认，可请别的负责人办。"</p> }
    });
    view! {
        {waits}
        <NextSteps head=id kind=Kind::CareStep choices/>
        <Facts file/>
        <section>
            <h2>"帮扶计划"</h2>
            <ul class="card rows">
                {plan}
                <li><a href=format!("/care/{id}/plan_item/new") class="row link strong">"＋ 要做的事"</a></li>
            </ul>
        </section>
        <section>
            <h2>"看望"</h2>
            <ol class="timeline">{looks}</ol>
        </section>
        <section><h2>"办理经过"</h2><ol class="card rows">{done}</ol></section>
        {in_care.then(|| view! {
            <div class="action"><a href=format!("/care/{id}/care_visit/new") class="button">"记一次看望"</a></div>
        })}
    }
}

/// The facts of the case, and its deadlines.
#[component]
fn Facts(
    /// The case.
    file: CareFile,
) -> impl IntoView {
    let today = clock::today();
    let case = &file.case;
    let due = file.deadlines(today).into_iter().map(|deadline| {
        let late = deadline.late(today) > 0;
        view! { <p class="row"><span>"该办"</span><span class:problem=late>{deadline.words(today)}</span></p> }
    });
    let due = due.collect_view();
    let row = |name: &'static str, words: String| {
        (!words.is_empty()).then(|| view! { <p class="row"><span>{name}</span><span>{words}</span></p> })
    };
    let every = case.interval_days().map(|days| format!("每{days}天，{}", case.interval_why)).unwrap_or_default();
    let review = file.review_by().map(|by| format!("{}前（每{REVIEW_DAYS}天一次，过期失效）", day::words(by)));
    let guardian = case.guardian_agreed_on.map(|on| format!("{}，{}同意", case.guardian, day::words(on)));
    let household = case.household.map(|id| {
        view! { <p class="row"><span>"住户"</span><a href=format!("/households/{id}")>"看住户"</a></p> }
    });
    let help = case.difficulty.map_or("", Difficulty::label).to_owned();
    view! {
        <section class="card rows">
            <p class="row"><span>"状态"</span><b>{file.state(today).label()}</b></p>
            {due}
            {row("为什么关爱", case.reason.map_or("", Reason::label).to_owned())}
            {row("需要的帮助", help)}
            {row("住处", case.place.clone())}
            {row("负责人", file.carer().to_owned())}
            {row("看望", every)}
            {row("复核", review.unwrap_or_default())}
            {row("监护人", guardian.unwrap_or_default())}
            {household}
            <p class="story">{case.why.clone()}</p>
            <Contested record=file.id/>
            <p class="row">
                <Tick record=file.id/>
                <a href=format!("/care/{}/edit", file.id) class="text-button">"修改"</a>
            </p>
        </section>
    }
}
