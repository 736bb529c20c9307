//! `prefect-client` contains no dbt word, and the dbt crates no Prefect word.

use std::path::Path;

use super::report::Report;
use super::source::Tree;

/// Each crate and the word that it does not contain.
const FOREIGN: [(&str, &str); 4] = [
    ("prefect-client", "dbt"),
    ("manifest", "prefect"),
    ("selector", "prefect"),
    ("events", "prefect"),
];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for (name, word) in FOREIGN {
        let source = Path::new("crates").join(name).join("src");
        for file in tree.rust().filter(|file| file.path.starts_with(&source)) {
            for (index, line) in file.text.lines().enumerate() {
                if line.to_ascii_lowercase().contains(word) {
                    report.at(
                        &file.path,
                        index + 1,
                        &format!("`{word}` must not occur in this crate"),
                    );
                }
            }
        }
    }
}
