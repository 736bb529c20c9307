//! Files are short. `lib.rs` and `mod.rs` hold only docs, `mod` and `use`.

use super::report::Report;
use super::source::{File, Tree};

const LONGEST: usize = 500;

const ITEMS: [&str; 9] = [
    "const ",
    "fn ",
    "impl",
    "struct ",
    "enum ",
    "trait ",
    "static ",
    "type ",
    "macro_rules!",
];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for file in tree.rust() {
        let lines = file.text.lines().count();
        if lines > LONGEST {
            let problem = format!("{lines} lines, more than {LONGEST}: split the file by concept");
            report.of(&file.path, &problem);
        }
        if matches!(file.name(), "lib.rs" | "mod.rs") {
            check_index(file, report);
        }
    }
}

fn check_index(file: &File, report: &mut Report) {
    for (number, line) in file.code() {
        if ITEMS
            .iter()
            .any(|item| without_qualifiers(line).starts_with(item))
        {
            report.at(
                &file.path,
                number,
                "only docs, `mod` and `pub use` belong in this file",
            );
        }
    }
}

/// The line without what stands before the item's keyword.
fn without_qualifiers(line: &str) -> &str {
    let mut rest = line.trim_start();
    for qualifier in ["pub ", "pub(crate) ", "pub(super) ", "async ", "unsafe "] {
        rest = rest.strip_prefix(qualifier).unwrap_or(rest);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_recognised_behind_their_qualifiers() {
        assert_eq!(without_qualifiers("pub async fn run() {"), "fn run() {");
        assert_eq!(without_qualifiers("    pub(crate) struct A;"), "struct A;");
        assert_eq!(without_qualifiers("pub use a::b;"), "use a::b;");
    }
}
