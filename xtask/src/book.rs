//! `cargo xtask book`: the documentation as a book.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{cargo, output, run};
use crate::workspace;

/// The release of mdBook that builds it.
const MDBOOK: &str = "0.4.52";

/// Builds the book, with an mdBook of its own, and fails if there is a warning.
pub(crate) fn build() -> Result<()> {
    let mdbook = install()?;
    let built = Command::new(mdbook)
        .args(["build", "docs"])
        .env("RUST_LOG", "warn")
        .current_dir(workspace::root())
        .output()?;
    let said = String::from_utf8_lossy(&built.stderr);
    if !built.status.success() || !said.is_empty() {
        bail!("mdBook:\n{said}");
    }
    let first = workspace::target().join("book/index.html");
    println!("the book is in {}", first.display());
    Ok(())
}

/// The program, installed in the target directory unless it is there.
fn install() -> Result<PathBuf> {
    let root = workspace::target().join("mdbook");
    let program = root.join("bin/mdbook");
    let installed = output(Command::new(&program).arg("--version")).unwrap_or_default();
    if installed.trim() != format!("mdbook v{MDBOOK}") {
        run(cargo()
            .args([
                "install",
                "mdbook",
                "--version",
                MDBOOK,
                "--locked",
                "--root",
            ])
            .arg(&root))?;
    }
    Ok(program)
}
