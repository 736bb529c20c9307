//! No unfinished code, and no path of one machine.

use super::report::Report;
use super::source::Tree;

/// Texts that no file contains, with the reason. In two halves so that this file passes.
const NOWHERE: [(&str, &str); 2] = [
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
];

const NOT_IN_RUST: [(&str, &str); 4] = [
    (
        concat!("#[ig", "nore"),
        "the test never runs; assert what happens today instead",
    ),
    (concat!("to", "do!("), "unfinished code"),
    (concat!("unimple", "mented!("), "unfinished code"),
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
