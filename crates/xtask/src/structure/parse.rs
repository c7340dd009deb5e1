//! Reads the modules of a crate and what each imports, by parsing the source. Code under `#[cfg(test)]` is left out.

use anyhow::Context;
use proc_macro2::{TokenStream, TokenTree};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, Item, ItemUse, Macro, UseTree, Visibility,
    spanned::Spanned,
    visit::{self, Visit},
};

/// A module by its names from the crate's root; the root is empty.
pub type ModulePath = Vec<String>;

/// The modules of a crate.
pub struct Crate {
    /// The modules by path. A crate that has `lib.rs` and `main.rs` has one root for both.
    pub modules: BTreeMap<ModulePath, Module>,
}

/// A module: a file, or the files of a crate's roots.
#[derive(Default)]
pub struct Module {
    /// The file; a crate's root can have several.
    pub files: Vec<PathBuf>,
    /// Its imports.
    pub imports: Vec<Import>,
    /// Its re-exports, by name.
    pub exports: BTreeMap<String, Import>,
}

/// A path that a module names.
#[derive(Clone)]
pub struct Import {
    /// Its segments. The first is `crate` for the crate itself, or the name of another crate.
    pub path: Vec<String>,
    /// Where it is named: file and line.
    pub place: String,
}

impl Module {
    /// Everything that it names: imports and re-exports.
    pub fn named(&self) -> impl Iterator<Item = &Import> {
        self.imports.iter().chain(self.exports.values())
    }
}

impl Crate {
    /// Reads a crate from its `src` folder. `name` is the crate's library name, as its binaries call it; `others` are the
    /// crates that it depends on.
    ///
    /// # Errors
    /// A file can't be read or parsed.
    pub fn read(source: &Path, name: &str, others: &BTreeSet<String>) -> anyhow::Result<Self> {
        let mut modules: BTreeMap<ModulePath, Module> = BTreeMap::new();
        for file in super::rust_files(source)? {
            let within = file.strip_prefix(source).context("a file of the crate")?;
            let Some(path) = module_path(within) else { continue };
            let text = fs::read_to_string(&file)?;
            let parsed = syn::parse_file(&text).with_context(|| format!("can't parse {}", file.display()))?;
            if parsed.attrs.iter().any(is_test) {
                continue;
            }
            let mut reader = Reader { path: path.clone(), name, others, file: &file, module: Module::default() };
            reader.visit_file(&parsed);
            let read = reader.module;
            let module = modules.entry(path).or_default();
            module.files.push(file);
            module.imports.extend(read.imports);
            module.exports.extend(read.exports);
        }
        Ok(Self { modules })
    }

    /// The module in which what a path names is defined: re-exports are followed. None for paths of other crates.
    pub fn resolve(&self, path: &[String]) -> Option<ModulePath> {
        let (first, mut rest) = path.split_first()?;
        if first != "crate" {
            return None;
        }
        let mut at = ModulePath::new();
        // A re-export can lead to another; a bound keeps a mistake from looping.
        let mut owned;
        for _ in 0..16 {
            while let Some((segment, after)) = rest.split_first() {
                let below: ModulePath = at.iter().chain([segment]).cloned().collect();
                if !self.modules.contains_key(&below) {
                    break;
                }
                (at, rest) = (below, after);
            }
            let export = rest.first().and_then(|name| self.modules.get(&at)?.exports.get(name));
            let target = export.map(|export| &export.path);
            let Some(target) = target.filter(|target| target.first().is_some_and(|first| first == "crate")) else {
                return Some(at);
            };
            owned = target.iter().skip(1).chain(rest.iter().skip(1)).cloned().collect::<Vec<_>>();
            (at, rest) = (ModulePath::new(), &owned[..]);
        }
        Some(at)
    }
}

/// The path of the module that a file is; none for files that only tests have.
fn module_path(file: &Path) -> Option<ModulePath> {
    let mut path: ModulePath = file.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let name = path.pop()?;
    let stem = name.strip_suffix(".rs")?;
    match stem {
        "tests" | "testing" => return None,
        "lib" | "main" if path.is_empty() => {}
        "mod" => {}
        _ if path.first().is_some_and(|first| first == "bin") => path.clear(),
        _ => path.push(stem.to_owned()),
    }
    Some(path)
}

/// Whether something is only there in tests.
fn is_test(attribute: &Attribute) -> bool {
    let tokens = || attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
    attribute.path().is_ident("test") || (attribute.path().is_ident("cfg") && tokens() == "test")
}

/// The types that tell the time. `Utc::now()` and the like are noted under their own name, wherever they were imported from.
const CLOCKS: [&str; 4] = ["Instant", "Local", "SystemTime", "Utc"];

/// The macro that makes markup, which not every layer may use.
const MARKUP: &str = "view";

/// Collects what a file names.
struct Reader<'a> {
    path: ModulePath,
    name: &'a str,
    others: &'a BTreeSet<String>,
    file: &'a Path,
    module: Module,
}

