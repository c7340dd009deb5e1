//! 审计: who did what.

use super::{
    desk::{Asked, shown, use_desk},
    moment,
};
use leptos::prelude::*;
use ruhu_domain::office::{ActLine, ActPlace, FindActs};

/// The audit, the latest entry first.
#[component]
pub fn Audit() -> impl IntoView {
    let desk = use_desk();
    let account = RwSignal::new(String::new());
    let lines: Asked<Vec<ActLine>> = Asked::empty("acts");
    let look = move |before: Option<ActPlace>| {
        let further = before.is_some();
        let find = FindActs { account: account.get_untracked().trim().to_owned(), before };
        leptos::task::spawn_local(async move {
            let got: Result<Vec<ActLine>, String> = desk.ask("acts", &find).await;
            let earlier = lines.got.try_get_untracked().flatten().filter(|_| further).and_then(Result::ok);
            let joined = got.map(|got| earlier.unwrap_or_default().into_iter().chain(got).collect());
            drop(lines.got.try_set(Some(joined)));
        });
    };
    look(None);
    view! {
        <div class="desk-head">
            <h2>"审计"</h2>
            <input
                type="search"
                aria-label="登录名"
                placeholder="登录名；不填则看全部"
                autocomplete="off"
                prop:value=account
                on:change=move |event| {
                    account.set(event_target_value(&event));
                    look(None);
                }
            />
        </div>
        <p class="hint">"谁登录过、看过、决定过什么，只增不改。要查谁看过某个人的信息，请到“个人信息”里找到这个人"</p>
        {shown(lines, move |lines| {
            if lines.is_empty() {
                return view! { <p class="hint">"没有记录"</p> }.into_any();
            }
            let last = lines.last().map(|line| line.place.clone());
            view! {
                <div class="table-wrap">
                    <table>
                        <thead><tr><th>"时间"</th><th>"谁"</th><th>"做了什么"</th><th>"对象"</th></tr></thead>
                        <tbody>
                            {lines.into_iter().map(|line| view! {
                                <tr>
                                    <td>{moment(line.done.at)}</td>
                                    <td>{line.done.by}</td>
                                    <td>{line.act}</td>
                                    <td class="subject">{line.subject}</td>
                                </tr>
                            }).collect_view()}
                        </tbody>
                    </table>
                </div>
                <button class="small-button" on:click=move |_| look(last.clone())>"更早的"</button>
            }
            .into_any()
        })}
    }
}
