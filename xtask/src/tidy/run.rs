//! Checks all rules.

use anyhow::{Result, bail};

use super::report::Report;
use super::source::Tree;
use super::{
    cycles, edges, environment, floors, layout, leftovers, manifests, modules, msrv, purity,
    snapshots, surface, vocabulary, words,
};
use crate::workspace;

/// Fails with the list of all findings.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::read(&workspace::root())?;
    let mut report = Report::default();
    layout::check(&tree, &mut report);
    modules::check(&tree, &mut report);
    leftovers::check(&tree, &mut report);
    purity::check(&tree, &mut report);
    environment::check(&tree, &mut report);
    surface::check(&tree, &mut report);
    vocabulary::check(&tree, &mut report);
    words::check(&tree, &mut report);
    snapshots::check(&tree, &mut report);
    manifests::check(&tree, &mut report);
    floors::check(&tree, &mut report);
    cycles::check(&tree, &mut report);
    edges::check(&mut report)?;
    msrv::check(&tree, &mut report)?;
    let findings = report.into_findings();
    if !findings.is_empty() {
        bail!(
            "tidy: {} findings:\n{}",
            findings.len(),
            findings.join("\n")
        );
    }
    println!("tidy: {} files, no findings", tree.files.len());
    Ok(())
}
