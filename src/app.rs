//! The app: what is shown before the notebook is open, and the routes when it is.

use crate::{
    components::{tab_bar::TabBar, toast::ToastBar},
    pages::{
        broken::Broken,
        care::Care,
        history::History,
        household::HouseholdPage,
        install::Install,
        login::Login,
        matters::Matters,
        me::Me,
        not_found::NotFound,
        round::Round,
        today::Today,
        visit_form::{EditVisit, NewVisit},
    },
    state::{App, Phase},
};
use leptos::prelude::*;
use leptos_router::{
    components::{Route, Router, Routes},
    path,
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
    view! {
        <Router>
            <div class="shell">
                <Routes fallback=|| view! { <NotFound/> }>
                    <Route path=path!("/") view=Today/>
                    <Route path=path!("/round") view=Round/>
                    <Route path=path!("/households/:id") view=HouseholdPage/>
                    <Route path=path!("/households/:id/visit") view=NewVisit/>
                    <Route path=path!("/visits/:id") view=EditVisit/>
                    <Route path=path!("/visits/:id/history") view=History/>
                    <Route path=path!("/matters") view=Matters/>
                    <Route path=path!("/care") view=Care/>
                    <Route path=path!("/me") view=Me/>
                    <Route path=path!("/install") view=Install/>
                    <Route path=path!("/login") view=Login/>
                </Routes>
                <TabBar/>
            </div>
        </Router>
    }
}
