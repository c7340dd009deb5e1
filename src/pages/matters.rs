//! 事项: disputes by what is due. Rows tell no story: type, family names, state, deadline.

use crate::{
    components::{chips::OneOf, empty::Empty, page::Page},
    platform::clock,
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::dispute::{
    File,
    codes::{Colour, Matter},
    workflow::State,
};

/// The disputes.
#[component]
pub fn Matters() -> impl IntoView {
    let app = use_app();
    let ended = RwSignal::new(false);
    let may = Memo::new(move |_| !app.mediation_channels().is_empty());
    let files = move || {
        let shown = ended.get();
        let ends = |file: &File| matches!(file.state, State::Archived | State::Returned);
        app.files().into_iter().filter(|file| ends(file) == shown).collect::<Vec<_>>()
    };
    let filters = vec![(false, "在办".to_owned()), (true, "已结".to_owned())];
    let choose = Callback::new(move |chosen| ended.set(chosen));
    view! {
        <Page title="事项">
            {move || {
                if !may.get() {
                    let hint = "矛盾纠纷只有参与调解的人能看。请联系办公室开通；目前可写在走访记录里";
                    return view! { <Empty title="没有调解权限" hint/> }.into_any();
                }
                let files = files();
                let list = if files.is_empty() && ended.get_untracked() {
                    view! { <Empty title="还没有办结的" hint="归档或不予受理的会在这里"/> }.into_any()
                } else if files.is_empty() {
                    view! { <Empty title="没有在办的纠纷" hint="点下方“登记纠纷”，或在住户页里登记"/> }.into_any()
                } else {
                    let rows = files.into_iter().map(|file| view! { <FileRow file/> }).collect_view();
                    view! { <ul class="card rows">{rows}</ul> }.into_any()
                };
                view! {
                    <div class="filters">
                        <OneOf legend="显示" options=filters.clone() chosen=ended on_choose=choose/>
                    </div>
                    {list}
                    <div class="action"><a href="/matters/new" class="button">"登记纠纷"</a></div>
                }
                .into_any()
            }}
        </Page>
    }
}

#[component]
fn FileRow(
    /// The file.
    file: File,
) -> impl IntoView {
    let today = clock::today();
    let what = file.dispute.matter.map_or("未分类", Matter::label);
    let due = file.deadline().map(|deadline| {
        let late = deadline.late(today) > 0;
        view! { <span class=if late { "problem" } else { "hint" }>{deadline.words(today)}</span> }
    });
    let colour = file.dispute.colour;
    view! {
        <li>
            <a href=format!("/matters/{}", file.id) class="row link">
                <span>
                    {colour.map(|colour| view! { <span class=format!("dot {}", colour.code())>{colour_word(colour)}</span> })}
                    <b>{what}</b>" "{file.parties_in_short()}
                    <br/>
                    <span class="hint">{file.number()}</span>
                </span>
                <span><span class="tag">{file.state.label()}</span><br/>{due}</span>
            </a>
        </li>
    }
}

/// The colour as a word: it is not told by colour alone.
pub(super) const fn colour_word(colour: Colour) -> &'static str {
    match colour {
        Colour::Blue => "蓝",
        Colour::Yellow => "黄",
        Colour::Orange => "橙",
        Colour::Red => "红",
    }
}
