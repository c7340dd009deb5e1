//! Measuring: the figures of the budgets, each beside its peer where there is one.

use crate::{
    build,
    postgres::{Cluster, Durability},
    run::{command, run},
    setup,
};

/// The names of the server's figures.
const SERVER: [&str; 2] = ["server", "growth"];

/// The name of what offices ask of a county.
const OFFICE: &str = "office";

/// Prints a JSON line a figure: `name`, `value`, `unit`, and `peer`, `peer_value`, `ratio`.
///
/// # Errors
/// A measurement could not be made.
pub fn bench(name: Option<&str>) -> anyhow::Result<()> {
    for figure in SERVER.into_iter().filter(|figure| name.is_none_or(|name| name == *figure)) {
        server(figure)?;
    }
    if name.is_none_or(|name| name == OFFICE) {
        run(&mut command(&["cargo", "bench", "--quiet", "--package", "ruhu-server", "--bench", OFFICE]))?;
    }
    if name.is_none_or(|name| !SERVER.contains(&name) && name != OFFICE) {
        app(name)?;
    }
    Ok(())
}

/// The server by itself, on both databases.
fn server(figure: &str) -> anyhow::Result<()> {
    setup::postgres()?;
    let cluster = Cluster::start(Durability::OnDisk)?;
    let mut cargo =
        command(&["cargo", "bench", "--quiet", "--package", "ruhu-server", "--bench", "load", "--", figure]);
    run(cargo.env("RUHU_BENCH_POSTGRES", cluster.address()))
}

/// The app, and its sync with the server.
fn app(name: Option<&str>) -> anyhow::Result<()> {
    build::app()?;
    let server = build::server(build::Profile::Release)?;
    setup::end_to_end()?;
    let mut playwright = command(&["npx", "playwright", "test", "--config", "bench.config.ts"]);
    if let Some(name) = name {
        playwright.args(["--grep", &format!("{name}$")]);
    }
    playwright.current_dir("tests/e2e").env("RUHU_SERVER", server).env_remove("NO_COLOR");
    run(&mut playwright)
}
