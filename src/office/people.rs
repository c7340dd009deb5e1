//! 人员: accounts, with their devices and grants.

use super::{
    desk::{Asked, shown, use_desk},
    person::PersonCard,
    places::PlaceField,
    staff_sheet::{Slip, Slips, StaffSheet},
    value,
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::office::{PutAccount, StaffMember};

/// Everybody whom the office looks after.
#[component]
pub fn People() -> impl IntoView {
    let people: Asked<Vec<StaffMember>> = Asked::new("people");
    let query = RwSignal::new(String::new());
    let adding = RwSignal::new(false);
    let matches = move |person: &StaffMember| {
        let query = query.get();
        let query = query.trim();
        let home = person.home.as_ref().map(ToString::to_string).unwrap_or_default();
        [&person.name, &person.account, &person.team, &home].into_iter().any(|text| text.contains(query))
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
                    placeholder="姓名、登录名、队伍、区划代码"
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
                view! {
                    <div class="people">
                        {move || {
                            let cards = all.iter().filter(|person| matches(person)).cloned();
                            cards.map(|person| view! { <PersonCard person on_change=again/> }).collect_view()
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
