//! Runs that are interrupted, that die, or in which the end of a node is lost.

use prefect_dbt::model::Effect;
use prefect_dbt::track::{TextSource, TrackedRun, summary};
use serde_json::json;

use super::support::{ends, exit, feed, lines, results, tracker};

fn interrupted() -> (Vec<Effect>, TrackedRun) {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    for line in lines("interrupted") {
        if line.contains("LogCancelLine") {
            tracker.interrupted("interrupted by SIGINT");
        }
        feed(&mut tracker, &line, &mut out);
    }
    let run = tracker.close(exit(2), results("interrupted").as_ref(), &mut out);
    (out, run)
}

#[test]
fn the_summary_of_an_interrupted_run_counts_the_states() {
    let (_, mut run) = interrupted();
    let counts = summary::Summary::new(&run, 3).counts;
    assert_eq!(counts.get("cancelled"), Some(&1));
    assert_eq!(counts.get("error"), None);
    run.not_started = vec!["model.tiny.later".to_owned()];
    assert_eq!(
        summary::stopped_line(&run).unwrap(),
        "Cancelled while running: model.tiny.leaf. Queries cancelled by dbt: model.tiny.leaf. \
         Not started: model.tiny.later"
    );
}

#[test]
fn dbts_cancel_line_is_on_the_task_run_of_its_node() {
    let (out, _) = interrupted();
    let owners: Vec<_> = out
        .iter()
        .filter_map(|effect| match effect {
            Effect::Log(line) if line.message.starts_with("CANCEL query") => {
                Some(line.task.as_ref().map(|task| task.name.clone()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(owners, [None, Some("model leaf".to_owned())]);
}

#[test]
fn a_skip_names_its_cause_even_if_the_end_of_the_cause_is_lost() {
    // Without the announcement (dbt before 1.9 has none), and with another failure announced last.
    let other = json!({
        "info": {"name": "MarkSkippedChildren", "level": "debug", "msg": "", "ts": "2026-01-01T00:00:00Z"},
        "data": {"unique_id": "model.tiny.daily", "status": "error"},
    });
    for lost in [
        vec!["\"NodeFinished\""],
        vec!["\"NodeFinished\"", "\"MarkSkippedChildren\""],
    ] {
        let (mut tracker, mut out) = (tracker(), Vec::new());
        for line in lines("model_fails") {
            let is_lost =
                line.contains("model.tiny.stg") && lost.iter().any(|name| line.contains(name));
            if line.contains("SkippingDetails") {
                feed(&mut tracker, &other.to_string(), &mut out);
            }
            if !is_lost {
                feed(&mut tracker, &line, &mut out);
            }
        }
        tracker.close(exit(1), results("model_fails").as_ref(), &mut out);
        let message = out.iter().find_map(|effect| match effect {
            Effect::NodeFinished(task, end) if task.unique_id == "model.tiny.mart" => {
                end.state.message.clone()
            }
            _ => None,
        });
        assert_eq!(
            message.as_deref(),
            Some("Skipped because model.tiny.stg did not succeed"),
            "{lost:?}"
        );
    }
}

#[test]
fn an_inline_text_that_does_not_parse_fails_the_run_and_creates_no_node() {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    let event = |name: &str, data: serde_json::Value| {
        json!({
            "info": {"name": name, "level": "error", "msg": "Error", "ts": "2026-01-01T00:00:00Z"},
            "data": data,
        })
        .to_string()
    };
    let why = "Sql_Operation 'sql_operation.tiny.inline_query' depends on a node named 'nope' which was not found";
    let node = json!({"unique_id": "sqloperation.test.inline_query", "node_status": "failed"});
    let lines = [
        event(
            "ParseInlineNodeError",
            json!({"exc": why, "node_info": node}),
        ),
        event(
            "MainEncounteredError",
            json!({"exc": "Error parsing inline query"}),
        ),
    ];
    for line in &lines {
        feed(&mut tracker, line, &mut out);
    }
    let run = tracker.close(exit(2), None, &mut out);
    assert!(ends(&out).is_empty());
    assert_eq!(
        run.dbt_error,
        Some(format!("Error parsing inline query\n{why}"))
    );
}

#[test]
fn a_dbt_that_dies_without_a_node_leaves_its_last_line_of_standard_error() {
    for code in [1, 2, 101, -6] {
        let (mut tracker, mut out) = (tracker(), Vec::new());
        feed(&mut tracker, &lines("good")[0], &mut out);
        for line in [
            "Fatal Python error: Aborted",
            "ImportError: libduckdb is missing",
        ] {
            tracker.on_text(TextSource::Stderr, line, exit(1).at, &mut out);
        }
        let run = tracker.close(exit(code), None, &mut out);
        let text = summary::failure_text(&["build".to_owned()], &run).unwrap();
        assert!(
            text.ends_with("ImportError: libduckdb is missing"),
            "{code}: {text}"
        );
    }
}

#[test]
fn an_empty_selection_is_noted_with_its_criteria() {
    let event = |name: &str, message: &str| {
        json!({
            "info": {"name": name, "level": "warn", "msg": message, "ts": "2026-01-01T00:00:00Z"},
            "data": {},
        })
        .to_string()
    };
    let nothing = "Nothing to do. Try checking your model configs and model specification args";
    let unmatched = "The selection criterion 'nope' does not match any enabled nodes";
    for (lines, expected) in [
        (vec![event("NothingToDo", nothing)], Some(nothing)),
        (
            vec![
                event("NoNodesForSelectionCriteria", unmatched),
                event("NothingToDo", nothing),
            ],
            Some(unmatched),
        ),
        // Another criterion did match.
        (vec![event("NoNodesForSelectionCriteria", unmatched)], None),
    ] {
        let (mut tracker, mut out) = (tracker(), Vec::new());
        for line in &lines {
            feed(&mut tracker, line, &mut out);
        }
        let run = tracker.close(exit(0), None, &mut out);
        assert_eq!(run.nothing_selected.as_deref(), expected);
    }
}
