//! The line under the title that says how the connection is, only where the worker should know.

use crate::state::{SyncStatus, use_app};
use leptos::prelude::*;
use ruhu_domain::wire::AHEAD_MS;

/// A clock further off than this is said to be wrong, in milliseconds.
const CLOCK_OFF_MS: i64 = AHEAD_MS.cast_signed();

/// Offline, login needed, why sending waits, or a clock that is wrong.
#[component]
pub fn Notice() -> impl IntoView {
    let app = use_app();
    let offset = Memo::new(move |_| app.read(|notebook| notebook.engine().head().offset_ms));
    move || match app.status.get() {
        SyncStatus::Calm | SyncStatus::Sending if offset.get().abs() > CLOCK_OFF_MS => view! {
            <p class="notice warn" role="status">"手机时间不准，请在系统设置里打开“自动确定日期和时间”"</p>
        }
        .into_any(),
        SyncStatus::Calm | SyncStatus::Sending => ().into_any(),
        SyncStatus::Offline => {
            view! { <p class="notice" role="status">"没有网络，照常记录；有网时自动发送"</p> }.into_any()
        }
        SyncStatus::LoginNeeded => view! {
            <p class="notice warn" role="status">
                "登录已失效，记录都在本机。" <a href="/login">"重新登录后发送"</a>
            </p>
        }
        .into_any(),
        SyncStatus::Waiting(reason) => {
            view! { <p class="notice warn" role="status">{reason}"，记录都在本机，稍后自动重试"</p> }.into_any()
        }
    }
}
