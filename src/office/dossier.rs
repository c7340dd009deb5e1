//! The data held on one person, as a document to show or print, and their requests.

use super::{
    desk::{Asked, shown, use_desk},
    moment,
    person::Sure,
    places::AtGrid,
    value,
};
use crate::{components::chips::OneOf, platform};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    Channel,
    form::labels,
    office::{DataRequest, DecideDataRequest, Dossier, Held, OfRecord, OpenDataRequest, Seen, Wish},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// 谁看过 a record, asked for at a tap: the asking is on record, too.
#[component]
fn SeenBy(
    /// The record.
    of: OfRecord,
) -> impl IntoView {
    let seen: Asked<Vec<Seen>> = Asked::empty("seen");
    let asked = RwSignal::new(false);
    let look = move |_| {
        asked.set(true);
        seen.about_again(&of);
    };
    view! {
        <button class="text-button no-print" on:click=look>"谁看过"</button>
        {move || asked.get().then(|| shown(seen, |seen| view! { <Sights seen/> }.into_any()))}
    }
}

#[component]
fn Sights(
    /// Who saw it, the latest first.
    seen: Vec<Seen>,
) -> impl IntoView {
    let none = seen.is_empty().then(|| view! { <li class="hint">"还没有人看过"</li> });
    let lines = seen.into_iter().map(|seen| {
        view! { <li>{moment(seen.done.at)}" "{seen.done.by}"（"{seen.account}"）"{seen.how}</li> }
    });
    view! { <ul>{lines.collect_view()}{none}</ul> }
}

/// The document.
#[component]
pub fn DossierPage(
    /// The person's record.
    of: OfRecord,
    /// Goes back to the list: there is no record any more.
    on_erased: Callback<()>,
) -> impl IntoView {
    let dossier: Asked<Dossier> = Asked::about("dossier", &of);
    let reload = of.clone();
    let again =
        Callback::new(move |erased: bool| if erased { on_erased.run(()) } else { dossier.about_again(&reload) });
    shown(dossier, move |dossier| {
        let of = of.clone();
        let open: Vec<DataRequest> =
            dossier.requests.iter().filter(|request| request.decided.is_none()).cloned().collect();
        let decided = dossier.requests.iter().filter_map(|request| {
            let decided = request.decided.clone()?;
            let granted = if decided.granted { "已办" } else { "未同意" };
            Some(view! {
                <li>{moment(decided.done.at)}" "{request.wish.title()}"："{granted}"。"{decided.answer}"（"{decided.done.by}"）"</li>
            })
        });
        let none = dossier.requests.iter().all(|request| request.decided.is_none());
        let title = format!("{} 的个人信息", dossier.found.name);
        view! {
            <div class="desk-head">
                <h2>{title}</h2>
                <button class="small-button no-print" on:click=move |_| drop(platform::window().print())>"打印"</button>
            </div>
            <div class="no-print">
                {open.into_iter().map(|request| view! { <Answer request party=dossier.found.party on_change=again/> }).collect_view()}
                <Ask of on_change=Callback::new(move |()| again.run(false))/>
            </div>
            <p>{dossier.found.household.clone()}" · "<AtGrid grid=dossier.found.channel.grid.clone()/></p>
            {dossier.records.iter().map(|held| {
                let channel = dossier.found.channel.clone();
                view! { <HeldCard held=held.clone() channel/> }
            }).collect_view()}
            <section class="card item">
                <h3>"谁看过"</h3>
                <Sights seen=dossier.seen.clone()/>
                <h3>"以前的请求"</h3>
                {none.then(|| view! { <p class="hint">"没有"</p> })}
                <ul>{decided.collect_view()}</ul>
                <h3>"保存多久"</h3>
                <p>{dossier.kept.clone()}</p>
                {(dossier.unreadable > 0).then(|| view! {
                    <p class="problem" role="alert">
                        {format!("这个网格有 {} 条记录读不出来，不知道是否与此人有关，请联系管理员", dossier.unreadable)}
                    </p>
                })}
            </section>
        }
        .into_any()
    })
}

#[component]
fn HeldCard(
    /// The record.
    held: Held,
    /// Where it belongs.
    channel: Channel,
) -> impl IntoView {
    // Everyday records, files and care cases are carried by different people.
    let channel = Channel { class: held.kind.class(), ..channel };
    let of = OfRecord { record: held.record, channel };
    let kind = held.kind.clone();
    let line = move |(name, value): (String, Value)| {
        let label = labels::field(&kind, &name)?;
        Some(view! { <p><b>{label}"："</b>{labels::value(&kind, &name, &value)}</p> })
    };
    let values = held.values.into_iter().map(|(name, value)| (name.to_string(), value));
    let kind = held.kind.clone();
    let history = held.history.into_iter().map(move |entry| {
        let fields: Vec<&str> = entry.changes.keys().filter_map(|name| labels::field(&kind, name)).collect();
        view! { <li>{moment(entry.saved_at)}" "{entry.by.to_string()}" 写了："{fields.join("、")}</li> }
    });
    view! {
        <section class="card item">
            <h3>{labels::kind(&held.kind).to_owned()}</h3>
            {values.filter_map(line).collect_view()}
            <details>
                <summary>"修改历史"</summary>
                <ul>{history.collect_view()}</ul>
            </details>
            <SeenBy of/>
        </section>
    }
}

