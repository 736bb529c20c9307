//! Every Rust file is a module of a crate. A file that no `mod` names is neither built nor tested.

use std::path::{Path, PathBuf};

use super::report::Report;
use super::source::{File, Tree};

/// Files that cargo finds without `mod`.
const ROOTS: [&str; 3] = ["lib.rs", "main.rs", "build.rs"];
/// Folders in which each file is a program.
const PROGRAMS: [&str; 2] = ["examples", "benches"];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for file in tree.rust() {
        let is_root = ROOTS.contains(&file.name());
        let folder = file.path.parent().unwrap_or(Path::new(""));
        let is_program = PROGRAMS.iter().any(|name| folder.ends_with(name));
        if !is_root && !is_program && !is_named(tree, file) {
            report.of(
                &file.path,
                "no `mod` names this file: it is neither built nor tested",
            );
        }
    }
}

fn is_named(tree: &Tree, file: &File) -> bool {
    let (name, parents) = place(&file.path);
    let declares = |text: &str| text.lines().any(|line| names(line, &name));
    let named_by = |path: &PathBuf| {
        let found = tree.files.iter().find(|other| other.path == *path);
        found.is_some_and(|other| declares(&other.text))
    };
    parents.iter().any(named_by) || tree.rust().any(|other| has_path_to(other, &file.path))
}

/// Whether a file declares a module with the attribute `#[path = ".."]` that leads to `path`, as tests that share a file do.
fn has_path_to(file: &File, path: &Path) -> bool {
    let folder = file.path.parent().unwrap_or(Path::new(""));
    let paths = file.text.lines().filter_map(|line| {
        let path = line.trim().strip_prefix("#[path = \"")?;
        path.strip_suffix("\"]")
    });
    paths
        .into_iter()
        .any(|found| resolve(folder, found) == path)
}

fn resolve(folder: &Path, path: &str) -> PathBuf {
    let mut resolved = folder.to_path_buf();
    for part in path.split('/') {
        match part {
            ".." => _ = resolved.pop(),
            part => resolved.push(part),
        }
    }
    resolved
}

/// The name of a module, and the files that may declare it.
fn place(path: &Path) -> (String, Vec<PathBuf>) {
    let stem = |path: &Path| {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let mut folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let mut name = stem(path);
    if name == "mod" {
        name = stem(&folder);
        folder.pop();
    }
    let mut parents: Vec<PathBuf> = ROOTS.iter().map(|root| folder.join(root)).collect();
    parents.push(folder.join("mod.rs"));
    parents.push(folder.with_extension("rs"));
    (name, parents)
}

/// Whether a line declares that module.
fn names(line: &str, module: &str) -> bool {
    let declared = line.trim().strip_suffix(';');
    let declared = declared.and_then(|line| line.rsplit_once("mod "));
    declared.is_some_and(|(before, name)| {
        name == module && (before.is_empty() || before.starts_with("pub"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_by_the_file_above_it() {
        let (name, parents) = place(Path::new("a/src/b/c.rs"));
        assert_eq!(name, "c");
        assert!(parents.contains(&"a/src/b/mod.rs".into()));
        assert!(parents.contains(&"a/src/b.rs".into()));
        let (name, parents) = place(Path::new("a/src/b/mod.rs"));
        assert_eq!(name, "b");
        assert!(parents.contains(&"a/src/lib.rs".into()));
        assert!(names("    pub(crate) mod c;", "c"));
        assert!(!names("// mod c;", "c"));
        assert!(!names("mod cc;", "c"));
    }

    #[test]
    fn a_module_can_be_named_by_its_path() {
        let text = "#[path = \"../shared/c.rs\"]\nmod c;";
        let tree = Tree::of([("a/tests/b/main.rs", text), ("a/tests/shared/c.rs", "")]);
        let mut report = Report::default();
        check(&tree, &mut report);
        assert!(report.into_findings().is_empty());
        let tree = Tree::of([("a/tests/b/main.rs", text), ("a/tests/c.rs", "")]);
        let mut report = Report::default();
        check(&tree, &mut report);
        assert_eq!(report.into_findings().len(), 1);
    }
}
