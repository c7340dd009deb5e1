//! The offices' pages (综治中心、乡镇、县、市): a page of its own beside the phone app, which does not carry it. Wide
//! screens first; everything is asked for anew; a browser keeps the session alone, while its tab is open.

mod audit;
mod case_file;
mod code;
mod contacts;
mod desk;
mod dossier;
mod file_drop;
mod grid_handover;
mod grids;
mod handbook;
mod ledgers;
mod login;
mod operation;
mod people;
mod person;
mod personal;
mod places;
mod roster;
mod security;
mod staff_sheet;
mod supervision;
mod waiting;

use crate::platform::{address, idle, preferences::Preferences};
use desk::{Desk, use_desk};
use leptos::prelude::*;
use ruhu_domain::office::duties::Duty;

/// The time after which an office that nobody touches is locked, as its session is ended, in milliseconds.
const IDLE_MS: i64 = 15 * 60 * 1_000;

/// A page of the office's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    People,
    Waiting,
    Supervision,
    Roster,
    Ledgers,
    Handbook,
    Contacts,
    Grids,
    GridHandover,
    Personal,
    Audit,
    Operation,
    Security,
}

impl Tab {
    const ALL: [Self; 13] = [
        Self::People,
        Self::Waiting,
        Self::Supervision,
        Self::Roster,
        Self::Ledgers,
        Self::Handbook,
        Self::Contacts,
        Self::Grids,
        Self::GridHandover,
        Self::Personal,
        Self::Audit,
        Self::Operation,
        Self::Security,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::People => "人员",
            Self::Waiting => "待核对",
            Self::Supervision => "督办",
            Self::Roster => "花名册",
            Self::Ledgers => "台账",
            Self::Handbook => "手册",
            Self::Contacts => "电话",
            Self::Grids => "网格",
            Self::GridHandover => "网格交接",
            Self::Personal => "个人信息",
            Self::Audit => "审计",
            Self::Operation => "运行",
            Self::Security => "我的账号",
        }
    }

    /// The word for it in the address.
    const fn word(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Waiting => "waiting",
            Self::Supervision => "cases",
            Self::Roster => "roster",
            Self::Ledgers => "ledgers",
            Self::Handbook => "handbook",
            Self::Contacts => "contacts",
            Self::Grids => "grids",
            Self::GridHandover => "handovers",
            Self::Personal => "personal",
            Self::Audit => "audit",
            Self::Operation => "operation",
            Self::Security => "account",
        }
    }

    /// The duty it is for; none where it is everybody's.
    const fn duty(self) -> Option<Duty> {
        match self {
            Self::People => Some(Duty::People),
            Self::Waiting => Some(Duty::Decide),
            Self::Supervision => Some(Duty::Late),
            Self::Roster => Some(Duty::Roster),
            Self::Ledgers => Some(Duty::Ledger),
            Self::Handbook | Self::Contacts => Some(Duty::Handbook),
            Self::Grids | Self::GridHandover => Some(Duty::Rights),
            Self::Personal => Some(Duty::Personal),
            Self::Audit => Some(Duty::Audit),
            Self::Operation => Some(Duty::Operation),
            Self::Security => None,
        }
    }
}

/// The offices' pages.
#[component]
pub fn Root() -> impl IntoView {
    let desk = Desk::new();
    provide_context(desk);
    Preferences::load().show();
    idle::listen(IDLE_MS, move || {
        if desk.welcome.with_untracked(Option::is_some) {
            desk.end("15 分钟没有操作，已退出。请重新登录".to_owned());
        }
    });
    leptos::task::spawn_local(desk.resume());
    let inside = Memo::new(move |_| desk.welcome.with(Option::is_some));
    view! {
        {move || match (inside.get(), desk.resuming.get()) {
            (true, _) => view! { <Shell/> }.into_any(),
            (false, true) => view! { <p class="hint" role="status">"正在打开…"</p> }.into_any(),
            (false, false) => view! { <login::Login/> }.into_any(),
        }}
        <div class="toasts" role="status" aria-live="polite">
            {move || {
                let words = desk.said.get();
                (!words.is_empty()).then(|| view! { <p class="toast">{words}</p> })
            }}
        </div>
    }
}

