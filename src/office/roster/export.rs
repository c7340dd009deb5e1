//! Taking a roster out: the households and residents of a place, in the shape in which they are taken in.

use crate::office::{desk::use_desk, places::PlaceField, value};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::office::{SheetFile, WantedRoster};

/// The form.
#[component]
pub fn Export() -> impl IntoView {
    let desk = use_desk();
    let place = RwSignal::new(desk.own_place());
    let purpose = NodeRef::<html::Input>::new();
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Ok(at) = place.get_untracked().parse() else {
            problem.set("请填写地方的代码，如 411502001003".to_owned());
            return;
        };
        problem.set(String::new());
        busy.set(true);
        let wanted = WantedRoster { place: at, purpose: value(purpose) };
        leptos::task::spawn_local(async move {
            let made: Result<SheetFile, String> = desk.ask("roster-export", &wanted).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match made {
                Ok(file) if file.rows == 0 => problem.set("这个地方还没有登记的人，没有可导出的".to_owned()),
                Ok(file) => desk.save(Ok(file), &format!("花名册 {}.xlsx", wanted.place)),
                Err(words) => problem.set(words),
            }
        });
    };
    view! {
        <form class="card form" on:submit=submit novalidate>
            <h3>"导出"</h3>
            <p class="hint">"一个乡镇（街道）、村或网格的户和人，写明全名、电话和出生日期，可以改好再导入。用途记入审计，文件请妥善保管，用完删除。"</p>
            <div class="columns">
                <PlaceField label="导出哪里" place/>
                <label class="field">
                    <span>"用途（必填）"</span>
                    <input type="text" autocomplete="off" maxlength="200" node_ref=purpose/>
                </label>
            </div>
            {move || {
                let words = problem.get();
                (!words.is_empty()).then(|| view! { <p class="problem" role="alert">{words}</p> })
            }}
            <button class="small-button" type="submit" disabled=busy>
                {move || if busy.get() { "正在生成…" } else { "导出花名册" }}
            </button>
        </form>
    }
}
