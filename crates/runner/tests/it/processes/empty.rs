//! A dbt that has nothing to do, or says nothing.

use super::stand_in::StandIn;

/// What dbt writes if the selection is empty.
const NOTHING_TO_DO: &str = r#"cat <<'END'
{"info":{"name":"NoNodesForSelectionCriteria","code":"M030","level":"warn","msg":"The selection criterion 'tag:absent' does not match any enabled nodes","ts":"2026-01-01T00:00:00.000000Z","invocation_id":"00000000-0000-4000-8000-000000000001","category":"","thread":"MainThread","pid":1,"extra":{}},"data":{"spec_raw":"tag:absent"}}
{"info":{"name":"NothingToDo","code":"Q035","level":"warn","msg":"Nothing to do. Try checking your model configs and model specification args","ts":"2026-01-01T00:00:00.000000Z","invocation_id":"00000000-0000-4000-8000-000000000001","category":"","thread":"MainThread","pid":1,"extra":{}},"data":{}}
END
"#;

/// The exit code and what the program printed to stderr.
fn outcome(script: &str, options: &[&str]) -> (Option<i32>, String) {
    let project = StandIn::new(script);
    let output = project.invocation(options, &["build"]).output();
    let output = output.expect("the program was built");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), stderr)
}

#[test]
fn an_empty_selection_fails_only_with_fail_on_empty() {
    let why = "The selection criterion 'tag:absent' does not match any enabled nodes";
    for (options, code) in [(&[][..], 0), (&["--fail-on-empty"][..], 1)] {
        let (found, stderr) = outcome(NOTHING_TO_DO, options);
        assert_eq!(found, Some(code), "{stderr}");
        assert!(stderr.contains(why), "{stderr}");
    }
}

#[test]
fn a_success_without_an_event_is_a_warning() {
    let (code, stderr) = outcome("exit 0\n", &[]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.contains("dbt exited with code 0 and wrote no event"),
        "{stderr}"
    );
    let (_, stderr) = outcome(NOTHING_TO_DO, &[]);
    assert!(!stderr.contains("wrote no event"), "{stderr}");
}
