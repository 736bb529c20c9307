//! Runs of dbt 2, by its stand-in: task runs, edges, states, texts and exit codes.

use prefect_client::StateType;
use serde_json::json;

use super::dbt2_project::{Dbt2Project, message, nodes, nodes_with};

const COMPLETED: (StateType, &str) = (StateType::Completed, "Completed");
const FAILED: (StateType, &str) = (StateType::Failed, "Failed");
/// What a build without a failure shows: the ephemeral model has no task run.
const GOOD: [(&str, &str); 10] = [
    ("operation.shop.shop-on-run-start-0", "Completed"),
    ("seed.shop.people", "Completed"),
    ("seed.shop.orders", "Completed"),
    ("model.shop.stg", "Completed"),
    ("model.shop.mart", "Completed"),
    ("model.shop.leaf", "Completed"),
    ("snapshot.shop.history", "Completed"),
    ("unit_test.shop.mart.adds_up", "Completed"),
    ("test.shop.unique_stg.1", "Completed"),
    ("operation.shop.shop-on-run-end-0", "Completed"),
];

/// The states of a build in which these nodes ended otherwise.
fn but(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let changed = |id| changes.iter().find(|(other, _)| *other == id);
    GOOD.iter()
        .map(|row| *changed(row.0).unwrap_or(row))
        .collect()
}

#[test]
fn a_build_has_all_edges_because_dbt_parse_ran_first() {
    let project = Dbt2Project::new(nodes());
    let run = project.invoke(&[], &["build"]);
    run.exits_with(0).says("so `dbt parse` ran first, for ");
    let recorded = project.shows(COMPLETED, &GOOD);
    assert_eq!(recorded.upstream(recorded.of("model.shop.mart")).len(), 3);
    // The start is that of the execution, which is before the end.
    for run in &recorded.task_runs {
        assert!(
            run.start_time.unwrap() < run.end_time.unwrap(),
            "{}",
            run.task_key
        );
    }
}

#[test]
fn a_failure_has_its_text_and_names_itself_in_what_is_skipped() {
    let text = "Catalog Error: no such table raw";
    let error = json!({"outcome": "error", "message": text});
    let project = Dbt2Project::new(nodes_with(&[("model.shop.stg", error)]));
    project.invoke(&[], &["build"]).exits_with(1).says(text);
    let recorded = project.shows(
        FAILED,
        &but(&[
            ("model.shop.stg", "Failed"),
            ("model.shop.mart", "Skipped"),
            ("model.shop.leaf", "Skipped"),
            ("snapshot.shop.history", "Skipped"),
            ("unit_test.shop.mart.adds_up", "Skipped"),
            ("test.shop.unique_stg.1", "Skipped"),
        ]),
    );
    let failed = message(&recorded, "model.shop.stg");
    let head = "Node model.shop.stg finished with status error";
    assert!(failed.contains(head) && failed.contains(text), "{failed}");
    let skipped = message(&recorded, "model.shop.leaf");
    assert!(skipped.contains("model.shop.stg"), "{skipped}");
    let flow = recorded.flow_state().message.clone().unwrap();
    assert!(flow.contains(text), "{flow}");
}

#[test]
fn warnings_and_failures_of_tests() {
    let project = Dbt2Project::new(nodes_with(&[
        (
            "test.shop.unique_stg.1",
            json!({"outcome": "warn", "failures": 3}),
        ),
        (
            "unit_test.shop.mart.adds_up",
            json!({"outcome": "fail", "failures": 1}),
        ),
    ]));
    project.invoke(&[], &["build"]).exits_with(1);
    let recorded = project.shows(
        FAILED,
        &but(&[
            ("test.shop.unique_stg.1", "Warned"),
            ("unit_test.shop.mart.adds_up", "Failed"),
            ("model.shop.mart", "Skipped"),
            ("model.shop.leaf", "Skipped"),
        ]),
    );
    let warned = message(&recorded, "test.shop.unique_stg.1");
    assert!(warned.contains("Got 3 result"), "{warned}");
}

#[test]
fn diagnostics_of_other_nodes_and_models_under_unit_tests_add_no_task_run() {
    let project = Dbt2Project::described(json!({
        "nodes": nodes(),
        "diagnostics": [{"id": "model.shop.elsewhere", "level": "warn", "text": "it is unused"}],
    }));
    let args = ["build", "--select", "unit_test"];
    project
        .invoke(&[], &args)
        .exits_with(0)
        .says("it is unused");
    project.shows(
        COMPLETED,
        &[
            ("operation.shop.shop-on-run-start-0", "Completed"),
            ("unit_test.shop.mart.adds_up", "Completed"),
            ("operation.shop.shop-on-run-end-0", "Completed"),
        ],
    );
}

