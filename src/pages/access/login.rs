//! 登录

use crate::{
    platform::address,
    state::{
        Phase,
        access::{Entry, NoEntry},
        use_app,
    },
};
use leptos::{ev::SubmitEvent, html, prelude::*};

fn value(field: NodeRef<html::Input>) -> String {
    field.get_untracked().map(|field| field.value()).unwrap_or_default()
}

/// 第一次使用, or a forgotten password: account, the office's code, and a password from now on.
#[component]
pub fn WithCode() -> impl IntoView {
    let app = use_app();
    let [account, code, password] = [(); 3].map(|()| NodeRef::<html::Input>::new());
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let (told_account, told_code) = address::enrolment()
        .unwrap_or_else(|| (app.preferences.with_untracked(|preferences| preferences.account.clone()), String::new()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        problem.set(None);
        let entry = Entry::Code { code: value(code), password: value(password) };
        leptos::task::spawn_local(async move {
            let done = app.come_in(value(account), entry).await;
            let _ = busy.try_set(false);
            match done {
                Ok(()) => app.leave_for("/"),
                Err(NoEntry::Words(words) | NoEntry::CodeWanted(words)) => drop(problem.try_set(Some(words))),
            }
        });
    };
    view! {
        <form on:submit=submit novalidate>
            <label class="field">
                <span>"账号"</span>
                <input type="text" autocomplete="off" autocapitalize="none" node_ref=account value=told_account/>
            </label>
            <label class="field">
                <span>"登记码"</span>
                <input
                    type="text"
                    autocomplete="off"
                    autocapitalize="characters"
                    placeholder="办公室给的 12 位码"
                    node_ref=code
                    value=told_code
                />
            </label>
            <label class="field">
                <span>"设一个密码"</span>
                <input type="password" autocomplete="new-password" placeholder="至少 8 个字，自己记得住" node_ref=password/>
            </label>
            <p class="problem" role="alert">{problem}</p>
            <button class="button" type="submit" disabled=busy>
                {move || if busy.get() { "正在登记…" } else { "登记并打开" }}
            </button>
        </form>
    }
}

/// Account and password. Also where a worker whose session ended logs in again.
#[component]
pub fn Login() -> impl IntoView {
    let app = use_app();
    let account = NodeRef::<html::Input>::new();
    let password = NodeRef::<html::Input>::new();
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let again = app.phase.get_untracked() == Phase::Open;
    let digits = NodeRef::<html::Input>::new();
    let digits_wanted = RwSignal::new(false);
    let with_code = RwSignal::new(!again && address::enrolment().is_some());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let code = Some(value(digits)).filter(|code| !code.is_empty());
        let (account, entry) = (value(account), Entry::Password { password: value(password), code });
        busy.set(true);
        problem.set(None);
        leptos::task::spawn_local(async move {
            let done = app.come_in(account, entry).await;
            let _ = busy.try_set(false);
            match done {
                Ok(()) if again => drop(crate::platform::window().location().set_href("/me")),
                Ok(()) => {}
                Err(NoEntry::CodeWanted(words)) => {
                    let _ = digits_wanted.try_set(true);
                    drop(problem.try_set(Some(words)));
                }
                Err(NoEntry::Words(words)) => drop(problem.try_set(Some(words))),
            }
        });
    };
    let other = move || if with_code.get() { "已登记过？用密码登录" } else { "第一次使用" };
    view! {
        <main class="page login">
            <img class="logo" src="/icons/icon.svg" alt="" width="72" height="72"/>
            <h1>"入户"</h1>
            <p class="lead">
                {if again { "重新登录后继续发送，本机记录都在" } else { "走访记录，先存本机，有网就到办公室" }}
            </p>
            {move || app.farewell.get().map(|words| view! { <p class="notice warn" role="status">{words}</p> })}
            {move || with_code.get().then(|| view! { <WithCode/> })}
            <form on:submit=submit novalidate hidden=with_code>
                <label class="field">
                    <span>"账号"</span>
                    <input
                        type="text"
                        autocomplete="off"
                        autocapitalize="none"
                        node_ref=account
                        value=app.preferences.with_untracked(|preferences| preferences.account.clone())
                    />
                </label>
                <label class="field">
                    <span>"密码"</span>
                    <input type="password" autocomplete="current-password" node_ref=password/>
                </label>
                <label class="field" hidden=move || !digits_wanted.get()>
                    <span>"动态码"</span>
                    <input inputmode="numeric" autocomplete="one-time-code" maxlength="6" node_ref=digits/>
                </label>
                <p class="problem" role="alert">{problem}</p>
                <button class="button" type="submit" disabled=busy>
                    {move || if busy.get() { "正在登录…" } else { "登录" }}
                </button>
            </form>
            {(!again).then(|| view! { <a href="/office" target="_self" class="text-button">"办公室登录"</a> })}
            {(!again).then(|| view! {
                <button class="text-button" on:click=move |_| with_code.update(|with_code| *with_code = !*with_code)>
                    {other}
                </button>
            })}
        </main>
    }
}
