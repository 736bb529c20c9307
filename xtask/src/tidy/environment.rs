//! Only functions named `from_env` read the environment.

use super::report::Report;
use super::source::{File, Tree};

const READS: [&str; 4] = ["env::var(", "env::var_os(", "env::vars(", "env::vars_os("];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for file in ["prefect-client", "runner"]
        .iter()
        .flat_map(|name| tree.production(name))
    {
        check_file(file, report);
    }
}

fn check_file(file: &File, report: &mut Report) {
    let mut function = "";
    for (number, line) in file.code() {
        function = function_name(line).unwrap_or(function);
        if READS.iter().any(|read| line.contains(read)) && function != "from_env" {
            let problem =
                format!("`{function}` reads the environment; only functions named `from_env` may");
            report.at(&file.path, number, &problem);
        }
    }
}

/// The name of the function whose declaration begins on this line.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_declaration = before
        .split_whitespace()
        .all(|word| word.starts_with("pub") || ["async", "const", "unsafe"].contains(&word));
    let end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    is_declaration.then(|| &after[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_names_come_from_declarations_only() {
        assert_eq!(
            function_name("    pub(crate) async fn from_env() {"),
            Some("from_env")
        );
        assert_eq!(function_name("fn a<T>(t: T) {"), Some("a"));
        assert_eq!(function_name("let f: fn (u8) = g;"), None);
        assert_eq!(function_name("// the fn b(c)"), None);
    }
}
