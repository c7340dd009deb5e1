//! Splitting the phone app's module into what it starts with and parts that load when they are first needed (ADR 16).

use crate::{
    run::{command, run, target_folder},
    shrink::integrity,
};
use anyhow::{Context, anyhow};
use std::{
    fs,
    path::{Path, PathBuf},
};
use wasm_split_cli_support::{Options, transform};

/// The module as the compiler made it, below the target folder: Trunk's own copy has lost what splitting needs.
const COMPILED: &str = "wasm32-unknown-unknown/phone/ruhu.wasm";

/// The name by which the module imports the script that loads the parts. The app's script knows it by its file's name.
const LINK: &str = "./parts.js";

/// Puts the split app in the place of the whole one that Trunk built.
///
/// # Errors
/// The module can't be split.
pub fn split(dist: &Path) -> anyhow::Result<()> {
    let script = script_of(dist)?;
    let stem = script.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let target = target_folder()?;
    let input = fs::read(target.join(COMPILED)).context("the phone app is not built")?;
    let made = target.join("parts");
    if made.exists() {
        fs::remove_dir_all(&made)?;
    }
    fs::create_dir_all(&made)?;
    // The names are made of Trunk's until `content_names` gives each file one by its content.
    let (main, script_name) = (made.join("main.wasm"), format!("./{stem}.js"));
    let mut options = Options::new(&input);
    (options.output_dir, options.main_out_path) = (&made, &main);
    (options.link_name, options.main_module) = (LINK, &script_name);
    transform(options).map_err(|error| anyhow!("{error:#}"))?;

    let bound = made.join("bound");
    let [main, bound_folder] = [&main, &bound].map(|path| path.to_string_lossy().into_owned());
    let bindgen = ["wasm-bindgen", "--target", "web", "--no-typescript", "--keep-lld-exports", "--out-dir"];
    run(command(&bindgen).args([&bound_folder, "--out-name", "ruhu", &main]))?;

    let page = dist.join("index.html");
    let mut html = fs::read_to_string(&page)?;
    for ending in [".js", "_bg.wasm"] {
        let (new, old) = (bound.join(format!("ruhu{ending}")), dist.join(format!("{stem}{ending}")));
        if ending == ".js" {
            let script = fs::read_to_string(&new)?;
            fs::write(&new, script.replace(&format!("from {LINK:?}"), &format!("from \"./{stem}-parts.js\"")))?;
        }
        html = html.replace(&integrity(&old)?, &integrity(&new)?);
        fs::copy(&new, &old)?;
    }
    fs::write(page, html)?;
    let mut loader = fs::read_to_string(made.join(LINK))?;
    for entry in fs::read_dir(&made)? {
        let part = entry?.path();
        let name = part.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if part.extension().is_some_and(|extension| extension == "wasm") && name != "main.wasm" {
            let named = format!("{stem}-{name}");
            fs::copy(&part, dist.join(&named))?;
            loader = loader.replace(&format!("./{name}"), &format!("./{named}"));
        }
    }
    Ok(fs::write(dist.join(format!("{stem}-parts.js")), loader)?)
}

/// The script that Trunk made for the app.
fn script_of(dist: &Path) -> anyhow::Result<PathBuf> {
    for entry in fs::read_dir(dist)? {
        let path = entry?.path();
        let module = path.with_file_name(format!("{}_bg.wasm", path.file_stem().unwrap_or_default().to_string_lossy()));
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("ruhu-") && !name.starts_with("ruhu-kdf") && name.ends_with(".js") && module.exists() {
            return Ok(path);
        }
    }
    Err(anyhow!("Trunk made no script of the app"))
}
