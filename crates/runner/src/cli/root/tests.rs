use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::*;
use crate::parameters::split_words;

/// README.md and the pages of the book.
fn pages() -> Vec<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = fs_err::read_dir(repository.join("docs")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    files.chain([repository.join("README.md")]).collect()
}

/// The calls of the program in a page: those at a prompt, and the examples of the help.
fn calls(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().filter_map(|line| {
        line.strip_prefix("$ prefect-dbt ")
            .or_else(|| line.strip_prefix("  prefect-dbt "))
    });
    let without_the_rest = |line: &str| {
        let call = line.split("  #").next().unwrap_or_default();
        call.split(" > ").next().unwrap_or_default().to_owned()
    };
    lines.map(without_the_rest).collect()
}

#[test]
fn calls_in_the_documentation_are_valid() {
    let mut count = 0;
    for page in pages() {
        let text = fs_err::read_to_string(&page).unwrap();
        for call in calls(&text) {
            let place = format!("{}: {call}", page.display());
            let words = split_words(&call).expect(&place);
            let words = ["prefect-dbt".to_owned()].into_iter().chain(words);
            let args = ls::for_clap(words.map(OsString::from));
            let parsed = Cli::try_parse_from(split::mark_dbt_arguments(args));
            // `help` and `--version` are errors of this kind, too.
            let error = parsed.err().filter(clap::Error::use_stderr);
            assert!(error.is_none(), "{place}\n{}", error.unwrap());
            count += 1;
        }
    }
    assert!(count > 50, "{count} calls");
}
