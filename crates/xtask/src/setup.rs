//! Setting up what a verb needs. Each step is skipped when it is already there, says what it does,
//! and on failure says what to install by hand.

use crate::{
    postgres,
    run::{command, output, run},
    step::step,
};
use anyhow::{Context, bail};
use std::path::Path;

const TRUNK: &str = "0.21.14";
const CYCLONEDX: &str = "0.5.9";
const MDBOOK: &str = "0.5.4";
const LLVM_COV: &str = "0.9.1";
const END_TO_END: &str = "tests/e2e";

/// Sets up the tools that build the app.
///
/// # Errors
/// Says what to install by hand.
pub fn app() -> anyhow::Result<()> {
    wasm_target()?;
    wasm_bindgen()?;
    trunk()?;
    npm("tools", "npm packages that make the app smaller")
}

/// Sets up the programs that the browser tests run with.
///
/// # Errors
/// Says what to install by hand.
pub fn browser() -> anyhow::Result<()> {
    wasm_target()?;
    wasm_bindgen()?;
    debian("chromium", "chromium", "Chromium")?;
    debian("chromedriver", "chromium-driver", "ChromeDriver")?;
    if output(&["fc-list", ":lang=zh"]).is_none_or(|fonts| fonts.trim().is_empty()) {
        install_debian("fonts-noto-cjk")?;
    }
    Ok(())
}

/// Sets up the programs that the end-to-end tests and the benchmarks need besides.
///
/// # Errors
/// Says what to install by hand.
pub fn end_to_end() -> anyhow::Result<()> {
    browser()?;
    // Most flows run in it: it takes two thirds of the work. Where there is none the whole browser does.
    if let Err(error) = debian("chromium-headless-shell", "chromium-headless-shell", "Chromium without a window") {
        say(&format!("no Chromium without a window, which makes the flows slower ({error})"));
    }
    debian("pdftotext", "poppler-utils", "pdftotext")?;
    npm(END_TO_END, "npm packages for the end-to-end tests")
}