#[test]
fn reused_nodes_are_cached() {
    let reused = json!({"outcome": "reused"});
    let project = Dbt2Project::new(nodes_with(&[
        ("model.shop.stg", reused.clone()),
        ("test.shop.unique_stg.1", reused),
    ]));
    project.invoke(&[], &["build"]).exits_with(0);
    let cached = [
        ("model.shop.stg", "Cached"),
        ("test.shop.unique_stg.1", "Cached"),
    ];
    let recorded = project.shows(COMPLETED, &but(&cached));
    let reason = message(&recorded, "model.shop.stg");
    assert_eq!(reason, "No new changes on any upstreams");
}

#[test]
fn a_hook_that_fails_at_the_start_leaves_no_made_up_results() {
    let text = "Database Error: the grants are wrong";
    let error = json!({"outcome": "error", "message": text});
    let hook = "operation.shop.shop-on-run-start-0";
    let project = Dbt2Project::new(nodes_with(&[(hook, error)]));
    project.invoke(&[], &["build"]).exits_with(1).says(text);
    let recorded = project.shows(FAILED, &[(hook, "Failed")]);
    assert!(message(&recorded, hook).contains(text));
}

#[test]
fn a_hook_that_fails_at_the_end() {
    let text = "Database Error: the grants are wrong";
    let error = json!({"outcome": "error", "message": text});
    let hook = "operation.shop.shop-on-run-end-0";
    let project = Dbt2Project::new(nodes_with(&[(hook, error)]));
    project.invoke(&[], &["build"]).exits_with(1).says(text);
    let recorded = project.shows(FAILED, &but(&[(hook, "Failed")]));
    assert!(message(&recorded, hook).contains(text));
}

#[test]
fn strict_analysis_starts_all_nodes_at_once() {
    let error = json!({"outcome": "error"});
    let project = Dbt2Project::new(nodes_with(&[("model.shop.mart", error)]));
    let args = ["build", "--static-analysis", "strict"];
    project.invoke(&[], &args).exits_with(1);
    let changes = [
        ("model.shop.mart", "Failed"),
        ("model.shop.leaf", "Skipped"),
    ];
    let recorded = project.shows(FAILED, &but(&changes));
    let start = |id| recorded.of(id).start_time.unwrap();
    assert!(start("model.shop.mart") > recorded.of("model.shop.stg").end_time.unwrap());
}

#[test]
fn a_project_that_does_not_parse() {
    let text = "dbt_project.yml: unknown field `modles`";
    let project = Dbt2Project::described(json!({"nodes": nodes(), "parse_error": text}));
    let run = project.invoke(&["--no-raise-on-failure"], &["build"]);
    run.exits_with(2).says(text);
    let recorded = project.shows(FAILED, &[]);
    let flow = recorded.flow_state().message.clone().unwrap();
    assert!(flow.contains(text), "{flow}");
}

#[test]
fn usage_errors_are_no_failures_of_nodes() {
    for (arg, text) in [
        ("--nope", "unexpected argument '--nope' found"),
        ("--threads=many", "invalid value 'many'"),
    ] {
        let project = Dbt2Project::new(nodes());
        let run = project.invoke(&["--no-raise-on-failure"], &["build", arg]);
        run.exits_with(2).says(text);
        let recorded = project.recorded(0);
        let state = recorded.flow_state();
        assert_eq!(state.kind, StateType::Failed);
        assert!(state.message.as_deref().unwrap_or_default().contains(text));
    }
}

#[test]
fn an_empty_selection_is_named() {
    let project = Dbt2Project::new(nodes());
    project
        .invoke(&[], &["run", "--select", "nothing"])
        .exits_with(0);
    let recorded = project.shows(COMPLETED, &[]);
    let state = recorded.flow_state().message.clone();
    assert!(state.unwrap_or_default().contains("nothing was selected"));
}

#[test]
fn warnings_as_errors_end_with_success_and_fail_the_run() {
    let warn = json!({"outcome": "warn", "failures": 3});
    let project = Dbt2Project::new(nodes_with(&[("test.shop.unique_stg.1", warn)]));
    let options = "{error: [RunResultWarning]}";
    let args = ["build", "--warn-error-options", options];
    project.invoke(&[], &args).exits_with(1);
    project.shows(FAILED, &but(&[("test.shop.unique_stg.1", "Warned")]));
}

#[test]
fn a_panic_crashes_the_nodes_that_ran() {
    let project = Dbt2Project::described(json!({
        "nodes": nodes_with(&[("seed.shop.orders", json!({"seconds": 30}))]),
        "panic_after": "model.shop.stg",
    }));
    let run = project.invoke(&[], &["build"]);
    run.exits_with(2)
        .says("called `Option::unwrap()` on a `None` value");
    let recorded = project.recorded(4);
    let state = |id: &str| recorded.of(id).state.clone().unwrap().name;
    assert_eq!(state("model.shop.stg"), "Completed");
    assert_eq!(state("seed.shop.orders"), "Crashed");
    assert_eq!(recorded.flow_state().kind, StateType::Failed);
}
