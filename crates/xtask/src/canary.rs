//! Looking for marked text where it must not be.

use crate::{
    build,
    run::{command, run},
    setup,
};

/// Writes marked text through every field, locks, and looks for it in the browser's files, the server's log and the
/// traffic; prints how many fields and hits.
///
/// # Errors
/// It was found.
pub fn canary() -> anyhow::Result<()> {
    build::app()?;
    let server = build::server(build::Profile::Quick)?;
    setup::end_to_end()?;
    let mut playwright = command(&["npx", "playwright", "test", "--config", "canary.config.ts"]);
    run(playwright.current_dir("tests/e2e").env("RUHU_SERVER", server).env_remove("NO_COLOR"))
}
