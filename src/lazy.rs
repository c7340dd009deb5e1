//! Modules of the app that are loaded lazily, when they are first needed (ADR 16): `cargo xtask build` makes a module of its own from
//! what only they use. The service worker keeps them with the rest, so that they are there without a network.

use leptos::{prelude::*, reactive::computed::ScopedFuture};
use ruhu::{
    pages::{
        access::{broken::Broken, install::Install, locked::Unsealed},
        care::{
            file::CasePage,
            list::{Care, EditCase, HouseholdCases, InCase, NewCase},
        },
        case::step::TakeStep,
        dispute::{
            file::DisputePage,
            form::{EditDispute, InDispute, NewDispute},
            list::{Disputes, Found, HouseholdDisputes},
            papers::{PaperPage, Papers},
            sign::Sign,
        },
        due::{Calendar, DueList},
        help::{
            contacts::Contacts,
            handbook::{Handbook, HandbookPage},
        },
        me::Me,
        not_found::NotFound,
        patrol::{OutreachList, PatrolPage, Patrols},
        report::{
            file::ReportPage,
            list::{EditReport, HouseholdReports, NewReport, Reports},
        },
        roster::{
            duplicates::{Duplicates, PairPage},
            household::HouseholdPage,
            notice::NoticePage,
            residents::{
                EditHousehold, EditResident, MoveHousehold, MoveResident, NewHousehold, NewResident, PutOffVisit,
                Withdraw,
            },
            walking_order::WalkingOrder,
        },
        visit::history::History,
    },
    platform,
    route::Screen,
    state::{App, use_app},
};
use ruhu_domain::{Kind, RecordId, case::Step as _};
use std::{
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
};
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// The screen of an address that names nothing.
fn not_found() -> AnyView {
    view! { <NotFound/> }.into_any()
}

/// The pages that are seldom opened.
#[wasm_split(seldom, fallible)]
fn seldom(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    Ok(match screen {
        Screen::Notice(id) => view! { <NoticePage id/> }.into_any(),
        Screen::History(id) => view! { <History id/> }.into_any(),
        Screen::Install => view! { <Install/> }.into_any(),
        Screen::Me => view! { <Me/> }.into_any(),
        _ => not_found(),
    })
}

/// Where to look something up, and whom to call.
#[wasm_split(help, fallible)]
fn help(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    Ok(match screen {
        Screen::Contacts(from) => view! { <Contacts from/> }.into_any(),
        Screen::HandbookPage(name) => view! { <HandbookPage name/> }.into_any(),
        Screen::Handbook => view! { <Handbook/> }.into_any(),
        _ => not_found(),
    })
}

/// The page of a notebook that can't be opened, with the reason.
#[wasm_split(seldom, fallible)]
fn broken(reason: String) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Broken reason/> }.into_any())
}

/// Shows the page that asks for a password where an earlier version of the app left the records unsealed.
#[wasm_split(seldom, fallible)]
fn unsealed() -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Unsealed/> }.into_any())
}

/// Hands over what a revoked phone has.
#[wasm_split(seldom, fallible)]
fn handing_over(app: App) -> Result<Pin<Box<dyn Future<Output = ()>>>, SplitLoaderError> {
    Ok(Box::pin(app.hand_device_over()))
}

/// Hands over what a revoked phone has. Where the part can't be loaded the phone is locked, and tries again later.
pub async fn hand_device_over(app: App) {
    match handing_over(app).await {
        Ok(done) => done.await,
        Err(_) => app.stay_revoked("这台手机已由办公室停用。请连上网络并刷新页面，它会把没发送的记录交给办公室".into()),
    }
}

/// The roster: households and residents.
#[wasm_split(roster, fallible)]
fn roster(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    Ok(match screen {
        Screen::Household(id) => {
            let more = ViewFn::from(move || view! { <OfHousehold id/> });
            view! { <HouseholdPage id more/> }.into_any()
        }
        Screen::EditHousehold(id) => view! { <EditHousehold id/> }.into_any(),
        Screen::PutOff(id) => view! { <PutOffVisit id/> }.into_any(),
        Screen::MoveHousehold(id) => view! { <MoveHousehold id/> }.into_any(),
        Screen::NewResident(household) => view! { <NewResident household/> }.into_any(),
        Screen::Resident(id) => view! { <EditResident id/> }.into_any(),
        Screen::MoveResident(id) => view! { <MoveResident id/> }.into_any(),
        Screen::Withdraw(id) => view! { <Withdraw id/> }.into_any(),
        Screen::Duplicates => view! { <Duplicates/> }.into_any(),
        Screen::WalkingOrder => view! { <WalkingOrder/> }.into_any(),
        Screen::DuplicatePair(one, other) => view! { <PairPage one other/> }.into_any(),
        Screen::NewHousehold => view! { <NewHousehold/> }.into_any(),
        _ => not_found(),
    })
}

