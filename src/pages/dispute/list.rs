//! 事项: disputes by what is due. Rows tell no story: type, family names, state, deadline.

use crate::{
    components::{case_tabs::CaseTabs, chips::OneOf, empty::Empty, page::Page},
    platform::clock,
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::{
    RecordId,
    dispute::{
        DisputeFile,
        codes::{Colour, DisputeType},
        records::Party,
        steps::State,
    },
};

/// Which disputes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Open,
    Mine,
    Late,
    Ended,
}

impl Shown {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Open, "在办"), (Self::Mine, "我的"), (Self::Late, "逾期"), (Self::Ended, "已结")];

    fn has(self, file: &DisputeFile, name: &str) -> bool {
        match self {
            Self::Open => file.state.is_open(),
            Self::Mine => file.state.is_open() && file.is_work_of(name),
            Self::Late => file.deadline().is_some_and(|due| due.late(clock::today()) > 0),
            Self::Ended => !file.state.is_open(),
        }
    }

    /// The words where there is none.
    const fn nothing(self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("没有在办的纠纷", "点下方“登记纠纷”，或在住户页里登记"),
            Self::Mine => ("没有您在办的纠纷", "您登记、受理或调解的会在这里"),
            Self::Late => ("没有逾期的", "期限过了还没办的会在这里"),
            Self::Ended => ("还没有办结的", "归档或不予受理的会在这里"),
        }
    }
}

/// The disputes.
#[component]
pub fn Disputes() -> impl IntoView {
    let app = use_app();
    let shown = RwSignal::new(Shown::Open);
    let colour = RwSignal::new(None::<Colour>);
    let state = RwSignal::new(None::<State>);
    let may = Memo::new(move |_| !app.mediation_channels().is_empty());
    let name = Memo::new(move |_| app.read(|notebook| notebook.session().name));
    let all = Memo::new(move |_| {
        let files = app.files().into_iter();
        files.filter(|file| name.with(|name| shown.get().has(file, name))).collect::<Vec<_>>()
    });
    let files = move || {
        let (colour, state) = (colour.get(), state.get());
        let fits = |file: &DisputeFile| {
            colour.is_none_or(|colour| file.dispute.colour == Some(colour))
                && state.is_none_or(|state| file.state == state)
        };
        all.get().into_iter().filter(fits).collect::<Vec<_>>()
    };
    let filters = Shown::ALL.iter().map(|(shown, words)| (*shown, (*words).to_owned())).collect::<Vec<_>>();
    let choose = Callback::new(move |chosen| {
        shown.set(chosen);
        state.set(None);
    });
    let colours = [(None, "全部颜色".to_owned())].into_iter();
    let colours = colours.chain(Colour::ALL.iter().map(|colour| (Some(*colour), colour_word(*colour).to_owned())));
    let colours = colours.collect::<Vec<_>>();
    let states = move || {
        let mut there: Vec<State> = all.with(|files| files.iter().map(|file| file.state).collect());
        there.sort();
        there.dedup();
        let states = there.into_iter().map(|state| (Some(state), state.label().to_owned()));
        let options = [(None, "全部状态".to_owned())].into_iter().chain(states).collect::<Vec<_>>();
        let choose = Callback::new(move |chosen| state.set(chosen));
        view! { <OneOf legend="状态" options chosen=state on_choose=choose/> }
    };
    let choose_colour = Callback::new(move |chosen| colour.set(chosen));
    view! {
        <Page title="事项">
            <CaseTabs/>
            {move || {
                if !may.get() {
                    let hint = "矛盾纠纷只有参与调解的人能看。请联系办公室开通；目前可写在走访记录里";
                    return view! { <Empty title="没有调解权限" hint/> }.into_any();
                }
                view! {
                    <div class="filters">
                        <OneOf legend="显示" options=filters.clone() chosen=shown on_choose=choose/>
                        <details>
                            <summary>"按颜色、状态筛选"</summary>
                            <OneOf legend="预警色" options=colours.clone() chosen=colour on_choose=choose_colour/>
                            {states}
                        </details>
                    </div>
                    {move || rows(files(), shown.get().nothing())}
                    <div class="action"><a href="/matters/new" class="button">"登记纠纷"</a></div>
                }
                .into_any()
            }}
        </Page>
    }
}

