//! 网格交接: a grid goes from one worker to another, and a receipt says what went over.

use super::{
    desk::{Asked, shown, use_desk},
    moment,
    places::AtGrid,
};
use crate::platform::clock;
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    GridCode, Kind,
    form::labels,
    office::{GridHandedOver, GridHandover, GridHandoverReceipt, StaffMember},
    rights::Place,
};
use std::collections::BTreeSet;

/// The form, and the receipts so far.
#[component]
pub fn GridHandover() -> impl IntoView {
    let desk = use_desk();
    let receipts: Asked<Vec<GridHandoverReceipt>> = Asked::new("receipts");
    let people: Asked<Vec<StaffMember>> = Asked::new("people");
    let grid = RwSignal::new(None::<GridCode>);
    let [from, to] = [(); 2].map(|()| NodeRef::<html::Select>::new());
    let chosen = |field: NodeRef<html::Select>| field.get_untracked().map(|field| field.value()).unwrap_or_default();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (from, to) = (chosen(from), chosen(to));
        let Some(grid) = grid.get_untracked().filter(|_| !from.is_empty() && !to.is_empty()) else {
            desk.say("请选网格、原来的人和接手的人");
            return;
        };
        let over = GridHandover { grid, from, to };
        leptos::task::spawn_local(async move {
            match desk.ask::<GridHandedOver>("hand-over", &over).await {
                Ok(GridHandedOver { cases, left, .. }) => {
                    desk.say(format!("已交接，回执在下面。{}", cases_words(cases, left)));
                    receipts.again();
                    people.again();
                }
                Err(words) => desk.say(words),
            }
        });
    };
    let works_in = |person: &StaffMember, grid: &GridCode| {
        let now = clock::now_ms();
        let mut live = person.grants.iter().filter(|grant| grant.is_live(now));
        live.any(|grant| grant.right.place.grid() == Some(grid))
    };
    let grids = move || {
        let people = people.or_empty();
        let now = clock::now_ms();
        let grants = people.iter().flat_map(|person| &person.grants).filter(|grant| grant.is_live(now));
        let grids: BTreeSet<GridCode> = grants.filter_map(|grant| grant.right.place.grid().cloned()).collect();
        let option = |grid: GridCode| {
            let name = desk.name_of(&Place::Grid(grid.clone()));
            view! { <option value=grid.to_string()>{format!("{name} {grid}")}</option> }
        };
        grids.into_iter().map(option).collect_view()
    };
    let option = |person: StaffMember| {
        let words = format!("{}（{}）", person.name, person.account);
        view! { <option value=person.account>{words}</option> }
    };
    let ones_before = move || {
        let grid = grid.get();
        let there = move |person: &StaffMember| grid.as_ref().is_some_and(|grid| works_in(person, grid));
        people.or_empty().into_iter().filter(there).map(option).collect_view()
    };
    let next_ones = move || {
        let open = people.or_empty().into_iter().filter(|person| person.closed.is_none());
        open.map(option).collect_view()
    };
    view! {
        <div class="desk-head"><h2>"网格交接"</h2></div>
        <form class="card form" on:submit=submit novalidate>
            <p class="hint">
                "交接后，原来的人不再能看这个网格，手机里的记录随即清除；在办的帮扶、隐患、诉求和还没调解完的纠纷改由接手的人负责；他手机上没发送的记录联网后进入“待核对”，回执上会显示"
            </p>
            <div class="columns">
                <label class="field">
                    <span>"网格"</span>
                    <select on:change=move |event| grid.set(event_target_value(&event).parse().ok())>
                        <option value="">"请选"</option>
                        {grids}
                    </select>
                </label>
                <label class="field">
                    <span>"原来的人"</span>
                    <select node_ref=from><option value="">"请选"</option>{ones_before}</select>
                </label>
                <label class="field">
                    <span>"接手的人"</span>
                    <select node_ref=to><option value="">"请选"</option>{next_ones}</select>
                </label>
            </div>
            <button class="small-button main" type="submit">"交接"</button>
        </form>
        {shown(receipts, |receipts| {
            if receipts.is_empty() {
                return view! { <p class="hint">"还没有交接过"</p> }.into_any();
            }
            receipts.into_iter().map(|receipt| view! { <ReceiptCard receipt/> }).collect_view().into_any()
        })}
    }
}

/// Says what became of the open cases of whoever had a grid.
pub fn cases_words(cases: usize, left: usize) -> String {
    match (cases, left) {
        (0, 0) => String::new(),
        (cases, 0) => format!("{cases} 件在办的事改由接手的人负责"),
        (cases, left) => format!("{cases} 件在办的事改由接手的人负责；{left} 件还写着原来的人，请接手的人打开核对"),
    }
}

#[component]
fn ReceiptCard(
    /// The receipt.
    receipt: GridHandoverReceipt,
) -> impl IntoView {
    let counts: Vec<String> = receipt
        .records
        .iter()
        .map(|(kind, count)| {
            let Ok(kind) = kind.parse::<Kind>();
            format!("{} {count} 条", labels::kind(&kind))
        })
        .collect();
    let [waiting, taken, refused] = receipt.late;
    let [seen, unseen] = receipt.devices;
    let late = format!("交接后又收到没发送的记录：待核对 {waiting} 条，已采纳 {taken} 条，已退回 {refused} 条");
    let devices = if unseen == 0 {
        format!("原来的 {seen} 台手机交接后都联过网")
    } else {
        format!("原来的手机还有 {unseen} 台交接后没有联网，可能还有没发送的记录")
    };
    view! {
        <article class="card item receipt">
            <h3>"交接回执"</h3>
            <p><b><AtGrid grid=receipt.grid.clone()/></b>" "<span class="hint">{receipt.grid.to_string()}</span>"，由 "<b>{receipt.from}</b>" 交给 "<b>{receipt.to}</b></p>
            <p>{if counts.is_empty() { "这个网格还没有记录".to_owned() } else { counts.join("，") }}</p>
            <p>{late}</p>
            <p>{devices}</p>
            <p class="hint">{moment(receipt.done.at)}" 由 "{receipt.done.by}" 办理 · 编号 "{receipt.id}</p>
        </article>
    }
}
