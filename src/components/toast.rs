//! The short message at the bottom.

use crate::state::{Undo, use_app};
use leptos::prelude::*;

/// Shows the app's message, with 撤销 where there is a way back, and 明天再来 where nobody was home.
#[component]
pub fn ToastBar() -> impl IntoView {
    let app = use_app();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            {move || {
                app.toast.get().map(|toast| {
                    let undo = toast.undo.map(|undo| {
                        let visit = match undo {
                            Undo::Withdraw(record) => Some(record),
                            Undo::Restore(_) | Undo::Draft(_) => None,
                        };
                        let again = visit.filter(|record| app.is_to_try_again(*record)).map(|record| {
                            let on_again =
                                move |_| leptos::task::spawn_local(async move { app.try_tomorrow(record).await });
                            view! { <button class="text-button" on:click=on_again>"明天再来"</button> }
                        });
                        let on_undo = move |_| {
                            let undo = undo.clone();
                            leptos::task::spawn_local(async move { app.undo(undo).await });
                        };
                        view! { {again} <button class="text-button" on:click=on_undo>"撤销"</button> }
                    });
                    view! { <div class="toast"><span>{toast.text}</span>{undo}</div> }
                })
            }}
        </div>
    }
}