/// Disputes.
#[wasm_split(disputes, fallible)]
fn disputes(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    Ok(match screen {
        Screen::New(_, of) => view! { <NewDispute of/> }.into_any(),
        Screen::Edit(_, id) => view! { <EditDispute id/> }.into_any(),
        Screen::Dispute(id) => view! { <DisputePage id/> }.into_any(),
        Screen::InFile(head, kind, record) => view! { <InDispute head kind record/> }.into_any(),
        Screen::TakeStep(head, step) => {
            let (code, label, fields, law) = (step.code(), step.label(), step.fields(), step.row().law);
            view! { <TakeStep head kind=Kind::DisputeStep code label fields law/> }.into_any()
        }
        Screen::Sign(dispute, party) => view! { <Sign dispute party/> }.into_any(),
        Screen::Papers(id) => view! { <Papers id/> }.into_any(),
        Screen::Paper(id, key) => view! { <PaperPage id key/> }.into_any(),
        Screen::Disputes => view! { <Disputes/> }.into_any(),
        _ => not_found(),
    })
}

/// Care cases.
#[wasm_split(care, fallible)]
fn care(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    Ok(match screen {
        Screen::New(_, of) => view! { <NewCase of/> }.into_any(),
        Screen::Edit(_, id) => view! { <EditCase id/> }.into_any(),
        Screen::Case(id) => view! { <CasePage id/> }.into_any(),
        Screen::InFile(head, kind, record) => view! { <InCase head kind record/> }.into_any(),
        Screen::TakeCareStep(head, step) => {
            let (code, label, fields) = (step.code(), step.label(), step.fields());
            view! { <TakeStep head kind=Kind::CareStep code label fields law=""/> }.into_any()
        }
        Screen::Care => view! { <Care/> }.into_any(),
        _ => not_found(),
    })
}

/// Hazards, requests, patrols, outreach.
#[wasm_split(reports, fallible)]
fn reports(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    Ok(match screen {
        Screen::Reports(kind) => view! { <Reports kind/> }.into_any(),
        Screen::Report(kind, id) => view! { <ReportPage kind id/> }.into_any(),
        Screen::New(kind, of) => view! { <NewReport kind of/> }.into_any(),
        Screen::Edit(kind, id) => view! { <EditReport kind id/> }.into_any(),
        Screen::TakeReportStep(kind, head, step) => {
            view! { <TakeStep head kind code=step.code() label=step.label() fields=step.fields() law=""/> }.into_any()
        }
        Screen::Patrol(id) => view! { <PatrolPage id/> }.into_any(),
        Screen::Outreach => view! { <OutreachList/> }.into_any(),
        Screen::Patrols => view! { <Patrols/> }.into_any(),
        _ => not_found(),
    })
}

#[wasm_split(reports, fallible)]
fn reports_of(household: RecordId) -> Result<AnyView, SplitLoaderError> {
    Ok(still_wanted(|| view! { <HouseholdReports id=household/> }.into_any()))
}

#[wasm_split(disputes, fallible)]
fn disputes_of(household: RecordId) -> Result<AnyView, SplitLoaderError> {
    Ok(still_wanted(|| view! { <HouseholdDisputes id=household/> }.into_any()))
}

#[wasm_split(disputes, fallible)]
fn found(query: RwSignal<String>) -> Result<AnyView, SplitLoaderError> {
    Ok(still_wanted(|| view! { <Found query/> }.into_any()))
}

#[wasm_split(care, fallible)]
fn cases_of(household: RecordId) -> Result<AnyView, SplitLoaderError> {
    Ok(still_wanted(|| view! { <HouseholdCases id=household/> }.into_any()))
}

/// The month of 月历, or the list for 今日.
#[wasm_split(due, fallible)]
fn due(month: bool) -> Result<AnyView, SplitLoaderError> {
    Ok(still_wanted(|| if month { view! { <Calendar/> }.into_any() } else { view! { <DueList/> }.into_any() }))
}

