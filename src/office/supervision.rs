//! 督办: what is due on disputes, hazards and requests, the latest first, without names or stories; 催办, 领办 and 督办. The file itself is
//! shown to those who may look at mediation there.

use super::{
    day_words,
    desk::{Asked, shown, use_desk},
    places::AtGrid,
    value,
};
use crate::{
    components::sheets::Sheets,
    platform::{self, clock},
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    case::{Case, Step as _, book::CaseFile},
    dispute::{
        DisputeFile,
        codes::{Colour, DisputeType},
        sheets::committee,
        steps::{State, Step},
    },
    form::labels,
    office::{OfRecord, OpenDispute, OpenFiles, OpenReport, Press, WholeFile},
    rights::Role,
};

/// 督办: the open disputes, hazards and requests.
#[component]
pub fn Supervision() -> impl IntoView {
    let supervision: Asked<OpenFiles<OpenDispute>> = Asked::new("matters");
    let reports: Asked<OpenFiles<OpenReport>> = Asked::new("affairs");
    let again = Callback::new(move |()| supervision.again());
    let open = RwSignal::new(None::<OfRecord>);
    let list = move || {
        view! {
            <div class="desk-head"><h2>"督办"</h2></div>
            <h3>"矛盾纠纷"</h3>
            <p class="hint">"这里只有件数、责任人、期限和状态。内容由办理人保管，看内容要有调解类的权限。"</p>
            {shown(supervision, move |OpenFiles { files: supervision, unreadable }| {
                let unreadable = unreadable_words(unreadable);
                if supervision.is_empty() {
                    return view! { {unreadable}<p class="hint">"没有在办的矛盾纠纷"</p> }.into_any();
                }
                let today = clock::today();
                let late = |dispute: &&OpenDispute| dispute.deadline().is_some_and(|due| due.late(today) > 0);
                let soon = |dispute: &&OpenDispute| dispute.deadline().is_some_and(|due| (-3..=0).contains(&due.late(today)));
                let waits = |dispute: &&OpenDispute| dispute.pressed.as_ref().is_some_and(|pressed| !pressed.acknowledged);
                let counts = [
                    ("在办", supervision.len()),
                    ("逾期", supervision.iter().filter(late).count()),
                    ("三天内到期", supervision.iter().filter(soon).count()),
                    ("待签收", supervision.iter().filter(waits).count()),
                ];
                let counts = counts.map(|(words, count)| view! { <p><b>{count}</b>" "{words}</p> }).collect_view();
                let rows = supervision.into_iter().map(|dispute| view! { <Row dispute open on_change=again/> }).collect_view();
                view! { {unreadable}<div class="counts">{counts}</div>{rows} }.into_any()
            })}
            <h3>"隐患和诉求"</h3>
            <p class="hint">"这里只有类别、责任人、期限和状态。内容、地点和谁提的，由办理人保管。"</p>
            {shown(reports, |OpenFiles { files: reports, unreadable }| {
                let unreadable = unreadable_words(unreadable);
                if reports.is_empty() {
                    return view! { {unreadable}<p class="hint">"没有在办的隐患和诉求"</p> }.into_any();
                }
                let rows = reports.into_iter().map(|report| {
                    let today = clock::today();
                    let due = report.deadline().map(|due| {
                        let class = if due.late(today) > 0 { "problem" } else { "hint" };
                        view! { <span class=class>{due.words(today)}</span> }
                    });
                    view! {
                        <tr>
                            <td>{report.number}</td>
                            <td>{labels::kind(&report.kind).to_owned()}" "{report.sort}</td>
                            <td><AtGrid grid=report.grid/></td>
                            <td>{report.owner}</td>
                            <td>{report.state.label()}</td>
                            <td>{due}</td>
                        </tr>
                    }
                });
                let rows = rows.collect_view();
                view! {
                    {unreadable}
                    <div class="table-wrap" tabindex="0" role="region" aria-label="隐患和诉求">
                        <table>
                            <thead>
                                <tr>
                                    {["编号", "类别", "网格", "责任人", "状态", "该办"].map(|words| view! { <th scope="col">{words}</th> })}
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }
                .into_any()
            })}
        }
    };
    move || match open.get() {
        Some(of) => view! { <FilePage of on_close=Callback::new(move |()| open.set(None))/> }.into_any(),
        None => list().into_any(),
    }
}

/// Says that there are records that can't be read: a file of theirs may be late.
fn unreadable_words(count: usize) -> Option<AnyView> {
    let words = format!("有 {count} 条记录读不出来，可能还有没办完的没列在下面，请联系系统管理员");
    (count > 0).then(|| view! { <p class="problem" role="status">{words}</p> }.into_any())
}

