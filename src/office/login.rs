//! 登录

use super::{
    desk::{NoEntry, use_desk},
    value,
};
use leptos::{ev::SubmitEvent, html, prelude::*};

/// Account and password; the six digits where the account has them.
#[component]
pub fn Login() -> impl IntoView {
    let desk = use_desk();
    let [account, password, code] = [(); 3].map(|()| NodeRef::<html::Input>::new());
    let problem = RwSignal::new(desk.farewell.get_untracked());
    let (busy, code_wanted) = (RwSignal::new(false), RwSignal::new(false));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        problem.set(String::new());
        let digits = Some(value(code)).filter(|digits| !digits.is_empty());
        let (account, password) = (value(account), value(password));
        leptos::task::spawn_local(async move {
            let done = desk.log_in(account, password, digits).await;
            let _ = busy.try_set(false);
            match done {
                Ok(()) => {}
                Err(NoEntry::CodeWanted(words)) => {
                    code_wanted.try_set(true);
                    drop(problem.try_set(words));
                }
                Err(NoEntry::Words(words)) => drop(problem.try_set(words)),
            }
        });
    };
    view! {
        <main class="page login">
            <img class="logo" src="/icons/icon.svg" alt="" width="72" height="72"/>
            <h1>"入户 · 办公室"</h1>
            <p class="lead">"管理人员、设备和授权，核对记录，办理个人信息请求"</p>
            <form on:submit=submit novalidate>
                <label class="field">
                    <span>"账号"</span>
                    <input type="text" autocomplete="off" autocapitalize="none" node_ref=account/>
                </label>
                <label class="field">
                    <span>"密码"</span>
                    <input type="password" autocomplete="current-password" node_ref=password/>
                </label>
                <label class="field" hidden=move || !code_wanted.get()>
                    <span>"动态码"</span>
                    <input inputmode="numeric" autocomplete="one-time-code" maxlength="6" node_ref=code/>
                </label>
                <p class="problem" role="alert">{problem}</p>
                <button class="button" type="submit" disabled=busy>
                    {move || if busy.get() { "正在登录…" } else { "登录" }}
                </button>
            </form>
            <p class="hint"><a href="/">"走访请用手机应用"</a></p>
        </main>
    }
}
