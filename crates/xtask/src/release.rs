//! Making a release: one archive with the server, the app, the unit and a list of what is in it, and its checksum.

use crate::{
    build,
    run::{command, output, run, target_folder},
    setup,
};
use anyhow::Context;
use sha2::{Digest, Sha256};
use std::{fmt::Write, fs, path::Path};

/// Builds everything and writes `ruhu-VERSION-HOST.tar.gz` and `SHA256SUMS` into `target/archive/`. The same source gives the
/// same archive on the same machine: times and owners of the files are fixed.
///
/// # Errors
/// Fails when a tool is missing, a build fails, or a file can't be written.
pub fn release() -> anyhow::Result<()> {
    setup::sbom()?;
    build::app()?;
    let server = build::server(build::Profile::Release)?;
    let host = output(&["rustc", "--print", "host-tuple"]).context("rustc")?;
    let name = format!("ruhu-{}-{}", env!("CARGO_PKG_VERSION"), host.trim());
    let archive = target_folder()?.join("archive");
    let folder = archive.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    fs::copy(server, folder.join("ruhu-server"))?;
    copy_folder(Path::new(build::DIST), &folder.join("app"))?;
    for file in [
        "packaging/ruhu.service",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "README.zh-CN.md",
        "CHANGELOG.md",
        "docs/deploy.md",
    ] {
        fs::copy(file, folder.join(Path::new(file).file_name().context("a file has a name")?))?;
    }
    // CycloneDX, for the server and for the app that is compiled for the browser.
    let bill =
        ["cargo", "cyclonedx", "--format", "json", "--quiet", "--spec-version", "1.5", "--override-filename", "bom"];
    for (manifest, to) in [("crates/server/Cargo.toml", "ruhu-server.cdx.json"), ("Cargo.toml", "ruhu-app.cdx.json")] {
        run(command(&bill).args(["--manifest-path", manifest]))?;
        let made = Path::new(manifest).parent().unwrap_or(Path::new("")).join("bom.json");
        fs::rename(&made, folder.join(to)).with_context(|| format!("{} was not written", made.display()))?;
    }
    let packed = format!("{name}.tar.gz");
    let mut tar = command(&["tar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"]);
    tar.args(["--use-compress-program=gzip -n", "-cf", &packed, &name]).current_dir(&archive);
    run(&mut tar)?;
    let sum = Sha256::digest(fs::read(archive.join(&packed))?).iter().fold(String::new(), |mut sum, byte| {
        let _ = write!(sum, "{byte:02x}");
        sum
    });
    fs::write(archive.join("SHA256SUMS"), format!("{sum}  {packed}\n"))?;
    println!("{}", archive.join(packed).display());
    println!("sha256 {sum}");
    Ok(())
}

/// Copies a folder with all below it.
fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
