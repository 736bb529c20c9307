use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::track::tracked_run::ProcessEnd;
use crate::track::tracker::Tracker;
use crate::track::tracker_options::TrackerOptions;

/// A run of which dbt wrote events.
fn run(exit_code: Option<i32>, signal: Option<i32>) -> TrackedRun {
    let end = ProcessEnd {
        exit_code,
        signal,
        at: Timestamp::UNIX_EPOCH,
    };
    let run = Tracker::new(TrackerOptions::new(Uuid::nil())).close(end, None, &mut Vec::new());
    TrackedRun {
        first_event: Some(Timestamp::UNIX_EPOCH),
        ..run
    }
}

#[test]
fn the_exit_codes_of_dbt_2_do_not_tell_failures_from_usage_errors() {
    let args = ["build".to_owned()];
    let dbt_2 = |exit_code, success| TrackedRun {
        is_dbt_2: true,
        success,
        ..run(Some(exit_code), None)
    };
    let verdict = |run: &TrackedRun, args: &[String]| judge(args, run, None, None, true).exit_code;
    let usage_error = TrackedRun {
        first_event: None,
        ..run(Some(1), None)
    };
    assert_eq!(verdict(&usage_error, &args), exit_codes::CANNOT_RUN);
    let parse_error = dbt_2(1, Some(false));
    assert_eq!(verdict(&parse_error, &args), exit_codes::CANNOT_RUN);
    let operation = ["run-operation".to_owned(), "grant".to_owned()];
    assert_eq!(verdict(&parse_error, &operation), exit_codes::FAILURES);
    let warnings = dbt_2(2, Some(true));
    assert_eq!(verdict(&warnings, &args), exit_codes::FAILURES);
    let state = judge(&args, &warnings, None, None, false).state;
    assert_eq!(state.kind, StateKind::Completed);
    let panicked = dbt_2(2, None);
    assert_eq!(verdict(&panicked, &args), exit_codes::CANNOT_RUN);
}

#[test]
fn each_end_has_its_state_and_exit_code() {
    use StopCause::*;
    let args = ["build".to_owned()];
    let cases = [
        (run(Some(0), None), None, true, "Completed", 0),
        (run(Some(0), None), Some(Interrupt), true, "Completed", 0),
        (run(Some(1), None), None, true, "Failed", 1),
        (run(Some(1), None), None, false, "Completed", 0),
        (run(Some(2), None), None, true, "Failed", 2),
        (run(Some(2), None), None, false, "Failed", 2),
        (run(None, Some(9)), None, true, "Crashed", 2),
        (run(None, None), None, true, "Crashed", 2),
        (run(Some(2), None), Some(Interrupt), true, "Cancelled", 130),
        (run(Some(2), None), Some(Cancel), false, "Cancelled", 130),
        (run(Some(2), None), Some(Terminate), true, "Crashed", 143),
        (run(None, Some(9)), Some(Timeout), true, "TimedOut", 1),
    ];
    for (run, stopped, raise, name, exit_code) in cases {
        let verdict = judge(&args, &run, stopped, None, raise);
        let found = (verdict.state.name.as_str(), i32::from(verdict.exit_code));
        assert_eq!(
            found,
            (name, exit_code),
            "{:?} {stopped:?} {raise}",
            run.end
        );
        assert_eq!(verdict.success, run.end.exit_code == Some(0));
    }
}

#[test]
fn a_failure_always_has_a_text() {
    let verdict = judge(&["build".to_owned()], &run(Some(2), None), None, None, true);
    let text = verdict.failure.unwrap();
    assert_eq!(
        text,
        "Failed to invoke dbt command 'build': dbt exited with code 2"
    );
    assert_eq!(verdict.state.message, Some(text));
    let verdict = judge(&["build".to_owned()], &run(Some(1), None), None, None, true);
    assert_eq!(
        verdict.failure.unwrap(),
        "Failures detected during invocation of dbt command 'build':\ndbt exited with code 1"
    );
}

#[test]
fn a_usage_error_has_the_text_of_the_python_package() {
    let mut refused = run(Some(2), None);
    (refused.first_event, refused.dbt_error) = (None, Some("No such option: --nope".to_owned()));
    let args = ["build".to_owned(), "--nope".to_owned()];
    let text = judge(&args, &refused, None, None, true).failure;
    let expected = "Failed to invoke dbt command 'build --nope': No such option: --nope";
    assert_eq!(text.unwrap(), expected);
}

#[test]
fn a_run_that_was_stopped_says_why() {
    let args = ["build".to_owned()];
    let stopped = |cause| judge(&args, &run(Some(2), None), Some(cause), None, true).failure;
    assert_eq!(
        stopped(StopCause::Timeout).unwrap(),
        "Failures detected during invocation of dbt command 'build':\nthe run exceeded its timeout"
    );
    assert!(
        stopped(StopCause::Interrupt)
            .unwrap()
            .ends_with("interrupted by SIGINT")
    );
}

#[test]
fn a_run_that_memory_ran_out_for_says_so_unless_it_was_stopped() {
    let args = ["build".to_owned()];
    let mut killed = run(None, Some(9));
    killed.is_out_of_memory = true;
    let verdict = judge(&args, &killed, None, None, true);
    assert_eq!((verdict.exit_code, &*verdict.state.name), (137, "Crashed"));
    assert!(verdict.failure.unwrap().ends_with(OUT_OF_MEMORY));
    let verdict = judge(&args, &killed, Some(StopCause::Interrupt), None, true);
    assert_eq!(verdict.exit_code, 130);
}

#[test]
fn an_empty_selection_is_named() {
    let mut run = run(Some(0), None);
    run.nothing_selected = Some("the selection criterion 'x' matches nothing".to_owned());
    let verdict = judge(&["build".to_owned()], &run, None, None, true);
    assert!(verdict.success);
    assert_eq!(
        verdict.state.message.as_deref(),
        Some("nothing was selected: the selection criterion 'x' matches nothing")
    );
    let objection = empty_selection(&run);
    let verdict = judge(&["build".to_owned()], &run, None, objection, true);
    assert_eq!(
        (verdict.exit_code, verdict.state.kind),
        (1, StateKind::Failed)
    );
}

#[test]
fn a_signal_is_named_with_what_dbt_said_before_it() {
    let mut run = run(None, Some(6));
    run.dbt_error = Some("Fatal Python error: Aborted".to_owned());
    let verdict = judge(&["build".to_owned()], &run, None, None, true);
    assert_eq!(
        verdict.state.message.as_deref(),
        Some("dbt was terminated by signal 6\nFatal Python error: Aborted")
    );
}
