//! Measuring: the figures of the budgets, each beside its peer where there is one.

use crate::{
    build,
    run::{command, run},
    setup,
};

/// Prints a JSON line a figure: `name`, `value`, `unit`, and `peer`, `peer_value`, `ratio`.
///
/// # Errors
/// A measurement could not be made.
pub fn bench(name: Option<&str>) -> anyhow::Result<()> {
    build::app()?;
    let server = build::server()?;
    setup::end_to_end()?;
    let mut playwright = command(&["npx", "playwright", "test", "--config", "bench.config.ts"]);
    if let Some(name) = name {
        playwright.args(["--grep", &format!("{name}$")]);
    }
    playwright.current_dir("tests/e2e").env("RUHU_SERVER", server).env_remove("NO_COLOR");
    run(&mut playwright)
}
