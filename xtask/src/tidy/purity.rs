//! The four crates below the runner turn bytes into values, and do nothing else.

use super::report::Report;
use super::source::Tree;

const PURE: [&str; 4] = ["manifest", "selector", "events", "templating"];

const OUTSIDE: [&str; 11] = [
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::io::std",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "print!(",
    "println!(",
];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for file in PURE.iter().flat_map(|name| tree.production(name)) {
        for (number, line) in file.code() {
            if let Some(found) = OUTSIDE.iter().find(|needle| line.contains(**needle)) {
                let problem = format!("`{found}`: this crate does no I/O and knows no clock");
                report.at(&file.path, number, &problem);
            }
        }
    }
}
