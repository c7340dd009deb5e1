//! Serving the app with demo data.

use crate::{
    build,
    run::{command, run},
};
use std::path::PathBuf;

/// How to start.
#[derive(clap::Args)]
pub struct Options {
    /// The port on this machine
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where the data is kept
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Begin with new demo data: what is in the data folder's database is deleted
    #[arg(long)]
    fresh: bool,
}

/// Sets up, builds, fills in demo data and serves until stopped.
///
/// # Errors
/// Fails when a step does.
pub fn start(options: &Options) -> anyhow::Result<()> {
    build::app()?;
    let server = build::server(build::Profile::Dev)?;
    if options.fresh {
        for name in ["ruhu.db", "ruhu.db-wal", "ruhu.db-shm"] {
            let file = options.data.join(name);
            if file.exists() {
                std::fs::remove_file(file)?;
            }
        }
    }
    let server = server.to_string_lossy().into_owned();
    let data = options.data.to_string_lossy().into_owned();
    let listen = format!("127.0.0.1:{}", options.port);
    run(command(&[&server, "--data", &data, "demo"]).env("RUHU_LOG", "warn"))?;
    println!("打开 http://{listen} ，用上面的账号登录；按 Ctrl+C 停止");
    run(&mut command(&[&server, "--data", &data, "serve", "--listen", &listen, "--app", build::DIST]))
}
