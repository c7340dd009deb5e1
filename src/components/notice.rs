//! The line under the title that says how the connection is, only where the worker should know.

use crate::state::{SyncStatus, use_app};
use leptos::prelude::*;

/// Offline, login needed, or why sending waits.
#[component]
pub fn Notice() -> impl IntoView {
    let app = use_app();
    move || match app.status.get() {
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
