//! A verb that runs beside other work, so that both cores are busy while one of the two waits or links.

use anyhow::{Context, ensure};
use std::{
    env,
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command},
};

use crate::run::target_folder;

/// A verb of xtask that runs in a process of its own. What it prints is kept and shown when it is waited for.
pub struct Beside {
    verb: &'static str,
    child: Child,
    log: PathBuf,
}

impl Beside {
    /// Starts a verb.
    ///
    /// # Errors
    /// Fails when the program can't be started, or its log can't be written.
    pub fn start(verb: &'static str) -> anyhow::Result<Self> {
        let folder = target_folder()?;
        fs::create_dir_all(&folder)?;
        let log = folder.join(format!("{verb}.log"));
        let output = File::create(&log)?;
        let child = Command::new(env::current_exe()?)
            .arg(verb)
            .stderr(output.try_clone()?)
            .stdout(output)
            .spawn()
            .with_context(|| format!("can't start the verb {verb}"))?;
        println!("`{verb}` runs beside; what it prints comes when it is done");
        Ok(Self { verb, child, log })
    }

    /// Waits for the verb and shows what it printed.
    ///
    /// # Errors
    /// Fails when the verb did.
    pub fn wait(mut self) -> anyhow::Result<()> {
        let status = self.child.wait()?;
        println!("`{}`:\n{}", self.verb, fs::read_to_string(&self.log)?.trim_end());
        ensure!(status.success(), "failed: {}", self.verb);
        Ok(())
    }
}
