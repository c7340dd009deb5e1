//! The app: what is shown before the notebook is open, and the routes when it is.

use crate::lazy::{Due, FoundDisputes, LazyPage, Wanted, hand_device_over, send_photos};
use leptos::prelude::*;
use ruhu::{
    components::{tab_bar::TabBar, toast::ToastBar},
    pages::{
        access::{locked::Locked, login::Login},
        not_found::NotFound,
        roster::doors::Doors,
        today::Today,
        visit::form::{EditVisit, NewVisit},
    },
    route::Screen,
    state::{App, Phase, SyncStatus, use_app},
};

/// The whole app.
#[component]
pub fn Root() -> impl IntoView {
    let app = App::start();
    provide_context(app);
    let phase = Memo::new(move |_| app.phase.get());
    view! {
        {move || match phase.get() {
            Phase::Opening => view! { <p class="splash" role="status">"正在打开…"</p> }.into_any(),
            Phase::HandingOver => {
                leptos::task::spawn_local(hand_device_over(app));
                let words = "这台手机已由办公室停用，正在交出没发送的记录…";
                view! { <p class="splash" role="status">{words}</p> }.into_any()
            }
            Phase::Unsealed => view! { <LazyPage wanted=Wanted::Unsealed/> }.into_any(),
            Phase::Locked => view! { <Locked/> }.into_any(),
            Phase::LoggedOut => view! { <Login/> }.into_any(),
            Phase::Broken(reason) => view! { <LazyPage wanted=Wanted::Broken(reason)/> }.into_any(),
            Phase::Open => view! { <Notebook/> }.into_any(),
        }}
        <ToastBar/>
    }
}

/// The screens of the open notebook.
#[component]
fn Notebook() -> impl IntoView {
    let app = use_app();
    let screen = Memo::new(move |_| app.path.with(|path| Screen::of(path)));
    Effect::new(move |_| screen.with(|screen| app.set_title(screen.title())));
    // How full the phone is: after a pass and with each page, but not while something is being sent.
    Effect::new(move |begun: Option<()>| {
        app.path.track();
        if app.status.get() != SyncStatus::Sending && begun.is_some() {
            leptos::task::spawn_local(app.look_at_space());
        }
    });
    // Photos go after their records.
    Effect::new(move |_| {
        if app.status.get() == SyncStatus::Calm && app.notebook().is_some_and(|open| open.has_photos()) {
            leptos::task::spawn_local(send_photos(app));
        }
    });
    view! {
        <div class="shell">
            {move || match screen.get() {
                Screen::Today => view! { <Today more=ViewFn::from(|| view! { <Due/> })/> }.into_any(),
                Screen::Doors => {
                    let query = RwSignal::new(String::new());
                    view! { <Doors query more=ViewFn::from(move || view! { <FoundDisputes query/> })/> }.into_any()
                }
                Screen::NewVisit(id) => view! { <NewVisit id/> }.into_any(),
                Screen::EditVisit(id) => view! { <EditVisit id/> }.into_any(),
                Screen::Login => view! { <Login/> }.into_any(),
                Screen::NotFound => view! { <NotFound/> }.into_any(),
                screen => view! { <LazyPage wanted=Wanted::Screen(screen)/> }.into_any(),
            }}
            <TabBar/>
        </div>
    }
}
