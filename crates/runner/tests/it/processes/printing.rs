//! Runs whose stdout or stderr nobody reads.

use rustix::process::{Signal, test_kill_process};

use super::stand_in::StandIn;

/// More lines than a pipe and every buffer on the way hold.
const LINES: usize = 4000;

/// Prints lines as dbt prints the result of `ls`.
fn prints_data() -> String {
    let msg = "x".repeat(100);
    format!(
        r#"yes '{{"info":{{"name":"PrintEvent","code":"Z052","level":"info","msg":"{msg}","ts":"2026-01-01T00:00:00.000000Z","invocation_id":"00000000-0000-4000-8000-000000000001","category":"","thread":"MainThread","pid":1,"extra":{{}}}},"data":{{"msg":"{msg}"}}}}' | head -n {LINES}
"#
    )
}

/// Prints lines that become log lines.
fn prints_log() -> String {
    format!("yes 'a line of the log, which is as long as lines of dbt are' | head -n {LINES}\n")
}

/// Runs until it is interrupted, and then ends as dbt does.
const RUNS_ON: &str = "trap 'exit 2' INT\necho $$ > printed\nsleep 1000\n";

#[test]
fn a_reader_that_does_not_read_stops_neither_the_timeout_nor_signals() {
    for (script, args) in [(prints_data(), ["ls"]), (prints_log(), ["build"])] {
        let project = StandIn::new(&format!("{script}{RUNS_ON}"));
        let printed = project.pipe("printed");

        let run = project.start(&[], &args);
        let dbt = printed.read_pid();
        run.signal(Signal::TERM);
        assert_eq!(run.exit_code(), Some(143), "{args:?}");
        assert!(test_kill_process(dbt).is_err(), "dbt runs on");

        let run = project.start(&["--timeout", "2"], &args);
        let dbt = printed.read_pid();
        assert_eq!(run.exit_code(), Some(1), "{args:?}");
        assert!(test_kill_process(dbt).is_err(), "dbt runs on");
    }
}

#[test]
fn a_signal_ends_the_wait_for_a_reader_after_the_run() {
    let project = StandIn::new(&format!("{}echo $$ > printed\n", prints_data()));
    let printed = project.pipe("printed");
    let run = project.start(&[], &["ls"]);
    printed.read();
    run.signal(Signal::INT);
    let code = run.exit_code();
    // The signal comes before dbt's end or after it.
    assert!(matches!(code, Some(0 | 130)), "{code:?}");
}

#[test]
fn a_reader_that_is_late_gets_every_line_of_data() {
    let project = StandIn::new(&format!("{}echo $$ > printed\n", prints_data()));
    let printed = project.pipe("printed");
    let mut run = project.start(&[], &["ls"]);
    printed.read();
    assert_eq!(run.stdout().lines().count(), LINES);
    assert_eq!(run.exit_code(), Some(0));
}
