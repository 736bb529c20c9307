//! User-facing text is plain technical English: some words and phrases are not used in it.

use std::path::Path;

use super::lexer::{Kind, production_pieces};
use super::report::Report;
use super::source::{File, Tree};

/// Words that are not used, each with an alternative. In two halves so that this file passes.
const WORDS: &[(&str, &str)] = &[
    (concat!("to", "ld"), "who reports, shows or passes what"),
    (
        concat!("who", "ever"),
        "the caller, the program, or who it is",
    ),
    (concat!("for want", " of"), "because there is no"),
    (concat!("so", " many"), "this many, or the number"),
    (concat!("end", " well"), "exit 0, or succeed"),
    (concat!("which is", " no"), "is not, and what is expected"),
    (
        concat!("is no", " level"),
        "invalid level, and what is expected",
    ),
    (concat!("what was", " left"), "the remaining"),
    (concat!("surround", "ings"), "environment"),
];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for file in &tree.files {
        if file.has_extension("rs") && is_source(&file.path) && !file.is_test() {
            check_rust(file, report);
        } else if file.has_extension("md") && is_documentation(&file.path) {
            check_text(file, 1, &file.text, report);
        }
    }
}

/// `crates/*/src` and `xtask/src`.
fn is_source(path: &Path) -> bool {
    path.starts_with("xtask/src")
        || (path.starts_with("crates")
            && path
                .components()
                .nth(2)
                .is_some_and(|part| part.as_os_str() == "src"))
}

/// Files of the root, and those in `docs`.
fn is_documentation(path: &Path) -> bool {
    path.starts_with("docs") || path.components().count() == 1
}

fn check_rust(file: &File, report: &mut Report) {
    for piece in production_pieces(&file.text) {
        if matches!(piece.kind, Kind::Text | Kind::Doc) {
            check_text(file, piece.line, piece.text, report);
        }
    }
}

fn check_text(file: &File, first: usize, text: &str, report: &mut Report) {
    for (index, line) in text.lines().enumerate() {
        for (word, plain) in found_in(line) {
            let problem = format!("`{word}` is not plain English here; write: {plain}");
            report.at(&file.path, first + index, &problem);
        }
    }
}

/// The unwanted words in a line of text.
fn found_in(line: &str) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let line = line.to_ascii_lowercase();
    WORDS.iter().filter(move |(word, _)| {
        line.match_indices(word).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + word.len()..].chars().next();
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let mut report = Report::default();
        check(&Tree::of([(path, text)]), &mut report);
        report.into_findings()
    }

    #[test]
    fn unwanted_words_in_messages_and_docs_are_reported() {
        let code =
            "/// Fails for want of time.\nfn f() {\n    // told\n    g(\"as told\\n so many\");\n}";
        let found = findings("crates/runner/src/a.rs", code);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(
            found[0],
            "crates/runner/src/a.rs:1: `for want of` is not plain English here; write: because there is no"
        );
        assert!(
            found[1].starts_with("crates/runner/src/a.rs:4: `so many`"),
            "{found:?}"
        );
    }

    #[test]
    fn words_are_whole_and_case_does_not_matter() {
        assert_eq!(
            findings("docs/a.md", "Whoever.\nuntold, told_twice").len(),
            1
        );
        assert_eq!(
            findings("README.md", "End well with what was left").len(),
            2
        );
    }

    #[test]
    fn code_and_tests_and_other_files_are_free() {
        assert!(
            findings(
                "crates/runner/src/a.rs",
                "let told = 1;\n#[cfg(test)]\nmod tests {\n    \"told\";\n}"
            )
            .is_empty()
        );
        assert!(findings("crates/runner/src/a/tests.rs", "\"told\"").is_empty());
        assert!(findings("crates/runner/tests/it/main.rs", "\"told\"").is_empty());
        assert!(findings("testdata/README.md", "told").is_empty());
    }
}
