//! 登录

use crate::state::{Phase, use_app};
use leptos::{ev::SubmitEvent, html, prelude::*};

/// Account and password. Also where a worker whose session ended logs in again.
#[component]
pub fn Login() -> impl IntoView {
    let app = use_app();
    let account = NodeRef::<html::Input>::new();
    let password = NodeRef::<html::Input>::new();
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let again = app.phase.get_untracked() == Phase::Open;
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let value = |field: NodeRef<html::Input>| field.get_untracked().map(|field| field.value()).unwrap_or_default();
        let (account, password) = (value(account), value(password));
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let done = app.log_in(account, password).await;
            let _ = busy.try_set(false);
            match done {
                Ok(()) if again => drop(crate::platform::window().location().set_href("/me")),
                Ok(()) => {}
                Err(words) => drop(problem.try_set(Some(words))),
            }
        });
    };
    view! {
        <main class="page login">
            <img class="logo" src="/icons/icon.svg" alt="" width="72" height="72"/>
            <h1>"入户"</h1>
            <p class="lead">
                {if again { "重新登录后继续发送，本机记录都在" } else { "走访记录，先存本机，有网就到办公室" }}
            </p>
            {move || app.farewell.get().map(|words| view! { <p class="notice warn" role="status">{words}</p> })}
            <form on:submit=submit novalidate>
                <label class="field">
                    <span>"账号"</span>
                    <input
                        type="text"
                        autocomplete="username"
                        autocapitalize="none"
                        node_ref=account
                        value=app.preferences.with_untracked(|preferences| preferences.account.clone())
                    />
                </label>
                <label class="field">
                    <span>"密码"</span>
                    <input type="password" autocomplete="current-password" node_ref=password/>
                </label>
                <p class="problem" role="alert">{problem}</p>
                <button class="button" type="submit" disabled=busy>
                    {move || if busy.get() { "正在登录…" } else { "登录" }}
                </button>
            </form>
        </main>
    }
}
