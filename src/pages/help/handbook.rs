//! 手册: plain pages for the field, offline, each naming the law it rests on.

use crate::{
    components::{empty::Empty, page::Page, search_field::SearchField},
    platform::files,
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::help::handbook::{self, Line, Page as Sheet};
use std::sync::Arc;

const PATH: &str = "/handbook.txt";

/// How the text is.
#[derive(Clone)]
enum Text {
    Coming,
    There(Arc<Vec<Sheet>>),
    Missing,
}

/// The app's pages, then those that offices added.
fn text() -> Signal<Text> {
    let app = use_app();
    let own = RwSignal::new(None::<Option<String>>);
    leptos::task::spawn_local(async move {
        let words = files::text(PATH).await;
        drop(own.try_set(Some(words)));
    });
    Signal::derive(move || {
        let Some(own) = own.get() else { return Text::Coming };
        let added = app.read(|notebook| notebook.added_pages());
        let there = own.is_some() || !added.is_empty();
        let mut pages = own.map(|words| handbook::read(&words)).unwrap_or_default();
        pages.extend(added.iter().map(handbook::added));
        if there { Text::There(Arc::new(pages)) } else { Text::Missing }
    })
}

fn with(text: Signal<Text>, shown: impl Fn(Arc<Vec<Sheet>>) -> AnyView) -> AnyView {
    match text.get() {
        Text::Coming => view! { <p class="hint" role="status">"正在打开…"</p> }.into_any(),
        Text::Missing => view! { <Empty title="手册没有载入" hint="请连上网络再打开一次"/> }.into_any(),
        Text::There(pages) => shown(pages),
    }
}

/// The pages, and a search.
#[component]
pub fn Handbook() -> impl IntoView {
    let text = text();
    let query = RwSignal::new(String::new());
    let list = move |pages: Arc<Vec<Sheet>>| {
        let found = query.with(|query| {
            let found = handbook::search(&pages, query);
            let looking = !query.trim().is_empty();
            let row = |found: handbook::PageHit<'_>| {
                let line = found.line.filter(|_| looking).map(|line| line.words().to_owned());
                (found.page.name.clone(), found.page.title.clone(), line)
            };
            found.into_iter().map(row).collect::<Vec<_>>()
        });
        if found.is_empty() {
            let hint = "换个词试试，比如：协议、报警、溺水、低保".to_owned();
            return view! { <Empty title="没有找到".to_owned() hint/> }.into_any();
        }
        let rows = found.into_iter().map(|(name, title, line)| {
            view! {
                <li>
                    <a class="row link" href=format!("/handbook/{name}")>
                        <span>{title}{line.map(|line| view! { <br/><span class="hint">{line}</span> })}</span>
                    </a>
                </li>
            }
        });
        view! { <ul class="card rows">{rows.collect_view()}</ul> }.into_any()
    };
    view! {
        <Page title="手册" back="/me">
            <SearchField label="查找手册" hint="查一个词：协议、报警、溺水…" query/>
            {move || with(text, list)}
        </Page>
    }
}

/// One page.
#[component]
pub fn HandbookPage(
    /// Its name.
    name: String,
) -> impl IntoView {
    let text = text();
    let title = RwSignal::new("手册".to_owned());
    let sheet = move |pages: Arc<Vec<Sheet>>| {
        let Some(page) = pages.iter().find(|page| page.name == name).cloned() else {
            return view! { <Empty title="没有这一页" hint="请回手册里找"/> }.into_any();
        };
        title.set(page.title);
        let lines = page.lines.into_iter().map(|line| match line {
            Line::Text(words) => view! { <p>{words}</p> }.into_any(),
            Line::Point(words) => view! { <p class="point">{words}</p> }.into_any(),
            Line::Case(words) => view! { <p class="case"><b>"例："</b>{words}</p> }.into_any(),
        });
        view! {
            <article class="sheet-text">
                {lines.collect_view()}
                <p class="hint">"依据："{page.law}</p>
            </article>
        }
        .into_any()
    };
    view! { <Page title=title back="/handbook">{move || with(text, sheet.clone())}</Page> }
}
