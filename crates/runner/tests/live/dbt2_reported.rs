//! Commands of dbt 2 that build nothing, or only what is left, in Prefect, by its stand-in.

use prefect_client::StateType;
use serde_json::json;

use super::dbt2_project::{Dbt2Project, message, nodes, nodes_with, shows_refusal};

const COMPLETED: (StateType, &str) = (StateType::Completed, "Completed");
const FAILED: (StateType, &str) = (StateType::Failed, "Failed");
const START: &str = "operation.shop.shop-on-run-start-0";
const END: &str = "operation.shop.shop-on-run-end-0";

#[test]
fn lists_have_no_task_runs_and_a_preview_has_that_of_its_model() {
    let project = Dbt2Project::new(nodes());
    let run = project.invoke(&[], &["ls", "--select", "stg"]);
    run.exits_with(0);
    assert_eq!(run.stdout, "shop.stg\n");
    project.shows(COMPLETED, &[]);
    let project = Dbt2Project::new(nodes());
    let run = project.invoke(&[], &["show", "--select", "stg"]);
    run.exits_with(0);
    assert!(run.stdout.contains("| one |"), "{}", run.stdout);
    // dbt 2 runs the project's hooks in every command that runs nodes.
    let ids = [START, "model.shop.stg", END];
    project.shows(COMPLETED, &ids.map(|id| (id, "Completed")));
}

#[test]
fn a_preview_of_several_nodes_is_refused_and_that_of_a_failing_model_says_why() {
    let project = Dbt2Project::new(nodes());
    let text =
        "Only one node can be selected for show: model.shop.stg, model.shop.mart, and 1 more";
    let run = project.invoke(&[], &["show", "--select", "stg", "mart"]);
    run.exits_with(2).says(text);
    assert_eq!(run.stdout, "");
    shows_refusal(&project, text);

    let text = "Catalog Error: no such table raw";
    let error = json!({"outcome": "error", "message": text});
    let project = Dbt2Project::new(nodes_with(&[("model.shop.stg", error)]));
    let run = project.invoke(&[], &["show", "--select", "stg"]);
    run.exits_with(1).says(text);
    assert_eq!(run.stdout, "");
    let hooks = [START, END].map(|id| (id, "Completed"));
    let expected = [&hooks[..], &[("model.shop.stg", "Failed")]].concat();
    let recorded = project.shows(FAILED, &expected);
    assert!(message(&recorded, "model.shop.stg").contains(text));
}

#[test]
fn a_retry_of_the_users_is_no_success_because_dbt_2_forgets_arguments() {
    let failing = |outcome: &str| {
        let node = json!({"outcome": outcome, "message": "Catalog Error: no"});
        json!({ "nodes": nodes_with(&[("model.shop.mart", node)]) })
    };
    let project = Dbt2Project::described(failing("error"));
    project.invoke(&["--no-prefect"], &["run"]).exits_with(1);
    project.describe(&failing("success"));
    let text =
        "dbt retry is not supported for dbt 2.0.0-beta.2; run it again: prefect-dbt invoke -- run";
    project.invoke(&[], &["retry"]).exits_with(1).says(text);
    let ids = [START, "model.shop.mart", "model.shop.leaf", END];
    project.shows(FAILED, &ids.map(|id| (id, "Completed")));
}

#[test]
fn a_retry_that_dbt_2_refuses_fails_with_its_reason() {
    let refused = |outcome: &str, before: &[&str], text: &str| {
        let mart = json!({"outcome": outcome});
        let project = Dbt2Project::new(nodes_with(&[("model.shop.mart", mart)]));
        project.invoke(&["--no-prefect"], before);
        project.invoke(&[], &["retry"]).exits_with(2).says(text);
        shows_refusal(&project, text);
    };
    refused("success", &["parse"], "cannot read run_results.json");
    refused("success", &["run"], "nothing to retry");
    let preview = ["show", "--select", "mart"];
    refused("error", &preview, "Cannot retry command 'show' - only run/");
}

#[test]
fn an_interrupted_run_is_repeated_as_a_whole_by_a_retry() {
    // After a failure with --fail-fast, dbt 2 lists every node as failed, also those that succeeded.
    let failing = |outcome: &str| {
        let node = json!({"outcome": outcome, "message": "Catalog Error: no"});
        json!({ "nodes": nodes_with(&[("model.shop.stg", node)]) })
    };
    let project = Dbt2Project::described(failing("error"));
    project.write("good.json", &failing("success").to_string());
    let options = ["--retries", "1", "--on-run-end", "cp good.json dbt2.json"];
    let run = project.invoke(&options, &["build", "--fail-fast", "--select", "+stg"]);
    run.exits_with(0).says("Attempt 2: the whole command");
    let recorded = project.recorded(8);
    assert_eq!(recorded.flow_state().kind, StateType::Completed);
    let of = |id: &str| {
        recorded
            .task_runs
            .iter()
            .filter(|run| run.task_key == id)
            .count()
    };
    assert_eq!((of("seed.shop.people"), of("model.shop.stg")), (2, 2));
}

#[test]
fn a_source_that_is_fresh() {
    let project = Dbt2Project::new(nodes());
    project.invoke(&[], &["source", "freshness"]).exits_with(0);
    project.shows(COMPLETED, &[("source.shop.raw.prices", "Completed")]);
}

#[test]
fn a_clone_needs_a_state_and_other_commands_run_no_node() {
    let project = Dbt2Project::new(nodes());
    let text = "clone requires --state or --defer-state";
    project.invoke(&[], &["clone"]).exits_with(2).says(text);
    shows_refusal(&project, text);
    for args in [&["run-operation", "grant"][..], &["deps"], &["debug"]] {
        let project = Dbt2Project::new(nodes());
        project.invoke(&[], args).exits_with(0);
        let recorded = project.recorded(0);
        assert!(recorded.task_runs.is_empty());
        assert_eq!(recorded.flow_state().kind, StateType::Completed);
    }
}
