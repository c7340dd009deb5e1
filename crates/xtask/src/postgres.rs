//! A PostgreSQL cluster of its own, on a free port, gone when it is dropped.

use crate::run::{command, output, run};
use anyhow::{Context, bail};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// How much a cluster does to survive a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// As an office runs it: every commit is on disk before it is answered.
    OnDisk,
    /// For tests of what it answers: nothing is waited for.
    None,
}

/// A cluster that runs.
pub struct Cluster {
    programs: PathBuf,
    folder: String,
    port: u16,
}

/// The folder of PostgreSQL's programs; none where it is not installed.
pub fn programs() -> Option<PathBuf> {
    let on_path = output(&["pg_config", "--bindir"]).map(|folder| PathBuf::from(folder.trim()));
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut debian: Vec<PathBuf> = debian.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    debian.sort();
    debian.into_iter().rev().chain(on_path).find(|folder| folder.join("initdb").is_file())
}

/// A command as somebody who may run a cluster: it refuses to run as root.
fn unprivileged(program: &Path) -> Command {
    let root = output(&["id", "-u"]).is_some_and(|id| id.trim() == "0");
    let mut command = if root {
        let mut command = command(&["runuser", "-u", "postgres", "--"]);
        command.arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/").stdout(Stdio::null());
    command
}

impl Cluster {
    /// Makes and starts a cluster.
    ///
    /// # Errors
    /// PostgreSQL is not there or does not start.
    pub fn start(durability: Durability) -> anyhow::Result<Self> {
        let programs = programs().context("by hand: install PostgreSQL 14 or later")?;
        let made = unprivileged(Path::new("mktemp"))
            .args(["-d", "-t", "ruhu-postgres-XXXXXX"])
            .stdout(Stdio::piped())
            .output()?;
        let folder = String::from_utf8(made.stdout)?.trim().to_owned();
        if folder.is_empty() {
            bail!("no folder could be made for a PostgreSQL cluster");
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let cluster = Self { programs, folder, port };
        let mut initdb = unprivileged(&cluster.programs.join("initdb"));
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        run(initdb.arg(format!("--pgdata={}/data", cluster.folder)))?;
        let mut settings = format!("-p {port} -k {} -c listen_addresses=127.0.0.1", cluster.folder);
        if durability == Durability::None {
            settings.push_str(" -c fsync=off -c synchronous_commit=off -c full_page_writes=off");
        }
        run(cluster.control("start").args(["-w", "-l", &format!("{}/log", cluster.folder), "-o", &settings]))?;
        Ok(cluster)
    }

    /// Its address, without a database's name.
    pub fn address(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}", self.port)
    }

    fn control(&self, verb: &str) -> Command {
        let mut control = unprivileged(&self.programs.join("pg_ctl"));
        control.args([verb, "-s", &format!("--pgdata={}/data", self.folder)]);
        control
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(run(self.control("stop").args(["-m", "immediate"])));
        drop(run(unprivileged(Path::new("rm")).args(["-rf", &self.folder])));
    }
}
