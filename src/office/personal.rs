//! 个人信息: finding a person recorded, and the requests.

use super::{
    desk::{Asked, shown, use_desk},
    dossier::DossierPage,
    moment,
    places::{AtGrid, NO_SUCH_PLACE, PlaceField},
    value,
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::office::{ApproveRetention, DataRequest, FindPerson, FoundResident, HeldRetention, OfRecord};

/// A search by name, the requests, or one person's document.
#[component]
pub fn Personal() -> impl IntoView {
    let person = RwSignal::new(None::<OfRecord>);
    view! {
        {move || match person.get() {
            Some(of) => view! {
                <button class="text-button no-print" on:click=move |_| person.set(None)>"‹ 返回"</button>
                <DossierPage of on_erased=Callback::new(move |()| person.set(None))/>
            }
            .into_any(),
            None => view! { <Search person/> }.into_any(),
        }}
    }
}

/// The erasing that waits for an office, where one does.
#[component]
fn Retention() -> impl IntoView {
    let desk = use_desk();
    let held: Asked<Option<HeldRetention>> = Asked::new("retention");
    let sure = RwSignal::new(false);
    move || {
        held.got.get().and_then(Result::ok).flatten().map(|waits| {
            let approve = move |_| {
                if sure.get_untracked() {
                    let approved = ApproveRetention { on: waits.on };
                    desk.act("retention-approve", approved, "已准许，夜里删除", move || held.again());
                }
                sure.update(|sure| *sure = !*sure);
            };
            view! {
                <section class="card item">
                    <h3>"到期删除已暂停"</h3>
                    <p class="problem" role="alert">{waits.words()}</p>
                    <p class="hint">"保存期满的记录每天夜里自动删除。暂停期间什么也不删"</p>
                    <button type="button" class="small-button" on:click=approve>
                        {move || if sure.get() { "核对无误，确定准许" } else { "准许删除" }}
                    </button>
                </section>
            }
        })
    }
}

#[component]
fn Search(
    /// Who is chosen.
    person: RwSignal<Option<OfRecord>>,
) -> impl IntoView {
    let desk = use_desk();
    let name = NodeRef::<html::Input>::new();
    let place = RwSignal::new(String::new());
    let found = RwSignal::new(None::<Result<Vec<FoundResident>, String>>);
    let requests: Asked<Vec<DataRequest>> = Asked::new("requests");
    let find = move |event: SubmitEvent| {
        event.prevent_default();
        let place = match place.get_untracked().as_str() {
            "" => None,
            text => match text.parse() {
                Ok(place) => Some(place),
                Err(_) => return desk.say(NO_SUCH_PLACE),
            },
        };
        let asked = FindPerson { name: value(name), place };
        leptos::task::spawn_local(async move {
            let got = desk.ask("find", &asked).await;
            drop(found.try_set(Some(got)));
        });
    };
    view! {
        <div class="desk-head"><h2>"个人信息"</h2></div>
        <Retention/>
        <form class="card form" on:submit=find>
            <p class="hint">
                "被记录的人可以查阅、复制、更正、删除自己的信息，或要求限制使用（个人信息保护法第 44–47 条）。每次查找和查阅都会留下记录"
            </p>
            <div class="columns">
                <label class="field">
                    <span>"姓名或电话"</span>
                    <input type="search" placeholder="姓名（至少两个字）或电话（至少后七位）" autocomplete="off" node_ref=name/>
                </label>
                <PlaceField label="地方（可不填）" place/>
            </div>
            <button class="small-button main" type="submit">"查找"</button>
        </form>
        {move || found.get().map(|found| match found {
            Err(words) => view! { <p class="problem" role="alert">{words}</p> }.into_any(),
            Ok(found) if found.is_empty() => view! { <p class="hint">"没有找到这个人"</p> }.into_any(),
            Ok(found) => view! {
                {(found.len() >= FindPerson::MOST).then(|| view! {
                    <p class="problem" role="status">{format!("太多了，只列出 {} 人，请把姓名写全", FindPerson::MOST)}</p>
                })}
                <ul class="card rows">
                    {found.into_iter().map(|found| {
                        let of = OfRecord { record: found.record, channel: found.channel.clone() };
                        let former = (!found.former_name.is_empty()).then(|| format!("曾用名 {}", found.former_name));
                        let born = found.birth_year.map(|year| format!("{year} 年生"));
                        view! {
                            <li class="row">
                                <span><b>{found.name}</b>" "{born}" "{former}" "{found.party.then(|| view! { <span class="tag">"纠纷当事人"</span> })}" "<span class="hint">{found.household}" · "<AtGrid grid=found.channel.grid.clone()/></span></span>
                                <button class="small-button" on:click=move |_| person.set(Some(of.clone()))>"查阅"</button>
                            </li>
                        }
                    }).collect_view()}
                </ul>
            }
            .into_any(),
        })}
        <h3>"请求"</h3>
        {shown(requests, move |requests| {
            if requests.is_empty() {
                return view! { <p class="hint">"还没有人提出请求"</p> }.into_any();
            }
            let rows = requests.into_iter().map(|request| {
                let of = request.of.clone();
                let state = match &request.decided {
                    None => "待答复".to_owned(),
                    Some(decided) => format!(
                        "{}：{}",
                        if decided.granted { "已办" } else { "未同意" },
                        decided.answer
                    ),
                };
                let open = request.decided.is_none();
                view! {
                    <li class="row">
                        <span>
                            <b>{request.wish.title()}</b>" "{request.words}
                            <br/>
                            <span class="hint">{request.asked_by}" · "{moment(request.opened.at)}" 由"{request.opened.by}"登记 · "{state}</span>
                        </span>
                        {open.then(|| view! {
                            <button class="small-button main" on:click=move |_| person.set(Some(of.clone()))>"答复"</button>
                        })}
                    </li>
                }
            });
            view! { <ul class="card rows">{rows.collect_view()}</ul> }.into_any()
        })}
    }
}
