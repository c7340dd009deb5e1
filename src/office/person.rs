//! One person: what they may do, which phones they have, and what can be done about it.

use super::{
    code::EnrolCode,
    day_words,
    desk::use_desk,
    grid_handover::cases_words,
    places::{At, PlaceField},
    value,
};
use crate::{
    components::chips::{AnyOf, OneOf},
    platform::clock,
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    Class, day,
    office::{
        AllHandedOver, Code, Give, GivenRight, HandAllOver, KnownDevice, OfAccount, OfDevice, OfGrant, PutAccount,
        Right, StaffMember, duties::Duty,
    },
    rights::Role,
};

/// A person.
#[component]
pub fn PersonCard(
    /// Who.
    person: StaffMember,
    /// The accounts in use, by login name and name, who may take over.
    #[prop(into)]
    others: Signal<Vec<(String, String)>>,
    /// Called after a change.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let open = RwSignal::new(false);
    let handing = RwSignal::new(false);
    let code = RwSignal::new(None::<Code>);
    let giving = RwSignal::new(false);
    let changing = RwSignal::new(false);
    let member = StoredValue::new(person.clone());
    let closed = person.closed.is_some();
    let now = clock::now_ms();
    let live: Vec<GivenRight> = person.grants.iter().filter(|grant| grant.is_live(now)).cloned().collect();
    let has_rights = !live.is_empty();
    let closed_words = person.closed.as_ref().map(|closed| format!("{} 由{}停用", day_words(closed.at), closed.by));
    let summary = move || {
        let rights =
            live.iter().map(|grant| format!("{} {}", grant.right.role.title(), desk.name_of(&grant.right.place)));
        match (&closed_words, has_rights) {
            (Some(words), _) => words.clone(),
            (None, false) => "还没有授权".to_owned(),
            (None, true) => rights.collect::<Vec<_>>().join("，"),
        }
    };
    let account = StoredValue::new(person.account.clone());
    let make_code = move |_| {
        leptos::task::spawn_local(async move {
            match desk.ask("code", &OfAccount { account: account.get_value() }).await {
                Ok(made) => drop(code.try_set(Some(made))),
                Err(words) => desk.say(words),
            }
        });
    };
    let close = move || {
        let body = OfAccount { account: account.get_value() };
        let done = "账号已停用。他的手机下次联网时交出没发送的记录，然后清空";
        desk.act("close", body, done, move || on_change.run(()));
    };
    let may_give = desk.has(Duty::Rights);
    let (name, login, team) = (person.name.clone(), person.account.clone(), person.team.clone());
    let factor = person.second_factor.then_some(" · 有动态码");
    let in_use = person.devices.iter().filter(|device| device.revoked.is_none()).count();
    let details = move || {
        view! {
            <div class="person-more">
                <h3>"授权"</h3>
                <ul class="rows">
                    {person.grants.iter().cloned().map(|grant| view! {
                        <GrantRow grant may_end=may_give on_change/>
                    }).collect_view()}
                </ul>
                {(may_give && !closed).then(|| view! {
                    <button class="small-button" on:click=move |_| giving.update(|giving| *giving = !*giving)>
                        "增加授权"
                    </button>
                })}
                {move || giving.get().then(|| view! { <GiveForm account=account.get_value() on_change/> })}
                <h3>"手机"</h3>
                <ul class="rows">
                    {person.devices.iter().cloned().map(|device| view! { <DeviceRow device on_change/> }).collect_view()}
                    {person.devices.is_empty().then(|| view! { <li class="row hint">"还没有登录过"</li> })}
                </ul>
                {(!closed).then(|| view! {
                    <div class="person-acts">
                        <button class="small-button main" on:click=make_code>"发登记码"</button>
                        <button class="small-button" on:click=move |_| changing.update(|changing| *changing = !*changing)>
                            "改姓名、队伍、所属"
                        </button>
                        {(may_give && has_rights).then(|| view! {
                            <button class="small-button" on:click=move |_| handing.update(|handing| *handing = !*handing)>
                                "全部移交"
                            </button>
                        })}
                        <Sure words="停用账号" sure="确定停用（离职、调离）" on_sure=Callback::new(move |()| close())/>
                    </div>
                })}
                {move || changing.get().then(|| view! { <ChangeForm person=member.get_value() on_change/> })}
                {move || handing.get().then(|| view! { <HandOverForm account=account.get_value() others on_change/> })}
                {move || code.get().map(|code| view! { <EnrolCode account=account.get_value() code/> })}
            </div>
        }
    };
    view! {
        <article class="card person" class:closed=closed>
            <button class="person-head" aria-expanded=move || open.get().to_string() on:click=move |_| open.update(|open| *open = !*open)>
                <b>{name}</b>
                <span class="hint">{login}{factor}</span>
                <span class="hint">{team}</span>
                <span>{summary}</span>
                <span class="hint">{in_use}" 台手机"</span>
            </button>
            {move || open.get().then(&details)}
        </article>
    }
}

