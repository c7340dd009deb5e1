//! 便民电话: who helps, called with one tap, without a network.

use crate::{components::page::Page, state::use_app};
use leptos::prelude::*;
use ruhu_domain::{
    help::contact::{NATIONAL, call},
    wire::Contact,
};

/// The contacts of the worker's places, nearest first, then the numbers of the whole country.
#[component]
pub fn Contacts(
    /// Where back leads, without the first slash; empty for 我的.
    from: String,
) -> impl IntoView {
    let app = use_app();
    let own = move || {
        let contacts = app.read(|notebook| notebook.contacts());
        if contacts.is_empty() {
            let words = "办公室还没有添加本地的电话，可请村里或乡镇在办公室网页上添加";
            return view! { <p class="hint">{words}</p> }.into_any();
        }
        let places = contacts.chunk_by(|one, other| one.from == other.from).map(|of_place| {
            let rows = of_place.iter().map(|contact| {
                let Contact { service, name, phone, note, .. } = contact.clone();
                row(service, name, phone, note)
            });
            view! {
                <section>
                    <h2>{of_place[0].from.clone()}</h2>
                    <div class="card rows">{rows.collect_view()}</div>
                </section>
            }
        });
        places.collect_view().into_any()
    };
    let national = NATIONAL.map(|(service, phone, note)| row(service.into(), String::new(), phone.into(), note.into()));
    view! {
        <Page title="便民电话" back=if from.is_empty() { "/me".to_owned() } else { format!("/{from}") }>
            {own}
            <section>
                <h2>"全国"</h2>
                <div class="card rows">{national.into_iter().collect_view()}</div>
            </section>
        </Page>
    }
}

/// Shows the service, the name and the hours of a number. A tap on the row calls it.
fn row(service: String, name: String, phone: String, note: String) -> impl IntoView {
    let about = [name, note].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" · ");
    let href = call(&phone);
    view! {
        <a class="row link call" href=href>
            <span>{service}<br/><span class="hint">{about}</span></span>
            <span class="number">{phone}</span>
        </a>
    }
}
