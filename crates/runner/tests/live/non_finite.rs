//! Numbers that JSON does not have: dbt writes `NaN` and `Infinity` into its artifacts, and nothing in place of events.

use std::collections::{BTreeMap, BTreeSet};

use prefect_client::StateType;
use uuid::Uuid;

use super::project::Finished;
use super::recorded::Recorded;
use super::workshop::{BASE, BELOW, FLAKY, Workshop};

/// dbt cannot write an event of `flaky`, and its manifest has the argument of the test as `Infinity`.
const LIMITS: &str = "version: 2
models:
  - {name: flaky, config: {meta: {limit: .inf}}}
  - {name: base, columns: [{name: id, data_tests: [{below: {arguments: {highest: .inf}}}]}]}
";
const BELOW_TEST: &str = "{% test below(model, column_name, highest) %}
select * from {{ model }} where {{ column_name }} > 1e300
{% endtest %}
";
/// The arguments are in run_results.json, with `NaN`.
const BUILD: [&str; 3] = ["build", "--vars", "{lowest: .nan}"];

/// Name and message of each node's state, and the nodes that it waited for.
type Shown = BTreeMap<String, (String, Option<String>, BTreeSet<String>)>;

fn shown(name: &str) -> Shown {
    let recorded = Recorded::wait_for(name, 4);
    assert_eq!(recorded.flow_state().kind, StateType::Failed);
    let of = |run: &prefect_client::TaskRun| {
        let state = run.state.clone().unwrap();
        let shown = (state.name, state.message, recorded.upstream(run));
        (run.task_key.clone(), shown)
    };
    recorded.task_runs.iter().map(of).collect()
}

#[test]
fn numbers_that_are_not_finite_lose_nothing_in_runs_and_replays() {
    let mut workshop = Workshop::new();
    fs_err::create_dir(workshop.path().join("macros")).unwrap();
    workshop.write("macros/below.sql", BELOW_TEST);
    workshop.write("models/limits.yml", LIMITS);
    let logs = workshop.path().join("logs");
    let mut run = workshop.invocation(&[], &BUILD);
    run.env("DBT_LOG_PATH", &logs)
        .env("DBT_LOG_FORMAT_FILE", "json")
        .env("DBT_LOG_LEVEL_FILE", "debug");
    Finished::of(&mut run).exits_with(1);
    for (artifact, number) in [("manifest", "Infinity"), ("run_results", "NaN")] {
        let path = workshop.path().join(format!("target/{artifact}.json"));
        assert!(fs_err::read_to_string(path).unwrap().contains(number));
    }

    let of_run = shown(workshop.flow_run_name());
    let (state, message, upstream) = &of_run[FLAKY];
    assert_eq!(state, "Failed");
    let message = message.as_deref().unwrap();
    assert!(message.contains("mended.csv"), "{message}");
    assert_eq!(*upstream, [BASE.to_owned()].into());
    let (state, _, upstream) = &of_run[BELOW];
    assert_eq!(state, "Skipped");
    assert_eq!(*upstream, [FLAKY.to_owned()].into());
    let test = of_run.iter().find(|(id, _)| id.starts_with("test."));
    let (_, (state, _, upstream)) = test.unwrap();
    assert_eq!(state, "Completed");
    assert_eq!(*upstream, [BASE.to_owned()].into());

    let name = format!("test-{}", Uuid::now_v7());
    let mut replay = workshop.program();
    replay.args(["replay", "--flow-run-name", &name]);
    Finished::of(replay.arg(logs.join("dbt.log"))).exits_with(0);
    assert_eq!(shown(&name), of_run, "of dbt's log");

    workshop.rename();
    let mut unreported = workshop.program();
    unreported.args(["invoke", "--no-prefect", "--flow-run-name"]);
    unreported.arg(workshop.flow_run_name()).arg("--");
    Finished::of(unreported.args(BUILD)).exits_with(1);
    let journals = workshop.records();
    let journal = journals
        .iter()
        .find(|path| path.extension().is_some_and(|found| found == "jsonl"));
    let mut replay = workshop.program();
    Finished::of(replay.arg("replay").arg(journal.unwrap())).exits_with(0);
    assert_eq!(shown(workshop.flow_run_name()), of_run, "of the journal");
}
