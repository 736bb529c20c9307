//! Nothing is half done, and nothing depends on one machine.

use super::report::Report;
use super::source::Tree;

/// What must not be there, and why. Written in two halves so that this file obeys too.
const NOWHERE: [(&str, &str); 2] = [
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
];

const NOT_IN_RUST: [(&str, &str); 4] = [
    (
        concat!("#[ig", "nore"),
        "a test that never runs; assert what happens today instead",
    ),
    (concat!("to", "do!("), "unfinished"),
    (concat!("unimple", "mented!("), "unfinished"),
    (
        concat!("#[al", "low("),
        "use #[expect(.., reason = \"..\")]",
    ),
];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for file in &tree.files {
        let rules = NOWHERE
            .iter()
            .chain(NOT_IN_RUST.iter().filter(|_| file.has_extension("rs")));
        for (needle, why) in rules {
            for (index, _) in file
                .text
                .lines()
                .enumerate()
                .filter(|(_, line)| line.contains(needle))
            {
                report.at(&file.path, index + 1, &format!("`{needle}`: {why}"));
            }
        }
    }
}
