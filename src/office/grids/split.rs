//! Giving a part of a grid to another: by doors on a list, by words of the address as a building's number, or by a sheet.

use crate::{
    office::{desk::use_desk, file_drop::FileDrop},
    platform::files::Chosen,
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    GridCode, RecordId,
    office::{DoorToChoose, DoorsRead, GridInfo, OfGrid, SplitGrid, Transferred},
};
use std::collections::BTreeSet;

/// The form.
#[component]
pub fn Split(
    /// The grid that gives something away.
    from: GridCode,
    /// The grids that can take it.
    others: Vec<GridInfo>,
    /// Called after the change.
    on_done: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let doors: RwSignal<Option<Vec<DoorToChoose>>> = RwSignal::new(None);
    let chosen: RwSignal<BTreeSet<RecordId>> = RwSignal::new(BTreeSet::new());
    let filter = RwSignal::new(String::new());
    let from = StoredValue::new(from);
    let into = NodeRef::<html::Select>::new();
    let open = move |_| {
        leptos::task::spawn_local(async move {
            match desk.ask::<Vec<DoorToChoose>>("doors", &OfGrid { grid: from.get_value() }).await {
                Ok(found) => drop(doors.try_set(Some(found))),
                Err(words) => desk.say(words),
            }
        });
    };
    let seen = move || {
        let words = filter.get();
        let has = |door: &DoorToChoose| {
            [&door.number, &door.head, &door.address].iter().any(|text| text.contains(words.trim()))
        };
        doors.get().unwrap_or_default().into_iter().filter(|door| has(door)).collect::<Vec<_>>()
    };
    let all = move |_| chosen.update(|chosen| chosen.extend(seen().iter().map(|door| door.id)));
    let none = move |_| chosen.set(BTreeSet::new());
    let by_sheet = Callback::new(move |files: Vec<Chosen>| {
        leptos::task::spawn_local(async move {
            for file in files {
                let Some(bytes) = file.bytes().await else { continue };
                match desk.send::<DoorsRead>("doors-read", &bytes).await {
                    Ok(read) => {
                        let known = doors.get_untracked().unwrap_or_default();
                        let wanted: BTreeSet<String> = read.numbers.into_iter().collect();
                        let found: Vec<&DoorToChoose> =
                            known.iter().filter(|door| wanted.contains(&door.number)).collect();
                        let lacking = wanted.len() - found.len().min(wanted.len());
                        chosen.update(|chosen| chosen.extend(found.iter().map(|door| door.id)));
                        let problems = read.problems.first().map(|words| format!("；{words}")).unwrap_or_default();
                        desk.say(format!("表里选中 {} 户，{lacking} 个户号不在这个网格{problems}", found.len()));
                    }
                    Err(words) => desk.say(words),
                }
            }
        });
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(Ok(to)) = into.get_untracked().map(|field| field.value().parse()) else {
            desk.say("请选划到哪个网格");
            return;
        };
        let households: Vec<RecordId> = chosen.get_untracked().into_iter().collect();
        if households.is_empty() {
            desk.say("请先勾选要划出的户");
            return;
        }
        let split = SplitGrid { from: from.get_value(), to, households };
        leptos::task::spawn_local(async move {
            match desk.ask::<Transferred>("grid-split", &split).await {
                Ok(done) => {
                    desk.say(format!(
                        "已划出 {} 户，连同居民、走访和关爱个案共 {} 条记录",
                        done.households, done.records
                    ));
                    on_done.run(());
                }
                Err(words) => desk.say(words),
            }
        });
    };
    let options = others
        .into_iter()
        .map(|other| {
            let code = other.code.to_string();
            view! { <option value=code.clone()>{format!("{code} {}", other.name)}</option> }
        })
        .collect_view();
    view! {
        <h4>"划出一部分户"</h4>
        <p class="hint">"按户划到别的网格：居民、走访和关爱个案跟着户走；矛盾纠纷、隐患和诉求留在登记它的网格。先建好要划到的网格"</p>
        <form on:submit=submit novalidate>
            <label class="field"><span>"划到哪个网格"</span><select node_ref=into>{options}</select></label>
            {move || match doors.get() {
                None => view! {
                    <p><button type="button" class="small-button" on:click=open>"选户"</button></p>
                }
                .into_any(),
                Some(found) if found.is_empty() => view! { <p class="hint">"这个网格还没有户"</p> }.into_any(),
                Some(_) => view! {
                    <div class="columns">
                        <label class="field">
                            <span>"筛选（地址、楼号、户主、户号）"</span>
                            <input type="search" autocomplete="off" prop:value=filter on:input=move |event| filter.set(event_target_value(&event))/>
                        </label>
                    </div>
                    <p>
                        <button type="button" class="small-button" on:click=all>"选中筛出的"</button>
                        <button type="button" class="small-button" on:click=none>"都不选"</button>
                        <span class="hint" role="status">{move || format!("已选 {} 户", chosen.get().len())}</span>
                    </p>
                    <FileDrop label="按表选户" on_files=by_sheet/>
                    <ul class="doors">
                        {move || seen().into_iter().map(|door| {
                            let id = door.id;
                            view! {
                                <li>
                                    <label>
                                        <input
                                            type="checkbox"
                                            prop:checked=move || chosen.get().contains(&id)
                                            on:change=move |_| chosen.update(|chosen| {
                                                if !chosen.remove(&id) {
                                                    chosen.insert(id);
                                                }
                                            })
                                        />
                                        {format!(" {} {} {}", door.number, door.head, door.address)}
                                    </label>
                                </li>
                            }
                        }).collect_view()}
                    </ul>
                    <button class="small-button" type="submit">"划出选中的户"</button>
                }
                .into_any(),
            }}
        </form>
    }
}
