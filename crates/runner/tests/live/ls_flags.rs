//! `prefect-dbt ls` takes the flags of `dbt ls`. The installed dbt is asked which flags it has.

use std::path::Path;
use std::process::Command;

use super::environment::TestEnvironment;
use super::project::Finished;

/// A flag in one spelling, with a value if it takes one.
type Words = Vec<String>;

/// The options in a help text of dbt: lines such as `-t, --target TEXT  What it does`.
fn options(help: &str) -> Vec<Words> {
    let lines = help.lines().map(str::trim_start);
    let options = lines.filter(|line| line.starts_with('-'));
    options
        .flat_map(|line| spellings(line.split("  ").next().unwrap_or(line)))
        .collect()
}

/// `-t, --target TEXT` in each spelling, with a value.
fn spellings(option: &str) -> Vec<Words> {
    let words: Vec<&str> = option
        .split([' ', ','])
        .filter(|word| *word != "/")
        .collect();
    let (flags, kinds): (Vec<&str>, Vec<&str>) = words
        .into_iter()
        .filter(|word| !word.is_empty())
        .partition(|word| word.starts_with('-'));
    let value = kinds.first().map(|kind| match *kind {
        "YAML" => "{}".to_owned(),
        choice if choice.starts_with('[') => {
            let choices = choice.trim_matches(['[', ']']);
            choices.split('|').next().unwrap_or_default().to_owned()
        }
        _ => "x".to_owned(),
    });
    let spelled = |flag: &str| [flag.to_owned()].into_iter().chain(value.clone()).collect();
    flags.into_iter().map(spelled).collect()
}

#[test]
fn every_flag_of_the_installed_dbt_is_accepted() {
    let dbt = TestEnvironment::from_env().dbt;
    let manifest =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ls/artifacts/manifest.json");
    let mut tried = 0;
    for command in [&["ls", "--help"][..], &["--help"]] {
        let help = Finished::of(Command::new(&dbt).args(command).env("COLUMNS", "200")).stdout;
        for words in options(&help) {
            let mut ls = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"));
            let ls = ls.arg("ls").args(&words).arg("--manifest").arg(&manifest);
            let finished = Finished::of(ls);
            for refusal in ["unexpected argument", "invalid value", "Usage:"] {
                assert!(
                    !finished.stderr.contains(refusal),
                    "{words:?}: {}",
                    finished.stderr
                );
            }
            tried += 1;
        }
    }
    assert!(
        tried > 100,
        "only {tried} spellings were found in dbt's help"
    );
}
