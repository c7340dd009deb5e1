//! 关爱: care follow-ups, in a later version.

use crate::components::{empty::Empty, page::Page};
use leptos::prelude::*;

/// Says what is coming.
#[component]
pub fn Care() -> impl IntoView {
    view! {
        <Page title="关爱">
            <Empty
                title="关爱回访将放在这里".to_owned()
                hint="目前请在“走访”里筛选“重点”，按期看望".to_owned()
            />
        </Page>
    }
}
