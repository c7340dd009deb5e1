//! 卷宗: a dispute's file. Its steps as a line, the next one as the one big button, and what belongs to it.

use crate::{
    components::{
        alike::AlikeDisputes,
        contested::Contested,
        empty::Empty,
        next_steps::{Choice, NextSteps},
        page::Page,
        tick::Tick,
    },
    pages::dispute::list::colour_word,
    platform::clock,
    state::use_app,
};
use leptos::prelude::*;
use ruhu_domain::{
    Kind, RecordId,
    case::{Case, deadline::Rung},
    day,
    dispute::{
        DisputeFile,
        codes::{Consent, DisputeType, Form, Performance, Side, Sitting},
        known::Traits,
        steps::{State, Step},
    },
};
use serde_json::Map;

/// A dispute's file.
#[component]
pub fn DisputePage(
    /// The dispute.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let file = Memo::new(move |_| app.file(id));
    let title = Signal::derive(move || file.get().map_or_else(|| "卷宗".to_owned(), |file| file.dispute.title));
    view! {
        <Page title=title back="/matters">
            {move || match file.get() {
                Some(file) => view! { <Sections file/> }.into_any(),
                None => {
                    let hint = "可能已作废，或换了网格、权限";
                    view! { <Empty title="没有这份卷宗" hint/> }.into_any()
                }
            }}
        </Page>
    }
}

#[component]
fn Sections(
    /// The file.
    file: DisputeFile,
) -> impl IntoView {
    let app = use_app();
    let id = file.id;
    let (roles, name) = app.part_in(id);
    // What is pressed for has a place of its own.
    let offers = file.offers(&roles, &name, clock::today()).into_iter().filter(|offer| offer.step != Step::Acknowledge);
    // To send it back is never the usual next step.
    let choices = Choice::of(offers, |step, place| place == 0 && step != Step::Reopen);
    let parties = file.parties.iter().map(|(party, view)| {
        let side = view.side.map_or("当事人", Side::label);
        let refuses = (view.consent == Some(Consent::Refused)).then(|| view! { <span class="tag">"拒绝调解"</span> });
        row(id, "party", *party, view! { {side}" "<b>{view.name.clone()}</b>{refuses} }.into_any(), view.phone.clone())
    });
    let sessions = file.sessions.iter().map(|(session, view)| {
        let told = if view.told { "已告知权利义务" } else { "" };
        let sort = (view.sort() == Sitting::Inquiry).then_some("调查 ");
        row(id, "mediation_session", *session, view! { {sort}{view.on.map(day::words)} }.into_any(), told.to_owned())
    });
    let follow_ups = file.follow_ups.iter().map(|(visit, view)| {
        let found = view.performed.map_or("", Performance::label);
        row(id, "follow_up", *visit, view! { {view.on.map(day::words)} }.into_any(), found.to_owned())
    });
    let (parties, sessions, follow_ups) = (parties.collect_view(), sessions.collect_view(), follow_ups.collect_view());
    let done = file.steps.iter().map(|done| {
        let why = [&done.taken.to, &done.taken.why].map(String::as_str).join(" ");
        let void = (!done.counts).then(|| view! { <span class="problem">"未生效：已先办了别的步骤"</span> });
        view! {
            <li class="row">
                <span><b>{done.taken.step.label()}</b>" "{void}<br/><span class="hint">{why}</span></span>
                <span class="hint">{done.by.to_string()}<br/>{day::moment(done.at.cast_signed())}</span>
            </li>
        }
    });
    let done = done.rev().collect_view();
    let add = |kind: Kind, words: &'static str| add_row(&file, &kind, words);
    let (add_party, add_session, add_follow_up) =
        (add(Kind::Party, "＋ 当事人"), add(Kind::Session, "＋ 记一次调解"), add(Kind::FollowUp, "＋ 记一次回访"));
    let after = file.effective_on().is_some() || !file.follow_ups.is_empty();
    // Whether it is the same as another is a question until one is noted, or somebody works on it.
    let open_question = file.dispute.earlier.is_none() && file.state.place() < State::Mediating.place();
    let traits = Traits::of(&file);
    view! {
        <Line state=file.state/>
        <Pressed file=file.clone()/>
        <NextSteps head=id kind=Kind::DisputeStep choices/>
        <Facts file=file.clone()/>
        {open_question.then(|| view! { <AlikeDisputes dispute=id traits/> })}
        <section><h2>"当事人"</h2><ul class="card rows">{parties}{add_party}</ul></section>
        <section><h2>"调解"</h2><ul class="card rows">{sessions}{add_session}</ul></section>
        <Agreed file/>
        {after.then(|| view! {
            <section><h2>"回访"</h2><ul class="card rows">{follow_ups}{add_follow_up}</ul></section>
        })}
        <section>
            <h2>"文书"</h2>
            <ul class="card rows">
                <li><a href=format!("/matters/{id}/papers") class="row link strong">"看文书、打印"</a></li>
            </ul>
        </section>
        <section><h2>"办理经过"</h2><ol class="card rows">{done}</ol></section>
    }
}