#[component]
fn Ask(
    /// The person's record.
    of: OfRecord,
    /// Called when it is taken down.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let wish = RwSignal::new(Wish::Copy);
    let open = RwSignal::new(false);
    let [asked_by, words] = [(); 2].map(|()| NodeRef::<html::Input>::new());
    let wishes = Wish::ALL.map(|wish| (wish, wish.title().to_owned())).to_vec();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (asked_by, words) = (value(asked_by), value(words));
        let request = OpenDataRequest { of: of.clone(), wish: wish.get_untracked(), asked_by, words };
        desk.act("request-open", request, "已登记，请答复", move || {
            open.set(false);
            on_change.run(());
        });
    };
    view! {
        <button class="small-button" on:click=move |_| open.update(|open| *open = !*open)>"登记一条请求"</button>
        <div class="card item" hidden=move || !open.get()>
            <form class="form" on:submit=submit novalidate>
                <OneOf legend="要求" options=wishes chosen=wish on_choose=Callback::new(move |chosen| wish.set(chosen))/>
                <div class="columns">
                    <label class="field">
                        <span>"谁提出，怎样核实身份"</span>
                        <input type="text" autocomplete="off" placeholder="如 本人，核对了身份证" node_ref=asked_by/>
                    </label>
                    <label class="field">
                        <span>"具体要求"</span>
                        <input type="text" autocomplete="off" node_ref=words/>
                    </label>
                </div>
                <button class="small-button main" type="submit">"登记"</button>
            </form>
        </div>
    }
}

#[component]
fn Answer(
    /// The request.
    request: DataRequest,
    /// Whether who asks is a party to a dispute, and no resident.
    party: bool,
    /// Called when it is decided, with whether the person was erased.
    on_change: Callback<bool>,
) -> impl IntoView {
    let desk = use_desk();
    let [answer, name, birth, phone] = [(); 4].map(|()| NodeRef::<html::Input>::new());
    let (wish, id) = (request.wish, StoredValue::new(request.id));
    let decide = move |granted: bool| {
        let fields = [("name", name), ("birth", birth), ("phone", phone)].map(|(field, node)| (field, value(node)));
        let filled = fields.into_iter().filter(|(_, text)| wish == Wish::Correct && !text.is_empty());
        let values: BTreeMap<_, _> = filled.map(|(field, text)| (field.into(), Value::from(text))).collect();
        let decision = DecideDataRequest { id: id.get_value(), granted, answer: value(answer), values };
        let erased = granted && wish == Wish::Erase;
        let done = if erased { "已删除，请告诉本人" } else { "已答复，请告诉本人" };
        desk.act("request-decide", decision, done, move || on_change.run(erased));
    };
    let warning = match wish {
        Wish::Erase | Wish::Restrict if party => "调解卷宗依法立卷保存，不能删除或停用：请点“不同意”并写明理由",
        Wish::Erase => {
            "删除后，这个人的记录在服务器和手机上都清除，户和走访里的名字换成“×××”，不能恢复。以前做的备份里还有，请告诉管理员"
        }
        Wish::Restrict => "限制后，手机上只显示姓名和“已限制使用”",
        Wish::Correct => "只填要改的；改动会送到手机上",
        Wish::Copy => "把下面的内容打印出来交给本人",
    };
    let words = match wish {
        Wish::Erase => ("同意并删除", "确定删除，不能恢复"),
        _ => ("同意并办理", "确定"),
    };
    view! {
        <section class="card item answer">
            <h3>{wish.title()}"（待答复）"</h3>
            <p>{request.words}" · "{request.asked_by}</p>
            <p class="hint">{warning}</p>
            {(wish == Wish::Correct).then(|| view! {
                <div class="columns">
                    <label class="field"><span>"姓名改为"</span><input type="text" autocomplete="off" node_ref=name/></label>
                    {(!party).then(|| view! {
                        <label class="field"><span>"出生日期改为"</span><input type="date" node_ref=birth/></label>
                    })}
                    <label class="field"><span>"电话改为"</span><input type="text" autocomplete="off" node_ref=phone/></label>
                </div>
            })}
            <label class="field">
                <span>"怎样办的，或不同意的理由"</span>
                <input type="text" autocomplete="off" node_ref=answer/>
            </label>
            <div class="person-acts">
                <Sure words=words.0 sure=words.1 on_sure=Callback::new(move |()| decide(true))/>
                <button class="small-button" on:click=move |_| decide(false)>"不同意"</button>
            </div>
        </section>
    }
}
