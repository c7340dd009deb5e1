//! 手册: pages that an office adds for the phones at its place.

use super::{
    day_words,
    desk::{Asked, shown, use_desk},
    places::{At, PlaceField},
    value,
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::office::{OfPage, OwnPage, PutPage};

/// The pages, and a form.
#[component]
pub fn Handbook() -> impl IntoView {
    let pages: Asked<Vec<OwnPage>> = Asked::new("pages");
    // The page in the form; none while there is no form.
    let open = RwSignal::new(None::<Option<OwnPage>>);
    let again = Callback::new(move |()| {
        open.set(None);
        pages.again();
    });
    view! {
        <div class="desk-head">
            <h2>"手册"</h2>
            <button class="small-button" on:click=move |_| open.update(|open| *open = open.is_none().then_some(None))>
                {move || if open.with(Option::is_some) { "收起" } else { "新写一页" }}
            </button>
        </div>
        <p class="hint">"本地的案例、电话、做法写在这里，所选地方的手机会收到，没有网络也能看。不要写群众的姓名和隐私。"</p>
        {move || open.get().map(|page| view! { <Form page on_done=again/> })}
        {shown(pages, move |pages| {
            if pages.is_empty() {
                return view! { <p class="hint">"还没有本地的页"</p> }.into_any();
            }
            let change = Callback::new(move |page| open.set(Some(Some(page))));
            pages.into_iter().map(|page| view! { <Row page change on_done=again/> }).collect_view().into_any()
        })}
    }
}

#[component]
fn Row(
    /// The page.
    page: OwnPage,
    /// Called with the page that is to be changed.
    change: Callback<OwnPage>,
    /// Called when it was taken back.
    on_done: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let sure = RwSignal::new(false);
    let id = page.id;
    let withdraw = move |_| {
        if sure.get_untracked() {
            desk.act("page-withdraw", OfPage { id }, "已收回，手机会更新", move || on_done.run(()));
        }
        sure.set(true);
    };
    let own = page.clone();
    let law = if page.law.is_empty() { String::new() } else { format!("{} · ", page.law) };
    view! {
        <article class="card item">
            <h3>{page.title}</h3>
            <p class="hint"><At place=page.place.clone()/>" · "{law}{page.done.by}" "{day_words(page.done.at)}</p>
            {page.text.lines().map(|line| view! { <p>{line.to_owned()}</p> }).collect_view()}
            <p>
                <button class="small-button" on:click=move |_| change.run(own.clone())>"修改"</button>
                <button class="small-button" on:click=withdraw>{move || if sure.get() { "确定收回" } else { "收回" }}</button>
            </p>
        </article>
    }
}

#[component]
fn Form(
    /// The page to change; none for a new one.
    page: Option<OwnPage>,
    /// Called when it was kept.
    on_done: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let id = page.as_ref().map(|page| page.id);
    let place = RwSignal::new(page.as_ref().map_or_else(|| desk.own_place(), |page| page.place.to_string()));
    let (was_title, was_law, was_text) = page.map_or_else(Default::default, |page| (page.title, page.law, page.text));
    let [title, law] = [(); 2].map(|()| NodeRef::<html::Input>::new());
    let text = NodeRef::<html::Textarea>::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Ok(place) = place.get_untracked().parse() else {
            desk.say("请填写地方的代码，如 411502001003".to_owned());
            return;
        };
        let words = text.get_untracked().map(|field| field.value()).unwrap_or_default();
        let page = PutPage { id, place, title: value(title), law: value(law), text: words };
        desk.act("page", page, "已保存，联网的手机一小时内会收到", move || on_done.run(()));
    };
    view! {
        <form class="card form" on:submit=submit novalidate>
            <PlaceField label="给哪里的手机" place/>
            <label class="field"><span>"标题"</span><input type="text" autocomplete="off" value=was_title maxlength="80" node_ref=title/></label>
            <label class="field">
                <span>"依据（法律或文件，可不填）"</span>
                <input type="text" autocomplete="off" value=was_law maxlength="80" node_ref=law/>
            </label>
            <label class="field">
                <span>"内容（一行一段；“- ”开头是要点，“例：”开头是案例）"</span>
                <textarea rows="8" autocomplete="off" maxlength="4000" node_ref=text>{was_text}</textarea>
            </label>
            <button class="small-button main" type="submit">"保存"</button>
        </form>
    }
}
