//! 便民电话: who helps at a place, for the phones there.

use super::{
    desk::{Asked, shown, use_desk},
    places::{At, PlaceField},
    value,
};
use crate::components::chips::OneOf;
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    help::contact::Service,
    office::{OfContact, OwnContact, PutContact},
};

/// The contacts, and a form.
#[component]
pub fn Contacts() -> impl IntoView {
    let contacts: Asked<Vec<OwnContact>> = Asked::new("contacts");
    // The contact in the form; none while there is no form.
    let open = RwSignal::new(None::<Option<OwnContact>>);
    let again = Callback::new(move |()| {
        open.set(None);
        contacts.again();
    });
    view! {
        <div class="desk-head">
            <h2>"便民电话"</h2>
            <button class="small-button" on:click=move |_| open.update(|open| *open = open.is_none().then_some(None))>
                {move || if open.with(Option::is_some) { "收起" } else { "添加电话" }}
            </button>
        </div>
        <p class="hint">"一村一警一法律顾问、人民调解员、卫生室、转介单位的电话写在这里。所选地方的手机会收到，没有网络也能看，一点就拨。只写工作电话。"</p>
        {move || open.get().map(|contact| view! { <Form contact on_done=again/> })}
        {shown(contacts, move |contacts| {
            if contacts.is_empty() {
                return view! { <p class="hint">"还没有电话"</p> }.into_any();
            }
            let change = Callback::new(move |contact| open.set(Some(Some(contact))));
            let rows = contacts.into_iter().map(|contact| view! { <Row contact change on_done=again/> });
            view! {
                <div class="table-wrap" tabindex="0" role="region" aria-label="便民电话">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">"地方"</th>
                                <th scope="col">"做什么"</th>
                                <th scope="col">"姓名或单位"</th>
                                <th scope="col">"电话"</th>
                                <th scope="col">"说明"</th>
                                <td></td>
                            </tr>
                        </thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            }
            .into_any()
        })}
    }
}

#[component]
fn Row(
    /// The contact.
    contact: OwnContact,
    /// Called with the contact that is to be changed.
    change: Callback<OwnContact>,
    /// Called when it was deleted.
    on_done: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let sure = RwSignal::new(false);
    let id = contact.id;
    let remove = move |_| {
        if sure.get_untracked() {
            desk.act("contact-drop", OfContact { id }, "已删掉，手机会更新", move || on_done.run(()));
        }
        sure.set(true);
    };
    let own = contact.clone();
    view! {
        <tr>
            <td>{contact.from}" "<span class="hint"><At place=contact.place.clone()/></span></td>
            <td>{contact.service.label()}</td>
            <td>{contact.name}</td>
            <td>{contact.phone}</td>
            <td>{contact.note}</td>
            <td>
                <button class="small-button" on:click=move |_| change.run(own.clone())>"修改"</button>
                <button class="small-button" on:click=remove>{move || if sure.get() { "确定删掉" } else { "删掉" }}</button>
            </td>
        </tr>
    }
}

#[component]
fn Form(
    /// The contact to change; none for a new one.
    contact: Option<OwnContact>,
    /// Called when it was kept.
    on_done: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let id = contact.as_ref().map(|contact| contact.id);
    let place = RwSignal::new(contact.as_ref().map_or_else(|| desk.own_place(), |contact| contact.place.to_string()));
    let service = RwSignal::new(contact.as_ref().map_or(Service::Police, |contact| contact.service));
    let (was_name, was_phone, was_note) =
        contact.map_or_else(Default::default, |contact| (contact.name, contact.phone, contact.note));
    let [name, phone, note] = [(); 3].map(|()| NodeRef::<html::Input>::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Ok(place) = place.get_untracked().parse() else {
            desk.say("请填写地方的代码，如 411502001003".to_owned());
            return;
        };
        let service = service.get_untracked();
        let contact = PutContact { id, place, service, name: value(name), phone: value(phone), note: value(note) };
        desk.act("contact", contact, "已保存，联网的手机一小时内会收到", move || on_done.run(()));
    };
    view! {
        <form class="card form" on:submit=submit novalidate>
            <PlaceField label="给哪里的手机" place/>
            <OneOf
                legend="做什么"
                options=Service::ALL.iter().map(|each| (*each, each.label().to_owned())).collect()
                chosen=service
                on_choose=Callback::new(move |chosen| service.set(chosen))
            />
            <label class="field">
                <span>"姓名或单位"</span><input type="text" autocomplete="off" value=was_name maxlength="30" node_ref=name/>
            </label>
            <label class="field">
                <span>"电话（一个号码）"</span><input type="tel" autocomplete="off" value=was_phone maxlength="20" node_ref=phone/>
            </label>
            <label class="field">
                <span>"说明（什么时候能找到，可不填）"</span>
                <input type="text" autocomplete="off" value=was_note maxlength="60" node_ref=note/>
            </label>
            <button class="small-button main" type="submit">"保存"</button>
        </form>
    }
}
