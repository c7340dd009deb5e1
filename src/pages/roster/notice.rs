//! 告知: what the people of a household are told about their data, to be shown or read out, and to whom it was.

use crate::{
    components::{empty::Empty, page::Page},
    platform::{clock, speech},
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::{RecordId, help::notice};

/// The notice, and the members of a household.
#[component]
pub fn NoticePage(
    /// The household.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let members = Memo::new(move |_| app.read(|notebook| notebook.roster().members(id)));
    let reading = RwSignal::new(false);
    let read = move |_| {
        if reading.get_untracked() {
            speech::stop();
        } else {
            speech::read(&notice::PARAGRAPHS);
        }
        reading.update(|reading| *reading = !*reading);
    };
    on_cleanup(speech::stop);
    view! {
        <Page title="告知" back=format!("/households/{id}")>
            <section class="card notice-text">
                {notice::PARAGRAPHS.map(|words| view! { <p>{words}</p> }).collect_view()}
                <p class="hint">"第 "{notice::VERSION}" 版"</p>
            </section>
            {speech::available().then(|| view! {
                <button class="button plain" on:click=read>
                    {move || if reading.get() { "停止朗读" } else { "朗读给他们听" }}
                </button>
            })}
            <section>
                <h2>"告诉了谁"</h2>
                {move || members.with(Vec::is_empty).then(|| view! {
                    <Empty title="还没有家庭成员".to_owned() hint="花名册里有了人再记".to_owned()/>
                })}
                <ul class="card rows">
                    {move || members.get().into_iter().map(|(member, resident)| {
                        let told = notice::given_on(&resident.notice).map(|day| format!("{day} 已告知"));
                        let tell = move |_| {
                            leptos::task::spawn_local(async move { app.note_told(member, clock::today()).await });
                        };
                        view! {
                            <li class="row">
                                <span>{resident.name.clone()}</span>
                                {match told {
                                    Some(told) => view! { <span class="hint">{told}</span> }.into_any(),
                                    None => view! { <button class="small-button main" on:click=tell>"记为已告知"</button> }.into_any(),
                                }}
                            </li>
                        }
                    }).collect_view()}
                </ul>
            </section>
        </Page>
    }
}