/// The row with which a new record of a kind is begun; none where the file is closed to it.
fn add_row(file: &DisputeFile, kind: &Kind, words: &'static str) -> Option<AnyView> {
    let (id, code) = (file.id, kind.as_str());
    let href = format!("/matters/{id}/{code}/new");
    let row = || view! { <li><a href=href class="row link strong">{words}</a></li> }.into_any();
    file.closed_to_new(kind).is_none().then(row)
}

/// A record of the file, to be opened.
fn row(dispute: RecordId, kind: &str, record: RecordId, words: AnyView, hint: String) -> AnyView {
    view! {
        <li>
            <a href=format!("/matters/{dispute}/{kind}/{record}") class="row link">
                <span>{words}</span>
                <span class="hint">{hint}</span>
            </a>
            <Contested record/>
        </li>
    }
    .into_any()
}

/// Shows the request of somebody above to press on, until it is acknowledged.
#[component]
fn Pressed(
    /// The file.
    file: DisputeFile,
) -> impl IntoView {
    let app = use_app();
    let id = file.id;
    let (done, _) = file.pressed().filter(|(_, acknowledged)| !acknowledged)?;
    let acknowledge = move |_| {
        leptos::task::spawn_local(async move {
            if let Err(error) = app.take(&Kind::DisputeStep, id, Step::Acknowledge.code(), Map::new()).await {
                app.say(error.to_string(), None);
            }
        });
    };
    let from = format!("{}，{}", done.by, day::moment(done.at.cast_signed()));
    Some(view! {
        <section class="missing" aria-label="催办">
            <b>{done.taken.step.label()}"："{done.taken.why.clone()}</b>
            <p class="hint">{from}</p>
            <button class="button plain" on:click=acknowledge>"签收"</button>
        </section>
    })
}

/// The steps from the beginning to the archive, and how far the dispute has come.
#[component]
fn Line(
    /// Its state.
    state: State,
) -> impl IntoView {
    let place = state.place();
    let line = State::LINE.iter().enumerate().map(|(at, state)| {
        let class = if at < place { "done" } else { "" };
        view! { <li class=class aria-current=(at == place).then_some("step")>{state.label().replace('已', "")}</li> }
    });
    view! { <ol class="line" tabindex="0" aria-label="进度">{line.collect_view()}</ol> }
}

