//! No public signature contains a type of a library whose major version may change at any time.

use super::report::Report;
use super::source::{File, Tree};

const HIDDEN: [&str; 4] = ["petgraph", "nom", "minijinja", "reqwest"];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    let crates = [
        "manifest",
        "selector",
        "events",
        "templating",
        "prefect-client",
        "runner",
    ];
    for file in crates.iter().flat_map(|name| tree.production(name)) {
        let imported = imported_names(file);
        for (number, signature) in signatures(file) {
            if let Some(shown) = hidden_word(&signature, &imported) {
                let problem = format!(
                    "`{shown}` is a type of a library that no public signature may contain: wrap it in a type of this crate"
                );
                report.at(&file.path, number, &problem);
            }
        }
    }
}

/// Names that the file imports from the hidden libraries.
fn imported_names(file: &File) -> Vec<String> {
    let code: Vec<&str> = file.code().map(|(_, line)| line).collect();
    let code = code.join("\n");
    let from_hidden = |statement: &&str| {
        let path = statement.trim_start().strip_prefix("use ");
        path.is_some_and(|path| {
            HIDDEN
                .iter()
                .any(|name| path.starts_with(&format!("{name}::")))
        })
    };
    code.split(';')
        .filter(from_hidden)
        .flat_map(words)
        // Traits and functions do no harm in a signature, and `Result` or `Error` alone are mostly our own.
        .filter(|word| word.starts_with(char::is_uppercase) && !["Result", "Error"].contains(word))
        .map(str::to_owned)
        .collect()
}

/// Public items and conversions, each up to its body, with the number of its first line.
fn signatures(file: &File) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in file.code() {
        let text = line.trim_start();
        let begins = text.starts_with("pub ") || text.starts_with("impl From<");
        if open.is_none() && begins {
            open = Some((number, String::new()));
        }
        if let Some((_, signature)) = &mut open {
            signature.push_str(text);
            signature.push(' ');
            if text.ends_with(['{', ';', ',', '}'])
                && !text.ends_with("(,")
                && !is_inside(signature)
            {
                found.extend(open.take());
            }
        }
    }
    found
}

/// Whether a parenthesis of the signature is still open.
fn is_inside(signature: &str) -> bool {
    signature.matches('(').count() > signature.matches(')').count()
}

fn hidden_word<'a>(signature: &'a str, imported: &[String]) -> Option<&'a str> {
    let path = HIDDEN
        .iter()
        .any(|name| signature.contains(&format!("{name}::")));
    words(signature)
        .find(|word| (path && HIDDEN.contains(word)) || imported.iter().any(|name| name == word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File {
            path: "a.rs".into(),
            text: text.to_owned(),
        }
    }

    fn shown(text: &str) -> Vec<String> {
        let file = file(text);
        let imported = imported_names(&file);
        signatures(&file)
            .iter()
            .filter_map(|(_, signature)| hidden_word(signature, &imported))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn a_hidden_type_is_found_by_path_and_by_name() {
        assert_eq!(
            shown("pub fn a() -> petgraph::Graph<u8, u8> {\n}"),
            ["petgraph"]
        );
        assert_eq!(
            shown("use nom::{IResult, Parser};\npub fn a(\n  b: u8,\n) -> IResult<u8> {"),
            ["IResult"]
        );
        assert_eq!(shown("impl From<reqwest::Error> for Mine {"), ["reqwest"]);
    }

    #[test]
    fn private_items_may_use_what_they_like() {
        assert!(shown("use nom::IResult;\nfn a() -> IResult<u8> {\n}\npub(crate) fn b(r: reqwest::Client) {").is_empty());
        assert!(shown("pub struct Economy(nominal::Rate);").is_empty());
    }
}
