//! Members of the workspace take versions and lints from the root. A crate that is published says what crates.io and docs.rs show.

use super::report::Report;
use super::source::{File, Tree};

/// What every crate that is published has in its manifest.
const PUBLISHED: [&str; 5] = [
    "license.workspace = true",
    "readme = \"README.md\"",
    "keywords = ",
    "categories = ",
    "[package.metadata.docs.rs]",
];

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
        if !manifest.text.contains("\npublish = false") {
            for line in PUBLISHED {
                if !manifest.text.contains(&format!("\n{line}")) {
                    report.of(&manifest.path, &format!("missing `{line}`"));
                }
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_crate_says_what_the_registry_shows() {
        let base = "[package]\nname = \"a\"\ndescription = \"b\"\nlicense.workspace = true\nreadme = \"README.md\"\n";
        let lints = "\n[lints]\nworkspace = true\n";
        let private = format!("{base}publish = false\n{lints}");
        let public = format!("{base}keywords = [\"c\"]\n\n[package.metadata.docs.rs]\n{lints}");
        let tree = Tree::of([
            ("xtask/Cargo.toml", private.as_str()),
            ("crates/a/Cargo.toml", public.as_str()),
        ]);
        let mut report = Report::default();
        check(&tree, &mut report);
        assert_eq!(
            report.into_findings(),
            ["crates/a/Cargo.toml: missing `categories = `"]
        );
    }
}
