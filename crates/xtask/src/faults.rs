//! Killing the real server and the real browser, and breaking the network between them.

use crate::{build, playwright::playwright, run::run, setup};

/// How often.
#[derive(clap::Args)]
pub struct Options {
    /// Rounds in which the server is killed; the browser is killed in half as many
    #[arg(long, default_value_t = 10)]
    pub rounds: u32,
}

/// Runs the rounds; prints how many there were and what was lost.
///
/// # Errors
/// Something was lost, or a round could not be carried out.
pub fn faults(options: &Options) -> anyhow::Result<()> {
    build::app()?;
    let server = build::server(build::Profile::Dev)?;
    setup::end_to_end()?;
    let mut faults = playwright(&["faults"], &server);
    faults.env("RUHU_SERVER_ROUNDS", options.rounds.to_string());
    run(faults.env("RUHU_BROWSER_ROUNDS", options.rounds.div_ceil(2).to_string()))
}
