//! 走访顺序: the doors of a grid in the order in which they are walked. One is dragged to another place, or put behind
//! another that may be far away.

use crate::{
    components::{chips::OneOf, empty::Empty, page::Page, search_field::SearchField, windowed::Windowed},
    state::{roster::Step, use_app},
};
use leptos::{ev::PointerEvent, prelude::*};
use ruhu_domain::{RecordId, engine::grids, roster::doors::Door};
use std::sync::Arc;
use wasm_bindgen::JsCast;

/// A row's height, as style/round.css has it.
const ROW: u32 = 60;
const LARGE_ROW: u32 = 84;

/// A door that is being dragged: where the finger began and how far it went, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Dragged {
    door: RecordId,
    from: f64,
    by: f64,
}

/// The order of the doors.
#[component]
pub fn WalkingOrder() -> impl IntoView {
    let app = use_app();
    let grids = untrack(|| app.read(|notebook| grids(notebook.engine().head()).cloned().collect::<Vec<_>>()));
    let names: Vec<(usize, String)> = grids.iter().map(|grid| grid.name.clone()).enumerate().collect();
    let grid = RwSignal::new(0_usize);
    let choose_grid = Callback::new(move |at| grid.set(at));
    let several = names.len() > 1;
    let grids = StoredValue::new(grids);
    let doors = Memo::new_with_compare(
        move |_| {
            let here = grids.with_value(|grids| grids.get(grid.get()).map(|grid| grid.channel.grid.clone()));
            let all = app.doors.get();
            let of_it = |door: &&Door| {
                app.read(|notebook| {
                    let roster = notebook.roster();
                    roster.household(door.id).is_some_and(|(grid, _)| Some(grid) == here.as_ref())
                })
            };
            Arc::new(all.iter().filter(of_it).cloned().collect::<Vec<Door>>())
        },
        |_, _| true,
    );
    // The door for which another place is being looked for.
    let moved = RwSignal::new(None::<Door>);
    let query = RwSignal::new(String::new());
    let shown = Memo::new_with_compare(
        move |_| {
            let query = query.get();
            if moved.with(Option::is_none) || query.trim().is_empty() {
                return doors.get();
            }
            let found = app.read(|notebook| notebook.search(&query));
            let fits = |door: &&Door| found.iter().any(|hit| hit.id == door.id);
            Arc::new(doors.with(|doors| doors.iter().filter(fits).cloned().collect::<Vec<Door>>()))
        },
        |_, _| true,
    );
    let dragged = RwSignal::new(None::<Dragged>);
    let height = Signal::derive(move || app.preferences.with(|look| if look.large_type { LARGE_ROW } else { ROW }));
    let put = move |door: RecordId, step: Step| {
        moved.set(None);
        query.set(String::new());
        let doors = doors.get_untracked();
        leptos::task::spawn_local(async move { app.put_door(&doors, door, step).await });
    };
    // A row that is drawn anew lets go of the finger.
    Effect::new(move |_| {
        doors.track();
        dragged.set(None);
    });
    let drop_it = move || {
        let Some(Dragged { door, by, .. }) = dragged.get_untracked() else { return };
        dragged.set(None);
        let rows = (by / f64::from(height.get_untracked())).round();
        if rows != 0.0 {
            put(door, Step::By(rows as i64));
        }
    };
    let row = move |door: Door| {
        let id = door.id;
        let name = format!("{} {}", door.household.number, door.household.head);
        let begin = move |event: PointerEvent| {
            event.prevent_default();
            let handle = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            if let Some(handle) = handle {
                drop(handle.set_pointer_capture(event.pointer_id()));
            }
            dragged.set(Some(Dragged { door: id, from: f64::from(event.client_y()), by: 0.0 }));
        };
        let go_on = move |event: PointerEvent| {
            dragged.update(|dragged| {
                if let Some(dragged) = dragged {
                    dragged.by = f64::from(event.client_y()) - dragged.from;
                }
            });
        };
        let is_dragged = move || dragged.with(|dragged| dragged.is_some_and(|dragged| dragged.door == id));
        let offset = move || {
            let by =
                dragged.with(|dragged| dragged.filter(|dragged| dragged.door == id).map_or(0.0, |dragged| dragged.by));
            format!("translateY({by}px)")
        };
        let label = format!("拖动 {name}");
        view! {
            <div class="walk" class:dragged=is_dragged style:transform=offset>
                <span
                    class="handle"
                    class:away=move || moved.with(Option::is_some)
                    role="img"
                    aria-label=label
                    on:pointerdown=begin
                    on:pointermove=go_on
                    on:pointerup=move |_| drop_it()
                    on:pointercancel=move |_| dragged.set(None)
                >
                    "≡"
                </span>
                <span class="walk-name">{name}</span>
                {move || match moved.get() {
                    None => {
                        let door = door.clone();
                        let look = move |_| moved.set(Some(door.clone()));
                        view! { <button class="small-button" on:click=look>"移到…"</button> }.into_any()
                    }
                    Some(moved) if moved.id == id => view! { <span class="hint">"要移的"</span> }.into_any(),
                    Some(moved) => {
                        let after = move |_| put(moved.id, Step::After(Some(id)));
                        view! { <button class="small-button main" on:click=after>"放它后面"</button> }.into_any()
                    }
                }}
            </div>
        }
    };
    view! {
        <Page title="走访顺序" back="/round">
            {several.then(|| view! { <OneOf legend="网格" options=names chosen=grid on_choose=choose_grid/> })}
            {move || match moved.get() {
                None => view! { <p class="hint">"按住左边的 ≡ 上下拖；要移得远，点“移到…”"</p> }.into_any(),
                Some(door) => {
                    let id = door.id;
                    let name = format!("{} {}", door.household.number, door.household.head);
                    view! {
                        <section class="missing">
                            <b>{name}" 移到哪一户后面？"</b>
                            <SearchField label="查找户" hint="姓名、拼音、户号" query/>
                            <button class="small-button" on:click=move |_| put(id, Step::After(None))>"放在最前"</button>
                            <button class="small-button" on:click=move |_| moved.set(None)>"不移了"</button>
                        </section>
                    }
                    .into_any()
                }
            }}
            <div class="walks">
                <Windowed items=shown row_height=height key=key row/>
            </div>
            {move || shown.with(|shown| shown.is_empty()).then(|| {
                view! { <Empty title="没有户".to_owned() hint="换个写法试试，或先登记新户".to_owned()/> }
            })}
        </Page>
    }
}

fn key(door: &Door) -> (RecordId, usize) {
    (door.id, Arc::as_ptr(&door.household) as usize)
}
