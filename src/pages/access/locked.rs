//! The vault is locked, or not made yet.

use crate::{pages::access::login::WithCode, platform::address, state::use_app};
use leptos::{ev::SubmitEvent, html, prelude::*};

fn value(field: NodeRef<html::Input>) -> String {
    field.get_untracked().map(|field| field.value()).unwrap_or_default()
}

/// Asks for the PIN, the finger or the password; or for a code from the office where the password was forgotten.
#[component]
pub fn Locked() -> impl IntoView {
    let app = use_app();
    let with_password = RwSignal::new(false);
    let with_code = RwSignal::new(address::enrolment().is_some());
    let asks_pin = Memo::new(move |_| app.can_reopen.get() && !with_password.get() && !with_code.get());
    let asks_password = move || !with_code.get() && !asks_pin.get();
    let problem = RwSignal::new(None::<String>);
    let lead = move || match (with_code.get(), asks_pin.get()) {
        (true, _) => "用办公室给的登记码重设密码，本机的记录都在",
        (_, true) => "输入 PIN 打开，不需要网络",
        _ => "记录已加密保存在本机，输入登录密码打开，不需要网络",
    };
    view! {
        <main class="page login">
            <img class="logo" src="/icons/icon.svg" alt="" width="72" height="72"/>
            <h1>"已锁定"</h1>
            <p class="lead">{lead}</p>
            {move || with_code.get().then(|| view! { <WithCode/> })}
            {move || (!with_code.get()).then(|| view! { <Secret pin=asks_pin.get() problem/> })}
            {move || app.has_fingerprint.get().then(|| view! { <Finger/> })}
            <div class="ways">
                {move || asks_pin.get().then(|| view! {
                    <button class="text-button" on:click=move |_| with_password.set(true)>"用密码打开"</button>
                })}
                <button class="text-button" on:click=move |_| with_code.update(|with_code| *with_code = !*with_code)>
                    {move || if with_code.get() { "想起密码了" } else { "忘记密码" }}
                </button>
            </div>
            {move || asks_password().then(|| view! {
                <p class="hint">"忘记密码？向村委或办公室要一个登记码，连上网络重设，记录不会丢失"</p>
            })}
        </main>
    }
}

/// A form for the password or the PIN.
#[component]
fn Secret(
    /// Whether it is the PIN.
    pin: bool,
    /// The message of the last fault. It outlives the form, where the last PIN was wrong and the password is asked for.
    problem: RwSignal<Option<String>>,
) -> impl IntoView {
    let app = use_app();
    let field = NodeRef::<html::Input>::new();
    let busy = RwSignal::new(false);
    let account = app.preferences.with_untracked(|preferences| preferences.account.clone());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let secret = value(field);
        leptos::task::spawn_local(async move {
            let done = if pin { app.unlock_with_pin(&secret).await } else { app.unlock(&secret).await };
            let _ = busy.try_set(false);
            drop(problem.try_set(done.err()));
        });
    };
    view! {
        <form on:submit=submit novalidate>
            <input type="text" autocomplete="username" value=account hidden/>
            <label class="field">
                <span>{if pin { "PIN" } else { "密码" }}</span>
                <input
                    type="password"
                    inputmode=pin.then_some("numeric")
                    autocomplete=if pin { "off" } else { "current-password" }
                    autofocus
                    node_ref=field
                />
            </label>
            <p class="problem" role="alert">{problem}</p>
            <button class="button" type="submit" disabled=busy>
                {move || if busy.get() { "正在打开…" } else { "打开" }}
            </button>
        </form>
    }
}

/// 用指纹打开
#[component]
fn Finger() -> impl IntoView {
    let app = use_app();
    let problem = RwSignal::new(None::<String>);
    let open = move |_| {
        leptos::task::spawn_local(async move {
            let done = app.unlock_with_fingerprint().await;
            drop(problem.try_set(done.err()));
        });
    };
    view! {
        <button class="button plain" on:click=open>"用指纹打开"</button>
        <p class="problem" role="alert">{problem}</p>
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
