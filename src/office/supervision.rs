//! 督办: the open disputes, hazards and requests, the earliest due first, without names or stories; 催办, 领办 and 督办. A dispute's file
//! is shown to those who may look at mediation there.

use super::{
    case_file::FilePage,
    day_words,
    desk::{Asked, shown, use_desk},
    places::{AtGrid, NO_SUCH_PLACE, PlaceField},
    value,
};
use crate::platform::{address, clock};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    Kind,
    case::Step as _,
    dispute::{
        codes::Colour,
        steps::{State, Step},
    },
    form::labels,
    office::{
        AfterCase, CasePage, OfRecord, OpenCase, PRESSED_KINDS, Press, StateTotal, Urgency, WantedCases, state_words,
    },
    rights::{Place, Role},
};

/// 督办: the open cases, a page at a time.
#[component]
pub fn Supervision() -> impl IntoView {
    let wanted = RwSignal::new(of_address(&address::fragment()));
    let cases: Asked<CasePage> = Asked::about("cases", &wanted.get_untracked());
    let look = move |asked: WantedCases| {
        cases.about_again(&asked);
        address::show(&in_address(&asked), true);
        wanted.set(asked);
    };
    // Where the pages before this one begin.
    let before = StoredValue::new(Vec::<Option<AfterCase>>::new());
    let filter = Callback::new(move |asked: WantedCases| {
        before.set_value(Vec::new());
        look(WantedCases { after: None, ..asked });
    });
    let next = move |after: AfterCase| {
        before.update_value(|before| before.push(wanted.with_untracked(|wanted| wanted.after.clone())));
        look(WantedCases { after: Some(after), ..wanted.get_untracked() });
    };
    let back = move |_| {
        let after = before.try_update_value(Vec::pop).flatten().flatten();
        look(WantedCases { after, ..wanted.get_untracked() });
    };
    let again = Callback::new(move |()| cases.again());
    let open = RwSignal::new(None::<OfRecord>);
    let list = move || {
        view! {
            <div class="desk-head"><h2>"督办"</h2></div>
            <p class="hint">
                "这里只有编号、类别、责任人、期限和状态。内容、地点和当事人由办理人保管；看纠纷卷宗要有调解类的权限。"
            </p>
            {shown(cases, move |page| {
                let CasePage { cases, next: after, totals, unreadable } = page;
                let none = cases.is_empty().then(|| {
                    let words = if totals.is_empty() { "没有在办的事项" } else { "没有符合条件的事项，请换个条件再查" };
                    view! { <p class="hint">{words}</p> }
                });
                // What was typed for one case never stands under another.
                let rows = view! {
                    <For
                        each=move || cases.clone()
                        key=|case| format!("{case:?}")
                        children=move |case| view! { <Row case open on_change=again/> }
                    />
                };
                let is_first = before.with_value(Vec::is_empty);
                let pages = (!is_first || after.is_some()).then(|| view! {
                    <div class="desk-head">
                        {(!is_first).then(|| view! { <button class="small-button" on:click=back>"上一页"</button> })}
                        {after.map(|after| view! {
                            <button class="small-button" on:click=move |_| next(after.clone())>"下一页"</button>
                        })}
                    </div>
                });
                view! {
                    {unreadable_words(unreadable)}
                    <Filters totals wanted filter/>
                    {none}
                    {rows}
                    {pages}
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

/// Returns the address of a list: its filters, so that it can be loaded again. Letters of a number stay out of it.
fn in_address(wanted: &WantedCases) -> String {
    let parts = [
        ("kind", wanted.kind.as_ref().map(|kind| kind.as_str().to_owned())),
        ("state", wanted.state.clone()),
        ("urgency", wanted.urgency.map(|urgency| urgency.code().to_owned())),
        ("place", wanted.place.as_ref().map(Place::to_string)),
    ];
    let parts = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "#cases".to_owned() } else { format!("#cases?{}", parts.join("&")) }
}

/// Returns the filters that an address has; those that can't be read are left out.
fn of_address(fragment: &str) -> WantedCases {
    let filters = fragment.strip_prefix("cases?").unwrap_or_default();
    let of = |wanted: &str| {
        let mut parts = filters.split('&').filter_map(|part| part.split_once('='));
        parts.find(|(name, _)| *name == wanted).map(|(_, value)| value)
    };
    let kind = of("kind").and_then(|code| PRESSED_KINDS.into_iter().find(|kind| kind.as_str() == code));
    let state = of("state").filter(|code| kind.as_ref().is_some_and(|kind| !state_words(kind, code).is_empty()));
    WantedCases {
        state: state.map(str::to_owned),
        kind,
        urgency: of("urgency").and_then(Urgency::find),
        place: of("place").and_then(|place| place.parse().ok()),
        ..WantedCases::default()
    }
}

/// Says that there are records that can't be read: a file of theirs may be late.
fn unreadable_words(count: u64) -> Option<AnyView> {
    let words = format!("有 {count} 条记录读不出来，可能还有没办完的没列在下面，请联系系统管理员");
    (count > 0).then(|| view! { <p class="problem" role="status">{words}</p> }.into_any())
}

/// What is asked for, with how many cases there are of each.
#[component]
fn Filters(
    /// How many open cases there are at the place.
    totals: Vec<StateTotal>,
    /// What was asked for.
    wanted: RwSignal<WantedCases>,
    /// Asks for something else.
    filter: Callback<WantedCases>,
) -> impl IntoView {
    let desk = use_desk();
    let now = wanted.get_untracked();
    let number = NodeRef::<html::Input>::new();
    let place = RwSignal::new(now.place.as_ref().map(Place::to_string).unwrap_or_default());
    // Whatever is chosen, what was typed counts along with it.
    let ask = move |change: &dyn Fn(&mut WantedCases)| {
        let place = match place.get_untracked().as_str() {
            "" => None,
            text => match text.parse::<Place>() {
                Ok(place) => Some(place),
                Err(_) => return desk.say(NO_SUCH_PLACE),
            },
        };
        let mut asked = WantedCases { place, number: value(number), ..wanted.get_untracked() };
        change(&mut asked);
        filter.run(asked);
    };
    let has_kind = |total: &&StateTotal| now.kind.as_ref().is_none_or(|kind| total.kind == *kind);
    let has_state = |total: &&StateTotal| now.state.as_ref().is_none_or(|state| total.state == *state);
    let sum = |urgency| totals.iter().filter(has_kind).filter(has_state).map(|total| total.of(urgency)).sum::<u64>();
    let urgencies = [None].into_iter().chain(Urgency::ALL.iter().copied().map(Some));
    let urgencies = urgencies.map(|urgency| {
        let words = urgency.map_or("在办", Urgency::label);
        view! {
            <button type="button" class="small-button" aria-pressed=(now.urgency == urgency).to_string() on:click=move |_| ask(&|asked| asked.urgency = urgency)>
                <b>{sum(urgency)}</b>" "{words}
            </button>
        }
    });
    let urgencies = urgencies.collect_view();
    let of_kind = |kind: &Kind| totals.iter().filter(|total| total.kind == *kind).map(|total| total.all).sum::<u64>();
    let kinds = PRESSED_KINDS.map(|kind| {
        let words = format!("{}（{}）", labels::kind(&kind), of_kind(&kind));
        view! { <option value=kind.as_str().to_owned() selected=now.kind.as_ref() == Some(&kind)>{words}</option> }
    });
    // A state is one of a kind: it can be chosen where that was.
    let states = now.kind.is_some().then(|| {
        let options = totals.iter().filter(has_kind).map(|total| {
            let words = format!("{}（{}）", state_words(&total.kind, &total.state), total.all);
            let chosen = now.state.as_ref() == Some(&total.state);
            view! { <option value=total.state.clone() selected=chosen>{words}</option> }
        });
        let options = options.collect_view();
        let ask_state = move |event| {
            let state = Some(event_target_value(&event)).filter(|state| !state.is_empty());
            ask(&|asked| asked.state.clone_from(&state));
        };
        view! {
            <label class="field">
                <span>"状态"</span>
                <select on:change=ask_state><option value="">"不限"</option>{options}</select>
            </label>
        }
    });
    let ask_kind = move |event| {
        let kind = PRESSED_KINDS.into_iter().find(|kind| kind.as_str() == event_target_value(&event));
        ask(&|asked| (asked.kind, asked.state) = (kind.clone(), None));
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        ask(&|_| {});
    };
    view! {
        <form class="card form" on:submit=submit novalidate>
            <div class="urgencies" role="group" aria-label="急缓">{urgencies}</div>
            <div class="columns">
                <label class="field">
                    <span>"类型"</span>
                    <select on:change=ask_kind><option value="">"不限"</option>{kinds}</select>
                </label>
                {states}
                <label class="field">
                    <span>"编号里的字（可不填）"</span>
                    <input type="search" autocomplete="off" node_ref=number prop:value=now.number.clone()/>
                </label>
                <PlaceField label="地方（可不填）" place/>
            </div>
            <button class="small-button main" type="submit">"查"</button>
        </form>
    }
}

/// The steps with which somebody in these roles presses in this state.
fn steps(roles: &[Role], state: State) -> Vec<Step> {
    let all = [Step::Remind, Step::LeadHandling, Step::Supervise];
    all.into_iter().filter(|step| step.row().who.includes(roles) && step.row().from.contains(&state)).collect()
}

#[component]
fn Row(
    /// The case.
    case: OpenCase,
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
        grants.filter(|right| right.place.covers(&case.of.channel.grid)).map(|right| right.role).collect()
    });
    let of = StoredValue::new(case.of.clone());
    let press = move |step: Step| {
        let press = Press { of: of.get_value(), step, why: value(why) };
        desk.act("press", press, "已发出，办理人下次同步时会看到", move || on_change.run(()));
    };
    let steps = case.dispute_state().map(|state| steps(&roles, state)).unwrap_or_default();
    // Enter does the mildest.
    let mildest = steps.first().copied();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(step) = mildest {
            press(step);
        }
    };
    let buttons = steps
        .into_iter()
        .map(|step| {
            view! { <button type="button" class="small-button" on:click=move |_| press(step)>{step.label()}</button> }
        })
        .collect_view();
    let due = case.deadline().map(|due| {
        let class = if due.late(today) > 0 { "problem" } else { "hint" };
        view! { <span class=class>{due.words(today)}"，"{due.rung(today).label()}</span> }
    });
    let (state, sort) = (case.state_words(), case.sort_words());
    let colour = case.colour().map(|colour| {
        let class = format!("tag {}", colour.code());
        view! { <span class=class>{Colour::label(colour)}</span> }
    });
    let pressed = case.pressed.map(|pressed| {
        let state = if pressed.acknowledged { "已签收" } else { "未签收" };
        let words = format!("{} {} {}，{state}", pressed.step.label(), pressed.done.by, day_words(pressed.done.at));
        view! { <p class="hint">{words}</p> }
    });
    view! {
        <article class="card item">
            <p>
                <b>{case.number}</b>" · "{labels::kind(&case.kind).to_owned()}" · "{sort}" · "
                <AtGrid grid=case.of.channel.grid.clone()/>" "<span class="tag">{state}</span>" "{colour}
            </p>
            <p>"责任人 "{if case.owner.is_empty() { "还没有" } else { &case.owner }.to_owned()}" "{due}</p>
            {pressed}
            {case.readable.then(|| view! {
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
