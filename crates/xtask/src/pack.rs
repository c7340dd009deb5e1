//! Packing what parts share (ADR 30): splitting makes a module for each set of parts that have code in common, some
//! fifty of them. Each is a request and a compilation of its own; here they become a handful.

use crate::{run::run, shrink::tool};
use anyhow::{Context, ensure};
use std::{collections::BTreeMap, fs, path::Path};
use wasm_encoder::{
    EntityType, ExportKind, ExportSection, ImportSection, Module,
    reencode::{Reencode, RoundtripReencoder},
};
use wasmparser::{Parser, Payload, TypeRef};

/// The part that 今日 loads at each start: what it shares is one file with it.
const FIRST: &str = "due";

/// Where a shared module goes: to the first of these that shares it. What is loaded sooner comes first.
const HOMES: [&str; 8] = [FIRST, "roster", "disputes", "reports", "care", "seldom", "help", "photos"];

/// What parts call the module they take memory and table from, and what a packed one calls it.
const FROM: &str = "__wasm_split";
const BASE: &str = "main";

/// What begins a shared module's loader, and what ends any loader.
const SHARED: &str = "const __chunk_";
const END: &str = ", []);\n";

/// Packs the shared modules of a folder and says so in the script that loads them; the script as it is then.
///
/// # Errors
/// The script is not as the splitting tool made it before, or a module can't be merged.
pub fn pack(made: &Path, script: &str) -> anyhow::Result<String> {
    let mut packs: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut home_of = BTreeMap::new();
    let mut rest = String::new();
    let mut left = script;
    // The set of parts stands in a comment before each loader.
    while let Some((before, block)) = left.split_once("/* ") {
        let (parts, block) = block.split_once(" */\n").context("no end of a comment")?;
        let (loader, after) = block.split_once(END).context("no end of a loader")?;
        let number = loader.strip_prefix(SHARED).and_then(|text| text.split_once(' ')).context("no shared module")?.0;
        let home = HOMES.into_iter().find(|home| parts.split(", ").any(|part| part == *home));
        let home = home.with_context(|| format!("no part of {parts} is known"))?;
        packs.entry(home).or_default().push(format!("chunk_{number}"));
        home_of.insert(format!("__chunk_{number}"), home);
        rest.push_str(before);
        left = after;
    }
    rest.push_str(left);
    ensure!(!packs.is_empty(), "the loader's script names no shared module");

    let mut loaders = String::new();
    for (home, mut modules) in packs {
        let name = if home == FIRST { format!("split_{home}") } else { format!("shared_{home}") };
        if home == FIRST {
            modules.push(name.clone());
        }
        merge(made, &modules, &name)?;
        loaders.push_str(&format!(
            "const __pack_{home} = makeLoad(() => {{\n\
             const src = fetch(new URL(\"./{name}.wasm\", import.meta.url));\n\
             src.catch(() => {{}});\n\
             return async (imports) => WebAssembly.instantiateStreaming(src, imports);\n}}{END}"
        ));
    }
    with_packs(&rest, &loaders, &home_of)
}

/// The script with the packs' loaders, which the parts' wait for.
fn with_packs(script: &str, loaders: &str, home_of: &BTreeMap<String, &str>) -> anyhow::Result<String> {
    let (head, parts) = script.split_once("export const").context("the script exports no part")?;
    let imports = "sharedImports = { __wasm_split: {  } };";
    ensure!(head.contains(imports), "the script makes its imports another way");
    let head =
        head.replace(imports, &format!("const parts = {{}}; sharedImports = {{ {FROM}: parts, {BASE}: parts }};"));
    let mut made = head + loaders;
    for part in parts.split("export const") {
        let (loader, needs) = part.rsplit_once("[").context("a part's loader waits for nothing")?;
        let (needs, end) = needs.split_once("]").context("no end of what a part waits for")?;
        let homes = needs.split(", ").filter_map(|need| home_of.get(need)).map(|home| format!("__pack_{home}"));
        let mut homes: Vec<String> = homes.collect();
        homes.sort();
        homes.dedup();
        let first = format!("__wasm_split_load_{FIRST} = wrapAsyncCb(");
        match loader.trim_start().starts_with(&first) {
            true => made.push_str(&format!("export const {first}__pack_{FIRST});\n")),
            false => made.push_str(&format!("export const{loader}[{}]{end}", homes.join(", "))),
        }
    }
    Ok(made)
}

/// Merges modules of a folder into one of this name, which takes memory and table once.
fn merge(made: &Path, modules: &[String], name: &str) -> anyhow::Result<()> {
    let path = |name: &str| made.join(format!("{name}.wasm")).to_string_lossy().into_owned();
    let [base, merged, packed] = ["base", "merged", name].map(path);
    fs::write(&base, base_of(modules.iter().map(|name| path(name)))?)?;
    let mut words = vec![base.clone(), FROM.to_owned()];
    words.extend(modules.iter().flat_map(|name| [path(name), name.clone()]));
    run(tool("wasm-merge").arg("--quiet").args(words).args(["-o", &merged]))?;
    for done in modules.iter().map(|name| path(name)).chain([base]) {
        fs::remove_file(done)?;
    }
    Ok(fs::rename(merged, packed)?)
}

/// A module that hands on what all of these take from the main one: to a tool that merges, two imports are two memories.
fn base_of(modules: impl Iterator<Item = String>) -> anyhow::Result<Vec<u8>> {
    let mut taken: BTreeMap<String, EntityType> = BTreeMap::new();
    for module in modules {
        let bytes = fs::read(&module).with_context(|| format!("{module} was not made"))?;
        for payload in Parser::new(0).parse_all(&bytes) {
            let Payload::ImportSection(section) = payload? else { continue };
            for import in section.into_imports() {
                let import = import?;
                ensure!(import.module == FROM, "a part takes {} from {}", import.name, import.module);
                let kind = RoundtripReencoder.entity_type(import.ty)?;
                ensure!(!matches!(import.ty, TypeRef::Func(_)), "a part takes a function: {}", import.name);
                taken.insert(import.name.to_owned(), kind);
            }
        }
    }
    let (mut imports, mut exports) = (ImportSection::new(), ExportSection::new());
    let (mut memories, mut tables, mut globals) = (0, 0, 0);
    for (name, kind) in taken {
        imports.import(BASE, &name, kind);
        let (kind, count) = match kind {
            EntityType::Memory(_) => (ExportKind::Memory, &mut memories),
            EntityType::Table(_) => (ExportKind::Table, &mut tables),
            _ => (ExportKind::Global, &mut globals),
        };
        exports.export(&name, kind, *count);
        *count += 1;
    }
    let mut module = Module::new();
    module.section(&imports).section(&exports);
    Ok(module.finish())
}
