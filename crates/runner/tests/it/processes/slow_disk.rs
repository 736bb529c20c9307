//! A disk that does not answer.

use super::stand_in::StandIn;

/// An event of dbt.
const EVENT: &str = r#"{"info":{"name":"MainReportVersion","code":"A001","level":"info","msg":"v","ts":"2026-01-01T00:00:00.000000Z","invocation_id":"00000000-0000-4000-8000-000000000001"},"data":{}}"#;
/// More than a pipe and every buffer on the way hold.
const LINES: usize = 4000;

/// A pipe stands for the file: to open it takes until somebody reads it.
#[test]
fn dbt_does_not_wait_for_the_attempt_record() {
    let script = format!(
        "cd .prefect-dbt/attempts/* && mkfifo attempt.unfinished && cd ../../..
echo '{EVENT}'
yes 'a line of the log, which is as long as lines of dbt are' | head -n {LINES}
echo $$ > printed
"
    );
    let project = StandIn::new(&script);
    let printed = project.pipe("printed");
    let run = project.start(&["--quiet"], &["build"]);
    printed.read_pid();
    let attempts = std::fs::read_dir(project.path().join(".prefect-dbt/attempts"));
    let attempt = attempts
        .expect("records")
        .next()
        .expect("one")
        .expect("one");
    let record = std::fs::read_to_string(attempt.path().join("attempt.unfinished"));
    assert!(record.expect("the pipe").contains("-000000000001"));
    assert_eq!(run.exit_code(), Some(0));
}
