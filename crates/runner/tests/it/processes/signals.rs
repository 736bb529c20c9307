//! Signals that end a run.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use rustix::process::{Pid, Signal, test_kill_process};

use super::stand_in::{Run, StandIn};

/// Runs until it is interrupted, and then ends as dbt does.
pub(super) const RUNS_ON: &str = "trap 'exit 2' INT\necho $$ > started\nsleep 1000\n";

/// The same command, started by `sh -c SCRIPT`.
fn through_shell(script: &str, command: &Command) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("{script}; exec \"$@\""), "sh"]);
    shell.arg(command.get_program()).args(command.get_args());
    shell.current_dir(command.get_current_dir().expect("the project"));
    shell.env_clear();
    for (name, value) in command.get_envs() {
        shell.env(name, value.expect("a value"));
    }
    shell.stdin(std::process::Stdio::null());
    shell.stdout(std::process::Stdio::piped());
    shell.stderr(std::process::Stdio::piped());
    shell
}

#[test]
fn a_closed_terminal_and_a_quit_are_terminations() {
    for signal in [Signal::HUP, Signal::QUIT, Signal::TERM, Signal::XCPU] {
        let project = StandIn::new(RUNS_ON);
        let started = project.pipe("started");
        let mut command = project.invocation(&[], &["build"]);
        let run = Run::of(&mut command);
        let dbt = started.read_pid();
        run.signal(signal);
        assert_eq!(run.exit_code(), Some(143), "{signal:?}");
        assert!(test_kill_process(dbt).is_err(), "dbt runs on");
    }
}

/// A run whose dbt says this when it is interrupted, and ends when it is interrupted again; and the id of that dbt.
fn interrupted(says: &str) -> (StandIn, Run, Pid) {
    let project = StandIn::new(&format!(
        "stay() {{ trap 'exit 2' INT; echo '{says}'; }}\ntrap stay INT\necho $$ > started\nwhile :; do sleep 1000; done\n"
    ));
    let started = project.pipe("started");
    let run = project.start(&[], &["build"]);
    let dbt = started.read_pid();
    run.signal(Signal::INT);
    (project, run, dbt)
}

/// An event of dbt as its log has it.
fn event(name: &str) -> String {
    let info = format!(r#""name": "{name}", "level": "info", "ts": "2026-01-01T12:00:00Z""#);
    format!(r#"{{"info": {{{info}, "msg": ""}}, "data": {{}}}}"#)
}

/// A second interrupt keeps dbt from cancelling its queries. When it has said what becomes of them, there is nothing to wait for.
#[test]
fn a_dbt_that_says_what_becomes_of_its_queries_does_not_wait_as_long_as_a_silent_one() {
    let names = ["LogCancelLine", "QueryCancelationUnsupported"];
    let said = names.map(|name| interrupted(&event(name)));
    // The last one, so that a machine on which a start takes long does not matter.
    let (_project, _run, silent) = interrupted("");
    for (_project, run, _) in said {
        assert_eq!(run.exit_code(), Some(130));
    }
    assert!(test_kill_process(silent).is_ok());
}

#[test]
fn a_run_with_nohup_outlives_its_terminal() {
    let script = "trap 'exit 2' INT\necho $$ > started\ncat go_on > /dev/null\n";
    let project = StandIn::new(script);
    let (started, go_on) = (project.pipe("started"), project.pipe("go_on"));
    let command = project.invocation(&[], &["build"]);
    let run = Run::of(&mut through_shell("trap '' HUP", &command));
    started.read_pid();
    run.signal(Signal::HUP);
    go_on.write("end");
    assert_eq!(run.exit_code(), Some(0));
}

#[test]
fn a_journal_at_the_file_size_limit_does_not_end_the_run() {
    let project = StandIn::new("yes 'a line of the log' | head -n 2000\n");
    let command = project.invocation(&["--quiet"], &["build"]);
    // 8 blocks of 512 bytes: less than the journal.
    let mut command = through_shell("ulimit -f 8", &command);
    let status = command.output().expect("a shell").status;
    assert_eq!((status.code(), status.signal()), (Some(0), None));
}
