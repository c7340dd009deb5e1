//! The app: what is shown before the notebook is open, and the routes when it is.

use crate::{
    components::{tab_bar::TabBar, toast::ToastBar},
    pages::{
        Screen,
        broken::Broken,
        care::Care,
        history::History,
        household::HouseholdPage,
        install::Install,
        locked::{Locked, Unsealed},
        login::Login,
        matters::Matters,
        me::Me,
        not_found::NotFound,
        notice::NoticePage,
        round::Round,
        today::Today,
        visit_form::{EditVisit, NewVisit},
    },
    state::{App, Phase, use_app},
};
use leptos::prelude::*;

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
                let words = "这台手机已由办公室停用，正在交出没发送的记录…";
                view! { <p class="splash" role="status">{words}</p> }.into_any()
            }
            Phase::Unsealed => view! { <Unsealed/> }.into_any(),
            Phase::Locked => view! { <Locked/> }.into_any(),
            Phase::LoggedOut => view! { <Login/> }.into_any(),
            Phase::Broken(reason) => view! { <Broken reason/> }.into_any(),
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
    view! {
        <div class="shell">
            {move || match screen.get() {
                Screen::Today => view! { <Today/> }.into_any(),
                Screen::Round => view! { <Round/> }.into_any(),
                Screen::Household(id) => view! { <HouseholdPage id/> }.into_any(),
                Screen::Notice(id) => view! { <NoticePage id/> }.into_any(),
                Screen::NewVisit(id) => view! { <NewVisit id/> }.into_any(),
                Screen::EditVisit(id) => view! { <EditVisit id/> }.into_any(),
                Screen::History(id) => view! { <History id/> }.into_any(),
                Screen::Matters => view! { <Matters/> }.into_any(),
                Screen::Care => view! { <Care/> }.into_any(),
                Screen::Me => view! { <Me/> }.into_any(),
                Screen::Install => view! { <Install/> }.into_any(),
                Screen::Login => view! { <Login/> }.into_any(),
                Screen::NotFound => view! { <NotFound/> }.into_any(),
            }}
            <TabBar/>
        </div>
    }
}
