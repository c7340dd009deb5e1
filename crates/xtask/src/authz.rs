//! The matrix of rights, on both databases.

use crate::{
    postgres::{Cluster, Durability},
    run::{command, run},
    setup,
};

/// Tries every grant against every channel, and what offices do; prints `N cells, N leaks; N mutants, N caught` for each database.
///
/// # Errors
/// The server let somebody past their grants, or a planted bug was not caught.
pub fn authz() -> anyhow::Result<()> {
    setup::postgres()?;
    let cluster = Cluster::start(Durability::None)?;
    let mut cargo = command(&["cargo", "test", "--quiet", "--package", "ruhu-server"]);
    cargo.args(["--test", "server", "--", "--nocapture"]);
    cargo.args(["nobody_gets_past_their_grants", "an_office_does_what_is_its_own_and_no_more"]);
    run(cargo.env("RUHU_TEST_POSTGRES", cluster.address()))
}
