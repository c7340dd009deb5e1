//! 走访: the doors of the grid in walking order.

use crate::{
    components::{
        chips::OneOf, door_row::DoorRow, empty::Empty, page::Page, search_field::SearchField, windowed::Windowed,
    },
    pages::today::why_no_doors,
    platform::clock,
    state::use_app,
};
use chrono::NaiveDate;
use leptos::prelude::*;
use ruhu_domain::{
    RecordId,
    codes::Outcome,
    engine::grids,
    roster::{
        doors::{Door, Filter, LastVisit},
        search::MAX_HITS,
    },
};
use std::sync::Arc;

/// A row's height, as style/round.css has it.
const ROW: u32 = 76;
const LARGE_ROW: u32 = 140;

/// The round: filter, search, doors.
#[component]
pub fn Doors(
    /// The query.
    query: RwSignal<String>,
    /// The other results of a search: disputes are in a part of the app.
    more: ViewFn,
) -> impl IntoView {
    let app = use_app();
    let filter = RwSignal::new(Filter::default());
    let hits = Memo::new(move |_| query.with(|query| app.read(|notebook| notebook.search(query))));
    let doors = Memo::new_with_compare(
        move |_| {
            let now = clock::now_ms();
            let all = app.doors.get();
            if query.with(|query| query.trim().is_empty()) {
                let filter = filter.get();
                if filter == Filter::All {
                    return all;
                }
                return Arc::new(all.iter().filter(|door| filter.shows(door, now)).cloned().collect::<Vec<Door>>());
            }
            Arc::new(app.read(|notebook| {
                let roster = notebook.roster();
                hits.with(|hits| hits.iter().filter_map(|hit| roster.door(hit.id)).collect())
            }))
        },
        |_, _| true,
    );
    let count = move || doors.with(|doors| doors.len());
    let row_height = Signal::derive(move || app.preferences.with(|look| if look.large_type { LARGE_ROW } else { ROW }));
    let found = move |id| hits.with_untracked(|hits| hits.iter().find(|hit| hit.id == id)?.name.clone());
    let key = move |door: &Door| (row_key(door), found(door.id));
    let row = move |door: Door| view! { <DoorRow found=found(door.id) door/> };
    let filters = Filter::ALL.iter().map(|filter| (*filter, filter.label().to_owned())).collect::<Vec<_>>();
    let choose = Callback::new(move |chosen| filter.set(chosen));
    view! {
        <Page title="走访">
            <SearchField label="查找户" hint="姓名、拼音、电话尾号、户号、纠纷" query/>
            <div class="filters" class:away=move || query.with(|query| !query.trim().is_empty())>
                <OneOf legend="显示" options=filters chosen=filter on_choose=choose/>
            </div>
            <p class="count">
                <span role="status">
                    {move || match count() {
                        MAX_HITS if hits.with(|hits| !hits.is_empty()) => format!("前 {MAX_HITS} 户，写得再细些"),
                        count => format!("{count} 户"),
                    }}
                </span>
                <span>
                    <a href="/round/order" class="text-button">"顺序"</a>
                    <a href="/households/new" class="text-button">"登记新户"</a>
                </span>
            </p>
            {more.run()}
            <Windowed items=doors row_height key row/>
            {move || {
                if count() > 0 {
                    return ().into_any();
                }
                let (title, hint) = if app.doors.with(|doors| doors.is_empty()) {
                    app.read(|notebook| {
                        let head = notebook.engine().head().clone();
                        why_no_doors(head.synced_at.is_some(), grids(&head).count())
                    })
                } else if query.with(|query| !query.trim().is_empty()) {
                    ("没有找到", "换个写法试试：姓名的一部分、拼音、电话后四位或户号")
                } else {
                    ("这里没有户", "本月都走访到了，或没有重点户。可点“全部”查看")
                };
                view! { <Empty title=title.to_owned() hint=hint.to_owned()/> }.into_any()
            }}
        </Page>
    }
}

type Key = (RecordId, Option<(RecordId, i64, Outcome)>, Option<NaiveDate>, usize);

fn row_key(door: &Door) -> Key {
    let last = door.last.map(|LastVisit { id, at, outcome }| (id, at, outcome));
    (door.id, last, door.due, Arc::as_ptr(&door.household) as usize)
}
