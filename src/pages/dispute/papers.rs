//! 文书: the documents of a dispute's file, one or all of them, as A4 pages for the system's print. They are put
//! together from the records, on the phone, also without a network.

use crate::{
    components::{empty::Empty, page::Page, sheets::Sheets},
    platform,
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::{
    RecordId,
    dispute::{DisputeFile, papers::Sheet, sheets::committee},
};

/// The word for all documents in an address.
pub const ALL: &str = "all";

/// The documents there are, and those that the archive still wants.
#[component]
pub fn Papers(
    /// The dispute.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let file = Memo::new(move |_| app.file(id));
    let list = move || {
        let Some(file) = file.get() else { return gone() };
        let missing = file.missing_documents();
        let missing = (!missing.is_empty()).then(|| {
            let names = missing.iter().map(|paper| paper.label()).collect::<Vec<_>>().join("、");
            view! { <p class="missing">"归档前还缺："{names}</p> }
        });
        let sheets = file.sheets();
        if sheets.is_empty() {
            return view! { <Empty title="还没有文书" hint="登记当事人、办理登记以后，文书会自动生成"/> }.into_any();
        }
        let row = |sheet: &Sheet| {
            let when = when(&file, sheet);
            view! {
                <li>
                    <a href=format!("/matters/{id}/papers/{}", sheet.key()) class="row link">
                        <span>{sheet.paper.label()}</span>
                        <span class="hint">{when}</span>
                    </a>
                </li>
            }
        };
        let rows = sheets.iter().map(row).collect_view();
        view! {
            {missing}
            <ul class="card rows">{rows}</ul>
            <p class="hint">"文书由已填写的内容生成。要改文字，请改卷宗里的记录。"</p>
            <div class="action"><a href=format!("/matters/{id}/papers/{ALL}") class="button">"查看整卷"</a></div>
        }
        .into_any()
    };
    view! { <Page title="文书" back=format!("/matters/{id}")>{list}</Page> }
}

fn gone() -> AnyView {
    view! { <Empty title="没有这份文书" hint="可能已作废，或换了网格、权限"/> }.into_any()
}

/// The day that tells one of several documents from another.
fn when(file: &DisputeFile, sheet: &Sheet) -> Option<String> {
    let of = sheet.of?;
    let session = file.sessions.iter().find(|(id, _)| *id == of).and_then(|(_, session)| session.on);
    let on = session.or_else(|| file.follow_ups.iter().find(|(id, _)| *id == of).and_then(|(_, visit)| visit.on));
    on.map(ruhu_domain::day::words)
}

/// One document, or all of them.
#[component]
pub fn PaperPage(
    /// The dispute.
    id: RecordId,
    /// Which: a document's key, or [`ALL`].
    key: String,
) -> impl IntoView {
    let app = use_app();
    let committee = committee(&app.grid_name(id));
    let file = untrack(|| app.file(id));
    let sheets: Vec<Sheet> =
        file.iter().flat_map(DisputeFile::sheets).filter(|sheet| key == ALL || sheet.key() == key).collect();
    let title = match sheets.as_slice() {
        [one] => one.paper.label(),
        _ => "整卷文书",
    };
    let shown = file.filter(|_| !sheets.is_empty()).map(|file| {
        view! {
            <Sheets file sheets committee/>
            <div class="action">
                <p class="hint">"在打印窗口里可选打印机，或“保存为 PDF”再分享。印出的文书有个人信息，请妥善保管。"</p>
                <button class="button" on:click=|_| platform::print()>"打印或存为 PDF"</button>
            </div>
        }
        .into_any()
    });
    view! { <Page title=title back=format!("/matters/{id}/papers")>{shown.unwrap_or_else(gone)}</Page> }
}
