//! 巡逻 and 宣讲: the lists, and a patrol with what it found. Nothing notes where anybody walks.

use crate::{
    components::{
        case_tabs::{CaseTabs, Turned},
        chips::OneOf,
        contested::Contested,
        empty::Empty,
        page::Page,
        record_form::LettersLeft,
        tick::Tick,
    },
    platform::clock,
    route::list_of,
    state::{case::reports::Round, drafts::DraftStatus, notebook::drafts::Draft, use_app},
};
use leptos::prelude::*;
use ruhu_domain::{
    Channel, Kind, RecordId, day, form,
    outreach::{Outreach, Topic, Venue},
    patrol::{Patrol, Team},
};
use serde_json::Value;

/// The patrols.
#[component]
pub fn Patrols() -> impl IntoView {
    let app = use_app();
    let busy = RwSignal::new(false);
    let grids = Memo::new(move |_| app.patrol_grids());
    // The grid itself: a list that comes anew may be in another order.
    let wanted = RwSignal::new(None::<Channel>);
    let chosen = Signal::derive(move || {
        let is_wanted = |(channel, _): &(Channel, String)| wanted.with(|wanted| wanted.as_ref() == Some(channel));
        grids.with(|grids| grids.iter().position(is_wanted).unwrap_or_default())
    });
    let begin = move |_| {
        let Some((channel, _)) = grids.with_untracked(|grids| grids.get(chosen.get_untracked()).cloned()) else {
            return app.say("还没有分配网格，请联系办公室", None);
        };
        // A second tap while the first is being kept would be a second patrol.
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            if let Some(id) = app.begin_patrol(channel).await {
                app.leave_for(&format!("/patrols/{id}"));
            }
            let _ = busy.try_set(false);
        });
    };
    let list = move || {
        let patrols = app.patrols();
        if patrols.is_empty() {
            let hint = "出发时点下方“开始巡逻”。不记路线，只记发现的事";
            return view! { <Empty title="还没有巡逻记录" hint/> }.into_any();
        }
        let rows = patrols.into_iter().map(|(id, patrol)| {
            let when = span_of(&patrol);
            view! {
                <li>
                    <a href=format!("/patrols/{id}") class="row link">
                        <span>
                            <b>{patrol.team.map_or("", Team::label)}</b>
                            <br/>
                            <span class="hint">{patrol.members.clone()}</span>
                        </span>
                        <span class="hint">{when}</span>
                    </a>
                </li>
            }
        });
        view! { <ul class="card rows">{rows.collect_view()}</ul> }.into_any()
    };
    let action = move || match app.patrol_on() {
        Some((id, _)) => view! { <a href=format!("/patrols/{id}") class="button">"回到正在进行的巡逻"</a> }.into_any(),
        None => view! { <button class="button" on:click=begin>"开始巡逻"</button> }.into_any(),
    };
    let choice = move || {
        let options: Vec<_> = grids.with(|grids| grids.iter().map(|(_, name)| name.clone()).enumerate().collect());
        (app.patrol_on().is_none() && options.len() > 1).then(|| {
            let channel = move |at: usize| grids.with_untracked(|grids| Some(grids.get(at)?.0.clone()));
            let on_choose = Callback::new(move |at| wanted.set(channel(at)));
            view! { <OneOf legend="在哪个网格" options chosen on_choose/> }
        })
    };
    view! {
        <Page title="事项">
            <CaseTabs/>
            {list}
            {choice}
            <div class="action">{action}</div>
        </Page>
    }
}

/// `11月26日 周四 21:05–22:40`, `11月26日 周四 21:05 起`.
fn span_of(patrol: &Patrol) -> String {
    match patrol.ended {
        Some(ended) => format!("{}–{}", day::moment(patrol.began), day::clock(ended)),
        None => format!("{} 起", day::moment(patrol.began)),
    }
}

/// A patrol.
#[component]
pub fn PatrolPage(
    /// Which.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let round = Memo::new(move |_| app.patrol(id));
    let on = Memo::new(move |_| round.with(|round| round.as_ref().is_some_and(|round| round.patrol.ended.is_none())));
    // What is half written is finished also after the end.
    let begun = move |draft: &Draft| draft.kind == Kind::Finding && draft.parent() == Some(id);
    let written = Memo::new(move |_| app.read(|notebook| notebook.drafts().iter().any(begun)));
    let end = move |_| {
        leptos::task::spawn_local(async move { app.end_patrol(id).await });
    };
    view! {
        <Page title="巡逻" back=list_of(&Kind::Patrol)>
            {move || (on.get() || written.get()).then(|| view! { <Note patrol=id/> })}
            {move || match round.get() {
                Some(round) => view! { <Found round/> }.into_any(),
                None => view! { <Empty title="没有这次巡逻" hint="可能已作废，或换了网格、权限"/> }.into_any(),
            }}
            {move || on.get().then(|| view! {
                <div class="action"><button class="button" on:click=end>"结束巡逻"</button></div>
            })}
        </Page>
    }
}

