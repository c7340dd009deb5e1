//! Looking for marked text where it must not be.

use crate::{build, playwright::playwright, run::run, setup};

/// Writes marked text through every field, locks, and looks for it in the browser's files, the server's log and the
/// traffic; prints how many fields and hits.
///
/// # Errors
/// It was found.
pub fn canary() -> anyhow::Result<()> {
    build::app()?;
    let server = build::server(build::Profile::Dev)?;
    setup::end_to_end()?;
    run(&mut playwright(&["canary"], &server))
}
