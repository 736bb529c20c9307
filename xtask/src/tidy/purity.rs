//! The four dbt crates are pure: no I/O, no clock, no environment, no printing.

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
                let problem =
                    format!("`{found}`: this crate must not use I/O, the clock or the environment");
                report.at(&file.path, number, &problem);
            }
        }
    }
}
