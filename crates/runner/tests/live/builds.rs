//! Builds that end by themselves, with and without failures.

use prefect_client::{Client, NewFlow, NewFlowRun, NewState, Settings, StateType};
use uuid::Uuid;

use super::faithful::{
    assert_faithful, assert_same_edges, assert_same_lines, assert_same_nodes, assert_same_times,
};
use super::project::{FAIL_MODEL, Project};

const DAILY_REVENUE: &str = "model.shop.daily_revenue";

#[test]
fn a_build_with_a_warning_is_recorded_as_dbt_ran_it() {
    let project = Project::new();
    project
        .invoke(&[], &["build", "--vars", "warn_test: true"])
        .exits_with(0);

    let truth = project.truth();
    let recorded = project.recorded(truth.nodes().len());
    assert_eq!(recorded.flow_state().kind, StateType::Completed);
    assert_eq!(
        recorded
            .of("test.shop.every_order_is_paid")
            .state
            .as_ref()
            .unwrap()
            .name,
        "Warned"
    );
    assert_faithful(&recorded, &truth);
}

#[test]
fn a_failed_model_fails_the_flow_run_and_its_downstream_nodes_are_skipped() {
    let project = Project::with_vars(FAIL_MODEL);
    let finished = project.invoke(&[], &["build", "--vars", FAIL_MODEL]);
    let headline =
        "Failures detected during invocation of dbt command 'build --vars fail_model: true':";
    finished
        .exits_with(1)
        .says(headline)
        .says("Model orders errored with message: \"");

    let truth = project.truth();
    let recorded = project.recorded(truth.nodes().len());
    let state = recorded.flow_state();
    assert_eq!(state.kind, StateType::Failed);
    let message = state.message.as_deref().unwrap_or_default();
    assert!(
        message.contains(headline) && message.contains("the till is jammed"),
        "{message}"
    );
    let skipped = recorded.of(DAILY_REVENUE).state.clone().unwrap();
    assert!(skipped.message.unwrap_or_default().contains("orders"));
    assert_faithful(&recorded, &truth);
}

#[test]
fn with_no_raise_on_failure_failures_are_still_reported() {
    let project = Project::new();
    let finished = project.invoke(
        &["--no-raise-on-failure"],
        &["build", "--vars", "fail_test: true"],
    );
    finished.exits_with(0).says("Test no_negative_payments failed with message: \"Got 1 result, configured to fail if != 0\"");

    let truth = project.truth();
    let recorded = project.recorded(truth.nodes().len());
    assert_eq!(recorded.flow_state().kind, StateType::Completed);
    assert_faithful(&recorded, &truth);
}

#[test]
fn fail_fast_leaves_no_node_open() {
    let project = Project::new();
    let run = project.invoke(&[], &["build", "--fail-fast", "--vars", "error_test: true"]);
    // dbt closes connections that its other threads still use, and may then exit with 2.
    assert!(matches!(run.code, Some(1 | 2)), "{}", run.stderr);

    let truth = project.truth();
    let recorded = project.recorded(truth.nodes().len());
    assert_eq!(recorded.flow_state().kind, StateType::Failed);
    if run.code == Some(1) {
        return assert_faithful(&recorded, &truth);
    }
    // Without results, dbt's own account of the nodes is not complete.
    for run in &recorded.task_runs {
        let state = run.state.as_ref().map(|state| state.kind);
        assert!(
            state.is_some_and(StateType::is_terminal),
            "{}",
            run.task_key
        );
    }
}

#[test]
fn the_freshness_of_sources_is_recorded() {
    let project = Project::new();
    project.invoke(&[], &["source", "freshness"]).exits_with(0);

    let truth = project.truth();
    let recorded = project.recorded(truth.nodes().len());
    let stale = recorded
        .of("source.shop.landing.price_list")
        .state
        .clone()
        .unwrap();
    assert_eq!(stale.name, "Warned");
    assert_same_nodes(&recorded, &truth);
    assert_same_times(&recorded, &truth);
    assert_same_lines(&recorded, &truth);
}

#[test]
fn a_parse_error_fails_the_flow_run_with_the_message_of_dbt() {
    let project = Project::new();
    let finished = project.invoke(
        &["--no-raise-on-failure"],
        &["build", "--vars", "fail_parse: true"],
    );
    finished.exits_with(2).says("there_is_no_such_model");

    let recorded = project.recorded(0);
    assert_eq!(recorded.flow_state().kind, StateType::Failed);
    let message = recorded.flow_state().message.as_deref().unwrap_or_default();
    assert!(message.contains("there_is_no_such_model"), "{message}");
    assert!(recorded.task_runs.is_empty());
}

#[test]
fn an_unknown_option_of_dbt_is_a_usage_error_of_dbt() {
    let project = Project::new();
    let finished = project.invoke(&["--no-prefect"], &["build", "--no-such-option"]);
    finished.exits_with(2).says("--no-such-option");
}

#[test]
fn two_invocations_in_one_flow_run_keep_the_task_runs_of_both() {
    let project = Project::new();
    let id = running_flow_run(&project).to_string();
    let seed = project.invoke(&["--flow-run-id", &id], &["seed"]);
    seed.exits_with(0);
    let seeded = project.truth().nodes();
    project
        .invoke(
            &["--flow-run-id", &id],
            // The test that needs other tables, too, stays out.
            &[
                "build",
                "--select",
                "raw_orders+1",
                "--indirect-selection",
                "cautious",
            ],
        )
        .exits_with(0);
    let truth = project.truth();

    let both = seeded.len() + truth.nodes().len();
    let recorded = project.recorded(both);
    assert_eq!(recorded.task_runs.len(), both);
    assert_eq!(
        recorded.flow_state().kind,
        StateType::Running,
        "its states are not ours"
    );
    let of_the_seed = recorded
        .task_runs
        .iter()
        .filter(|run| run.task_key == "seed.shop.raw_orders");
    assert_eq!(of_the_seed.count(), 2);
}

#[test]
fn edges_skip_nodes_that_are_not_selected() {
    let project = Project::new();
    // `daily_revenue` depends on the seeds by way of three models that this run leaves out.
    project
        .invoke(
            &[],
            &["build", "--exclude", "stg_orders", "stg_payments", "orders"],
        )
        .exits_with(1);

    let truth = project.truth();
    let recorded = project.recorded(truth.nodes().len());
    let seeds = ["seed.shop.raw_orders", "seed.shop.raw_payments"].map(str::to_owned);
    assert!(
        recorded
            .upstream(recorded.of(DAILY_REVENUE))
            .is_superset(&seeds.into())
    );
    assert_same_edges(&recorded, &truth);
}

/// A running flow run with the test's name.
fn running_flow_run(project: &Project) -> Uuid {
    let client = Client::new(&Settings::with_api_url(&project.environment.api)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let flow = client.create_flow(&NewFlow::new("tests")).await.unwrap();
        let mut run = NewFlowRun::new(flow.id);
        run.name = Some(project.flow_run.clone());
        let run = client.create_flow_run(&run).await.unwrap();
        client
            .set_flow_run_state(run.id, &NewState::new(StateType::Running), false)
            .await
            .unwrap();
        run.id
    })
}
