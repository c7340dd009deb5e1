//! The vault is locked, or not made yet.

use crate::state::use_app;
use leptos::{ev::SubmitEvent, html, prelude::*};

fn value(field: NodeRef<html::Input>) -> String {
    field.get_untracked().map(|field| field.value()).unwrap_or_default()
}

/// Asks for the password.
#[component]
pub fn Locked() -> impl IntoView {
    let app = use_app();
    let password = NodeRef::<html::Input>::new();
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let account = app.preferences.with_untracked(|preferences| preferences.account.clone());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let password = value(password);
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let done = app.unlock(&password).await;
            let _ = busy.try_set(false);
            drop(problem.try_set(done.err()));
        });
    };
    view! {
        <main class="page login">
            <img class="logo" src="/icons/icon.svg" alt="" width="72" height="72"/>
            <h1>"已锁定"</h1>
            <p class="lead">"记录已加密保存在本机，输入登录密码打开，不需要网络"</p>
            <form on:submit=submit novalidate>
                <input type="text" autocomplete="username" value=account hidden/>
                <label class="field">
                    <span>"密码"</span>
                    <input type="password" autocomplete="current-password" autofocus node_ref=password/>
                </label>
                <p class="problem" role="alert">{problem}</p>
                <button class="button" type="submit" disabled=busy>
                    {move || if busy.get() { "正在打开…" } else { "打开" }}
                </button>
                <p class="hint">"忘记密码？请办公室重设，再连上网络用新密码打开，记录不会丢失"</p>
            </form>
        </main>
    }
}

/// Asks for a password to seal what an earlier version left as it was.
#[component]
pub fn Unsealed() -> impl IntoView {
    let app = use_app();
    let (first, second) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let password = value(first);
        if password.is_empty() || password != value(second) {
            problem.set(Some("两次输入的密码要相同，请再输一次".into()));
            return;
        }
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let done = app.seal(&password).await;
            let _ = busy.try_set(false);
            drop(problem.try_set(done.err()));
        });
    };
    view! {
        <main class="page login">
            <h1>"请加密本机记录"</h1>
            <p class="lead">"为保护群众信息，手机里的记录从现在起加密保存，记录一条不少。以后打开时输入登录密码"</p>
            <form on:submit=submit novalidate>
                <label class="field">
                    <span>"登录密码"</span>
                    <input type="password" autocomplete="current-password" node_ref=first/>
                </label>
                <label class="field">
                    <span>"再输一次"</span>
                    <input type="password" autocomplete="current-password" node_ref=second/>
                </label>
                <p class="problem" role="alert">{problem}</p>
                <button class="button" type="submit" disabled=busy>
                    {move || if busy.get() { "正在加密…" } else { "加密并打开" }}
                </button>
            </form>
        </main>
    }
}
