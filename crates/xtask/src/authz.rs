//! The matrix of rights, on both databases.

use crate::{
    postgres::{Cluster, Durability},
    run::{command, run},
    setup,
};

/// Tries every grant against every channel; prints `N cells, N leaks; N mutants, N caught` for each database.
///
/// # Errors
/// The server let somebody past their grants, or a planted bug was not caught.
pub fn authz() -> anyhow::Result<()> {
    setup::postgres()?;
    let cluster = Cluster::start(Durability::None)?;
    let mut cargo = command(&["cargo", "test", "--quiet", "--package", "ruhu-server", "--test", "authz", "--"]);
    run(cargo.arg("--nocapture").env("RUHU_TEST_POSTGRES", cluster.address()))
}
