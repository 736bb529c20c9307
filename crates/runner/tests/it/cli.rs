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
    insta::assert_snapshot!("help_of_plan", stdout(&["plan", "--help"]));
    insta::assert_snapshot!("help_of_replay", stdout(&["replay", "--help"]));
    insta::assert_snapshot!("help_of_report", stdout(&["report", "--help"]));
    insta::assert_snapshot!("help_of_doctor", stdout(&["doctor", "--help"]));
    insta::assert_snapshot!(
        "help_of_render_profiles",
        stdout(&["render-profiles", "--help"])
    );
    insta::assert_snapshot!("help_of_completions", stdout(&["completions", "--help"]));
    insta::assert_snapshot!("help_of_man", stdout(&["man", "--help"]));
}

/// The names of the commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = stdout(&["--help"]);
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn bash_completes_commands_and_options() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("completions");
    std::fs::write(&script, stdout(&["completions", "bash"])).unwrap();
    let complete = |words: &[&str]| {
        let program = r#"
            source "$0"
            function=$(complete -p prefect-dbt) function=${function#*-F } function=${function%% *}
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            "$function" prefect-dbt "${@: -1}" "${@: -2:1}"
            echo "${COMPREPLY[@]}""#;
        let mut bash = Command::new("bash");
        let bash = bash.arg("-c").arg(program).arg(&script).args(words);
        let output = bash.output().expect("bash runs");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(complete(&["prefect-dbt", "inv"]), "invoke");
    assert_eq!(
        complete(&["prefect-dbt", "invoke", "--flow-run"]),
        "--flow-run-name --flow-run-id"
    );
    assert_eq!(
        complete(&["prefect-dbt", "invoke", "--retry-strategy", "f"]),
        "full"
    );
}

#[test]
fn completions_of_each_shell_have_all_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&["completions", shell]);
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
    }
    assert_eq!(program(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn each_command_has_a_manual_page() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("share/man1");
    stdout(&["man", folder.to_str().unwrap()]);
    let commands = commands();
    assert!(commands.contains(&"invoke".to_owned()), "{commands:?}");
    for command in &commands {
        let page = folder.join(format!("prefect-dbt-{command}.1"));
        let page = std::fs::read_to_string(page).unwrap();
        assert!(
            page.contains(&format!(".TH prefect-dbt-{command} 1")),
            "{page}"
        );
    }
    assert!(folder.join("prefect-dbt.1").exists());
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        commands.len() + 1
    );

    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = program(&["man", file.join("man1").to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(
        text.starts_with("error: cannot write the manual pages to "),
        "{text}"
    );
}

#[test]
fn an_option_after_the_command_of_dbt_is_a_warning() {
    let advice = |line: &str| {
        let args = ["invoke", "--no-prefect", "--dbt", "no/such/dbt"];
        let args: Vec<&str> = args.into_iter().chain(line.split(' ')).collect();
        let stderr = String::from_utf8(program(&args).stderr).unwrap();
        let first = stderr.lines().next().unwrap_or_default();
        let (_, advice) = first.split_once("prefect-dbt - dbt gets ")?;
        Some(advice.to_owned())
    };
    insta::assert_snapshot!(
        advice("build --flow-name x --retries=2 --tag a").unwrap_or_default(),
        @"--flow-name, --retries, --tag, options of prefect-dbt that follow dbt's command: write what is for prefect-dbt before it, as in `prefect-dbt invoke --flow-name .. --retries .. --tag .. -- build`"
    );
    insta::assert_snapshot!(
        advice("run --fail-on-empty").unwrap_or_default(),
        @"--fail-on-empty, an option of prefect-dbt that follows dbt's command: write what is for prefect-dbt before it, as in `prefect-dbt invoke --fail-on-empty -- run`"
    );
    // dbt has these, or they are not known to prefect-dbt either, or they are values.
    for line in [
        "build --project-dir . --quiet --output json",
        "build --no-such-flag --channel",
        "build --vars --flow-name",
    ] {
        assert_eq!(advice(line), None, "{line}");
    }
    let deploy = [
        "deploy",
        "a",
        "--work-pool",
        "b",
        "--",
        "build",
        "--cron",
        "c",
    ];
    let stderr = String::from_utf8(program(&deploy).stderr).unwrap();
    assert!(
        stderr.contains("`prefect-dbt deploy --cron .. -- build`"),
        "{stderr}"
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
