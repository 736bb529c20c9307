//! Compares what the server recorded with what dbt wrote.

use std::collections::BTreeSet;

use prefect_client::StateType;

use super::dbt_truth::DbtTruth;
use super::edges;
use super::recorded::Recorded;

/// Fails unless the server recorded exactly the nodes, states, times, edges and log lines of dbt's run.
#[track_caller]
pub(super) fn assert_faithful(recorded: &Recorded, truth: &DbtTruth) {
    assert_same_nodes(recorded, truth);
    assert_same_states(recorded, truth);
    assert_same_times(recorded, truth);
    assert_same_edges(recorded, truth);
    assert_same_lines(recorded, truth);
}

/// One task run for each node that ran or was skipped, and no other.
#[track_caller]
pub(super) fn assert_same_nodes(recorded: &Recorded, truth: &DbtTruth) {
    let keys: Vec<&str> = recorded
        .task_runs
        .iter()
        .map(|run| run.task_key.as_str())
        .collect();
    let distinct: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    assert_eq!(distinct, truth.nodes());
    assert_eq!(distinct.len(), keys.len(), "a node has several task runs");
}

/// Each task run ended in the state that dbt's status stands for.
#[track_caller]
fn assert_same_states(recorded: &Recorded, truth: &DbtTruth) {
    for id in truth.nodes() {
        let state = recorded.of(&id).state.as_ref().unwrap();
        let status = truth.status(&id).unwrap_or_default();
        let (kind, name) = match status.as_str() {
            "success" | "pass" | "no-op" => (StateType::Completed, "Completed"),
            "warn" => (StateType::Completed, "Warned"),
            "error" | "fail" | "runtime error" | "partial success" => (StateType::Failed, "Failed"),
            "skipped" => (StateType::Cancelled, "Skipped"),
            other => panic!("{id} has the status `{other}`"),
        };
        assert_eq!((&state.kind, state.name.as_str()), (&kind, name), "{id}");
        if kind == StateType::Failed {
            let message = state.message.as_deref().unwrap_or_default();
            assert!(
                message.contains(&format!("Node {id} finished with status {status}")),
                "{message}"
            );
            assert!(
                message.contains(truth.message(&id).unwrap_or_default().trim()),
                "{message}"
            );
        }
    }
}

/// Start, end and duration are dbt's, to the microsecond.
#[track_caller]
pub(super) fn assert_same_times(recorded: &Recorded, truth: &DbtTruth) {
    let mut compared = 0;
    for id in truth.nodes() {
        let run = recorded.of(&id);
        let (Some(start), Some(end)) = (run.start_time, run.end_time) else {
            panic!("{id} has no times");
        };
        if truth.status(&id).as_deref() == Some("skipped") {
            assert_eq!(start, end, "{id} was skipped");
            continue;
        }
        let Some(times) = truth.times(&id) else {
            continue;
        };
        assert_eq!((start, end), times, "{id}");
        let seconds = times.1.duration_since(times.0).as_secs_f64();
        assert!(
            (run.total_run_time - seconds).abs() < 1e-6,
            "{id} ran {}",
            run.total_run_time
        );
        compared += 1;
    }
    assert!(compared > 0, "there was nothing to compare");
}

/// The edges are those of the manifest: all of them and no other.
#[track_caller]
pub(super) fn assert_same_edges(recorded: &Recorded, truth: &DbtTruth) {
    let nodes = truth.nodes();
    for run in &recorded.task_runs {
        let expected = edges::expected(&truth.manifest, &nodes, &run.task_key);
        assert_eq!(
            recorded.upstream(run),
            expected,
            "upstream of {}",
            run.task_key
        );
    }
}

/// Every line that dbt shows to people is there, at dbt's time, on the run that it belongs to.
#[track_caller]
pub(super) fn assert_same_lines(recorded: &Recorded, truth: &DbtTruth) {
    let lines = truth.lines();
    let logs = recorded.logs(lines.len());
    for line in &lines {
        // An ephemeral model has no task run: what is said of it belongs to the flow run.
        let node = line.node.as_ref().filter(|id| truth.nodes().contains(*id));
        let task = node.map(|id| recorded.of(id).id);
        // dbt names no node in it; it belongs to the node if that was still running.
        let is_cancellation = line.message.starts_with("CANCEL query");
        let is_there = logs.iter().any(|log| {
            log.timestamp == line.at
                && log.message.trim_end() == line.message.trim_end()
                && (log.task_run_id == task || is_cancellation)
        });
        assert!(is_there, "not logged: {line:?}");
    }
}
