//! 事项: disputes, hazards and requests, in a later version.

use crate::components::{empty::Empty, page::Page};
use leptos::prelude::*;

/// Says what is coming.
#[component]
pub fn Matters() -> impl IntoView {
    view! {
        <Page title="事项">
            <Empty
                title="矛盾纠纷、隐患和诉求将放在这里".to_owned()
                hint="目前请写在走访记录的“反映问题”里，不会丢失".to_owned()
            />
        </Page>
    }
}
