//! Every snapshot was accepted and belongs to a test that exists.

use std::path::Path;

use super::report::Report;
use super::source::{File, Tree};

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for file in &tree.files {
        if file.name().ends_with(".snap.new") || file.has_extension("pending-snap") {
            report.of(
                &file.path,
                "the snapshot is not accepted: review it with `cargo insta review`",
            );
        } else if file.has_extension("snap") {
            check_origin(tree, file, report);
        }
    }
}

fn check_origin(tree: &Tree, snapshot: &File, report: &mut Report) {
    let source = snapshot
        .text
        .lines()
        .find_map(|line| line.strip_prefix("source: "));
    let Some(test) = source.and_then(|path| {
        let path = Path::new(path.trim_matches('"'));
        tree.files.iter().find(|file| file.path == path)
    }) else {
        report.of(
            &snapshot.path,
            "orphaned snapshot: the test file that it names does not exist",
        );
        return;
    };
    // A test may call a helper in another file of its folder, which is the source then.
    let name = test_name(snapshot.name());
    let mut beside = tree
        .rust()
        .filter(|file| file.path.parent() == test.path.parent());
    if !beside.any(|file| file.text.contains(name)) {
        report.of(
            &snapshot.path,
            "orphaned snapshot: no test in the folder of its test file has that name",
        );
    }
}

/// The name under which a test made the snapshot: no module path, no input of a glob, no counter.
fn test_name(file_name: &str) -> &str {
    let name = file_name.strip_suffix(".snap").unwrap_or(file_name);
    let name = name.split('@').next().unwrap_or(name);
    let name = name.rsplit("__").next().unwrap_or(name);
    match name.rsplit_once('-') {
        Some((stem, counter)) if counter.bytes().all(|byte| byte.is_ascii_digit()) => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_module_input_and_counter() {
        assert_eq!(test_name("it__parse__errors@a_b.txt.snap"), "errors");
        assert_eq!(test_name("dbt__error__tests__shown-2.snap"), "shown");
        assert_eq!(test_name("it__two-part.snap"), "two-part");
    }
}