impl Reader<'_> {
    /// The path from the crate's root, or of another crate; none for names that only this file knows.
    fn absolute(&self, mut path: Vec<String>) -> Option<Vec<String>> {
        let first = path.first()?.clone();
        match first.as_str() {
            "crate" => {}
            "self" => drop(path.splice(..1, self.here(0)?)),
            "super" => {
                let up = path.iter().take_while(|segment| *segment == "super").count();
                drop(path.splice(..up, self.here(up)?));
            }
            own if own == self.name => path[0] = "crate".into(),
            other if self.others.contains(other) => {}
            _ => return None,
        }
        Some(path)
    }

    fn here(&self, up: usize) -> Option<Vec<String>> {
        let kept = self.path.len().checked_sub(up)?;
        Some(["crate".to_owned()].into_iter().chain(self.path[..kept].iter().cloned()).collect())
    }

    fn note(&mut self, path: Vec<String>, line: usize) {
        if let Some(path) = self.absolute(path) {
            self.module.imports.push(Import { path, place: self.place(line) });
        }
    }

    fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.file.display())
    }

    fn use_tree(&mut self, tree: &UseTree, before: &[String], export: bool) {
        match tree {
            UseTree::Path(path) => {
                let before = [before, &[path.ident.to_string()]].concat();
                self.use_tree(&path.tree, &before, export);
            }
            UseTree::Name(name) => self.used(before, &name.ident.to_string(), None, export, tree),
            UseTree::Rename(rename) => {
                let known_as = rename.rename.to_string();
                self.used(before, &rename.ident.to_string(), Some(known_as), export, tree);
            }
            UseTree::Glob(_) => self.note(before.to_vec(), tree.span().start().line),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.use_tree(tree, before, export)),
        }
    }

    fn used(&mut self, before: &[String], name: &str, known_as: Option<String>, export: bool, tree: &UseTree) {
        let mut path = before.to_vec();
        if name != "self" {
            path.push(name.to_owned());
        }
        let local = known_as.or_else(|| path.last().cloned()).unwrap_or_default();
        // A path that begins with a module of this file's: `pub use engine::Engine` in `lib.rs`.
        let absolute =
            self.absolute(path.clone()).or_else(|| self.absolute([vec!["self".to_owned()], path.clone()].concat()));
        if let (true, Some(absolute)) = (export, absolute) {
            let place = self.place(tree.span().start().line);
            self.module.exports.insert(local, Import { path: absolute, place });
        } else {
            self.note(path, tree.span().start().line);
        }
    }

    /// Notes the paths among the words of a macro, which are not parsed as code.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for token in
            tokens.into_iter().chain([TokenTree::Punct(proc_macro2::Punct::new(';', proc_macro2::Spacing::Alone))])
        {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => {
                    path.push(ident.to_string());
                    colons = 0;
                }
                _ => {
                    if path.len() > 1 {
                        self.note(std::mem::take(&mut path), line);
                    }
                    path.clear();
                    colons = 0;
                    match token {
                        TokenTree::Ident(ident) => {
                            line = ident.span().start().line;
                            path.push(ident.to_string());
                        }
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                    }
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Const(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Enum(item) => &item.attrs,
            _ => &[],
        };
        if attributes.iter().any(is_test) {
            return;
        }
        // `super` in a module that is written in the file means the file's own module.
        if let Item::Mod(module) = item {
            self.path.push(module.ident.to_string());
            visit::visit_item(self, item);
            self.path.pop();
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.use_tree(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let line = path.span().start().line;
            if let [.., clock, now] = &segments[..]
                && now == "now"
                && CLOCKS.contains(&clock.as_str())
            {
                self.module.imports.push(Import { path: vec![format!("{clock}::now")], place: self.place(line) });
            }
            self.note(segments, line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.visit_path(&item.path);
        if item.path.is_ident(MARKUP) {
            let place = self.place(item.path.span().start().line);
            self.module.imports.push(Import { path: vec![format!("{MARKUP}!")], place });
        }
        self.tokens(item.tokens.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &[&str], text: &str) -> Vec<String> {
        let others = BTreeSet::from(["leptos".to_owned()]);
        let path = path.iter().map(|name| (*name).to_owned()).collect();
        let mut reader =
            Reader { path, name: "ruhu", others: &others, file: Path::new("src/x.rs"), module: Module::default() };
        reader.visit_file(&syn::parse_file(text).expect("source"));
        reader.module.imports.iter().map(|import| import.path.join("::")).collect()
    }

    #[test]
    fn braces_are_expanded_and_paths_are_made_absolute() {
        let text =
            "use crate::{a::{self, B}, c::D as E}; use super::x::Y; use ruhu::z; use leptos::prelude::*; use std::fmt;";
        let expected = ["crate::a", "crate::a::B", "crate::c::D", "crate::pages::x::Y", "crate::z", "leptos::prelude"];
        assert_eq!(read(&["pages", "today"], text), expected);
    }

    #[test]
    fn paths_in_code_and_in_macros_are_found() {
        let text = "fn f() { crate::a::b(); view! { <crate::pages::Today/> } }";
        assert_eq!(read(&["state"], text), ["crate::a::b", "view!", "crate::pages::Today"]);
    }

    #[test]
    fn what_only_tests_import_is_left_out() {
        let text = "#[cfg(test)] mod tests { use crate::pages::Today; } #[cfg(test)] use crate::a; use crate::b;";
        assert_eq!(read(&["state"], text), ["crate::b"]);
    }
}
