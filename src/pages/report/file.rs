//! 隐患 or 诉求: what it is, what is due, who has it, the steps.

use crate::{
    components::{
        contested::Contested,
        empty::Empty,
        next_steps::{Choice, NextSteps},
        page::Page,
        photos::Photos,
        tick::Tick,
    },
    platform::clock,
    route::{list_of, path_of},
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::{
    Kind, RecordId,
    case::Case,
    day,
    form::labels,
    report::{
        Report,
        codes::{Danger, Grade, Subject},
        file::About,
        steps::Step,
    },
};

/// A hazard or a request.
#[component]
pub fn ReportPage(
    /// Which.
    id: RecordId,
    /// Whether it is a hazard or a request.
    kind: Kind,
) -> impl IntoView {
    let app = use_app();
    let report = Memo::new(move |_| app.report(id));
    let title = labels::kind(&kind).to_owned();
    view! {
        <Page title=title.clone() back=list_of(&kind)>
            {move || match report.get() {
                Some(report) => view! { <Sections report/> }.into_any(),
                None => {
                    let title = format!("没有这条{title}");
                    view! { <Empty title hint="可能已作废，或换了网格、权限"/> }.into_any()
                }
            }}
        </Page>
    }
}

#[component]
fn Sections(
    /// The hazard or request.
    report: Report,
) -> impl IntoView {
    let app = use_app();
    let (id, kind) = (report.id, report.kind());
    let (roles, name) = app.part_in(id);
    let is_main = |step, place| place == 0 && !matches!(step, Step::Rework | Step::Again);
    let choices = Choice::of(report.offers(&roles, &name, clock::today()), is_main);
    let of_step = if kind == Kind::Hazard { Kind::HazardStep } else { Kind::RequestStep };
    let done = report.steps.iter().rev().map(|done| {
        let satisfied = done.taken.satisfied.map_or("", |satisfied| satisfied.label());
        let said = [done.taken.to.as_str(), satisfied, &done.taken.why].join(" ");
        let void = (!done.counts).then(|| view! { <span class="problem">"未生效：已先办了别的步骤"</span> });
        view! {
            <li class="row">
                <span><b>{done.taken.step.label()}</b>" "{void}<br/><span class="hint">{said}</span></span>
                <span class="hint">{done.by.to_string()}<br/>{day::moment(done.at.cast_signed())}</span>
            </li>
        }
    });
    let done = done.collect_view();
    view! {
        <NextSteps head=id kind=of_step choices/>
        <Facts report/>
        {(kind == Kind::Hazard).then(|| view! { <Photos of=id/> })}
        <section>
            <h2>"办理经过"</h2>
            <ol class="card rows">{done}</ol>
        </section>
    }
}

/// The facts of the report, and its deadline.
#[component]
fn Facts(
    /// The hazard or request.
    report: Report,
) -> impl IntoView {
    let app = use_app();
    let today = clock::today();
    let due = report.deadline().map(|deadline| {
        let late = deadline.late(today) > 0;
        view! {
            <p class="row">
                <span>"该办"</span>
                <span>
                    <span class:problem=late>{deadline.words(today)}</span>
                    <br/>
                    <span class="hint">{report.why_due(deadline.what)}</span>
                </span>
            </p>
        }
    });
    let row = |name: &'static str, words: &str| {
        (!words.is_empty()).then(|| view! { <p class="row"><span>{name}</span><span>{words.to_owned()}</span></p> })
    };
    let call = |name: &'static str, phone: &str| {
        (!phone.is_empty()).then(|| {
            let href = format!("tel:{phone}");
            view! { <a class="row link" href=href><span>{name}</span><span>{phone.to_owned()}</span></a> }
        })
    };
    let own = match &report.about {
        About::Hazard(hazard) => view! {
            {row("类型", hazard.danger.map_or("", Danger::label))}
            {row("等级", hazard.grade.map_or("", Grade::label))}
            {row("地点", &hazard.place)}
        }
        .into_any(),
        About::Request(request) => view! {
            {row("类别", request.subject.map_or("", Subject::label))}
            {row("谁提的", if request.asker.is_empty() { "没有留名" } else { &request.asker })}
            {call("对方电话", &request.phone)}
        }
        .into_any(),
    };
    let owner = match report.given() {
        Some(given) if given.outside => format!("{}（不是本村的）", report.owner()),
        _ => report.owner().to_owned(),
    };
    let phone = report.given().map(|given| given.phone.clone()).unwrap_or_default();
    let from = report.from().and_then(|from| app.came_from(from)).map(|(words, href)| {
        view! { <a class="row link" href=href><span>"来自"</span><span>{words}</span></a> }
    });
    let household = report.household().map(|id| {
        view! { <a class="row link" href=format!("/households/{id}")><span>"住户"</span><span>"看住户"</span></a> }
    });
    let since = report.since().map(day::words).unwrap_or_default();
    view! {
        <section class="card rows">
            <p class="row"><span>"状态"</span><b>{report.state().label()}</b></p>
            {due}
            <p class="story">{report.what().to_owned()}</p>
            {own}
            {row("日期", &since)}
            {row("谁来办", &owner)}
            {call("办理人电话", &phone)}
            {from}
            {household}
            {row("登记", &report.by)}
            {row("编号", &report.number())}
            <Contested record=report.id/>
            <p class="row">
                <Tick record=report.id/>
                <a href=format!("{}/edit", path_of(&report.kind(), report.id)) class="text-button">"修改"</a>
            </p>
        </section>
    }
}