/// Changes who an account is of: what it was and what it is goes on record.
#[component]
fn ChangeForm(
    /// Whose account.
    person: StaffMember,
    /// Called after a change.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let [name, team] = [(); 2].map(|()| NodeRef::<html::Input>::new());
    let home = RwSignal::new(person.home.as_ref().map(ToString::to_string).unwrap_or_default());
    let account = StoredValue::new(person.account);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Ok(home) = home.get_untracked().parse() else {
            desk.say("请选择所属的村、乡镇或县");
            return;
        };
        let changed = PutAccount { account: account.get_value(), name: value(name), team: value(team), home };
        desk.act("account-change", changed, "已改好，改前改后都已记入审计", move || on_change.run(()));
    };
    view! {
        <form class="form" on:submit=submit novalidate>
            <p class="hint">"登录名、授权和手机不变。换了人请不要改姓名：停用这个账号，另建一个"</p>
            <div class="columns">
                <label class="field">
                    <span>"姓名"</span>
                    <input type="text" autocomplete="off" node_ref=name prop:value=person.name/>
                </label>
                <label class="field">
                    <span>"队伍（可不填）"</span>
                    <input type="text" autocomplete="off" node_ref=team prop:value=person.team/>
                </label>
                <PlaceField label="所属" place=home/>
            </div>
            <button class="small-button main" type="submit">"保存修改"</button>
        </form>
    }
}

/// All that somebody has in hand goes to another.
#[component]
fn HandOverForm(
    /// The login name of who hands over.
    account: String,
    /// Who may take over.
    others: Signal<Vec<(String, String)>>,
    /// Called after a change.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let to = NodeRef::<html::Select>::new();
    let busy = RwSignal::new(false);
    let from = StoredValue::new(account);
    let options = move || {
        let others = others.get().into_iter().filter(|(login, _)| *login != from.get_value());
        others
            .map(|(login, name)| {
                let words = format!("{name}（{login}）");
                view! { <option value=login>{words}</option> }
            })
            .collect_view()
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let to = to.get_untracked().map(|field| field.value()).unwrap_or_default();
        if to.is_empty() {
            desk.say("请选接手的人");
            return;
        }
        busy.set(true);
        let over = HandAllOver { from: from.get_value(), to };
        leptos::task::spawn_local(async move {
            let done: Result<AllHandedOver, String> = desk.ask("hand-over-all", &over).await;
            busy.try_update(|busy| *busy = false);
            match done {
                Ok(AllHandedOver { receipts, others, cases, left }) => {
                    let cases = cases_words(cases, left);
                    desk.say(format!(
                        "已移交：{} 个网格，{others} 项其他授权。{cases}。回执在“网格交接”",
                        receipts.len()
                    ));
                    on_change.try_run(());
                }
                Err(words) => desk.say(words),
            }
        });
    };
    view! {
        <form class="form" on:submit=submit novalidate>
            <p class="hint">
                "他的授权全部给接手的人，在办的帮扶、隐患、诉求和还没调解完的纠纷改由接手的人负责。他手机上没发送的记录不会丢，联网后进入“待核对”"
            </p>
            <label class="field">
                <span>"谁接手"</span>
                <select node_ref=to><option value="">"请选"</option>{options}</select>
            </label>
            <button class="small-button main" type="submit" disabled=busy>"移交"</button>
        </form>
    }
}

/// A button that asks once more.
#[component]
pub fn Sure(
    /// The words.
    #[prop(into)]
    words: String,
    /// The words when it is asked once more.
    #[prop(into)]
    sure: String,
    /// Called when it was pressed twice.
    on_sure: Callback<()>,
) -> impl IntoView {
    let asked = RwSignal::new(false);
    let press = move |_| {
        if asked.get_untracked() {
            on_sure.run(());
        }
        asked.update(|asked| *asked = !*asked);
    };
    let label = move || if asked.get() { sure.clone() } else { words.clone() };
    view! { <button type="button" class="small-button" class:warn=asked on:click=press>{label}</button> }
}

