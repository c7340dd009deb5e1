//! 关爱: care cases by what is due. Rows show no more than a family name, the place and the day.

use crate::{
    components::{chips::OneOf, empty::Empty, known_people::KnownPeople, page::Page},
    pages::case::form::{Beside, Form, edit_head, in_file, new_head},
    platform::clock,
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::{
    Kind, RecordId,
    care::{CareFile, steps::State},
};

/// A new care case, or its draft.
#[component]
pub fn NewCase(
    /// The household, visit or finding that it is begun from.
    of: Option<RecordId>,
) -> impl IntoView {
    new_head(&Kind::CareCase, of, Beside::first(known))
}

/// A change to a case.
#[component]
pub fn EditCase(
    /// Which.
    id: RecordId,
) -> impl IntoView {
    edit_head(&Kind::CareCase, id, Beside::first(known))
}

/// A record of a case's file.
#[component]
pub fn InCase(
    /// The case.
    head: RecordId,
    /// The kind.
    kind: Kind,
    /// The record to change; none for a new one.
    record: Option<RecordId>,
) -> impl IntoView {
    in_file(head, &kind, record, Beside::default())
}

fn known(form: Form) -> AnyView {
    let typed = Memo::new(move |_| form.text("name"));
    view! { <KnownPeople typed earlier=false on_choose=form.choose/> }.into_any()
}

/// Which cases are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Mine,
    Open,
    Waiting,
    Ended,
}

impl Shown {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Mine, "我负责的"), (Self::Open, "全部在办"), (Self::Waiting, "待确认"), (Self::Ended, "已结")];

    fn has(self, case: &CareFile, name: &str) -> bool {
        let state = case.state(clock::today());
        match self {
            Self::Mine => state.is_open() && case.is_work_of(name),
            Self::Open => state.is_open(),
            Self::Waiting => state == State::Opened,
            Self::Ended => !state.is_open(),
        }
    }

    /// The words where there is none.
    const fn nothing(self) -> (&'static str, &'static str) {
        match self {
            Self::Mine => ("没有您负责的个案", "点下方“新个案”，或在住户页里为需要的人立案"),
            Self::Open => ("没有在办的个案", "点下方“新个案”，或在住户页里为需要的人立案"),
            Self::Waiting => ("没有待确认的", "新立的个案由村负责人确认"),
            Self::Ended => ("还没有结案的", "结案、失效的会在这里"),
        }
    }
}

/// The cases.
#[component]
pub fn Care() -> impl IntoView {
    let app = use_app();
    let may = Memo::new(move |_| !app.care_channels().is_empty());
    let name = Memo::new(move |_| app.read(|notebook| notebook.session().name));
    // Who confirms sees what waits for them first.
    let mine = untrack(|| app.cases().iter().any(|case| Shown::Mine.has(case, &name.get())));
    let shown = RwSignal::new(if mine { Shown::Mine } else { Shown::Open });
    let filters = Shown::ALL.iter().map(|(shown, words)| (*shown, (*words).to_owned())).collect::<Vec<_>>();
    let choose = Callback::new(move |chosen| shown.set(chosen));
    let list = move || {
        let shown = shown.get();
        let cases: Vec<CareFile> =
            app.cases().into_iter().filter(|case| name.with(|name| shown.has(case, name))).collect();
        if cases.is_empty() {
            let (title, hint) = shown.nothing();
            return view! { <Empty title hint/> }.into_any();
        }
        let rows = cases.into_iter().map(|case| view! { <CaseRow case/> }).collect_view();
        view! { <ul class="card rows">{rows}</ul> }.into_any()
    };
    view! {
        <Page title="关爱">
            {move || {
                if !may.get() {
                    let hint = "关爱个案只有本网格的关爱人员和村负责人能看。请联系办公室开通；目前可写在走访记录里";
                    return view! { <Empty title="没有关爱权限" hint/> }.into_any();
                }
                view! {
                    <div class="filters"><OneOf legend="显示" options=filters.clone() chosen=shown on_choose=choose/></div>
                    {list}
                    <div class="action"><a href="/care/new" class="button">"新个案"</a></div>
                }
                .into_any()
            }}
        </Page>
    }
}

/// The cases of a household, and a way to open one: for the household's page.
#[component]
pub fn HouseholdCases(
    /// The household.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let list = move || {
        let grid = app.read(|notebook| notebook.channel_of(id)).map(|channel| channel.grid);
        if !app.care_channels().iter().any(|channel| Some(&channel.grid) == grid.as_ref()) {
            return None;
        }
        let of_it = |case: &CareFile| case.case.household.is_some_and(|home| app.home(home) == id);
        let cases: Vec<CareFile> = app.cases().into_iter().filter(of_it).collect();
        let rows = (!cases.is_empty()).then(|| {
            let rows = cases.into_iter().map(|case| view! { <CaseRow case/> }).collect_view();
            view! { <ul class="card rows">{rows}</ul> }
        });
        Some(view! {
            <section>
                <h2>"关爱"</h2>
                {rows}
                <p><a href=format!("/households/{id}/care") class="text-button">"立关爱个案"</a></p>
            </section>
        })
    };
    view! { {list} }
}

/// A case, with whatever is due first.
#[component]
fn CaseRow(
    /// The case.
    case: CareFile,
) -> impl IntoView {
    let today = clock::today();
    let restricted = use_app().is_restricted(&case);
    let due = case.deadlines(today).into_iter().next().filter(|_| !restricted).map(|deadline| {
        let late = deadline.late(today) > 0;
        view! { <span class=if late { "due problem" } else { "due hint" }>{deadline.words(today)}</span> }
    });
    let state = case.state(today);
    view! {
        <li>
            <a href=format!("/care/{}", case.id) class="row link">
                <span>
                    <b>{case.case.name_in_short()}</b>
                    <br/>
                    <span class="hint">
                        {if restricted { "已按要求限制使用".to_owned() } else { case.case.place.clone() }}
                    </span>
                </span>
                <span><span class="tag">{state.label()}</span><br/>{due}</span>
            </a>
        </li>
    }
}
