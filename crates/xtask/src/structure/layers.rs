//! The table of the modules that each layer may import.

use super::Package;
use std::path::Path;

/// A layer with the imports that it is allowed. It is a module at the top of a crate with all below it, or a whole crate.
struct Layer {
    /// The crate's source and the module, or the source alone for a whole crate whose modules are not told apart.
    place: &'static str,
    /// The modules of its crate that it may import; those of its own need no permission.
    modules: &'static [&'static str],
    /// The other crates that it may import, and the modules of `std` that touch the outside ([`OUTSIDE`]).
    crates: &'static [&'static str],
}

/// The modules of `std` that reach the outside: files, the network, clocks, other programs.
const OUTSIDE: [&str; 6] = ["std::env", "std::fs", "std::net", "std::process", "std::thread", "std::time"];

const fn layer(place: &'static str, modules: &'static [&'static str], crates: &'static [&'static str]) -> Layer {
    Layer { place, modules, crates }
}

/// The layers. Data flows one way: pages and components → state → domain ← storage, transport, platform.
const LAYERS: &[Layer] = &[
    // Pure: no clock, no randomness, no input or output.
    layer("crates/sync/src", &[], &["serde", "serde_json", "sha2", "smol_str", "thiserror", "uuid"]),
    layer("crates/domain/src", &[], &["chrono", "ruhu_sync", "serde", "serde_json", "sha2", "smol_str", "thiserror"]),
    layer(
        "crates/vault/src",
        &[],
        &["chacha20poly1305", "crypto_box", "hkdf", "hmac", "serde", "sha2", "thiserror", "zeroize"],
    ),
    layer(
        "crates/sim/src",
        &[],
        &["clap", "rand", "rand_chacha", "rayon", "ruhu_domain", "serde_json", "std::process"],
    ),
    // The phone app and the offices' pages.
    layer("src/app", &["components", "pages", "lazy", "route", "state"], &["leptos", "view!"]),
    layer(
        "src/lazy",
        &["pages", "platform", "route", "state"],
        &["leptos", "view!", "ruhu_domain", "wasm_split_helpers"],
    ),
    layer(
        "src/pages",
        &["components", "platform", "route", "state"],
        &["chrono", "leptos", "view!", "ruhu_domain", "serde_json", "wasm_bindgen", "web_sys"],
    ),
    layer("src/components", &["platform", "route", "state"], &["leptos", "view!", "ruhu_domain", "serde_json"]),
    layer(
        "src/office",
        &["components", "platform", "transport"],
        &["base64", "chrono", "js_sys", "leptos", "view!", "qrcode", "ruhu_domain", "serde", "serde_json", "std::time"],
    ),
    layer("src/route", &[], &["ruhu_domain"]),
    layer(
        "src/state",
        &["platform", "storage", "transport"],
        &[
            "base64",
            "chrono",
            "futures",
            "gloo_timers",
            "leptos",
            "ruhu_domain",
            "ruhu_vault",
            "serde",
            "serde_json",
            "std::time",
            "thiserror",
            "wasm_bindgen",
            "zeroize",
        ],
    ),
    layer(
        "src/storage",
        &["platform"],
        &[
            "indexed_db_futures",
            "js_sys",
            "ruhu_domain",
            "ruhu_vault",
            "thiserror",
            "wasm_bindgen",
            "wasm_bindgen_futures",
            "web_sys",
        ],
    ),
    layer(
        "src/transport",
        &["platform"],
        &[
            "base64",
            "futures",
            "gloo_timers",
            "js_sys",
            "ruhu_domain",
            "ruhu_vault",
            "serde",
            "serde_json",
            "thiserror",
            "wasm_bindgen",
            "wasm_bindgen_futures",
            "web_sys",
        ],
    ),
    layer(
        "src/platform",
        &[],
        &[
            "chrono",
            "futures",
            "getrandom",
            "gloo_storage",
            "gloo_timers",
            "js_sys",
            "ruhu_domain",
            "ruhu_vault",
            "serde",
            "serde_json",
            "wasm_bindgen",
            "wasm_bindgen_futures",
            "web_sys",
        ],
    ),
    // The server: commands and HTTP above, the database and files below.
    layer(
        "crates/server/src/http",
        &["accounts", "crypto", "database", "export", "import", "photos", "photo_check", "random", "second_factor"],
        &[
            "anyhow",
            "axum",
            "axum_server",
            "base64",
            "chrono",
            "futures",
            "http_body",
            "hyper_util",
            "object_store",
            "rlimit",
            "ruhu_domain",
            "ruhu_vault",
            "rustls_acme",
            "rustls_native_certs",
            "serde",
            "serde_json",
            "sha1",
            "sha2",
            "sqlx",
            "std::fs",
            "std::net",
            "std::time",
            "thiserror",
            "tokio",
            "tokio_io_timeout",
            "tower",
            "tower_governor",
            "tower_http",
            "tracing",
        ],
    ),
    layer(
        "crates/server/src/cli",
        &["accounts", "database", "demo", "export", "http", "import", "nightly", "photos", "random", "secrets"],
        &["anyhow", "chrono", "clap", "ruhu_domain", "serde_json", "std::fs", "std::net", "std::process", "tokio"],
    ),
    layer(
        "crates/server/src/demo",
        &["database", "import", "random"],
        &["anyhow", "chrono", "rand", "rand_chacha", "ruhu_domain", "serde", "serde_json"],
    ),
    layer(
        "crates/server/src/export",
        &["database", "random"],
        &["anyhow", "chrono", "ruhu_domain", "rust_xlsxwriter", "sqlx", "thiserror", "unicode_width"],
    ),
    layer(
        "crates/server/src/import",
        &["database", "photos", "photo_check", "random", "text"],
        &[
            "anyhow",
            "base64",
            "calamine",
            "chrono",
            "csv",
            "encoding_rs",
            "ruhu_domain",
            "ruhu_vault",
            "rust_xlsxwriter",
            "serde",
            "serde_json",
            "tokio",
            "zip",
        ],
    ),
    layer(
        "crates/server/src/nightly",
        &["database", "photos", "random"],
        &["chrono", "ruhu_domain", "std::time", "tokio", "tracing"],
    ),
    layer(
        "crates/server/src/second_factor",
        &["database", "random"],
        &["anyhow", "ruhu_domain", "ruhu_vault", "serde_json", "totp_rs"],
    ),
    layer(
        "crates/server/src/database",
        &["accounts", "photos", "random", "text"],
        &[
            "anyhow",
            "chrono",
            "futures",
            "include_dir",
            "ruhu_domain",
            "rustix",
            "serde",
            "serde_json",
            "sha2",
            "sqlx",
            "std::fs",
            "std::time",
            "tokio",
            "tracing",
            "uuid",
        ],
    ),
    layer("crates/server/src/accounts", &["random"], &["anyhow", "argon2", "base64", "sha2"]),
    layer("crates/server/src/crypto", &[], &["chrono", "ruhu_domain", "rustls_acme", "std::fs", "x509_parser"]),
    layer(
        "crates/server/src/photos",
        &["crypto"],
        &["anyhow", "axum", "futures", "object_store", "ruhu_domain", "std::fs"],
    ),
    layer("crates/server/src/photo_check", &[], &["ruhu_domain", "zune_jpeg"]),
    layer("crates/server/src/text", &[], &[]),
    layer("crates/server/src/random", &[], &["SystemTime::now", "getrandom", "std::time"]),
    layer("crates/server/src/secrets", &["random"], &["anyhow", "ruhu_vault", "std::fs"]),
];

/// Crates that are programs of one layer, and import what they need.
const PROGRAMS: [&str; 2] = ["crates/kdf/src", "crates/xtask/src"];

/// Returns, in words, the imports of a crate's modules that are not allowed, and the modules that are in no layer.
pub fn broken(package: &Package) -> Vec<String> {
    if PROGRAMS.iter().any(|source| package.source == Path::new(source)) {
        return Vec::new();
    }
    let mut broken = Vec::new();
    let whole = LAYERS.iter().find(|layer| package.source == Path::new(layer.place));
    for (path, module) in &package.code.modules {
        let own = path.first();
        if whole.is_none() && own.is_none() {
            // The root puts the layers together.
            continue;
        }
        let place = own.map_or_else(|| package.source.clone(), |own| package.source.join(own));
        let Some(layer) = whole.or_else(|| LAYERS.iter().find(|layer| place == Path::new(layer.place))) else {
            broken.push(format!("{} is a layer of its own: say in layers.rs what it may import", place.display()));
            continue;
        };
        for import in module.named() {
            let wrong = match package.code.resolve(&import.path) {
                Some(_) if whole.is_some() => None,
                Some(to) => to.into_iter().next().filter(|to| Some(to) != own && !layer.modules.contains(&to.as_str())),
                None => foreign(&import.path).filter(|name| !layer.crates.contains(&name.as_str())),
            };
            if let Some(name) = wrong {
                broken.push(format!("{}: {} may not import {name}", import.place, layer.place));
            }
        }
    }
    broken
}

/// Returns the name that a path of another crate needs permission for: the crate, or the module of `std` that reaches the
/// outside.
fn foreign(path: &[String]) -> Option<String> {
    match path {
        [std, module, ..] if std == "std" => {
            Some(format!("std::{module}")).filter(|name| OUTSIDE.contains(&name.as_str()))
        }
        [std] if std == "std" => None,
        [other, ..] => Some(other.clone()),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structure::parse::{Crate, Import, Module};

    fn package(source: &str, own: &str, import: &[&str]) -> Package {
        let path = import.iter().map(|segment| (*segment).to_owned()).collect();
        let module = Module { imports: vec![Import { path, place: "a.rs:3".into() }], ..Module::default() };
        let modules = [(vec![own.to_owned()], module), (vec!["pages".to_owned()], Module::default())];
        Package { source: source.into(), code: Crate { modules: modules.into_iter().rev().collect() } }
    }

    #[test]
    fn a_layer_imports_what_its_list_names_and_nothing_else() {
        for (source, own, import, allowed) in [
            ("src", "components", &["crate", "pages", "Today"][..], false),
            ("src", "app", &["crate", "pages", "Today"], true),
            ("src", "components", &["leptos", "prelude"], true),
            ("src", "components", &["indexed_db_futures"], false),
            ("src", "new_layer", &["leptos"], false),
            ("crates/domain/src", "due", &["std", "collections", "BTreeMap"], true),
            ("crates/domain/src", "due", &["std", "time", "Instant"], false),
            ("crates/domain/src", "due", &["leptos"], false),
            ("crates/domain/src", "due", &["chrono", "NaiveDate"], true),
            ("crates/domain/src", "due", &["Utc::now"], false),
            ("src", "state", &["view!"], false),
        ] {
            assert_eq!(broken(&package(source, own, import)).is_empty(), allowed, "{source} {own} {import:?}");
        }
    }
}
