//! Text, comments and names are plain technical English: some words and phrases are not used in them.

use super::lexer::{Kind, pieces};
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
        if file.has_extension("rs") {
            check_rust(file, report);
        } else if file.has_extension("md") || file.has_extension("py") {
            check_text(file, 1, &file.text, report);
        }
    }
}

/// In code, the words of a name are those between its underscores.
fn check_rust(file: &File, report: &mut Report) {
    for piece in pieces(&file.text) {
        match piece.kind {
            Kind::Code => check_text(file, piece.line, &piece.text.replace('_', " "), report),
            _ => check_text(file, piece.line, piece.text, report),
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

    /// An unwanted phrase, in two halves so that this file passes.
    const WANT: &str = concat!("for want", " of");

    #[test]
    fn unwanted_words_in_text_comments_and_names_are_reported() {
        let name = WANT.replace(' ', "_");
        let code = format!(
            "/// Fails {WANT} time.\nfn f() {{\n    // {WANT}\n    g(\"as\\n {WANT}\");\n}}\nfn fails_{name}_time() {{}}"
        );
        let found = findings("crates/runner/tests/it/a.rs", &code);
        assert_eq!(
            found[0],
            format!(
                "crates/runner/tests/it/a.rs:1: `{WANT}` is not plain English here; write: because there is no"
            )
        );
        assert_eq!(found.len(), 4, "{found:?}");
    }

    #[test]
    fn words_are_whole_and_case_does_not_matter() {
        let text = format!("un{} {}", WORDS[0].0, WORDS[1].0.to_uppercase());
        assert_eq!(findings("docs/a.md", &text).len(), 1);
        assert_eq!(findings("docs/a.md", &text.to_lowercase()).len(), 1);
        let text = format!("{} and {}", WORDS[4].0, WORDS[7].0);
        assert_eq!(findings("testdata/README.md", &text).len(), 2);
    }
}
