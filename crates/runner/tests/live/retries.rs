//! Flow runs with more than one attempt.

use prefect_client::StateType;

use super::workshop::{BASE, BELOW, FLAKY, MEND, Workshop};

#[test]
fn the_second_attempt_runs_the_nodes_that_did_not_succeed() {
    let workshop = Workshop::new();
    workshop
        .invoke(&["--retries", "2", "--on-run-end", MEND], &["build"])
        .exits_with(0)
        .says("Attempt 2: dbt retry of 2 nodes that did not succeed");
    workshop.built(&[FLAKY, BELOW]);

    let recorded = workshop.recorded(5);
    assert_eq!(recorded.flow_state().kind, StateType::Completed);
    assert_eq!(recorded.flow_run.run_count, 2);
    let states = |unique_id: &str| {
        let mut runs: Vec<_> = recorded
            .task_runs
            .iter()
            .filter(|run| run.task_key == unique_id)
            .collect();
        runs.sort_by_key(|run| run.end_time);
        let state = |run: &&prefect_client::TaskRun| run.state.as_ref().unwrap().name.clone();
        runs.iter().map(state).collect::<Vec<_>>()
    };
    assert_eq!(states(BASE), ["Completed"]);
    assert_eq!(states(FLAKY), ["Failed", "Completed"]);
    assert_eq!(states(BELOW), ["Skipped", "Completed"]);
}

#[test]
fn a_node_whose_events_dbt_cannot_write_is_retried() {
    let workshop = Workshop::new();
    // JSON has no such number: dbt writes `{}` in place of each event of the node.
    workshop.write(
        "models/limits.yml",
        "version: 2\nmodels: [{name: flaky, config: {meta: {limit: .inf}}}]\n",
    );
    workshop
        .invoke(&["--retries", "1", "--on-run-end", MEND], &["build"])
        .exits_with(0)
        .says("Attempt 2: dbt retry of 2 nodes that did not succeed");
    workshop.built(&[FLAKY, BELOW]);

    let recorded = workshop.recorded(5);
    let runs = recorded.task_runs.iter();
    let states = runs.filter(|run| run.task_key == FLAKY);
    let states = states.map(|run| run.state.as_ref().unwrap());
    let mut states: Vec<_> = states
        .map(|state| (state.name.as_str(), &state.message))
        .collect();
    states.sort();
    assert_eq!(states.len(), 2);
    assert_eq!(states[0].0, "Completed");
    let message = states[1].1.as_deref().unwrap();
    assert!(
        states[1].0 == "Failed" && message.contains("mended.csv"),
        "{message}"
    );
}

#[test]
fn a_run_that_never_succeeds_ends_failed_when_its_retries_are_used_up() {
    let workshop = Workshop::new();
    workshop
        .invoke(&["--retries", "1", "--retry-strategy", "full"], &["build"])
        .exits_with(1)
        .says("Attempt 2: the whole command, because the retry strategy is `full`");
    let recorded = workshop.recorded(6);
    assert_eq!(recorded.flow_state().kind, StateType::Failed);
    assert_eq!(recorded.flow_run.run_count, 2);
    assert_eq!(recorded.task_runs.len(), 6);
}

#[test]
fn without_prefect_the_retries_option_is_counted() {
    let workshop = Workshop::new();
    let mut command = workshop.program();
    command
        .args(["invoke", "--no-prefect", "--retries", "1"])
        .args(["--on-run-end", MEND, "--", "build"]);
    super::project::Finished::of(&mut command).exits_with(0);
    workshop.built(&[FLAKY, BELOW]);
}
