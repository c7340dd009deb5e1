//! 督办: what is due on disputes, the latest first, without names or stories; 催办, 领办 and 督办.

use super::{
    day_words,
    desk::{Asked, shown, use_desk},
    value,
};
use crate::platform::clock;
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    dispute::{
        codes::{Colour, Matter as Sort},
        workflow::{State, Step},
    },
    office::{Matter, Press},
    rights::Role,
};

/// What is due.
#[component]
pub fn Matters() -> impl IntoView {
    let matters: Asked<Vec<Matter>> = Asked::new("matters");
    let again = Callback::new(move |()| matters.again());
    view! {
        <div class="desk-head"><h2>"督办"</h2></div>
        <p class="hint">"这里只有件数、期限和状态。内容由办理人保管，看内容要有调解类的权限。"</p>
        {shown(matters, move |matters| {
            if matters.is_empty() {
                return view! { <p class="hint">"没有在办的矛盾纠纷"</p> }.into_any();
            }
            let today = clock::today();
            let late = |matter: &&Matter| matter.deadline().is_some_and(|due| due.late(today) > 0);
            let soon = |matter: &&Matter| matter.deadline().is_some_and(|due| (-3..=0).contains(&due.late(today)));
            let open = |matter: &&Matter| matter.pressed.as_ref().is_some_and(|pressed| !pressed.acknowledged);
            let counts = [
                ("在办", matters.len()),
                ("逾期", matters.iter().filter(late).count()),
                ("三天内到期", matters.iter().filter(soon).count()),
                ("待签收", matters.iter().filter(open).count()),
            ];
            let counts = counts.map(|(words, count)| view! { <p><b>{count}</b>" "{words}</p> }).collect_view();
            let rows = matters.into_iter().map(|matter| view! { <Row matter on_change=again/> }).collect_view();
            view! { <div class="counts">{counts}</div>{rows} }.into_any()
        })}
    }
}

/// The steps with which somebody in these roles presses in this state.
fn steps(roles: &[Role], state: State) -> Vec<Step> {
    let all = [Step::Remind, Step::LeadHandling, Step::Supervise];
    all.into_iter().filter(|step| step.row().who.is_one_of(roles) && step.row().from.contains(&state)).collect()
}

#[component]
fn Row(
    /// The dispute.
    matter: Matter,
    /// Called after a change.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let today = clock::today();
    let why = NodeRef::<html::Input>::new();
    let roles: Vec<Role> = desk.welcome.with_untracked(|welcome| {
        let grants = welcome.iter().flat_map(|welcome| &welcome.grants);
        grants.filter(|right| right.place.covers(&matter.of.channel.grid)).map(|right| right.role).collect()
    });
    let of = StoredValue::new(matter.of.clone());
    let press = move |step: Step| {
        let press = Press { of: of.get_value(), step, why: value(why) };
        desk.act("press", press, "已发出，办理人下次同步时会看到", move || on_change.run(()));
    };
    // Enter does the mildest.
    let mildest = steps(&roles, matter.state).first().copied();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(step) = mildest {
            press(step);
        }
    };
    let buttons = steps(&roles, matter.state)
        .into_iter()
        .map(|step| {
            view! { <button type="button" class="small-button" on:click=move |_| press(step)>{step.label()}</button> }
        })
        .collect_view();
    let due = matter.deadline().map(|due| {
        let class = if due.late(today) > 0 { "problem" } else { "hint" };
        view! { <span class=class>{due.words(today)}"，"{due.rung(today).label()}</span> }
    });
    let pressed = matter.pressed.map(|pressed| {
        let state = if pressed.acknowledged { "已签收" } else { "未签收" };
        let words = format!("{} {} {}，{state}", pressed.step.label(), pressed.done.by, day_words(pressed.done.at));
        view! { <p class="hint">{words}</p> }
    });
    let colour = matter.colour.map(|colour| view! { <span class="tag">{Colour::label(colour)}</span> });
    view! {
        <article class="card item">
            <p>
                <b>{matter.number}</b>" · "{matter.matter.map_or("未分类", Sort::label)}" · "
                {matter.of.channel.grid.to_string()}" "<span class="tag">{matter.state.label()}</span>" "{colour}
            </p>
            <p>{due}</p>
            {pressed}
            {mildest.map(|_| view! {
                <form class="decide" on:submit=submit>
                    <input type="text" autocomplete="off" aria-label="原因" placeholder="原因，办理人会看到" node_ref=why/>
                    {buttons}
                </form>
            })}
        </article>
    }
}