/// Sends photos.
#[wasm_split(photos, fallible)]
fn photos(app: App) -> Result<Pin<Box<dyn Future<Output = ()>>>, SplitLoaderError> {
    Ok(Box::pin(app.send_photos()))
}

/// Sends the photos that wait. Where the part can't be loaded they go on waiting.
pub async fn send_photos(app: App) {
    if let Ok(sending) = photos(app).await {
        sending.await;
    }
}

/// A view; nothing where the page that wanted it was left while its part was loaded.
fn still_wanted(view: impl FnOnce() -> AnyView) -> AnyView {
    if use_context::<App>().is_some() { view() } else { ().into_any() }
}

/// A view that comes with its part.
type Coming = RwSignal<Option<AnyView>, LocalStorage>;

fn come(view: Coming, part: impl Future<Output = Result<AnyView, SplitLoaderError>> + 'static) {
    leptos::task::spawn_local(ScopedFuture::new(async move { drop(view.try_set(part.await.ok())) }));
}

fn shown(view: Coming) -> impl Fn() -> Option<AnyView> {
    move || {
        view.track();
        view.try_update_untracked(Option::take).flatten()
    }
}

/// The list of deadlines for 今日. Where its module can't be loaded it is empty: 事项 and 关爱 say so.
#[component]
pub fn Due() -> impl IntoView {
    /// Whether the part is there: then it is shown at once.
    static LOADED: AtomicBool = AtomicBool::new(false);
    let view = Coming::new_local(None);
    come(view, async {
        if !LOADED.load(Ordering::Relaxed) {
            // The doors first: to load a part takes time.
            platform::painted().await;
        }
        let list = due(false).await;
        LOADED.store(list.is_ok(), Ordering::Relaxed);
        list
    });
    shown(view)
}

/// The disputes that match a search, for those who handle any.
#[component]
pub fn FoundDisputes(
    /// The query.
    query: RwSignal<String>,
) -> impl IntoView {
    let app = use_app();
    let view = Coming::new_local(None);
    let wanted =
        Memo::new(move |_| !query.with(|query| query.trim().is_empty()) && !app.mediation_channels().is_empty());
    Effect::new(move |_| if wanted.get() { come(view, found(query)) } else { view.set(None) });
    shown(view)
}

/// The hazards, disputes and care cases of a household, for those who handle any. Where a part can't be loaded there is nothing:
/// 事项 and 关爱 say so.
#[component]
fn OfHousehold(
    /// The household.
    id: RecordId,
) -> impl IntoView {
    let app = use_app();
    let [disputes, cases, hazards] = [(); 3].map(|()| Coming::new_local(None));
    come(hazards, reports_of(id));
    // Rights may come with the first answer of the office, or end, while the page is shown.
    let may_mediate = Memo::new(move |_| !app.mediation_channels().is_empty());
    let may_care = Memo::new(move |_| !app.care_channels().is_empty());
    Effect::new(move |_| if may_mediate.get() { come(disputes, disputes_of(id)) } else { disputes.set(None) });
    Effect::new(move |_| if may_care.get() { come(cases, cases_of(id)) } else { cases.set(None) });
    view! { {shown(cases)} {shown(disputes)} {shown(hazards)} }
}

/// A page of a module that may have to be loaded first.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A screen with an address.
    Screen(Screen),
    /// The page of a notebook that can't be opened, with the reason.
    Broken(String),
    /// The page that asks for a password where the records are not sealed yet.
    Unsealed,
}

/// The modules that are loaded lazily.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lazy {
    Care,
    Disputes,
    Due,
    Help,
    Reports,
    Roster,
    Seldom,
}

