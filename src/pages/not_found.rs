//! An address that leads nowhere.

use crate::components::{empty::Empty, page::Page};
use leptos::prelude::*;

/// Says so.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Page title="找不到这一页" back="/">
            <Empty title="没有这个页面".to_owned() hint="请从下方的栏目进入".to_owned()/>
        </Page>
    }
}
