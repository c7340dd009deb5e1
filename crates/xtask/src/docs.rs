//! The documents as a book, and the documentation of the code.

use crate::{
    run::{command, run, target_folder},
    setup,
};

/// Builds the book into `target/book/` and the documentation of the code into `target/doc/`. A warning is an error.
///
/// # Errors
/// Fails when mdBook is missing, a page is not there, or a link in a comment leads nowhere.
pub fn docs() -> anyhow::Result<()> {
    setup::book()?;
    let book = target_folder()?.join("book");
    run(command(&["mdbook", "build", "--dest-dir"]).arg(&book))?;
    let doc = ["cargo", "doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"];
    run(command(&doc).env("RUSTDOCFLAGS", "-D warnings"))?;
    println!("{}", book.join("index.html").display());
    Ok(())
}
