//! 今日: drafts to finish, doors due, and what has not reached the office.

use crate::{
    components::{door_row::DoorRow, empty::Empty, page::Page},
    platform::clock,
    route::path_of,
    state::{notebook::drafts::Draft, use_app},
};
use leptos::prelude::*;
use ruhu_domain::{Kind, day, engine::grids, form::labels, roster::doors::Door};
use serde_json::Value;

/// Doors shown here; the rest is on the round.
const DOORS: usize = 8;

/// Why there is no household at all, and what to do.
pub(super) const fn why_no_doors(synced: bool, grids: usize) -> (&'static str, &'static str) {
    match (synced, grids) {
        (false, _) => ("正在下载花名册…", "需要网络；下载后没有信号也能用"),
        (true, 0) => ("还没有分配网格", "请联系办公室为您的账号分配网格"),
        (true, _) => ("网格里还没有户", "可在“走访”里登记新户，或请办公室导入花名册"),
    }
}

/// Where a draft is gone on with.
fn address_of(draft: &Draft, saved: bool) -> String {
    match draft.parent() {
        _ if draft.kind == Kind::Resident && saved => format!("/residents/{}", draft.id),
        _ if draft.kind == Kind::Resident => {
            let household = draft.values.get("household").and_then(Value::as_str).unwrap_or_default();
            format!("/households/{household}/resident")
        }
        None if draft.kind == Kind::Household && !saved => "/households/new".to_owned(),
        None if saved => format!("{}/edit", path_of(&draft.kind, draft.id)),
        None => format!("/drafts/{}/{}", draft.kind.as_str(), draft.id),
        Some(head) if draft.kind == Kind::Finding => path_of(&draft.kind, head),
        Some(head) if saved => format!("{}/{}/{}", path_of(&draft.kind, head), draft.kind.as_str(), draft.id),
        Some(head) => format!("{}/{}/new", path_of(&draft.kind, head), draft.kind.as_str()),
    }
}

/// The day at a glance.
#[component]
pub fn Today(
    /// The list of deadlines, which is in a lazily loaded module.
    more: ViewFn,
) -> impl IntoView {
    let app = use_app();
    let title = day::words(clock::today());
    let unsent = Memo::new(move |_| app.read(|notebook| notebook.engine().outbox().count()));
    let synced = Memo::new(move |_| app.read(|notebook| notebook.engine().head().synced_at.is_some()));
    let grids = Memo::new(move |_| app.read(|notebook| grids(notebook.engine().head()).count()));
    let due = Memo::new(move |_| {
        let today = clock::today();
        let mut due: Vec<Door> =
            app.doors.with(|doors| doors.iter().filter(|door| door.is_due(today)).cloned().collect());
        // Tagged households first, then the longest waiting; the round's order otherwise.
        due.sort_by_key(|door| (door.household.tags.is_empty(), door.reached.unwrap_or(i64::MIN)));
        let count = due.len();
        due.truncate(DOORS);
        (count, due.into_iter().map(Row).collect::<Vec<_>>())
    });
    let drafts = move || {
        let drafts = app.read(|notebook| {
            let roster = notebook.roster();
            let named = notebook.drafts().into_iter().map(|draft| {
                let visited = draft.visit().map(|visit| visit.household);
                let of = || draft.values.get("household")?.as_str()?.parse().ok();
                let household = visited.or_else(of).and_then(|id| roster.household(id));
                let household = household.map(|(_, household)| household.clone());
                let saved = notebook.engine().record(draft.id).is_some();
                (draft, visited, household, saved)
            });
            named.collect::<Vec<_>>()
        });
        if drafts.is_empty() {
            return ().into_any();
        }
        let rows = drafts.into_iter().map(|(draft, visited, household, saved)| {
            let name = match (&draft.kind, household) {
                (Kind::Visit, None) => "已不在您网格里的户".to_owned(),
                (Kind::Visit, Some(household)) => format!("{} {}", household.number, household.head),
                // Of the others it is nobody's business on this screen whose they are.
                (kind @ Kind::Hazard, Some(household)) => {
                    format!("{} {} {}", labels::kind(kind), household.number, household.head)
                }
                (kind, _) => labels::kind(kind).to_owned(),
            };
            let href = match visited {
                Some(_) if saved => format!("/visits/{}", draft.id),
                Some(household) => format!("/households/{household}/visit"),
                None => address_of(&draft, saved),
            };
            view! {
                <li>
                    <a href=href class="row link">
                        <span>{name}</span>
                        <span class="hint">{day::ago(draft.touched, clock::now_ms())}" 未写完"</span>
                    </a>
                </li>
            }
        });
        view! { <section><h2>"草稿"</h2><ul class="card rows">{rows.collect_view()}</ul></section> }.into_any()
    };
    view! {
        <Page title=title>
            {move || {
                (unsent.get() > 0).then(|| view! {
                    <a href="/me" class="card row link strong">
                        <span>{unsent.get()}" 条还没到办公室"</span>
                        <span class="hint">"查看"</span>
                    </a>
                })
            }}
            {move || {
                app.scarce.get().then(|| view! {
                    <a href="/me" class="card row link strong">
                        <span>"手机空间快满了"</span>
                        <span class="hint">"去腾空间"</span>
                    </a>
                })
            }}
            {drafts}
            {more.run()}
            <section>
                <h2>{move || format!("该走访的户（{}）", due.with(|(count, _)| *count))}</h2>
                {move || {
                    let (count, rows) = due.get();
                    let waiting = app.doors.with(|doors| doors.is_empty());
                    if waiting {
                        let (title, hint) = why_no_doors(synced.get(), grids.get());
                        view! { <Empty title=title.to_owned() hint=hint.to_owned()/> }.into_any()
                    } else if count == 0 {
                        view! { <Empty title="都走访到了".to_owned() hint="没有到期的户，辛苦了".to_owned()/> }.into_any()
                    } else {
                        let rows = rows.into_iter().map(|row| view! { <li><DoorRow door=row.0/></li> });
                        view! { <ul class="list flow">{rows.collect_view()}</ul> }.into_any()
                    }
                }}
                {move || {
                    (due.with(|(count, _)| *count) > DOORS).then(|| view! {
                        <a href="/round" class="row link center">"查看全部"</a>
                    })
                }}
            </section>
        </Page>
    }
}

/// A door that counts as another when it must be drawn anew.
#[derive(Clone)]
struct Row(Door);

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (&self.0, &other.0);
        (one.id, one.last, one.due) == (other.id, other.last, other.due) && one.household == other.household
    }
}
