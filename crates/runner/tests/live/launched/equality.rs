//! The launcher changes nothing but the time: exit code, artifacts, warehouse, log file and what the project sees are those
//! of plain dbt; what we print and record is that of a plain start.

use std::path::Path;

use super::mirror::Mirror;

/// Compares a command by the launcher with plain dbt, and with us without the launcher.
#[track_caller]
fn compare(mirror: &Mirror, dbt: &Path, variables: &[(&str, &str)], args: &[&str], code: i32) {
    let path = dbt.to_str().unwrap();
    let ours = |launcher: &str| {
        mirror.run(|mirror| {
            let mut command = mirror.ours(&["--launcher", launcher, "--dbt", path], args);
            command.envs(variables.iter().copied());
            command
        })
    };
    let (_, mut plain) = mirror.run(|mirror| {
        let mut command = mirror.dbt(dbt, args);
        command.envs(variables.iter().copied());
        command
    });
    let (launched, left) = ours("auto");
    assert_eq!(left.code, Some(code), "{}", launched.stderr);
    // We write dbt's own log file on request only.
    if left.log.is_none() {
        plain.log = None;
    }
    left.assert_is(&plain);
    let effects = mirror.effects();
    let (unlaunched, without) = ours("off");
    // With the default options: the others change what is recorded.
    if variables.is_empty() {
        assert_eq!(effects.join("\n"), mirror.effects().join("\n"));
    }
    assert_eq!(without.code, Some(code), "{}", unlaunched.stderr);
    assert_eq!(launched.stdout, unlaunched.stdout);
    assert_eq!(
        lines(&launched.stderr).join("\n"),
        lines(&unlaunched.stderr).join("\n")
    );
}

/// Compares a command in a fork with plain dbt: `dbt parse` runs before it, for a hook, and its interpreter is used again.
#[track_caller]
fn compare_forked(mirror: &Mirror, dbt: &Path, variables: &[(&str, &str)], args: &[&str]) {
    let (_, mut plain) = mirror.run(|mirror| {
        let mut command = mirror.dbt(dbt, args);
        command.envs(variables.iter().copied());
        command
    });
    let (_, mut forked) = mirror.run(|mirror| {
        let options = [
            "--launcher",
            "auto",
            "--dbt",
            dbt.to_str().unwrap(),
            "--on-run-start",
            "true",
        ];
        let mut command = mirror.ours(&options, args);
        command.envs(variables.iter().copied());
        command
    });
    assert_eq!(mirror.start(), "forked");
    // `dbt parse` writes to the log file, too.
    (plain.log, forked.log) = (None, None);
    forked.assert_is(&plain);
}

/// What we print, without times and names of flow runs. Standard output of Python models arrives on a pipe of its own, so
/// that its place among the events differs.
fn lines(printed: &str) -> Vec<String> {
    let text = |line: &str| {
        let line = line.split_once(" | ").map_or(line, |(_, line)| line);
        let line = match line.split_once("Flow run '") {
            Some((before, rest)) => {
                let rest = rest.split_once('\'').map_or(rest, |(_, rest)| rest);
                format!("{before}{rest}")
            }
            None => line.to_owned(),
        };
        line.chars().filter(|c| !c.is_ascii_digit()).collect()
    };
    let mut lines: Vec<String> = printed
        .lines()
        .filter(|line| !line.starts_with("Slowest: "))
        .map(text)
        .collect();
    lines.sort();
    lines
}

#[test]
fn a_build_is_that_of_plain_dbt() {
    let mirror = Mirror::new();
    let dbt = mirror.environment.dbt.clone();
    compare(&mirror, &dbt, &[], &["build"], 1);
    compare_forked(&mirror, &dbt, &[], &["build"]);
}

#[test]
fn options_of_python_and_of_dbt_keep_their_meaning() {
    let mirror = Mirror::parsed();
    let dbt = mirror.script("a folder", |first| format!("{first} -X utf8"));
    let plugins = mirror.project().join("plugins");
    let variables = [
        ("PYTHONPATH", plugins.to_str().unwrap()),
        ("PYTHONWARNINGS", "default"),
        ("DBT_LOG_LEVEL", "warn"),
        ("DBT_LOG_LEVEL_FILE", "debug"),
        // A home that nobody can write to.
        ("HOME", "/proc"),
    ];
    let args = ["--no-use-colors", "build", "--exclude", "failing+"];
    compare(&mirror, &dbt, &variables, &args, 0);
    compare_forked(&mirror, &dbt, &variables, &args);
}

#[test]
fn data_and_usage_errors_are_those_of_plain_dbt() {
    let mirror = Mirror::parsed();
    let dbt = mirror.environment.dbt.clone();
    compare(&mirror, &dbt, &[], &["ls", "--select", "words+"], 0);
    compare(&mirror, &dbt, &[], &["build", "--no-such-option"], 2);
}