/// A file's documents, and every step. Reading it is on record.
#[component]
fn FilePage(
    /// The dispute.
    of: OfRecord,
    /// Goes back to the list.
    on_close: Callback<()>,
) -> impl IntoView {
    let whole: Asked<WholeFile> = Asked::about("file", &of);
    view! {
        <div class="desk-head no-print">
            <h2>"卷宗"</h2>
            <button class="small-button" on:click=move |_| on_close.run(())>"返回"</button>
            <button class="small-button" on:click=|_| platform::print()>"打印"</button>
        </div>
        <p class="hint no-print">"您的查看已记入审计。卷宗的内容不得外传（人民调解法第十五条）。"</p>
        {shown(whole, |WholeFile { dispute, others, grid }| {
            let Some(file) = DisputeFile::gather(&dispute, &others) else {
                return view! { <p class="problem" role="alert">"这份卷宗读不出来，请联系系统管理员"</p> }.into_any();
            };
            let steps = file.history().map(|done| {
                let why = (!done.taken.why.is_empty()).then(|| format!("：{}", done.taken.why));
                view! { <li>{day_words(done.at)}" "{done.by.to_string()}" "{done.taken.step.label()}{why}</li> }
            });
            let steps = steps.collect_view();
            let sheets = file.sheets();
            let none = sheets.is_empty().then(|| view! { <p class="hint">"还没有文书"</p> });
            let head = format!("{} {}", file.number(), file.dispute.title);
            let summary = file.dispute.summary.clone();
            view! {
                <section class="card item no-print">
                    <h3>{head}</h3>
                    <p>{summary}</p>
                    <ol>{steps}</ol>
                </section>
                {none}
                <Sheets file sheets committee=committee(&grid)/>
            }
            .into_any()
        })}
    }
}

/// The steps with which somebody in these roles presses in this state.
fn steps(roles: &[Role], state: State) -> Vec<Step> {
    let all = [Step::Remind, Step::LeadHandling, Step::Supervise];
    all.into_iter().filter(|step| step.row().who.includes(roles) && step.row().from.contains(&state)).collect()
}

#[component]
fn Row(
    /// The dispute.
    dispute: OpenDispute,
    /// The file to show.
    open: RwSignal<Option<OfRecord>>,
    /// Called after a change.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let today = clock::today();
    let why = NodeRef::<html::Input>::new();
    let roles: Vec<Role> = desk.welcome.with_untracked(|welcome| {
        let grants = welcome.iter().flat_map(|welcome| &welcome.grants);
        grants.filter(|right| right.place.covers(&dispute.of.channel.grid)).map(|right| right.role).collect()
    });
    let of = StoredValue::new(dispute.of.clone());
    let press = move |step: Step| {
        let press = Press { of: of.get_value(), step, why: value(why) };
        desk.act("press", press, "已发出，办理人下次同步时会看到", move || on_change.run(()));
    };
    // Enter does the mildest.
    let mildest = steps(&roles, dispute.state).first().copied();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(step) = mildest {
            press(step);
        }
    };
    let buttons = steps(&roles, dispute.state)
        .into_iter()
        .map(|step| {
            view! { <button type="button" class="small-button" on:click=move |_| press(step)>{step.label()}</button> }
        })
        .collect_view();
    let due = dispute.deadline().map(|due| {
        let class = if due.late(today) > 0 { "problem" } else { "hint" };
        view! { <span class=class>{due.words(today)}"，"{due.rung(today).label()}</span> }
    });
    let pressed = dispute.pressed.map(|pressed| {
        let state = if pressed.acknowledged { "已签收" } else { "未签收" };
        let words = format!("{} {} {}，{state}", pressed.step.label(), pressed.done.by, day_words(pressed.done.at));
        view! { <p class="hint">{words}</p> }
    });
    let colour = dispute.colour.map(|colour| view! { <span class="tag">{Colour::label(colour)}</span> });
    view! {
        <article class="card item">
            <p>
                <b>{dispute.number}</b>" · "{dispute.matter.map_or("未分类", DisputeType::label)}" · "
                <AtGrid grid=dispute.of.channel.grid.clone()/>" "<span class="tag">{dispute.state.label()}</span>" "{colour}
            </p>
            <p>"责任人 "{if dispute.owner.is_empty() { "还没有" } else { &dispute.owner }.to_owned()}" "{due}</p>
            {pressed}
            {dispute.readable.then(|| view! {
                <button type="button" class="text-button" on:click=move |_| open.set(Some(of.get_value()))>"看卷宗"</button>
            })}
            {mildest.map(|_| view! {
                <form class="decide" on:submit=submit>
                    <input type="text" autocomplete="off" aria-label="原因" placeholder="原因，办理人会看到" node_ref=why/>
                    {buttons}
                </form>
            })}
        </article>
    }
}
