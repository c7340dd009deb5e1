//! A file per route: reads the parameters and composes components.

pub mod broken;
pub mod care;
pub mod history;
pub mod household;
pub mod install;
pub mod login;
pub mod matters;
pub mod me;
pub mod not_found;
pub mod round;
pub mod today;
pub mod visit_form;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use ruhu_domain::RecordId;

/// The record that the address names.
fn id_param() -> Memo<Option<RecordId>> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("id").and_then(|id| id.parse().ok())))
}