/// Something that is being found. Each letter is kept as a draft.
#[component]
fn Note(
    /// The patrol.
    patrol: RecordId,
) -> impl IntoView {
    let app = use_app();
    let begun = move || untrack(|| app.new_in_file(patrol, Kind::Finding));
    let draft = StoredValue::new(begun());
    let written = move || {
        let text = draft.with_value(|draft| draft.as_ref()?.values.get("what")?.as_str().map(str::to_owned));
        text.unwrap_or_default()
    };
    let text = RwSignal::new(written());
    let problem = RwSignal::new(None::<String>);
    let kept = RwSignal::new(DraftStatus::Untouched);
    let write = move |event| {
        text.set(event_target_value(&event));
        problem.set(None);
        let newest = draft.try_update_value(|draft| {
            let draft = draft.as_mut()?;
            draft.values.insert("what".to_owned(), Value::from(text.get_untracked()));
            draft.touched = clock::now_ms();
            Some(draft.clone())
        });
        if let (Some(open), Some(Some(draft))) = (app.notebook(), newest) {
            if text.with_untracked(|text| text.trim().is_empty()) {
                leptos::task::spawn_local(async move { drop(open.forget_draft(draft.id).await) });
            } else {
                app.keep_draft(draft, kept);
            }
        }
    };
    let busy = RwSignal::new(false);
    let save = move |_| {
        if text.with_untracked(|text| text.trim().is_empty()) {
            problem.set(Some("请先写几个字：在哪里、看到什么".to_owned()));
            return;
        }
        let Some(done) = draft.get_value().filter(|_| !busy.get_untracked()) else { return };
        if let Err(wrong) = form::check(&done.kind, &done.values) {
            problem.set(Some(wrong.words));
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            match app.save_form(&done).await {
                Ok(()) => {
                    app.say("已记下 ✓ 已存本机", None);
                    draft.set_value(begun());
                    let _ = text.try_set(String::new());
                    let _ = kept.try_set(DraftStatus::Untouched);
                }
                Err(error) => drop(problem.try_set(Some(error.to_string()))),
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <section class="card">
            <label class="field">
                <span>"发现了什么"</span>
                <textarea rows="2" autocomplete="off" prop:value=text on:input=write readonly=busy></textarea>
            </label>
            <LettersLeft text/>
            <p class="problem" role="status">{move || problem.get()}</p>
            <p class="hint" role="status">{move || kept.with(DraftStatus::words)}</p>
            <button class="button plain" on:click=save>"记下"</button>
        </section>
    }
}

#[component]
fn Found(
    /// The patrol, with what it found.
    round: Round,
) -> impl IntoView {
    let id = round.id;
    let Patrol { team, members, places, handled, .. } = round.patrol.clone();
    let row = |name: &'static str, words: String| {
        (!words.is_empty()).then(|| view! { <p class="row"><span>{name}</span><span>{words}</span></p> })
    };
    let findings = round.findings.into_iter().map(|(finding, view, at)| {
        view! {
            <li class="card visit">
                <p class="visit-head"><b>{view.what}</b><span class="hint">{day::clock(at.cast_signed())}</span></p>
                <Contested record=finding/>
                <Turned id=finding path=format!("/findings/{finding}")/>
                <Tick record=finding/>
            </li>
        }
    });
    let findings = findings.collect_view();
    let none = findings.is_empty().then(|| {
        let hint = "发现的事写在上面；没有发现也可以直接结束";
        view! { <Empty title="还没有发现" hint/> }
    });
    view! {
        <section>
            <h2>"发现"</h2>
            {none}
            <ol class="timeline">{findings}</ol>
        </section>
        <section>
            <h2>"这次巡逻"</h2>
            <div class="card rows">
            <p class="row"><span>"时间"</span><span>{span_of(&round.patrol)}</span></p>
            {row("队伍", team.map_or("", Team::label).to_owned())}
            {row("队员", members)}
            {row("地点", places)}
            {row("现场处理", handled)}
            <Contested record=id/>
            <p class="row">
                <Tick record=id/>
                <a href=format!("/patrols/{id}/edit") class="text-button">"修改"</a>
            </p>
            </div>
        </section>
    }
}

/// 宣讲: the list of outreach.
#[component]
pub fn OutreachList() -> impl IntoView {
    let app = use_app();
    let list = move || {
        let outreach = app.outreach();
        if outreach.is_empty() {
            let hint = "普法、反诈、防溺水的宣讲，办完点下方“登记宣讲”";
            return view! { <Empty title="还没有宣讲记录" hint/> }.into_any();
        }
        let rows = outreach.into_iter().map(|(id, one)| outreach_row(id, &one));
        view! { <ul class="card rows">{rows.collect_view()}</ul> }.into_any()
    };
    let may = Memo::new(move |_| !app.general_channels().is_empty());
    view! {
        <Page title="事项">
            <CaseTabs/>
            {list}
            {move || may.get().then(|| view! {
                <div class="action"><a href="/outreach/new" class="button">"登记宣讲"</a></div>
            })}
        </Page>
    }
}

fn outreach_row(id: RecordId, one: &Outreach) -> AnyView {
    let count = |number: Option<u32>, words: &str| number.map(|number| format!("{number}{words}"));
    let about = [one.venue.map(|venue| Venue::label(venue).to_owned()), Some(one.place.clone())];
    let counts = [count(one.reached, "人听"), count(one.saved, "人被劝阻受骗")];
    let about = about.into_iter().chain(counts).flatten().filter(|words| !words.is_empty()).collect::<Vec<_>>();
    view! {
        <li>
            <a href=format!("/outreach/{id}/edit") class="row link">
                <span class="fluid">
                    <b>{one.topic.map_or("", Topic::label)}</b>
                    <br/>
                    <span class="hint">{about.join(" · ")}</span>
                </span>
                <span class="hint">{one.on.map(day::words)}</span>
            </a>
        </li>
    }
    .into_any()
}
