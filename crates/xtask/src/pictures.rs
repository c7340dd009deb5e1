//! The pictures of the README.

use crate::{build, playwright::playwright, run::run, setup};

/// Takes the pictures of the README from the real app and the real server with demo data, into `docs/pictures/`.
///
/// # Errors
/// Fails when a build or a browser does.
pub fn pictures() -> anyhow::Result<()> {
    build::app()?;
    let server = build::server(build::Profile::Dev)?;
    setup::end_to_end()?;
    run(&mut playwright(&["pictures"], &server))
}
