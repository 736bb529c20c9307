use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::model::StateKind;
use crate::track::tracked_run::{ProcessEnd, TrackedNode};

fn node(id: &str, status: &str, message: Option<&str>, seconds: i64) -> TrackedNode {
    let start = Timestamp::UNIX_EPOCH;
    let (kind, name) = match status {
        "error" => (StateKind::Failed, "Failed"),
        "skipped" => (StateKind::Cancelled, "Skipped"),
        _ => (StateKind::Completed, "Completed"),
    };
    TrackedNode {
        result: NodeResult {
            unique_id: id.to_owned(),
            status: status.into(),
            message: message.map(str::to_owned),
            skipped_because_of: (status == "skipped").then(|| "model.shop.orders".to_owned()),
            ..NodeResult::default()
        },
        state: State {
            kind,
            name: name.to_owned(),
            message: None,
        },
        start_time: start,
        end_time: start + SignedDuration::from_secs(seconds),
        has_task_run: true,
    }
}

fn run(nodes: Vec<TrackedNode>, dbt_error: Option<&str>) -> TrackedRun {
    let end = ProcessEnd {
        exit_code: Some(1),
        signal: None,
        at: Timestamp::UNIX_EPOCH,
    };
    TrackedRun {
        nodes,
        dbt_error: dbt_error.map(str::to_owned),
        success: Some(false),
        dbt_version: None,
        is_dbt_2: false,
        invocation_id: None,
        dbt_command: None,
        interrupted: None,
        not_started: Vec::new(),
        healed: Vec::new(),
        nothing_selected: None,
        cancelled_queries: Vec::new(),
        is_out_of_memory: false,
        first_event: Some(Timestamp::UNIX_EPOCH),
        last_event: Some(Timestamp::UNIX_EPOCH + SignedDuration::from_millis(12_340)),
        end,
    }
}

fn summary_of(command: &str, run: &TrackedRun) -> Option<RunSummary> {
    let args = [command, "--vars", "a: `b|c`"].map(str::to_owned);
    let state = State {
        kind: StateKind::Failed,
        name: "Failed".to_owned(),
        message: None,
    };
    markdown(command, &args, &state, run, &[])
}

#[test]
fn a_run_with_failures() {
    let run = run(
        vec![
            node("seed.shop.raw", "success", None, 3),
            node(
                "model.shop.orders",
                "error",
                Some("no ```such``` column\nLINE 1"),
                1,
            ),
            node("model.shop.customers", "skipped", None, 0),
            node("test.shop.unique", "skipped", None, 0),
        ],
        None,
    );
    let summary = summary_of("build", &run).expect("a summary");
    assert_eq!(summary.key, "dbt-build-summary");
    insta::assert_snapshot!(summary.markdown);
}

#[test]
fn a_run_that_could_not_start() {
    let summary = summary_of("source freshness", &run(Vec::new(), Some("no such source")));
    let summary = summary.expect("a summary");
    assert_eq!(summary.key, "dbt-source-freshness-summary");
    insta::assert_snapshot!(summary.markdown);
}

#[test]
fn a_successful_run_without_nodes_has_no_summary() {
    assert_eq!(summary_of("parse", &run(Vec::new(), None)), None);
}

#[test]
fn the_summary_of_thousands_of_failures_is_short() {
    let message = "x".repeat(100_000);
    let nodes = (0..5_000).flat_map(|index| {
        let id = format!("model.shop.m{index}");
        [
            node(&id, "error", Some(&message), 1),
            node(&format!("{id}_below"), "skipped", None, 0),
        ]
    });
    let summary = summary_of("build", &run(nodes.collect(), None)).expect("a summary");
    assert!(summary.markdown.len() < 200_000);
    assert!(summary.markdown.contains("and 4950 more"));
    assert!(summary.markdown.contains("and 4980 more"));
}
