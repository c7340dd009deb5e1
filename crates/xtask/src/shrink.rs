//! Making built files smaller: wasm-opt (of binaryen) for the modules, esbuild for the scripts that belong to them.

use crate::run::{command, run};
use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha384};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Where the tools are.
const TOOLS: &str = "tools/node_modules/.bin";

/// The WebAssembly features of modules made by this compiler. The oldest browsers that the app runs in (Chrome 100) know all of
/// them.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The module of the parts is imported once for each part, under one name: that says nothing.
const DUPLICATES: &str = "--log-override:duplicate-object-key=silent";

/// Makes the modules of a built page and their scripts smaller, and names their new hashes in the page.
///
/// # Errors
/// Fails when a tool does.
pub fn shrink(folder: &Path, page: &str) -> anyhow::Result<()> {
    let page = folder.join(page);
    let mut html = fs::read_to_string(&page)?;
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if !belongs_to_a_module(&file) {
            continue;
        }
        let before = integrity(&file)?;
        let smaller = file.with_extension("smaller");
        let [from, to] = [&file, &smaller].map(|path| path.to_string_lossy().into_owned());
        if file.extension().is_some_and(|extension| extension == "wasm") {
            // More than this makes the module smaller, and what is downloaded larger: it compresses less well.
            run(tool("wasm-opt").args(["-O1", "--strip-debug", "--strip-producers", &from, "-o", &to]))?;
        } else {
            let tool = format!("{TOOLS}/esbuild");
            let out = format!("--outfile={to}");
            run(&mut command(&[&tool, "--minify", "--charset=utf8", "--log-level=warning", DUPLICATES, &from, &out]))?;
        }
        fs::rename(&smaller, &file).with_context(|| format!("{} was not made", smaller.display()))?;
        html = html.replace(&before, &integrity(&file)?);
    }
    Ok(fs::write(page, html)?)
}

/// One of binaryen's tools, told what modules made by this compiler use.
fn tool(name: &str) -> Command {
    let mut tool = command(&[&format!("{TOOLS}/{name}")]);
    tool.args(FEATURES);
    tool
}

/// Whether a file is a module, or a script that was made for one.
fn belongs_to_a_module(file: &Path) -> bool {
    let is = |extension: &str| file.extension().is_some_and(|of| of == extension);
    let module: PathBuf =
        file.with_file_name(format!("{}_bg.wasm", file.file_stem().unwrap_or_default().to_string_lossy()));
    let loader = file.to_string_lossy().ends_with("-parts.js");
    is("wasm") || (is("js") && (loader || module.exists()))
}

/// A file's hash as a page names it (Subresource Integrity).
///
/// # Errors
/// The file can't be read.
pub fn integrity(file: &Path) -> anyhow::Result<String> {
    Ok(format!("sha384-{}", STANDARD.encode(Sha384::digest(fs::read(file)?))))
}
