//! Forms of a dispute's file: who is known by the name typed, and disputes that may be the same.

use crate::{
    components::{alike::AlikeDisputes, known_people::KnownPeople},
    pages::case::form::{Beside, Form, edit_head, in_file, new_head},
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::{Kind, RecordId, day, dispute::known::Traits};

/// A new dispute, or its draft.
#[component]
pub fn NewDispute(
    /// The household, visit or finding that it is begun from.
    of: Option<RecordId>,
) -> impl IntoView {
    new_head(&Kind::Dispute, of, Beside::first(alike))
}

/// A change to a dispute.
#[component]
pub fn EditDispute(
    /// Which.
    id: RecordId,
) -> impl IntoView {
    edit_head(&Kind::Dispute, id, Beside::first(alike))
}

/// A record of a dispute's file.
#[component]
pub fn InDispute(
    /// The dispute.
    head: RecordId,
    /// The kind.
    kind: Kind,
    /// The record to change; none for a new one.
    record: Option<RecordId>,
) -> impl IntoView {
    let beside = match kind {
        Kind::Party => Beside::first(move |form| of_party(form, head)),
        _ => Beside::default(),
    };
    let beside = beside.lead(untrack(|| use_app().words_above_form(head, &kind)));
    in_file(head, &kind, record, beside)
}

fn alike(form: Form) -> AnyView {
    let dispute = form.draft.with_value(|draft| draft.id);
    let traits = Memo::new(move |_| Traits {
        found_on: day::read(&form.text("found_on")),
        place: form.text("place"),
        names: Vec::new(),
    });
    view! { <AlikeDisputes dispute traits/> }.into_any()
}

fn of_party(form: Form, dispute: RecordId) -> AnyView {
    let file = untrack(|| use_app().file(dispute));
    let traits = file.map(|file| Traits::of(&file)).unwrap_or_default();
    let typed = Memo::new(move |_| form.text("name"));
    let traits = Memo::new(move |_| {
        // The place was looked at when the dispute was written.
        let mut traits = Traits { place: String::new(), ..traits.clone() };
        traits.names.push(typed.get());
        traits
    });
    view! {
        <KnownPeople typed earlier=true on_choose=form.choose/>
        <AlikeDisputes dispute traits/>
    }
    .into_any()
}
