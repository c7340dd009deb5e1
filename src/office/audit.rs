//! 审计: who did what.

use super::{
    desk::{Asked, shown, use_desk},
    moment, value,
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    day,
    office::{ActLine, ActPlace, ActSort, FindActs},
};

/// The audit, the latest entry first.
#[component]
pub fn Audit() -> impl IntoView {
    let desk = use_desk();
    let wanted = StoredValue::new(FindActs::default());
    let lines: Asked<Vec<ActLine>> = Asked::empty("acts");
    let look = move |before: Option<ActPlace>| {
        let further = before.is_some();
        let find = FindActs { before, ..wanted.get_value() };
        leptos::task::spawn_local(async move {
            let got: Result<Vec<ActLine>, String> = desk.ask("acts", &find).await;
            let earlier = lines.got.try_get_untracked().flatten().filter(|_| further).and_then(Result::ok);
            let joined = got.map(|got| earlier.unwrap_or_default().into_iter().chain(got).collect());
            drop(lines.got.try_set(Some(joined)));
        });
    };
    look(None);
    let [account, from, to] = [(); 3].map(|()| NodeRef::<html::Input>::new());
    let sort = NodeRef::<html::Select>::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let chosen = sort.get_untracked().map(|field| field.value()).unwrap_or_default();
        wanted.set_value(FindActs {
            account: value(account),
            sort: ActSort::ALL.into_iter().find(|sort| sort.title() == chosen),
            from: day::read(&value(from)),
            to: day::read(&value(to)),
            before: None,
        });
        look(None);
    };
    let sorts = ActSort::ALL.map(|sort| view! { <option value=sort.title()>{sort.title()}</option> }).collect_view();
    view! {
        <div class="desk-head"><h2>"审计"</h2></div>
        <form class="card form" on:submit=submit novalidate>
            <p class="hint">"谁登录过、看过、决定过什么，只增不改。要查谁看过某个人的信息，请到“个人信息”里找到这个人"</p>
            <div class="columns">
                <label class="field">
                    <span>"谁（姓名或登录名，不填则看全部）"</span>
                    <input type="search" autocomplete="off" node_ref=account/>
                </label>
                <label class="field">
                    <span>"做了什么"</span>
                    <select node_ref=sort><option value="">"不限"</option>{sorts}</select>
                </label>
                <label class="field"><span>"从哪天"</span><input type="date" node_ref=from/></label>
                <label class="field"><span>"到哪天"</span><input type="date" node_ref=to/></label>
            </div>
            <button class="small-button main" type="submit">"查"</button>
        </form>
        {shown(lines, move |lines| {
            if lines.is_empty() {
                return view! { <p class="hint">"没有记录"</p> }.into_any();
            }
            let last = lines.last().map(|line| line.place.clone());
            view! {
                <div class="table-wrap" tabindex="0" role="region" aria-label="审计">
                    <table>
                        <thead>
                            <tr>{["时间", "谁", "做了什么", "对象"].map(|words| view! { <th scope="col">{words}</th> })}</tr>
                        </thead>
                        <tbody>
                            {lines.into_iter().map(|line| view! {
                                <tr>
                                    <td>{moment(line.done.at)}</td>
                                    <td>{line.done.by}</td>
                                    <td>{line.act}</td>
                                    <td>{line.subject}</td>
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