#[component]
fn Shell() -> impl IntoView {
    let desk = use_desk();
    // Nothing else is done before the second factor is on.
    let wanted = Memo::new(move |_| desk.welcome.with(|welcome| welcome.as_ref().is_some_and(|own| own.factor_wanted)));
    let tabs = move || {
        let may = |tab: &Tab| tab.duty().is_none_or(|duty| !wanted.get() && untrack(|| desk.has(duty)));
        Tab::ALL.into_iter().filter(may).collect::<Vec<_>>()
    };
    // The address says which page it is: loading it again, 返回 and a bookmark lead there.
    let of_address = move || {
        let fragment = address::fragment();
        let word = fragment.split('?').next().unwrap_or_default();
        untrack(tabs).into_iter().find(|tab| tab.word() == word)
    };
    let first = || untrack(tabs).first().copied().unwrap_or(Tab::Security);
    let chosen = RwSignal::new(of_address().unwrap_or_else(first));
    let follow = move || {
        // Whoever logged out is not followed any more.
        if chosen.try_get_untracked().is_some()
            && let Some(tab) = of_address()
        {
            chosen.set(tab);
        }
    };
    address::listen_to_fragment(follow);
    let go = move |tab: Tab| {
        if chosen.get_untracked() == tab {
            return;
        }
        chosen.set(tab);
        address::show(&format!("#{}", tab.word()), false);
    };
    let who = move || {
        desk.welcome.with(|welcome| {
            let welcome = welcome.as_ref()?;
            let roles: Vec<String> = welcome
                .grants
                .iter()
                .map(|right| format!("{} {}", right.role.title(), desk.name_of(&right.place)))
                .collect();
            Some(format!("{}（{}）", welcome.name, roles.join("，")))
        })
    };
    provide_context(roster::import::Import::new(desk));
    let log_out = move |_| leptos::task::spawn_local(desk.log_out());
    view! {
        <header class="bar desk-bar">
            <h1>"入户 · 办公室"</h1>
            <span class="hint who">{who}</span>
            <button class="small-button" on:click=log_out>"退出"</button>
        </header>
        <nav class="desk-tabs" aria-label="页面">
            {move || tabs().into_iter().map(|tab| view! {
                <button
                    class="desk-tab"
                    aria-current=move || (chosen.get() == tab).then_some("page")
                    on:click=move |_| go(tab)
                >
                    {tab.title()}
                </button>
            }).collect_view()}
        </nav>
        <main class="desk">
            {move || match chosen.get() {
                Tab::People => view! { <people::People/> }.into_any(),
                Tab::Waiting => view! { <waiting::Waiting/> }.into_any(),
                Tab::Supervision => view! { <supervision::Supervision/> }.into_any(),
                Tab::Roster => view! { <roster::Roster/> }.into_any(),
                Tab::Ledgers => view! { <ledgers::Ledgers/> }.into_any(),
                Tab::Handbook => view! { <handbook::Handbook/> }.into_any(),
                Tab::Contacts => view! { <contacts::Contacts/> }.into_any(),
                Tab::Grids => view! { <grids::Grids/> }.into_any(),
                Tab::GridHandover => view! { <grid_handover::GridHandover/> }.into_any(),
                Tab::Personal => view! { <personal::Personal/> }.into_any(),
                Tab::Audit => view! { <audit::Audit/> }.into_any(),
                Tab::Operation => view! { <operation::Operation/> }.into_any(),
                Tab::Security => view! { <security::Security/> }.into_any(),
            }}
        </main>
    }
}

/// The words in a field.
fn value(field: NodeRef<leptos::html::Input>) -> String {
    field.get_untracked().map(|field| field.value().trim().to_owned()).unwrap_or_default()
}

/// A day in words.
fn day_words(ms: u64) -> String {
    ruhu_domain::day::day(ms.cast_signed()).to_string()
}

/// A moment in words.
fn moment(ms: u64) -> String {
    ruhu_domain::day::moment(ms.cast_signed())
}