/// The packages of a folder, where they are not installed yet.
fn npm(folder: &str, what: &str) -> anyhow::Result<()> {
    let lock = Path::new(folder).join("package-lock.json");
    let installed = Path::new(folder).join("node_modules/.package-lock.json");
    let changed = |path: &Path| path.metadata().and_then(|meta| meta.modified()).ok();
    if changed(&installed) > changed(&lock) {
        return Ok(());
    }
    say(what);
    let mut npm = command(&["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    let by_hand = || format!("install Node.js 20 or later with npm, then `npm ci` in {folder}");
    run(npm.current_dir(folder)).with_context(by_hand)
}

/// Sets up the PostgreSQL that the server's tests use.
///
/// # Errors
/// Says what to install by hand.
pub fn postgres() -> anyhow::Result<()> {
    if postgres::programs().is_some() {
        return Ok(());
    }
    install_debian("postgresql").context("by hand: install PostgreSQL 14 or later")
}

/// Sets up the ACME authority that the test of certificates uses.
///
/// # Errors
/// Says what to install by hand.
pub fn authority() -> anyhow::Result<()> {
    let there = |program: &str| command(&[program, "-version"]).output().is_ok();
    if there("pebble") && there("pebble-challtestsrv") {
        return Ok(());
    }
    install_debian("pebble").context("by hand: install pebble and pebble-challtestsrv, so that they are on the PATH")
}

/// Sets up the programs with which the server's tests open what an office downloads.
///
/// # Errors
/// Says what to install by hand.
pub fn office() -> anyhow::Result<()> {
    debian("soffice", "libreoffice-calc-nogui", "LibreOffice Calc")?;
    debian("pdftotext", "poppler-utils", "pdfinfo and pdftotext")?;
    if output(&["fc-list", ":lang=zh"]).is_none_or(|fonts| fonts.trim().is_empty()) {
        install_debian("fonts-noto-cjk")?;
    }
    Ok(())
}

fn say(what: &str) {
    println!("setup: {what}");
}

fn wasm_target() -> anyhow::Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    if output(&["rustup", "target", "list", "--installed"]).is_some_and(|targets| targets.contains(TARGET)) {
        return Ok(());
    }
    say("the wasm target");
    run(&mut command(&["rustup", "target", "add", TARGET])).context("by hand: rustup target add wasm32-unknown-unknown")
}

fn wasm_bindgen() -> anyhow::Result<()> {
    let version = locked_version("wasm-bindgen")?;
    let installed = |tool| output(&[tool, "--version"]).is_some_and(|words| words.contains(&version));
    if installed("wasm-bindgen") && installed("wasm-bindgen-test-runner") {
        return Ok(());
    }
    install("wasm-bindgen-cli", &version, "3 min", &[])
}

fn trunk() -> anyhow::Result<()> {
    if output(&["trunk", "--version"]).is_some_and(|words| words.contains(TRUNK)) {
        return Ok(());
    }
    // It neither looks for updates nor downloads tools here: both want a TLS library, which takes long to build.
    install("trunk", TRUNK, "7 min", &["--no-default-features"])
}

/// Sets up the tool that lists the components of a release.
///
/// # Errors
/// Says what to install by hand.
pub fn sbom() -> anyhow::Result<()> {
    tool("cyclonedx", "cargo-cyclonedx", CYCLONEDX, "2 min")
}

/// Sets up the tool that makes a book of the documents.
///
/// # Errors
/// Says what to install by hand.
pub fn book() -> anyhow::Result<()> {
    if output(&["mdbook", "--version"]).is_some_and(|words| words.contains(MDBOOK)) {
        return Ok(());
    }
    install("mdbook", MDBOOK, "3 min", &[])
}

/// Sets up the tool that counts which lines the tests run.
///
/// # Errors
/// Says what to install by hand.
pub fn coverage() -> anyhow::Result<()> {
    run(&mut command(&["rustup", "component", "add", "llvm-tools-preview"]))
        .context("by hand: rustup component add llvm-tools-preview")?;
    tool("llvm-cov", "cargo-llvm-cov", LLVM_COV, "1 min")
}

/// A subcommand of cargo.
fn tool(subcommand: &str, package: &str, version: &str, usually: &str) -> anyhow::Result<()> {
    if output(&["cargo", subcommand, "--version"]).is_some_and(|words| words.contains(version)) {
        return Ok(());
    }
    install(package, version, usually, &[])
}

/// Installs a program from its source, with the dependencies that it was published with. Where the registry no longer has one of
/// those, it is built with the nearest that there are. It is optimised less than usual: that takes half as long to build, and what
/// it does here is over in seconds.
fn install(package: &str, version: &str, usually: &str, options: &[&str]) -> anyhow::Result<()> {
    let build = |locked: &[&str]| {
        let mut cargo = command(&["cargo", "install", package, "--version", version, "--force"]);
        cargo.args(locked).args(options);
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1").env("CARGO_PROFILE_RELEASE_LTO", "off");
        run(cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"))
    };
    let either = || {
        build(&["--locked"]).or_else(|error| {
            say(&format!("{package} with other versions of its dependencies ({error})"));
            build(&[])
        })
    };
    step(&format!("installing {package} {version}"), usually, either)
        .with_context(|| format!("by hand: cargo install {package} --version {version}"))
}

fn debian(program: &str, package: &str, name: &str) -> anyhow::Result<()> {
    // Those of poppler know the short one alone.
    if ["--version", "-v"].iter().any(|option| output(&[program, option]).is_some()) {
        return Ok(());
    }
    install_debian(package).with_context(|| format!("by hand: install {name} so that `{program}` is on the PATH"))
}

fn install_debian(package: &str) -> anyhow::Result<()> {
    if output(&["apt-get", "--version"]).is_none() || output(&["id", "-u"]).is_none_or(|id| id.trim() != "0") {
        bail!("{package} is missing, and this is not a Debian system with root rights");
    }
    say(&format!("the Debian package {package}"));
    run(&mut command(&["apt-get", "update", "-qq"]))?;
    let mut install = command(&["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]);
    run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// The version of a package in Cargo.lock.
fn locked_version(package: &str) -> anyhow::Result<String> {
    let lock = std::fs::read_to_string("Cargo.lock")?;
    let after = lock.split(&format!("name = \"{package}\"\nversion = \"")).nth(1);
    let version = after.and_then(|after| after.split('"').next());
    version.map(str::to_owned).with_context(|| format!("{package} is not in Cargo.lock"))
}
