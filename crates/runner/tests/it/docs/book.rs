//! The pages of the documentation name what exists.
#![expect(
    clippy::unwrap_used,
    reason = "a page that cannot be read fails the test"
)]

use std::path::Path;
use std::process::Command;

use crate::pages::{pages, repository};

fn page(name: &str) -> String {
    fs_err::read_to_string(repository().join("docs").join(name)).unwrap()
}

/// The help of a command of ours, or of the program.
fn help(command: &str) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"));
    let words = command.split_whitespace().chain(["--help"]);
    let output = program.args(words).output().expect("the program was built");
    assert!(output.status.success(), "`{command}` is not a command");
    String::from_utf8(output.stdout).unwrap()
}

/// The targets of the links in a text of Markdown, within the repository: a file, which is the page itself if it is empty,
/// and a heading or nothing.
fn links(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let after = text.split("](").skip(1);
    let targets = after.filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://"))
        .map(|target| target.split_once('#').unwrap_or((target, "")))
}

/// The anchors of the headings of a page.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let title = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = title.replace(' ', "-").chars().collect::<Vec<char>>();
        kept.into_iter()
            .filter(|c| c.is_alphanumeric() || "-_".contains(*c))
            .collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_lead_to_files_and_headings() {
    for (path, text) in pages() {
        for (file, heading) in links(&text) {
            let place = format!("{}: {file}#{heading}", path.display());
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{place}");
            if !heading.is_empty() {
                let text = fs_err::read_to_string(&target).unwrap();
                let is_there = anchors(&text).iter().any(|anchor| anchor == heading);
                assert!(is_there, "{place}: {:?}", anchors(&text));
            }
        }
    }
}

#[test]
fn pages_of_the_book_link_to_its_own_files() {
    let book = repository().join("docs");
    for (path, text) in pages() {
        let outside = links(&text).find(|(file, _)| file.starts_with(".."));
        let is_fine = outside.is_none() || !path.starts_with(&book);
        assert!(is_fine, "{}: {outside:?}", path.display());
    }
}

#[test]
fn each_page_is_in_the_table_of_contents() {
    let summary = page("SUMMARY.md");
    let listed: Vec<&str> = links(&summary).map(|(file, _)| file).collect();
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
        fs_err::write(path, reference()).unwrap();
    }
    assert_eq!(page("command-line.md"), reference());
}

#[test]
fn each_message_of_the_troubleshooting_page_exists() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/errors/snapshots");
    let snapshots: Vec<String> = fs_err::read_dir(folder)
        .unwrap()
        .map(|file| fs_err::read_to_string(file.unwrap().path()).unwrap())
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

/// The test modules in the last column of the table of behaviours.
fn named_tests(page: &str) -> Vec<String> {
    let (_, section) = page
        .split_once("## What the tests of PrefectDbtRunner expect")
        .unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_suffix(" |"));
    let cells = rows.filter_map(|row| row.rsplit(" | ").next());
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned))
        .collect()
}

#[test]
fn the_tests_that_the_migration_page_names_exist() {
    let package = repository().join("crates/runner");
    let names = named_tests(&page("migrating.md"));
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        let module = fs_err::read_to_string(package.join(format!("tests/live/{name}.rs")));
        let is_test = module.is_ok_and(|text| text.contains("#[test]"));
        let is_sample = package.join(format!("python/examples/{name}.py")).exists();
        let is_folder = name.starts_with("crates/") && repository().join(&name).is_dir();
        assert!(is_test || is_sample || is_folder, "{name}");
    }
}
