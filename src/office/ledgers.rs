//! 台账: a ledger of a place and a time, as a table for a spreadsheet.

use super::{desk::use_desk, places::PlaceField, value};
use crate::{
    components::chips::OneOf,
    platform::{clock, download},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::Datelike;
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    day,
    ledger::Ledger,
    office::{LedgerFile, WantedLedger, duties},
    rights::Grant,
};

/// The form.
#[component]
pub fn Ledgers() -> impl IntoView {
    let desk = use_desk();
    // A ledger that they may have nowhere is not offered.
    let grants: Vec<Grant> = desk.welcome.with_untracked(|welcome| {
        let rights = welcome.iter().flat_map(|welcome| &welcome.grants);
        rights.filter_map(|right| Grant::new(right.role, right.place.clone(), right.classes.clone()).ok()).collect()
    });
    let offered = duties::ledgers(&grants);
    let chosen = RwSignal::new(offered.first().copied().unwrap_or(Ledger::Visits));
    let own = desk.welcome.with_untracked(|welcome| {
        let grant = welcome.iter().flat_map(|welcome| &welcome.grants).find(|grant| !grant.classes.is_empty());
        grant.map(|grant| grant.place.to_string()).unwrap_or_default()
    });
    let place = RwSignal::new(own);
    let [from, to, purpose] = [(); 3].map(|()| NodeRef::<html::Input>::new());
    let today = clock::today();
    let (first, last) = (day::ledger(today.with_day(1).unwrap_or(today)), day::ledger(today));
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let ledger = chosen.get_untracked();
        let Ok(at) = place.get_untracked().parse() else {
            problem.set("请填写地方的代码，如 411502001003".to_owned());
            return;
        };
        let (first, last) = (value(from), value(to));
        problem.set(String::new());
        busy.set(true);
        let wanted =
            WantedLedger { ledger, place: at, from: day::read(&first), to: day::read(&last), purpose: value(purpose) };
        leptos::task::spawn_local(async move {
            let got: Result<LedgerFile, String> = desk.ask("ledger", &wanted).await;
            busy.set(false);
            match got.map(|file| (file.rows, file.lacks, BASE64_STANDARD.decode(file.xlsx))) {
                Ok((rows, lacks, Ok(table))) => {
                    problem.set(lacks.unwrap_or_default());
                    let name = format!("{} {first} 至 {last}.xlsx", ledger.title());
                    if download::save(&name, &table) {
                        desk.say(format!("已导出 {rows} 条"));
                    } else {
                        problem.set("浏览器不能保存文件，请换用 Chrome 或 Edge".to_owned());
                    }
                }
                Ok((_, _, Err(_))) => problem.set("文件没有收全，请再试一次".to_owned()),
                Err(words) => problem.set(words),
            }
        });
    };
    view! {
        <div class="desk-head"><h2>"台账"</h2></div>
        <form class="card form" on:submit=submit novalidate>
            <p class="hint">"由已到办公室的记录生成。默认只写姓；写全名、写经过要说明用途。关爱台账不写姓名，只供村和乡镇；诉求台账不写是谁提的。每次导出都记入审计，文件请妥善保管。"</p>
            <OneOf
                legend="哪本台账"
                options=offered.into_iter().map(|ledger| (ledger, ledger.title().to_owned())).collect()
                chosen
                on_choose=Callback::new(move |ledger| chosen.set(ledger))
            />
            <div class="columns">
                <PlaceField label="地方" place/>
                <label class="field"><span>"从"</span><input type="date" value=first node_ref=from/></label>
                <label class="field"><span>"到（含）"</span><input type="date" value=last node_ref=to/></label>
                <label class="field">
                    <span>"用途（要全名、经过时填）"</span>
                    <input type="text" autocomplete="off" maxlength="200" node_ref=purpose/>
                </label>
            </div>
            {move || {
                let words = problem.get();
                (!words.is_empty()).then(|| view! { <p class="problem" role="alert">{words}</p> })
            }}
            <button class="small-button main" type="submit" disabled=busy>
                {move || if busy.get() { "正在生成…" } else { "导出" }}
            </button>
        </form>
    }
}
