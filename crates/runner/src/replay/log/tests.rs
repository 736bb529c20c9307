use super::*;

fn event(invocation: &str, name: &str, level: &str, data: &str) -> String {
    format!(
        r#"{{"data":{data},"info":{{"invocation_id":"{invocation}","level":"{level}","msg":"m","name":"{name}","thread":"MainThread","ts":"2026-01-01T00:00:00.000000Z"}}}}"#
    )
}

fn scanned(text: &str) -> Result<Vec<LoggedRun>, ReplayError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    scan(file.path())
}

#[test]
fn invocations_are_separated() {
    let lines = [
        event(
            "a",
            "MainReportArgs",
            "debug",
            r#"{"args":{"invocation_command":"dbt seed"}}"#,
        ),
        event("b", "MainReportVersion", "info", "{}"),
        event(
            "a",
            "CommandCompleted",
            "debug",
            r#"{"command":"dbt seed","success":true}"#,
        ),
        event(
            "b",
            "CommandCompleted",
            "debug",
            r#"{"command":"dbt build --select x","success":false}"#,
        ),
        r#"{"info":{"invoc"#.to_owned(),
    ];
    let runs = scanned(&lines.join("\n")).unwrap();
    let found: Vec<_> = runs
        .iter()
        .map(|run| (run.invocation_id.as_str(), run.args.join(" "), run.success))
        .collect();
    let expected = [
        ("a", "seed".to_owned(), Some(true)),
        ("b", "build --select x".to_owned(), Some(false)),
    ];
    assert_eq!(found, expected);
    assert!(runs.iter().all(LoggedRun::is_detailed));
    assert_ne!(runs[0].run_id(), runs[1].run_id());
}

#[test]
fn a_log_at_info_level_is_not_detailed() {
    let node = r#"{"node_info":{"unique_id":"model.a.b","node_status":"success"}}"#;
    let lines = [
        event("a", "MainReportVersion", "info", "{}"),
        event("a", "LogModelResult", "info", node),
    ];
    assert!(!scanned(&lines.join("\n")).unwrap()[0].is_detailed());
    assert!(!scanned(&lines[0]).unwrap()[0].is_detailed());
}

#[test]
fn a_file_that_is_not_a_log_is_reported_with_its_line() {
    let error = |text: &str| scanned(text).unwrap_err().to_string();
    assert!(error("").contains("line 1: the file is empty"));
    assert!(error("\n\nname: shop\n").contains("line 3: this is neither"));
    assert!(error("10:11:12  Running with dbt").contains("dbt log in text format"));
    assert!(error("{\"header\":{\"format\":").contains("header of the journal is damaged"));
}

proptest::proptest! {
    #[test]
    fn any_bytes_can_be_scanned(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = scanned(&String::from_utf8_lossy(&bytes));
    }
}