/// The facts of the dispute, and its deadline.
#[component]
fn Facts(
    /// The file.
    file: DisputeFile,
) -> impl IntoView {
    let today = clock::today();
    let dispute = &file.dispute;
    let due = file.deadline().map(|deadline| {
        let (rung, late) = (deadline.rung(today), deadline.late(today) >= 0);
        let words = match rung {
            Rung::Ahead | Rung::Soon | Rung::Today => deadline.words(today),
            told => format!("{}，{}", deadline.words(today), told.label()),
        };
        view! { <p class="row"><span>"期限"</span><span class:problem=late>{words}</span></p> }
    });
    let confirm = file.confirm_by().filter(|by| *by >= today).map(|by| {
        view! { <p class="row"><span>"司法确认"</span><span class="hint">{format!("双方可在{}前共同申请", day::words(by))}</span></p> }
    });
    let earlier = dispute.earlier.map(|id| {
        let words = use_app().file(id).map_or_else(|| "不在这台手机上".to_owned(), |file| file.number());
        view! { <p class="row"><span>"先前纠纷"</span><a href=format!("/matters/{id}")>{words}</a></p> }
    });
    let visit = dispute.visit.map(|id| {
        view! { <p class="row"><span>"发现于"</span><a href=format!("/visits/{id}")>"那次走访"</a></p> }
    });
    let colour = dispute.colour.map(|colour| {
        view! { <p class="row"><span>"预警色"</span><span>{colour_word(colour)}"："{dispute.colour_why.clone()}</span></p> }
    });
    view! {
        <section class="card rows">
            <p class="row"><span>"状态"</span><b>{file.state.label()}</b></p>
            {due}
            {confirm}
            <p class="row"><span>"编号"</span><span>{file.number()}</span></p>
            <p class="row"><span>"类型"</span><span>{dispute.matter.map_or("", DisputeType::label)}</span></p>
            {colour}
            {visit}
            {earlier}
            <p class="story">{dispute.summary.clone()}</p>
            <Contested record=file.id/>
            <p class="row">
                <Tick record=file.id/>
                <a href=format!("/matters/{}/edit", file.id) class="text-button">"修改"</a>
            </p>
        </section>
    }
}

/// The agreement with its terms and marks.
#[component]
fn Agreed(
    /// The file.
    file: DisputeFile,
) -> impl IntoView {
    let id = file.id;
    let Some((agreement, view)) = file.last_agreement() else {
        let add = add_row(&file, &Kind::Agreement, "＋ 写协议");
        return add.map(|add| view! { <section><h2>"协议"</h2><ul class="card rows">{add}</ul></section> }).into_any();
    };
    let terms = file.terms.iter().map(|(term, view)| {
        let due = match (view.done_on, view.due) {
            (Some(done), _) => format!("✓ {}已履行", day::words(done)),
            (None, Some(due)) => format!("{}前", day::words(due)),
            _ => String::new(),
        };
        row(id, "term", *term, view! { {view.what.clone()} }.into_any(), due)
    });
    let marks =
        file.parties.iter().map(|(party, view)| (Some(*party), view.name.clone())).chain([(None, "调解员".to_owned())]);
    let marks = marks.map(|(party, name)| {
        let state = match file.signed(party) {
            Some((_, true)) => "已签",
            Some((_, false)) => "文本改过，要重签",
            None => "未签",
        };
        let who = party.map_or_else(|| "mediator".to_owned(), |party| party.to_string());
        view! {
            <li>
                <a href=format!("/matters/{id}/sign/{who}") class="row link">
                    <span>{name}</span>
                    <span class="hint">{state}</span>
                </a>
            </li>
        }
    });
    let written = view.form == Some(Form::Written);
    let marks = written.then(|| marks.collect_view());
    let head = row(
        id,
        "agreement",
        *agreement,
        view! { <b>{view.form.map_or("协议", Form::label)}</b> }.into_any(),
        view.on.map(day::words).unwrap_or_default(),
    );
    let terms = terms.collect_view();
    view! {
        <section>
            <h2>"协议"</h2>
            <ul class="card rows">
                {head}
                {terms}
                {add_row(&file, &Kind::Term, "＋ 协议内容")}
                {marks}
            </ul>
        </section>
    }
    .into_any()
}
