use super::*;

fn parse(line: &str) -> DbtArgs {
    DbtArgs::of(&CommandLine::parse(&line.split(' ').collect::<Vec<_>>()))
}

#[test]
fn the_command_is_found_at_any_position() {
    for (line, command) in [
        ("build", "build"),
        ("--profiles-dir run build --select test", "build"),
        ("--profiles-dir=run --fail-fast test", "test"),
        ("source freshness --select source:shop", "source freshness"),
        ("docs generate", "docs generate"),
        ("--no-use-colors docs --quiet serve", "docs serve"),
        ("run-operation clean --args {run:1}", "run-operation"),
        ("--version", ""),
    ] {
        assert_eq!(parse(line).command, command, "{line}");
    }
}

#[test]
fn flags_that_change_the_output_are_not_passed() {
    for line in [
        "-q build --log-level warn",
        "--quiet build --log-level=warn --log-format text",
        "build --log-format=text --log-level warn -q --no-debug",
        "build -dq --log-level warn",
    ] {
        let read = parse(line);
        assert_eq!(read.passed.to_words(), ["build"], "{line}");
        assert!(read.quiet, "{line}");
        assert_eq!(read.log_level, Some(LogLevel::Warn), "{line}");
    }
}

#[test]
fn a_short_switch_is_removed_from_a_group_of_switches() {
    let read = parse("build -xqf");
    assert_eq!(read.passed.to_words(), ["build", "-xf"]);
    assert!(read.quiet);
    let read = parse("build -qs sta_0");
    assert_eq!(read.passed.to_words(), ["build", "-s", "sta_0"]);
    assert!(read.quiet);
    assert_eq!(parse("build -x -q").passed.to_words(), ["build", "-x"]);
    // A value that is joined to its flag is not a switch.
    assert_eq!(parse("build -tq").passed.to_words(), ["build", "-tq"]);
    assert!(!parse("build -tq").quiet);
}

#[test]
fn all_other_words_are_passed_in_order() {
    for line in [
        "build --select a b --select=c --exclude tag:x+ --vars {log-level:-q}",
        "run --vars -q",
        "build --unknown --threads=4 -x",
        "build --log-level loud",
        "build --log-format",
        "run-operation x -- --quiet",
        "--project-dir shop --profiles-dir=conf build --target-path out --log-level-file none",
    ] {
        assert_eq!(parse(line).passed.to_words().join(" "), line);
    }
    let read = parse(
        "--project-dir shop --profiles-dir=conf build --target-path out --log-level-file none",
    );
    assert_eq!(read.project_dir, Some("shop".into()));
    assert_eq!(read.profiles_dir, Some("conf".into()));
    assert_eq!(read.target_path, Some("out".into()));
    assert!(read.sets_file_level);
}

#[test]
fn help_for_a_command_does_not_run_it() {
    for args in [&["run", "--help"][..], &["source", "freshness", "-h"]] {
        let read = DbtArgs::of(&CommandLine::parse(args));
        assert!(!read.has_command(), "{args:?}");
        assert_eq!(read.passed.to_words(), args);
    }
}

#[test]
fn the_last_level_wins() {
    use LogLevel::{Debug, Warn};
    for (line, level) in [
        ("build -d --log-level warn", Some(Warn)),
        ("build --log-level warn -d", Some(Debug)),
        ("build --log-level warn -d --no-debug", Some(Warn)),
        ("build --debug --no-debug", None),
        ("build --log-level warn --log-level loud", Some(Warn)),
    ] {
        assert_eq!(parse(line).log_level, level, "{line}");
    }
    assert!(!parse("-q build --no-quiet").quiet);
    assert!(parse("--no-quiet build -q").quiet);
}
