//! 人员: accounts, with their devices and grants.

use super::{
    desk::{Asked, shown, use_desk},
    person::PersonCard,
    places::PlaceField,
    staff_sheet::{Slip, Slips, StaffSheet},
    value,
};
use crate::{components::chips::OneOf, platform::clock};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    office::{PutAccount, StaffMember},
    rights::Role,
};

/// The people shown at once; more at a press.
const PAGE: usize = 50;

/// Which people are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    InUse,
    NoRights,
    NoPhone,
    Closed,
    All,
}

impl Shown {
    const ALL: [(Self, &'static str); 5] = [
        (Self::InUse, "在用"),
        (Self::NoRights, "还没有授权"),
        (Self::NoPhone, "没有手机"),
        (Self::Closed, "已停用"),
        (Self::All, "全部"),
    ];

    fn fits(self, person: &StaffMember) -> bool {
        let open = person.closed.is_none();
        match self {
            Self::InUse => open,
            Self::NoRights => open && !person.grants.iter().any(|grant| grant.is_live(clock::now_ms())),
            Self::NoPhone => open && person.devices.is_empty(),
            Self::Closed => !open,
            Self::All => true,
        }
    }
}

/// Everybody whom the office looks after.
#[component]
pub fn People() -> impl IntoView {
    let desk = use_desk();
    let people: Asked<Vec<StaffMember>> = Asked::new("people");
    let query = RwSignal::new(String::new());
    let adding = RwSignal::new(false);
    let which = RwSignal::new(Shown::InUse);
    let role = RwSignal::new(None::<Role>);
    let by_place = RwSignal::new(false);
    let most = RwSignal::new(PAGE);
    let matches = move |person: &StaffMember| {
        let query = query.get();
        let query = query.trim();
        let now = clock::now_ms();
        let live = person.grants.iter().filter(|grant| grant.is_live(now)).map(|grant| &grant.right);
        let in_role = role.get().is_none_or(|role| live.clone().any(|right| right.role == role));
        if query.is_empty() || !in_role || !which.get().fits(person) {
            return in_role && which.get().fits(person);
        }
        let home = person.home.iter().flat_map(|home| [home.to_string(), desk.name_of(home)]);
        let places = home.chain(live.map(|right| desk.name_of(&right.place)));
        let texts = [&person.name, &person.account, &person.team].map(Clone::clone);
        texts.into_iter().chain(places).any(|text| text.contains(query))
    };
    let again = Callback::new(move |()| people.again());
    let from_sheet = RwSignal::new(false);
    let slips = RwSignal::new(Vec::<Slip>::new());
    let made = Callback::new(move |()| {
        slips.set(Vec::new());
        from_sheet.set(false);
        people.again();
    });
    let whole = move || {
        view! {
            <div class="desk-head">
                <h2>"人员"</h2>
                <input
                    type="search"
                    aria-label="查找人员"
                    placeholder="姓名、登录名、队伍、村名或代码"
                    autocomplete="off"
                    on:input=move |event| query.set(event_target_value(&event))
                />
                <button class="small-button main" on:click=move |_| adding.update(|adding| *adding = !*adding)>
                    {move || if adding.get() { "收起" } else { "新建账号" }}
                </button>
                <button class="small-button" on:click=move |_| from_sheet.update(|open| *open = !*open)>
                    {move || if from_sheet.get() { "收起表" } else { "从表建账号" }}
                </button>
            </div>
            {move || from_sheet.get().then(|| view! {
                <StaffSheet on_done=made on_slips=Callback::new(move |made| slips.set(made))/>
            })}
            {move || adding.get().then(|| view! {
                <NewAccount on_done=Callback::new(move |()| {
                    adding.set(false);
                    people.again();
                })/>
            })}
            {shown(people, move |all| {
                if all.is_empty() {
                    return view! { <p class="hint">"您还没有管理的人员。点“新建账号”添加"</p> }.into_any();
                }
                let in_use: Vec<(String, String)> = all
                    .iter()
                    .filter(|person| person.closed.is_none())
                    .map(|person| (person.account.clone(), person.name.clone()))
                    .collect();
                let others = RwSignal::new(in_use);
                let found = Memo::new(move |_| {
                    let mut found: Vec<StaffMember> = all.iter().filter(|person| matches(person)).cloned().collect();
                    if by_place.get() {
                        found.sort_by(|one, other| one.home.cmp(&other.home));
                    } else {
                        found.sort_by(|one, other| one.name.cmp(&other.name));
                    }
                    found
                });
                view! {
                    <Filter which role by_place/>
                    <p class="hint" role="status">{move || format!("{} 人", found.with(Vec::len))}</p>
                    <div class="people">
                        // A card stays as it is while what it shows is the same: a form in it may be half filled in.
                        <For
                            each=move || found.get().into_iter().take(most.get())
                            key=|person| format!("{person:?}")
                            children=move |person| view! { <PersonCard person others on_change=again/> }
                        />
                        {move || {
                            let more = found.with(Vec::len).saturating_sub(most.get());
                            (more > 0).then(|| view! {
                                <button type="button" class="small-button" on:click=move |_| most.update(|most| *most += PAGE)>
                                    {format!("再看 {} 人", more.min(PAGE))}
                                </button>
                            })
                        }}
                    </div>
                }
                .into_any()
            })}
        }
    };
    move || {
        let slips = slips.get();
        if slips.is_empty() { whole().into_any() } else { view! { <Slips slips on_done=made/> }.into_any() }
    }
}

/// Which people are shown, and in which order.
#[component]
fn Filter(
    /// Of which state.
    which: RwSignal<Shown>,
    /// In which role; all where it is `None`.
    role: RwSignal<Option<Role>>,
    /// By the places where they belong; by their names otherwise.
    by_place: RwSignal<bool>,
) -> impl IntoView {
    let states = Shown::ALL.map(|(shown, words)| (shown, words.to_owned())).to_vec();
    let roles = Role::ALL.into_iter().map(|one| {
        view! { <option value=one.as_str() selected=move || role.get() == Some(one)>{one.title()}</option> }
    });
    let roles = roles.collect_view();
    view! {
        <div class="form filter">
            <OneOf legend="看哪些人" options=states chosen=which on_choose=Callback::new(move |shown| which.set(shown))/>
            <div class="columns">
                <label class="field">
                    <span>"角色"</span>
                    <select on:change=move |event| role.set(event_target_value(&event).parse().ok())>
                        <option value="">"不限"</option>
                        {roles}
                    </select>
                </label>
                <label class="field">
                    <span>"排列"</span>
                    <select on:change=move |event| by_place.set(event_target_value(&event) == "place")>
                        <option value="name">"按姓名"</option>
                        <option value="place" selected=by_place>"按所属地方"</option>
                    </select>
                </label>
            </div>
        </div>
    }
}

#[component]
fn NewAccount(
    /// Called when it is made.
    on_done: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let [account, name, team] = [(); 3].map(|()| NodeRef::<html::Input>::new());
    let home = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Ok(home) = home.get_untracked().parse() else {
            desk.say("请选择所属的村、乡镇或县");
            return;
        };
        let new = PutAccount { account: value(account), name: value(name), team: value(team), home };
        desk.act("account", new, "账号已建好。接着给他授权，再发登记码", move || on_done.run(()));
    };
    view! {
        <form class="card form" on:submit=submit novalidate>
            <div class="columns">
                <label class="field">
                    <span>"登录名或手机号"</span>
                    <input type="text" autocomplete="off" autocapitalize="none" node_ref=account/>
                </label>
                <label class="field"><span>"姓名"</span><input type="text" autocomplete="off" node_ref=name/></label>
                <label class="field">
                    <span>"队伍（可不填）"</span>
                    <input type="text" autocomplete="off" placeholder="如 专职巡逻队、调委会" node_ref=team/>
                </label>
                <PlaceField label="所属" place=home/>
            </div>
            <button class="small-button main" type="submit">"建账号"</button>
        </form>
    }
}
