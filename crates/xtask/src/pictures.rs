//! The pictures of the README.

use crate::{
    build,
    run::{command, run},
    setup,
};

/// Takes the pictures of the README from the real app and the real server with demo data, into `docs/pictures/`.
///
/// # Errors
/// Fails when a build or a browser does.
pub fn pictures() -> anyhow::Result<()> {
    build::app()?;
    let server = build::server(build::Profile::Quick)?;
    setup::end_to_end()?;
    let mut playwright = command(&["npx", "playwright", "test", "--config", "pictures.config.ts"]);
    run(playwright.current_dir("tests/e2e").env("RUHU_SERVER", server).env_remove("NO_COLOR"))
}
