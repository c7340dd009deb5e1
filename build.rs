//! Tells the linker what splitting the phone app into parts needs (ADR 16).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|target| target == "wasm32") {
        println!("cargo::rustc-link-arg-bin=ruhu=--emit-relocs");
    }
}
