//! Forms of records: of a file (a dispute, a care case, a hazard, and what grows with it), and of the roster.

use crate::{
    components::{
        empty::Empty,
        page::Page,
        record_form::{RecordForm, Values},
    },
    platform::clock,
    route::{list_of, path_of},
    state::{Undo, drafts::DraftStatus, notebook::drafts::Draft, use_app},
};
use leptos::{ev::SubmitEvent, prelude::*};
use ruhu_domain::{
    Channel, Kind, RecordId,
    dispute::{known::Person, records::RESIDENT},
    form::{self, Wrong, labels},
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A form that is open, for what stands in it besides its fields.
#[derive(Clone, Copy)]
pub struct Form {
    /// The draft.
    pub draft: StoredValue<Draft>,
    /// The values of the fields.
    pub values: RwSignal<Values>,
    /// Whether it is saved already.
    pub is_saved: bool,
    /// Called with a field's name and its new value.
    pub change: Callback<(&'static str, Value)>,
    /// Called with the grid that a new household is settled in.
    pub settle: Callback<Channel>,
    /// Called with somebody who was chosen of those who are known.
    pub choose: Callback<Person>,
    /// Whether something of it is still being made.
    pub busy: RwSignal<bool>,
    /// Whether what was typed last is on the phone.
    pub kept: RwSignal<DraftStatus>,
}

impl Form {
    /// Returns the text of a field; empty where nothing is written.
    pub fn text(self, name: &str) -> String {
        self.values.with(|values| values.get(name)?.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

type View = Arc<dyn Fn(Form) -> AnyView + Send + Sync>;

/// The views in a form besides its fields. They are in the part of the app that needs them.
#[derive(Clone, Default)]
pub struct Beside {
    lead: String,
    first: Option<View>,
    last: Option<View>,
}

impl Beside {
    /// Something below the first field.
    pub fn first(view: impl Fn(Form) -> AnyView + Send + Sync + 'static) -> Self {
        Self { first: Some(Arc::new(view)), ..Self::default() }
    }

    /// And words above all fields.
    #[must_use]
    pub fn lead(self, lead: String) -> Self {
        Self { lead, ..self }
    }

    /// And something below all fields.
    #[must_use]
    pub fn last(self, view: impl Fn(Form) -> AnyView + Send + Sync + 'static) -> Self {
        Self { last: Some(Arc::new(view)), ..self }
    }
}

/// A new dispute, care case, hazard, request or outreach, or its draft.
pub fn new_head(kind: &Kind, of: Option<RecordId>, beside: Beside) -> AnyView {
    let app = use_app();
    let draft = app.begin(kind, of);
    let back = of.and_then(|of| app.came_from(of)).map(|(_, path)| path);
    let back = back.or_else(|| {
        let own = draft.as_ref().is_some_and(|draft| Some(draft.id) == of);
        if own { Some("/".to_owned()) } else { of.map(|of| format!("/households/{of}")) }
    });
    let list = match kind {
        Kind::Dispute => "/matters",
        Kind::CareCase => "/care",
        _ => list_of(kind),
    };
    let back = back.unwrap_or_else(|| list.to_owned());
    let none = match kind {
        _ if of.is_some() => ("不能在这里登记", "可能已保存或放弃，或换了网格、权限"),
        Kind::Dispute => ("没有登记纠纷的权限", "请联系办公室为您的账号开通调解权限；可先写在走访记录里"),
        Kind::CareCase => ("没有关爱回访的权限", "请联系办公室为您的账号开通关爱权限"),
        _ => ("还没有分配网格", "请联系办公室为您的账号分配网格"),
    };
    form_with(draft, back, none, beside)
}

/// A change to one.
pub fn edit_head(kind: &Kind, id: RecordId, beside: Beside) -> AnyView {
    let back = if *kind == Kind::Outreach { list_of(kind).to_owned() } else { path_of(kind, id) };
    form_with(use_app().form_of(id), back, GONE, beside)
}

/// A record of a file, to change, or a new one.
pub fn in_file(head: RecordId, kind: &Kind, record: Option<RecordId>, beside: Beside) -> AnyView {
    let app = use_app();
    let draft = match record {
        Some(id) => app.form_of(id),
        None => app.new_in_file(head, kind.clone()),
    };
    form_with(draft, path_of(kind, head), GONE, beside)
}

const GONE: (&str, &str) = ("没有这条记录", "可能已作废，或换了网格、权限");

/// A form; where there is nothing to write, why.
pub fn form_with(draft: Option<Draft>, back: String, none: (&'static str, &'static str), beside: Beside) -> AnyView {
    let fields = draft.as_ref().map(|draft| form::fields(&draft.kind)).unwrap_or_default();
    // A draft that is kept stays open, to be read and given up; what is new is not begun in a file that is closed to it.
    let app = use_app();
    let closed = draft.as_ref().filter(|draft| !app.is_draft(draft.id)).and_then(|draft| app.closed_to(draft));
    if let Some(why) = closed {
        return view! { <Page title="表单" back=back><Empty title="不能改了" hint=why/></Page> }.into_any();
    }
    match draft.filter(|_| !fields.is_empty()) {
        Some(draft) => view! { <FileForm draft back beside/> }.into_any(),
        None => view! { <Page title="表单" back=back><Empty title=none.0 hint=none.1/></Page> }.into_any(),
    }
}

/// The form itself. Every change is kept as a draft at once.
#[component]
fn FileForm(
    /// The draft that the form begins with.
    draft: Draft,
    /// Where back leads.
    back: String,
    /// The views in it besides its fields.
    beside: Beside,
) -> impl IntoView {
    let app = use_app();
    app.open_form();
    let (id, kind) = (draft.id, StoredValue::new(draft.kind.clone()));
    let title = labels::kind(&draft.kind).to_owned();
    let fields = form::fields(&draft.kind);
    let head = draft.kind == Kind::Household || draft.kind.head().as_ref() == Some(&draft.kind);
    let is_case = draft.kind == Kind::CareCase;
    let saved = untrack(|| app.saved_values(id));
    let is_saved = !saved.is_empty();
    let values: RwSignal<Values> = RwSignal::new(Map::from_iter(saved.into_iter().chain(draft.values.clone())));
    let draft = StoredValue::new(draft);
    let wrong = RwSignal::new(None::<Wrong>);
    let problem = RwSignal::new(None::<String>);
    let (saving, kept) = (RwSignal::new(false), RwSignal::new(DraftStatus::Untouched));
    let put = move |fields: Map<String, Value>| {
        values.update(|values| values.extend(fields.clone()));
        draft.update_value(|draft| {
            draft.values.extend(fields);
            draft.touched = clock::now_ms();
        });
        wrong.set(None);
        problem.set(None);
        app.keep_draft(draft.get_value(), kept);
    };
    let is_resident = move || values.with_untracked(|values| values.get(RESIDENT).is_some_and(|id| !id.is_null()));
    let change = Callback::new(move |(name, value): (&'static str, Value)| {
        let mut fields = Map::from_iter([(name.to_owned(), value)]);
        if name == "name" && is_resident() {
            // Another name is another person: not the resident who was chosen before.
            fields.insert(RESIDENT.to_owned(), Value::Null);
            if is_case {
                fields.insert("household".to_owned(), Value::Null);
            }
        }
        put(fields);
    });
    let choose = Callback::new(move |person: Person| {
        // Of who was chosen before nothing stays.
        let names = if is_case { Person::CASE_FIELDS } else { Person::FIELDS };
        let before = if is_resident() { names } else { &[] };
        let nothing = before.iter().map(|name| ((*name).to_owned(), Value::Null));
        let known = if is_case { person.case_fields() } else { person.fields() };
        // A case belongs where its person lives.
        let home = person.resident.filter(|_| is_case && !is_saved).and_then(|id| app.care_channel_of(id));
        if let Some(channel) = home {
            draft.update_value(|draft| draft.channel = Some(channel));
        }
        put(Map::from_iter(nothing.chain(known)));
    });
    let settle = Callback::new(move |channel: Channel| {
        let next = app.next_number(&channel);
        let written = values.with_untracked(|values| values.get("number").and_then(Value::as_str).map(str::to_owned));
        let suggested = draft.with_value(|draft| draft.channel.as_ref().map(|channel| app.next_number(channel)));
        draft.update_value(|draft| draft.channel = Some(channel));
        // What the worker wrote stays.
        let number =
            written.filter(|written| !written.is_empty() && Some(written) != suggested.as_ref()).unwrap_or(next);
        put(Map::from_iter([("number".to_owned(), number.into())]));
    });
    let busy = RwSignal::new(false);
    let form = Form { draft, values, is_saved, change, settle, choose, busy, kept };
    let Beside { lead, first, last } = beside;
    let first = move || first.clone().map(|first| first(form));
    let back = StoredValue::new(back);
    // A new head is gone on with in its file.
    let next = move || if head { kind.with_value(|kind| path_of(kind, id)) } else { back.get_value() };
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        if saving.get_untracked() || busy.get_untracked() {
            return;
        }
        let wrong_in = |kind: &Kind| {
            let values = values.get_untracked();
            form::check(kind, &values).err().or_else(|| form::still_to_come(kind, &values, clock::today()))
        };
        if let Some(bad) = kind.with_value(wrong_in) {
            problem.set(Some(bad.words.clone()));
            wrong.set(Some(bad));
            return;
        }
        saving.set(true);
        leptos::task::spawn_local(async move {
            match app.save_form(&draft.get_value()).await {
                Ok(()) => app.saved("已保存 ✓ 已存本机", next()),
                Err(error) => {
                    let _ = saving.try_set(false);
                    drop(problem.try_set(Some(error.to_string())));
                }
            }
        });
    };
    let discard = move |_| {
        // Read before anything is waited for: the form may be gone by then.
        let (given_up, back) = (draft.get_value(), back.get_value());
        leptos::task::spawn_local(async move {
            let Some(open) = app.notebook() else { return };
            let was_kept = open.drafts().iter().any(|draft| draft.id == id);
            match open.forget_draft(id).await {
                Ok(()) => {
                    if was_kept {
                        app.say("草稿已放弃", Some(Undo::Draft(Arc::new(given_up))));
                    }
                    app.leave_for(&back);
                }
                Err(error) => drop(problem.try_set(Some(error.to_string()))),
            }
        });
    };
    // `autocomplete="off"`: browsers write the fields of other forms into their session files, in the clear.
    view! {
        <Page title=title back=back.get_value()>
            {(!lead.is_empty()).then(|| view! { <p class="lead">{lead}</p> })}
            <form class="visit-form" autocomplete="off" on:submit=save novalidate>
                <RecordForm fields=fields.to_vec() values wrong on_change=change below_first=first/>
                {last.map(|last| last(form))}
                <div class="action">
                    <p class="problem" role="status">{move || problem.get().filter(|_| wrong.get().is_some())}</p>
                    <p class="problem" role="alert">{move || problem.get().filter(|_| wrong.get().is_none())}</p>
                    <p class="hint" role="status">{move || kept.with(DraftStatus::words)}</p>
                    <div class="buttons">
                        <button class="button plain" type="button" on:click=discard>"放弃"</button>
                        <button class="button" type="submit" disabled=move || saving.get() || busy.get()>
                            {move || if saving.get() { "正在保存…" } else { "保存" }}
                        </button>
                    </div>
                </div>
            </form>
        </Page>
    }
}
