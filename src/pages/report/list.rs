//! 隐患 and 诉求: the lists, and those of a household. A list of requests says what is asked for, not by whom.

use crate::{
    components::{
        case_tabs::CaseTabs,
        chips::OneOf,
        empty::Empty,
        page::Page,
        photos::{DraftPhotos, Photos},
    },
    pages::case::form::{Beside, Form, edit_head, new_head},
    platform::clock,
    route::{list_of, path_of},
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::{
    Kind, RecordId,
    report::{Report, file::About},
};

/// Which are shown, by their place in [`SHOWN`].
const SHOWN: [&str; 4] = ["在办", "我的", "逾期", "已办"];

fn has(shown: usize, report: &Report, name: &str) -> bool {
    match shown {
        0 => report.state().is_open(),
        1 => report.state().is_open() && report.is_work_of(name),
        2 => report.deadline().is_some_and(|due| due.late(clock::today()) > 0),
        _ => !report.state().is_open(),
    }
}

/// Hazards, or requests.
#[component]
pub fn Reports(
    /// Which.
    kind: Kind,
) -> impl IntoView {
    let app = use_app();
    let (word, new) = match kind {
        Kind::Hazard => ("隐患", "登记隐患"),
        _ => ("诉求", "登记诉求"),
    };
    let href = format!("{}/new", list_of(&kind));
    let shown = RwSignal::new(0);
    let options = SHOWN.iter().enumerate().map(|(place, words)| (place, (*words).to_owned())).collect::<Vec<_>>();
    let choose = Callback::new(move |chosen| shown.set(chosen));
    let may = Memo::new(move |_| !app.general_channels().is_empty());
    let list = move || {
        let name = app.read_records(|notebook| notebook.session().name);
        let reports = app.reports(&kind);
        let reports: Vec<Report> = reports.into_iter().filter(|report| has(shown.get(), report, &name)).collect();
        if reports.is_empty() {
            let (title, hint) = match shown.get() {
                0 => (format!("没有在办的{word}"), format!("点下方“{new}”；走访和巡逻里发现的也可以转过来")),
                1 => (format!("没有您在办的{word}"), "您登记的、交给您的会在这里".to_owned()),
                2 => ("没有逾期的".to_owned(), "期限过了还没办的会在这里".to_owned()),
                _ => ("还没有办完的".to_owned(), "办完的会在这里".to_owned()),
            };
            return view! { <Empty title hint/> }.into_any();
        }
        rows(reports)
    };
    view! {
        <Page title="事项">
            <CaseTabs/>
            <div class="filters"><OneOf legend="显示" options chosen=shown on_choose=choose/></div>
            {list}
            {move || may.get().then(|| {
                let href = href.clone();
                view! { <div class="action"><a href=href class="button">{new}</a></div> }
            })}
        </Page>
    }
}

/// A new hazard, request or outreach, or its draft.
#[component]
pub fn NewReport(
    /// The kind.
    kind: Kind,
    /// The household, visit or finding that it is begun from.
    of: Option<RecordId>,
) -> impl IntoView {
    let photos = |form: Form| view! { <DraftPhotos draft=form.draft busy=form.busy kept=form.kept/> }.into_any();
    new_head(&kind, of, if has_photos(&kind) { Beside::default().last(photos) } else { Beside::default() })
}

/// A change to a hazard, request, patrol or outreach.
#[component]
pub fn EditReport(
    /// The kind.
    kind: Kind,
    /// Which.
    id: RecordId,
) -> impl IntoView {
    let photos = move |_: Form| view! { <Photos of=id/> }.into_any();
    edit_head(&kind, id, if has_photos(&kind) { Beside::default().last(photos) } else { Beside::default() })
}

const fn has_photos(kind: &Kind) -> bool {
    matches!(kind, Kind::Hazard | Kind::Outreach)
}

fn rows(reports: Vec<Report>) -> AnyView {
    let rows = reports.into_iter().map(|report| row(&report)).collect_view();
    view! { <ul class="card rows">{rows}</ul> }.into_any()
}

fn row(report: &Report) -> AnyView {
    let today = clock::today();
    let due = report.deadline().map(|deadline| {
        let late = deadline.late(today) > 0;
        view! { <span class=if late { "due problem" } else { "due hint" }>{deadline.words(today)}</span> }
    });
    let grade = match &report.about {
        About::Hazard(hazard) => hazard.grade.map(|grade| view! { <span class="tag">{grade.label()}</span> }),
        About::Request(_) => None,
    };
    view! {
        <li>
            <a href=path_of(&report.kind(), report.id) class="row link">
                <span class="fluid">
                    {grade}
                    <b>{report.name()}</b>
                    <br/>
                    <span class="hint clipped">{report.what().to_owned()}</span>
                </span>
                <span><span class="tag">{report.state().label()}</span><br/>{due}</span>
            </a>
        </li>
    }
    .into_any()
}

/// The hazards at a household, and ways to register one, and a request: for the household's page. Requests are in no list
/// of a household: that would be one of who asks.
#[component]
pub fn HouseholdReports(
    /// The household.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    move || {
        let at_it = |report: &Report| report.household().is_some_and(|home| app.home(home) == id);
        let hazards: Vec<Report> = app.reports(&Kind::Hazard).into_iter().filter(at_it).collect();
        let list = (!hazards.is_empty()).then(|| rows(hazards));
        view! {
            <section>
                <h2>"隐患和诉求"</h2>
                {list}
                <p class="turned">
                    <a href=format!("/households/{id}/hazard") class="text-button">"登记隐患"</a>
                    <a href=format!("/households/{id}/request") class="text-button">"登记诉求"</a>
                </p>
            </section>
        }
    }
}
