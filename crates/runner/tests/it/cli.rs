//! The face of the program: what it says of itself, and of wrong usage.

use std::process::{Command, Output};

fn program(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"));
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("DBT_") || name_text.starts_with("PREFECT_") {
            command.env_remove(name);
        }
    }
    command.args(args).output().expect("the program was built")
}

fn stdout(args: &[&str]) -> String {
    let output = program(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}");
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

#[test]
fn the_commands_describe_themselves() {
    insta::assert_snapshot!("help", stdout(&["--help"]));
    insta::assert_snapshot!("help_of_invoke", stdout(&["invoke", "--help"]));
    insta::assert_snapshot!("help_of_deploy", stdout(&["deploy", "--help"]));
    insta::assert_snapshot!("help_of_ls", stdout(&["ls", "--help"]));
    insta::assert_snapshot!("help_of_replay", stdout(&["replay", "--help"]));
    insta::assert_snapshot!("help_of_doctor", stdout(&["doctor", "--help"]));
    insta::assert_snapshot!(
        "help_of_render_profiles",
        stdout(&["render-profiles", "--help"])
    );
}

#[test]
fn wrong_usage_ends_with_two() {
    for args in [
        &[][..],
        &["invoke"],
        &["invoke", "--no-such-option", "--", "build"],
        &["invoke", "--timeout", "-1", "--", "build"],
        &["invoke", "--timeout", "0", "--", "build"],
        &["invoke", "--flow-run-id", "x", "--", "build"],
        &["no-such-command"],
    ] {
        let output = program(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{args:?}"
        );
    }
}