#[component]
fn GrantRow(
    /// The grant.
    grant: GivenRight,
    /// Whether the office may end it.
    may_end: bool,
    /// Called after a change.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let classes: Vec<&str> = grant.right.classes.iter().map(|class| class.title()).collect();
    let given = format!("{} 由{}给", day_words(grant.given.at), grant.given.by);
    let state = match (&grant.ended, grant.until) {
        (Some(ended), _) => format!("{} 由{}结束", day_words(ended.at), ended.by),
        (None, Some(until)) => format!("到 {} 为止", day_words(until - 1)),
        (None, None) => "一直有效".to_owned(),
    };
    let ended = grant.ended.is_some();
    let id = StoredValue::new(grant.id);
    let end = move || {
        let done = "已结束，下一次联网就生效";
        desk.act("end", OfGrant { id: id.get_value() }, done, move || on_change.run(()));
    };
    view! {
        <li class="row" class:ended=ended>
            <span>
                <b>{grant.right.role.title()}</b>" "<At place=grant.right.place.clone()/>" "{classes.join("、")}
                <br/>
                <span class="hint">{grant.right.place.to_string()}" · "{given}" · "{state}</span>
            </span>
            {(may_end && !ended).then(|| view! {
                <Sure words="结束" sure="确定结束" on_sure=Callback::new(move |()| end())/>
            })}
        </li>
    }
}

#[component]
fn DeviceRow(
    /// The device.
    device: KnownDevice,
    /// Called after a change.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let state = match (&device.revoked, device.handed_over_at) {
        (Some(revoked), None) => format!("{} 由{}停用，还没有联网", day_words(revoked.at), revoked.by),
        (Some(_), Some(done)) => format!("{} 已交出全部记录并清空", day_words(done)),
        (None, _) => device.seen_on.map_or_else(|| "已退出登录".to_owned(), |on| format!("最近联网 {on}")),
    };
    let (id, in_use) = (device.id, device.revoked.is_none());
    let revoke = move || {
        let done = "手机已停用：它下次联网时交出没发送的记录，然后清空";
        desk.act("revoke", OfDevice { id }, done, move || on_change.run(()));
    };
    view! {
        <li class="row" class:ended=!in_use>
            <span>
                {id.to_string()}
                <br/>
                <span class="hint">"首次登录 "{day_words(device.first_at)}" · "{state}</span>
            </span>
            {in_use.then(|| view! {
                <Sure words="停用" sure="确定停用（丢失、收回）" on_sure=Callback::new(move |()| revoke())/>
            })}
        </li>
    }
}

#[component]
fn GiveForm(
    /// For whom.
    account: String,
    /// Called after a change.
    on_change: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let role = RwSignal::new(Role::GridWorker);
    let classes = RwSignal::new(vec![Class::General]);
    let place = RwSignal::new(String::new());
    let until = NodeRef::<html::Input>::new();
    let account = StoredValue::new(account);
    let own = desk.welcome.with_untracked(|welcome| welcome.as_ref().map(|own| own.grants.clone()).unwrap_or_default());
    let roles = Role::ALL.into_iter().filter(|role| own.iter().any(|right| right.role.gives(*role)));
    let roles = roles.map(|role| (role, role.title().to_owned())).collect();
    let choose = Callback::new(move |chosen: Role| {
        role.set(chosen);
        classes.update(|classes| classes.retain(|class| chosen.classes().contains(class)));
    });
    let toggle = Callback::new(move |(class, on): (Class, bool)| {
        classes.update(|classes| {
            classes.retain(|other| *other != class);
            if on {
                classes.push(class);
            }
        });
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Ok(at) = place.get_untracked().parse() else {
            desk.say("请填写网格编码（如 411502001003-02）或选择区域");
            return;
        };
        let last = value(until);
        let until = day::read(&last);
        if !last.is_empty() && until.is_none() {
            desk.say("日期写成 2026-12-31 这样，或不填");
            return;
        }
        let right = Right { role: role.get_untracked(), place: at, classes: classes.get_untracked() };
        let give = Give { account: account.get_value(), right, until };
        desk.act("give", give, "已授权，下一次联网就生效", move || on_change.run(()));
    };
    view! {
        <form class="form" on:submit=submit novalidate>
            <OneOf legend="角色" options=roles chosen=role on_choose=choose/>
            {move || {
                let options = role.get().classes().iter().map(|class| (*class, class.title().to_owned())).collect();
                view! { <AnyOf legend="可以看哪类记录" options chosen=classes on_toggle=toggle/> }
            }}
            <div class="columns">
                <PlaceField label="哪里" place=place/>
                <label class="field">
                    <span>"最后一天（可不填）"</span>
                    <input type="date" node_ref=until/>
                </label>
            </div>
            <button class="small-button main" type="submit">"授权"</button>
        </form>
    }
}
