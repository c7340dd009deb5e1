//! The storage can't be opened.

use crate::state::use_app;
use leptos::prelude::*;

/// Says why, and what to do.
#[component]
pub fn Broken(
    /// Why.
    reason: String,
) -> impl IntoView {
    let app = use_app();
    let said = RwSignal::new(String::new());
    let again = |_| drop(crate::platform::window().location().reload());
    let rescue = move |_| {
        leptos::task::spawn_local(async move {
            let words = app.rescue().await;
            let _ = said.try_set(words);
        });
    };
    view! {
        <main class="page login">
            <h1>"暂时打不开记录本"</h1>
            <p role="alert">{reason}</p>
            <p>"手机里的记录没有被删除，请不要清除浏览器数据。先重试；如果一直这样，请把没发送的记录导出，交给办公室。"</p>
            <button class="button" on:click=again>"重试"</button>
            <button class="button plain" on:click=rescue>"导出没发送的记录"</button>
            <p class="hint" role="status">{said}</p>
        </main>
    }
}