fn rows(files: Vec<DisputeFile>, (title, hint): (&'static str, &'static str)) -> AnyView {
    if files.is_empty() {
        return view! { <Empty title hint/> }.into_any();
    }
    let rows = files.into_iter().map(|file| view! { <FileRow file/> }).collect_view();
    view! { <ul class="card rows">{rows}</ul> }.into_any()
}

/// Disputes shown of those that a search finds.
const FOUND: usize = 3;

/// The disputes that match a search; nothing where there are none.
#[component]
pub fn Found(
    /// The query.
    query: RwSignal<String>,
) -> impl IntoView {
    let app = use_app();
    let found = Memo::new(move |_| query.with(|query| app.read(|notebook| notebook.search_disputes(query))));
    move || {
        let count = found.with(Vec::len);
        (count > 0).then(|| {
            let files = found.with(|found| found.iter().take(FOUND).map(|hit| hit.id).collect::<Vec<_>>());
            let rows = files.into_iter().filter_map(|id| app.file(id)).map(|file| view! { <FileRow file/> });
            let words = if count > FOUND {
                format!("纠纷（{count}，写得再细些）")
            } else {
                format!("纠纷（{count}）")
            };
            view! { <section><h2>{words}</h2><ul class="card rows">{rows.collect_view()}</ul></section> }
        })
    }
}

/// The disputes found at a household or with a party of it, and a way to register one: for the household's page.
#[component]
pub fn HouseholdDisputes(
    /// The household.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let list = move || {
        let grid = app.read(|notebook| notebook.channel_of(id)).map(|channel| channel.grid);
        if !app.mediation_channels().iter().any(|channel| Some(&channel.grid) == grid.as_ref()) {
            return None;
        }
        let members: Vec<RecordId> =
            app.read(|notebook| notebook.roster().members(id)).into_iter().map(|(id, _)| id).collect();
        let of_it = |file: &DisputeFile| {
            let home = |id: Option<RecordId>| id.map(|id| app.home(id));
            let party = |(_, party): &(RecordId, Party)| home(party.resident).is_some_and(|one| members.contains(&one));
            home(file.dispute.household) == Some(id) || file.parties.iter().any(party)
        };
        let files: Vec<DisputeFile> = app.files().into_iter().filter(of_it).collect();
        let rows = (!files.is_empty()).then(|| {
            let rows = files.into_iter().map(|file| view! { <FileRow file/> }).collect_view();
            view! { <ul class="card rows">{rows}</ul> }
        });
        Some(view! {
            <section>
                <h2>"纠纷"</h2>
                {rows}
                <p><a href=format!("/households/{id}/dispute") class="text-button">"登记纠纷"</a></p>
            </section>
        })
    };
    view! { {list} }
}

#[component]
fn FileRow(
    /// The file.
    file: DisputeFile,
) -> impl IntoView {
    let today = clock::today();
    let what = file.dispute.matter.map_or("未分类", DisputeType::label);
    let due = file.deadline().map(|deadline| {
        let late = deadline.late(today) > 0;
        view! { <span class=if late { "due problem" } else { "due hint" }>{deadline.words(today)}</span> }
    });
    let pressed = file.pressed().filter(|(_, acknowledged)| !acknowledged);
    let pressed = pressed.map(|(done, _)| view! { <span class="tag">{done.taken.step.label()}"，未签收"</span> });
    let colour = file.dispute.colour;
    view! {
        <li>
            <a href=format!("/matters/{}", file.id) class="row link">
                <span>
                    {colour.map(|colour| view! { <span class=format!("dot {}", colour.code())>{colour_word(colour)}</span> })}
                    <b>{what}</b>" "{file.parties_in_short()}
                    <br/>
                    <span class="hint">{file.number()}</span>
                    {pressed}
                </span>
                <span><span class="tag">{file.state.label()}</span><br/>{due}</span>
            </a>
        </li>
    }
}

/// The colour as a word: it is not told by colour alone.
pub const fn colour_word(colour: Colour) -> &'static str {
    match colour {
        Colour::Blue => "蓝",
        Colour::Yellow => "黄",
        Colour::Orange => "橙",
        Colour::Red => "红",
    }
}
