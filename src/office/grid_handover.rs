//! 网格交接: a grid goes from one worker to another, and a receipt says what went over.

use super::{
    desk::{Asked, shown, use_desk},
    moment, value,
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    Kind,
    form::labels,
    office::{GridHandover, GridHandoverReceipt, StaffMember},
    rights::Place,
};

/// The form, and the receipts so far.
#[component]
pub fn GridHandover() -> impl IntoView {
    let desk = use_desk();
    let receipts: Asked<Vec<GridHandoverReceipt>> = Asked::new("receipts");
    let people: Asked<Vec<StaffMember>> = Asked::new("people");
    let [grid, from, to] = [(); 3].map(|()| NodeRef::<html::Input>::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Ok(grid) = value(grid).parse() else {
            desk.say("请填写网格编码，如 411502001003-02");
            return;
        };
        let over = GridHandover { grid, from: value(from), to: value(to) };
        desk.act("hand-over", over, "已交接，回执在下面", move || receipts.again());
    };
    let grids = move || {
        let mut grids: Vec<String> = people
            .or_empty()
            .iter()
            .flat_map(|person| &person.grants)
            .filter(|grant| grant.ended.is_none())
            .filter_map(|grant| match &grant.right.place {
                Place::Grid(grid) => Some(grid.to_string()),
                Place::Area(_) => None,
            })
            .collect();
        grids.sort_unstable();
        grids.dedup();
        grids.into_iter().map(|grid| view! { <option value=grid></option> }).collect_view()
    };
    let accounts = move || {
        let open = people.or_empty().into_iter().filter(|person| person.closed.is_none());
        open.map(|person| view! { <option value=person.account>{person.name}</option> }).collect_view()
    };
    view! {
        <div class="desk-head"><h2>"网格交接"</h2></div>
        <form class="card form" on:submit=submit novalidate>
            <p class="hint">
                "交接后，原来的人不再能看这个网格，手机里的记录随即清除；他手机上没发送的记录联网后进入“待核对”，回执上会显示"
            </p>
            <datalist id="grids">{grids}</datalist>
            <datalist id="accounts">{accounts}</datalist>
            <div class="columns">
                <label class="field"><span>"网格"</span><input type="text" list="grids" autocomplete="off" node_ref=grid/></label>
                <label class="field"><span>"原来的人（登录名）"</span><input type="text" list="accounts" autocomplete="off" node_ref=from/></label>
                <label class="field"><span>"接手的人（登录名）"</span><input type="text" list="accounts" autocomplete="off" node_ref=to/></label>
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
        format!("原来的 {seen} 台手机都已联网，没有遗漏")
    } else {
        format!("原来的手机还有 {unseen} 台没有联网，可能还有没发送的记录")
    };
    view! {
        <article class="card item receipt">
            <h3>"交接回执"</h3>
            <p>"网格 "<b>{receipt.grid.to_string()}</b>"，由 "<b>{receipt.from}</b>" 交给 "<b>{receipt.to}</b></p>
            <p>{if counts.is_empty() { "这个网格还没有记录".to_owned() } else { counts.join("，") }}</p>
            <p>{late}</p>
            <p>{devices}</p>
            <p class="hint">{moment(receipt.done.at)}" 由 "{receipt.done.by}" 办理 · 编号 "{receipt.id}</p>
        </article>
    }
}
