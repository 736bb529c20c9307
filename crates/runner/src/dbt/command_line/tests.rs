use super::commands::is_command;
use super::edit::flag_with_value;
use super::line::CommandLine;

mod edits;
mod properties;
mod table;

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn parse(line: &str) -> CommandLine {
    CommandLine::parse(&words(line))
}

#[test]
fn the_command_is_found_wherever_it_stands() {
    for (line, command) in [
        ("build", "build"),
        ("--target run build --select test", "build"),
        ("--target=run --fail-fast test", "test"),
        ("-trun -xt test build", "build"),
        ("source freshness --select source:shop", "source freshness"),
        ("--no-use-colors docs --quiet serve", "docs serve"),
        ("docs -- generate", "docs generate"),
        ("-q -- build", "build"),
        ("--unknown build", "build"),
        ("run-operation clean --args {run:1}", "run-operation"),
        ("nothing", ""),
    ] {
        assert_eq!(parse(line).command(), command, "{line}");
    }
}

#[test]
fn help_and_version_run_no_command() {
    for line in [
        "--version",
        "-V",
        "run --help",
        "source freshness -h",
        "build -v",
    ] {
        assert_eq!(parse(line).command(), "", "{line}");
    }
    // A flag takes what follows it.
    assert_eq!(parse("build -t --help").command(), "build");
}

#[test]
fn a_value_may_be_joined_to_its_letter_and_letters_to_each_other() {
    let line = parse("build -tprod");
    assert_eq!(line.value("--target"), Some("prod"));
    let line = parse("build -qs sta_0");
    assert_eq!(line.switch("--quiet"), Some(true));
    assert_eq!(line.list("--select"), ["sta_0"]);
    let line = parse("build -xs a b -qstag:x -t=dev");
    assert_eq!(line.switch("--fail-fast"), Some(true));
    assert_eq!(line.list("--select"), ["a", "b", "tag:x"]);
    // click takes a letter's value as it is.
    assert_eq!(line.value("--target"), Some("=dev"));
    assert_eq!(parse("build -sq").switch("--quiet"), None);
}

#[test]
fn a_flag_takes_what_follows_it_whatever_it_looks_like() {
    let line = parse("build --target -- --vars -q -s -x a --state");
    assert_eq!(line.value("--target"), Some("--"));
    assert_eq!(line.value("--vars"), Some("-q"));
    assert_eq!(line.list("--select"), ["-x", "a"]);
    assert_eq!(
        (line.has("--quiet"), line.has("--fail-fast")),
        (false, false)
    );
    assert_eq!((line.has("--state"), line.value("--state")), (true, None));
}

#[test]
fn lists_add_up_and_of_single_values_the_last_one_counts() {
    let line =
        parse("build -s a b --exclude=c d -x --models=e f --threads 1 --threads=2 --select= g");
    assert_eq!(line.list("--select"), ["a", "b", "e", "f", "", "g"]);
    assert_eq!(line.list("--exclude"), ["c", "d"]);
    assert_eq!(line.value("--threads"), Some("2"));
    let line = parse("--quiet build -x --no-quiet --no-fail-fast -x");
    assert_eq!(line.switch("--quiet"), Some(false));
    assert_eq!(line.switch("--fail-fast"), Some(true));
    assert_eq!(line.switch("--defer"), None);
}

#[test]
fn names_mean_what_the_command_takes_them_for() {
    let line = parse("ls -m a -s b");
    assert_eq!(
        (line.list("--models"), line.list("--select")),
        (vec!["a"], vec!["b"])
    );
    let line = parse("init -s project");
    assert_eq!(line.switch("--skip-profile-setup"), Some(true));
    assert_eq!(line.positionals(), ["project"]);
    assert_eq!(
        parse("source freshness -o out").value("--output"),
        Some("out")
    );
    assert_eq!(parse("build --show all").positionals(), ["all"]);
}

#[test]
fn what_dbt_refuses_is_not_read() {
    for line in [
        "build --sel a",
        "build --quiet=true",
        "build -qz",
        "build -q=1",
        "build --Quiet",
    ] {
        let read = parse(line);
        assert_eq!(read.flags().count(), 0, "{line}");
        assert_eq!(read.to_words(), words(line));
    }
    let line = parse("run-operation grant -- -q --target x");
    assert_eq!(line.flags().count(), 0);
    assert_eq!(line.positionals(), ["grant", "-q", "--target", "x"]);
}

#[test]
fn whole_commands() {
    for line in [
        "build",
        "ls",
        "list",
        "source freshness",
        "docs generate",
        "run-operation",
    ] {
        assert!(is_command(&words(line)), "{line}");
    }
    for line in [
        "",
        "source",
        "docs",
        "build run",
        "nothing",
        "docs generate now",
        "docs -q",
    ] {
        assert!(!is_command(&words(line)), "{line}");
    }
}

#[test]
fn a_value_with_a_hyphen_is_joined_to_its_flag() {
    assert_eq!(flag_with_value("--vars", "{}"), ["--vars", "{}"]);
    assert_eq!(flag_with_value("--target", "-odd"), ["--target=-odd"]);
}
