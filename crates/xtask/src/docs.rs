//! The documents as a book, and the documentation of the code.

use crate::{
    run::{command, run, target_folder},
    setup,
};

/// Builds the book into `target/book/` and the documentation of the code into `target/doc/`.
///
/// # Errors
/// Fails when mdBook is missing, a page is not there, or [`code`] does.
pub fn docs() -> anyhow::Result<()> {
    setup::book()?;
    let book = target_folder()?.join("book");
    run(command(&["mdbook", "build", "--dest-dir"]).arg(&book))?;
    code()?;
    println!("{}", book.join("index.html").display());
    Ok(())
}

/// Builds the documentation of the code, with that of private items.
///
/// # Errors
/// Fails when a link in a comment leads nowhere, or rustdoc warns of anything else.
pub fn code() -> anyhow::Result<()> {
    let doc = ["cargo", "doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"];
    run(command(&doc).env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"))
}
