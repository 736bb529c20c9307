//! Flows that invoke dbt several times in one flow run.

use std::collections::BTreeSet;
use std::time::Duration;

use prefect_client::{Client, Settings, StateType, TaskRun};
use prefect_dbt::{
    Flow, FlowContext, PrefectDbtRunner, PrefectDbtSettings, RetryStrategy, RunError,
};
use tokio::runtime::Builder;

use super::environment::TestEnvironment;
use super::history::history;
use super::recorded::Recorded;
use super::workshop::{BASE, BELOW, FLAKY, Workshop};

/// A test of the model at the bottom.
const TESTS: &str = "models:\n  - name: below\n    columns: [{name: id, data_tests: [not_null]}]\n";

fn runner(workshop: &Workshop, api: &str) -> PrefectDbtRunner {
    workshop.place_database();
    // Whatever folder dbt is called from.
    let mended = workshop.path().join("mended.csv");
    let flaky = format!(
        "select f.id from read_csv('{}') f join {{{{ ref('base') }}}} using (id)\n",
        mended.display()
    );
    workshop.write("models/flaky.sql", &flaky);
    let settings = PrefectDbtSettings::default()
        .with_project_dir(workshop.path())
        .with_profiles_dir(workshop.path());
    PrefectDbtRunner::builder()
        .settings(settings)
        .client(Client::new(&Settings::with_api_url(api)).unwrap())
        .dbt(workshop.executable())
        .verify_timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work)
}

/// The task runs of a node, in the order of their start.
fn of<'r>(recorded: &'r Recorded, unique_id: &str) -> Vec<&'r TaskRun> {
    let runs = recorded.task_runs.iter();
    let mut runs: Vec<_> = runs.filter(|run| run.task_key == unique_id).collect();
    runs.sort_by_key(|run| run.start_time);
    runs
}

/// The ids of the task runs that a task run waited for.
fn upstream(run: &TaskRun) -> BTreeSet<String> {
    let inputs = run.task_inputs.get("wait_for").into_iter().flatten();
    inputs
        .map(|input| input["id"].as_str().unwrap().to_owned())
        .collect()
}

fn ids<'r>(runs: impl IntoIterator<Item = &'r TaskRun>) -> BTreeSet<String> {
    runs.into_iter().map(|run| run.id.to_string()).collect()
}

#[test]
fn invocations_share_a_flow_run_and_their_task_runs_stay_apart() {
    let workshop = Workshop::new();
    workshop.mend();
    workshop.write("models/tests.yml", TESTS);
    let api = TestEnvironment::from_env().api;
    let runner = runner(&workshop, &api);
    let flow = Flow::new("several").flow_run_name(workshop.flow_run_name());
    let outcome = block_on(flow.run_with(&runner, async |flow: FlowContext| {
        flow.invoke(["run"]).await?;
        flow.invoke(["run", "--select", "below"]).await?;
        flow.invoke(["test"]).await
    }));
    assert_eq!(outcome.unwrap().run.nodes.len(), 1);

    let recorded = workshop.recorded(5);
    assert_eq!(recorded.task_runs.len(), 5);
    assert_eq!(recorded.flow_state().kind, StateType::Completed);
    let states: Vec<_> = history(&api, recorded.flow_run.id)
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(
        states,
        [StateType::Pending, StateType::Running, StateType::Completed]
    );
    let (flaky, below) = (of(&recorded, FLAKY), of(&recorded, BELOW));
    assert_eq!((flaky.len(), below.len()), (1, 2));
    // Both are the same node, and each waits for what ran before it.
    for run in &below {
        assert_eq!(run.name, "model below");
        assert_eq!(upstream(run), ids(flaky.iter().copied()));
    }
    let test = recorded
        .task_runs
        .iter()
        .find(|run| run.task_key.starts_with("test."));
    assert_eq!(upstream(test.unwrap()), ids([below[1]]));
}

#[test]
fn a_flow_is_retried_as_a_whole_with_edges_to_what_has_succeeded() {
    let workshop = Workshop::new();
    let api = TestEnvironment::from_env().api;
    let runner = runner(&workshop, &api);
    let flow = Flow::new("several")
        .flow_run_name(workshop.flow_run_name())
        .retries(1)
        .retry_strategy(RetryStrategy::Auto);
    let mut attempts = Vec::new();
    let outcome = block_on(flow.run_with(&runner, async |flow: FlowContext| {
        attempts.push(flow.run_count);
        flow.invoke(["ls"]).await?;
        if flow.run_count == 2 {
            workshop.mend();
        }
        flow.invoke(["build"]).await
    }));
    outcome.unwrap();
    assert_eq!(attempts, [1, 2]);
    workshop.built(&[FLAKY, BELOW]);

    let recorded = workshop.recorded(5);
    assert_eq!(recorded.flow_state().kind, StateType::Completed);
    assert_eq!(recorded.flow_run.run_count, 2);
    let (base, flaky, below) = (
        of(&recorded, BASE),
        of(&recorded, FLAKY),
        of(&recorded, BELOW),
    );
    assert_eq!((base.len(), flaky.len(), below.len()), (1, 2, 2));
    // The second attempt runs only what failed; its upstream node has succeeded in the first one.
    assert_eq!(upstream(flaky[1]), ids(base.iter().copied()));
    assert_eq!(upstream(below[1]), ids([flaky[1]]));
}

#[test]
fn an_error_of_the_code_fails_the_flow_run() {
    let workshop = Workshop::new();
    let api = TestEnvironment::from_env().api;
    let runner = runner(&workshop, &api);
    let flow = Flow::new("several").flow_run_name(workshop.flow_run_name());
    let mut context = None;
    let result: Result<(), _> = block_on(flow.run_with(&runner, async |flow: FlowContext| {
        context = Some(flow.clone());
        Err(RunError::code("the till is jammed"))
    }));
    assert_eq!(result.unwrap_err().to_string(), "the till is jammed");
    let recorded = workshop.recorded(0);
    let state = recorded.flow_state();
    assert_eq!(state.kind, StateType::Failed);
    assert_eq!(state.message.as_deref(), Some("the till is jammed"));
    let late = block_on(context.unwrap().invoke(["build"])).unwrap_err();
    assert!(
        late.to_string().contains("outside of the closure"),
        "{late}"
    );
    let manifest = workshop.path().join("target/manifest.json");
    assert!(!manifest.exists(), "dbt was started");
}
