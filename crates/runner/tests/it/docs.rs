//! The pages of `docs`: they name what exists.
#![expect(
    clippy::unwrap_used,
    reason = "a page that cannot be read fails the test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages of the book, README.md and the table of contents, with their texts.
fn pages() -> Vec<(PathBuf, String)> {
    let files = std::fs::read_dir(repository().join("docs")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    files
        .chain([repository().join("README.md")])
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

fn page(name: &str) -> String {
    std::fs::read_to_string(repository().join("docs").join(name)).unwrap()
}

/// The help of a command of ours, or of the program.
fn help(command: &str) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"));
    let words = command.split_whitespace().chain(["--help"]);
    let output = program.args(words).output().expect("the program was built");
    assert!(output.status.success(), "`{command}` is not a command");
    String::from_utf8(output.stdout).unwrap()
}

/// The targets of the links in a text of Markdown.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("](").skip(1);
    let targets = after.filter_map(|rest| rest.split(')').next());
    targets
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://"))
}

#[test]
fn links_lead_to_files() {
    for (path, text) in pages() {
        for link in links(&text) {
            let target = path.parent().unwrap().join(link);
            assert!(target.exists(), "{}: {link}", path.display());
        }
    }
}

#[test]
fn each_page_is_in_the_table_of_contents() {
    let summary = page("SUMMARY.md");
    let listed: Vec<&str> = links(&summary).collect();
    for (path, _) in pages() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_page = !["SUMMARY.md", "README.md"].contains(&name);
        assert!(
            !is_page || listed.contains(&name),
            "{name} is not in SUMMARY.md"
        );
    }
}

/// The page with the help of each command.
fn reference() -> String {
    let program = help("");
    let commands = program.lines().skip_while(|line| *line != "Commands:");
    let commands = commands.skip(1).take_while(|line| !line.is_empty());
    let commands = commands.filter(|line| !line.starts_with("   "));
    let names = commands.filter_map(|line| line.split_whitespace().next());
    let mut page =
        "# Command line\n\nThe help of each command, as `prefect-dbt help COMMAND` prints it.\n"
            .to_owned();
    for name in [""].into_iter().chain(names.filter(|name| *name != "help")) {
        let (title, text) = (format!("prefect-dbt {name}"), help(name));
        page += &format!(
            "\n## {}\n\n```text\n{}\n```\n",
            title.trim_end(),
            text.trim_end()
        );
    }
    page
}

/// Whether `INSTA_UPDATE=always` asks to write the page anew, as it does with the snapshots of the help.
#[expect(
    clippy::disallowed_methods,
    reason = "reads the environment of the test"
)]
fn update_from_env() -> bool {
    std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always")
}

#[test]
fn the_reference_of_the_command_line_is_the_help() {
    if update_from_env() {
        let path = repository().join("docs/command-line.md");
        std::fs::write(path, reference()).unwrap();
    }
    assert_eq!(page("command-line.md"), reference());
}

#[test]
fn samples_have_only_options_that_exist() {
    let mut samples = 0;
    for (path, text) in pages() {
        for line in text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("$ prefect-dbt "))
        {
            let ours = line.split(" -- ").next().unwrap();
            let ours = ours.split(" # ").next().unwrap();
            let command = ours.split_whitespace().next().unwrap();
            if command.starts_with('-') {
                continue;
            }
            let help = help(command);
            let options = ours
                .split_whitespace()
                .filter(|word| word.len() > 2 && word.starts_with("--"));
            for option in options {
                let name = option.split('=').next().unwrap();
                let is_shown = help.lines().any(|line| {
                    line.split([' ', ',']).any(|word| word == name)
                        && line.trim_start().starts_with('-')
                });
                assert!(is_shown, "{}: {line}: {name}", path.display());
            }
            samples += 1;
        }
    }
    assert!(samples > 10, "{samples} samples");
}

#[test]
fn each_message_of_the_troubleshooting_page_exists() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/errors/snapshots");
    let snapshots: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let page = page("troubleshooting.md");
    let titles = page.lines().filter_map(|line| line.strip_prefix("### "));
    let messages: Vec<&str> = titles.map(|title| title.trim_matches('`')).collect();
    assert!(messages.len() > 5, "{messages:?}");
    for message in messages {
        let is_known = snapshots.iter().any(|text| text.contains(message));
        assert!(is_known, "{message}");
    }
}