/// Returns the module that a screen is in; `None` for what is there from the beginning. The match names every screen, so
/// that a new one can't be left out.
fn module_of(screen: &Screen) -> Option<Lazy> {
    match screen {
        Screen::Today
        | Screen::Doors
        | Screen::NewVisit(_)
        | Screen::EditVisit(_)
        | Screen::Login
        | Screen::NotFound => None,
        Screen::Calendar => Some(Lazy::Due),
        Screen::Notice(_) | Screen::History(_) | Screen::Install | Screen::Me => Some(Lazy::Seldom),
        Screen::Contacts(_) | Screen::Handbook | Screen::HandbookPage(_) => Some(Lazy::Help),
        Screen::Household(_)
        | Screen::WalkingOrder
        | Screen::NewHousehold
        | Screen::EditHousehold(_)
        | Screen::PutOff(_)
        | Screen::MoveHousehold(_)
        | Screen::NewResident(_)
        | Screen::Resident(_)
        | Screen::MoveResident(_)
        | Screen::Withdraw(_)
        | Screen::Duplicates
        | Screen::DuplicatePair(..) => Some(Lazy::Roster),
        Screen::Disputes
        | Screen::Dispute(_)
        | Screen::TakeStep(..)
        | Screen::Sign(..)
        | Screen::Papers(_)
        | Screen::Paper(..) => Some(Lazy::Disputes),
        Screen::Care | Screen::Case(_) | Screen::TakeCareStep(..) => Some(Lazy::Care),
        Screen::Reports(_)
        | Screen::Report(..)
        | Screen::TakeReportStep(..)
        | Screen::Patrols
        | Screen::Patrol(_)
        | Screen::Outreach => Some(Lazy::Reports),
        Screen::New(kind, _) | Screen::Edit(kind, _) | Screen::InFile(_, kind, _) => module_of_kind(kind),
    }
}

/// Returns the module that has the forms of a kind of records; `None` where none has.
fn module_of_kind(kind: &Kind) -> Option<Lazy> {
    match kind.head() {
        Some(Kind::Dispute) => Some(Lazy::Disputes),
        Some(Kind::CareCase) => Some(Lazy::Care),
        Some(Kind::Hazard | Kind::Request | Kind::Patrol) => Some(Lazy::Reports),
        _ if matches!(kind, Kind::Outreach) => Some(Lazy::Reports),
        _ => None,
    }
}

/// Loads the module that a screen is in, and returns the screen.
async fn load_screen(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    match module_of(&screen) {
        Some(Lazy::Care) => care(screen).await,
        Some(Lazy::Disputes) => disputes(screen).await,
        Some(Lazy::Due) => due(true).await,
        Some(Lazy::Help) => help(screen).await,
        Some(Lazy::Reports) => reports(screen).await,
        Some(Lazy::Roster) => roster(screen).await,
        Some(Lazy::Seldom) => seldom(screen).await,
        None => Ok(not_found()),
    }
}

/// A screen whose module may have to be loaded first.
#[component]
pub fn LazyPage(
    /// The page.
    wanted: Wanted,
) -> impl IntoView {
    let shown = RwSignal::new_local(None::<Result<AnyView, SplitLoaderError>>);
    let load = move || {
        let wanted = wanted.clone();
        let load = ScopedFuture::new(async move {
            let view = match wanted {
                Wanted::Broken(reason) => broken(reason).await,
                Wanted::Unsealed => unsealed().await,
                Wanted::Screen(screen) => load_screen(screen).await,
            };
            drop(shown.try_set(Some(view)));
        });
        leptos::task::spawn_local(load);
    };
    load();
    let again = move |_| {
        shown.set(None);
        load();
    };
    move || {
        shown.track();
        match shown.try_update_untracked(Option::take).flatten() {
            Some(Ok(view)) => view,
            Some(Err(_)) => {
                let again = again.clone();
                view! {
                    <main class="page">
                        <div class="empty">
                            <p class="empty-title">"这一页没有载入"</p>
                            <p>"请连上网络，再点一次。已存的记录都在"</p>
                            <button class="button" on:click=again>"再试一次"</button>
                        </div>
                    </main>
                }
                .into_any()
            }
            None => view! { <p class="splash" role="status">"正在打开…"</p> }.into_any(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_kind_that_no_module_has_is_not_found_instead_of_another_list() {
        let id = RecordId::new(1, [1; 10]);
        assert_eq!(module_of(&Screen::New(Kind::Visit, Some(id))), None);
        assert_eq!(module_of(&Screen::Edit(Kind::Other("newer".into()), id)), None);
        assert_eq!(module_of(&Screen::New(Kind::Outreach, None)), Some(Lazy::Reports));
        assert_eq!(module_of(&Screen::InFile(id, Kind::PlanItem, None)), Some(Lazy::Care));
        assert_eq!(module_of(&Screen::InFile(id, Kind::Party, None)), Some(Lazy::Disputes));
    }
}
