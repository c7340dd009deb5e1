//! Building the app and the server.

use crate::{
    content_names::name_by_content,
    run::{command, run, target_folder},
    setup,
    shrink::shrink,
    split::split,
    step::step,
};
use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// Where the built app is.
pub const DIST: &str = "dist";

/// Where the built offices' pages are: beside the phone app, which does not load them.
const OFFICE: &str = "dist/office";

/// Builds the app into `dist/`: Trunk's files, the service worker with its list, the offices' pages, compressed copies.
///
/// # Errors
/// A tool is missing or fails.
pub fn app() -> anyhow::Result<()> {
    setup::app()?;
    step("building the phone app", "5 min from nothing", || trunk(&[]))?;
    split(Path::new(DIST))?;
    shrink(Path::new(DIST), "index.html")?;
    name_by_content(Path::new(DIST), "index.html")?;
    write_service_worker()?;
    let office = ["office.html", "--dist", OFFICE, "--public-url", "/office/"];
    step("building the offices' pages", "1 min", || trunk(&office))?;
    let (made, page) = (Path::new(OFFICE).join("office.html"), Path::new(OFFICE).join("index.html"));
    if made.exists() {
        fs::rename(made, page)?;
    }
    shrink(Path::new(OFFICE), "index.html")?;
    compress()
}

fn trunk(options: &[&str]) -> anyhow::Result<()> {
    let mut trunk = command(&["trunk", "build", "--skip-version-check"]);
    // Trunk takes NO_COLOR as a flag of its own and refuses the usual value.
    run(trunk.args(options).env_remove("NO_COLOR"))
}

/// How the server is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// For `start` and the tests: little optimized, with checks for numbers that overflow. It builds in half the time.
    Dev,
    /// As it is shipped and measured.
    Release,
}

/// Builds the server; returns its program.
///
/// # Errors
/// Fails when the compiler does.
pub fn server(profile: Profile) -> anyhow::Result<PathBuf> {
    let (name, folder, usually) = match profile {
        Profile::Dev => ("dev", "debug", "4 min from nothing"),
        Profile::Release => ("release", "release", "6 min from nothing"),
    };
    let build = ["cargo", "build", "--quiet", "--profile", name, "--package", "ruhu-server"];
    step("building the server", usually, || run(&mut command(&build)))?;
    Ok(target_folder()?.join(folder).join("ruhu-server"))
}

/// The native programs of the workspace, built with its tests.
pub struct Programs {
    /// `ruhu-server`.
    pub server: PathBuf,
    /// `ruhu-sim`.
    pub sim: PathBuf,
}

/// Builds all native code at once: libraries, programs and tests share one build of what they depend on.
///
/// # Errors
/// Fails when the compiler does.
pub fn programs() -> anyhow::Result<Programs> {
    let build = ["cargo", "build", "--quiet", "--workspace", "--all-targets"];
    step("building the server, the simulation and their tests", "6 min from nothing", || run(&mut command(&build)))?;
    let folder = target_folder()?.join("debug");
    Ok(Programs { server: folder.join("ruhu-server"), sim: folder.join("ruhu-sim") })
}

/// Every file of the built app, without the compressed copies, in order of their names.
///
/// # Errors
/// The folder can't be read.
pub fn files() -> anyhow::Result<Vec<PathBuf>> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
        for entry in fs::read_dir(folder).with_context(|| format!("{} is not built", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                walk(&path, found)?;
            } else if path.extension().is_none_or(|extension| extension != "br") {
                found.push(path);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(Path::new(DIST), &mut found)?;
    found.sort();
    Ok(found)
}

/// Whether a file is kept on the phone: all but the store's screenshots, the icons that only an installation asks for,
/// and the offices' pages.
pub fn is_kept(file: &Path) -> bool {
    let text = file.to_string_lossy();
    let only_for_installing = text.contains("icons/") && text.ends_with(".png");
    !(text.contains("screenshots/") || file.starts_with(OFFICE) || only_for_installing)
}

/// Whether a file that is kept is not needed to begin: a part of the app, or a text, that loads when it is first
/// needed, or when the service worker has time.
pub fn is_part(file: &Path) -> bool {
    let text = file.to_string_lossy();
    ["/split_", "/chunk-"].iter().any(|part| text.contains(part))
        || file.ends_with("handbook.txt")
        || file.ends_with("pinyin.txt")
        || file.ends_with("photo.js")
}

/// Writes the list of the app's files, with the SHA-256 of each, and the version into the service worker.
fn write_service_worker() -> anyhow::Result<()> {
    let mut list = BTreeMap::new();
    let mut all = Sha256::new();
    for file in files()?.iter().filter(|file| is_kept(file) && !file.ends_with("sw.js")) {
        let hash = Sha256::digest(fs::read(file)?);
        let name = file.strip_prefix(DIST)?.to_string_lossy().into_owned();
        all.update(name.as_bytes());
        all.update(hash);
        list.insert(if name == "index.html" { "/".to_owned() } else { format!("/{name}") }, STANDARD.encode(hash));
    }
    let version: String = all.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let path = Path::new(DIST).join("sw.js");
    let template = fs::read_to_string(&path)?;
    let filled = template
        .replace("const VERSION = \"dev\";", &format!("const VERSION = \"{version}\";"))
        .replace("const FILES = {};", &format!("const FILES = {};", serde_json::to_string(&list)?));
    anyhow::ensure!(filled.contains(&version) && !filled.contains("FILES = {}"), "public/sw.js lost its two lines");
    Ok(fs::write(path, filled)?)
}

/// Writes a brotli copy beside each file that gets smaller by it.
fn compress() -> anyhow::Result<()> {
    for file in files()? {
        let bytes = fs::read(&file)?;
        let packed = brotli(&bytes)?;
        if packed.len() < bytes.len() {
            fs::write(format!("{}.br", file.display()), packed)?;
        }
    }
    Ok(())
}

fn brotli(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 1 << 16, 11, 22);
    writer.write_all(bytes)?;
    drop(writer);
    Ok(packed)
}
