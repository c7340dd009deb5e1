//! The phone app: mounts it on the page.

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(ruhu::app::Root);
}
