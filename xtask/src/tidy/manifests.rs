//! Members of the workspace take versions and lints from the root.

use super::report::Report;
use super::source::{File, Tree};

pub(super) fn check(tree: &Tree, report: &mut Report) {
    let members = tree
        .files
        .iter()
        .filter(|file| file.name() == "Cargo.toml" && file.path.components().count() > 1);
    for manifest in members {
        check_dependencies(manifest, report);
        if !manifest.text.contains("[lints]\nworkspace = true") {
            report.of(&manifest.path, "missing `[lints] workspace = true`");
        }
        if !manifest.text.contains("\ndescription = ") {
            report.of(&manifest.path, "missing `description`");
        }
    }
}

fn check_dependencies(manifest: &File, report: &mut Report) {
    let mut in_dependencies = false;
    for (index, line) in manifest.text.lines().enumerate() {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
        } else if in_dependencies && line.contains('=') && !line.contains("workspace = true") {
            report.at(
                &manifest.path,
                index + 1,
                "write the version in the root Cargo.toml, and `workspace = true` here",
            );
        }
    }
}
