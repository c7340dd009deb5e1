//! The phone app: mounts it on the page.

mod app;
mod lazy;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::Root);
}
