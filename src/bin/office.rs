//! The offices' pages: mounts them.

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(ruhu::office::Root);
}
