//! Every command of dbt 2, by its stand-in.

use prefect_client::StateType;
use serde_json::{Value, json};

use super::dbt2_project::{Dbt2Project, message, nodes, nodes_with};

const COMPLETED: (StateType, &str) = (StateType::Completed, "Completed");
const FAILED: (StateType, &str) = (StateType::Failed, "Failed");
const HOOKS: [&str; 2] = [
    "operation.shop.shop-on-run-start-0",
    "operation.shop.shop-on-run-end-0",
];

/// Runs a command that succeeds, and compares its task runs: these nodes, and the hooks.
#[track_caller]
fn runs(args: &[&str], ids: &[&str]) {
    let project = Dbt2Project::new(nodes());
    project.invoke(&[], args).exits_with(0);
    let ids = ids.iter().chain(&HOOKS);
    let expected: Vec<_> = ids.map(|id| (*id, "Completed")).collect();
    project.shows(COMPLETED, &expected);
}

#[test]
fn commands_that_build() {
    let models = ["model.shop.stg", "model.shop.mart", "model.shop.leaf"];
    let tests = ["unit_test.shop.mart.adds_up", "test.shop.unique_stg.1"];
    runs(&["run"], &models);
    runs(&["test"], &tests);
    runs(&["seed"], &["seed.shop.people", "seed.shop.orders"]);
    runs(&["snapshot"], &["snapshot.shop.history"]);
    let seeds = ["seed.shop.people", "seed.shop.orders"];
    let compiled = [&models[..], &seeds, &["snapshot.shop.history", tests[1]]].concat();
    runs(&["compile"], &compiled);
    runs(
        &["run", "--select", "stg", "leaf"],
        &["model.shop.stg", "model.shop.leaf"],
    );
}

/// Runs a command in which this node ends in this way, with this text. Compares the text, and the task runs: these nodes, in
/// these states, and the hooks.
#[track_caller]
fn fails(command: &str, (id, outcome): (&str, &str), states: &[(&str, &str)]) {
    let text = "Catalog Error: no such table raw";
    let node = json!({"outcome": outcome, "message": text, "failures": 1});
    let project = Dbt2Project::new(nodes_with(&[(id, node)]));
    project.invoke(&[], &[command]).exits_with(1).says(text);
    let hooks = HOOKS.map(|hook| (hook, "Completed"));
    let recorded = project.shows(FAILED, &[states, &hooks].concat());
    assert!(message(&recorded, id).contains(text), "{command}");
    let flow = recorded.flow_state().message.clone();
    let flow = flow.unwrap_or_default();
    assert!(flow.contains(text), "{command}: {flow}");
}

#[test]
fn each_command_says_what_failed_and_what_it_skipped() {
    const MART: &str = "model.shop.mart";
    let (failed, skipped) = ((MART, "Failed"), ("model.shop.leaf", "Skipped"));
    let stg = ("model.shop.stg", "Completed");
    fails("run", (MART, "error"), &[stg, failed, skipped]);
    let unit_test = ("unit_test.shop.mart.adds_up", "Completed");
    let test = "test.shop.unique_stg.1";
    fails("test", (test, "fail"), &[unit_test, (test, "Failed")]);
    let (people, orders) = ("seed.shop.people", ("seed.shop.orders", "Completed"));
    fails("seed", (people, "error"), &[(people, "Failed"), orders]);
    let history = "snapshot.shop.history";
    fails("snapshot", (history, "error"), &[(history, "Failed")]);
    let others = [people, history, test].map(|id| (id, "Completed"));
    let compiled = [&[stg, failed, skipped, orders][..], &others].concat();
    fails("compile", (MART, "uncompiled"), &compiled);
}

/// What a command that writes data prints to stdout.
#[track_caller]
fn printed(args: &[&str]) -> String {
    let project = Dbt2Project::new(nodes());
    let run = project.invoke(&["--no-prefect"], args);
    run.exits_with(0);
    assert!(!run.stderr.contains("dbt parse"), "{}", run.stderr);
    run.stdout
}

#[test]
fn commands_whose_result_is_data() {
    assert_eq!(
        printed(&["ls", "--select", "stg", "mart"]),
        "shop.stg\nshop.mart\n"
    );
    assert!(printed(&["show", "--select", "stg"]).contains("| one |"));
    assert!(printed(&["show", "--inline", "select 1 as one"]).contains("| one |"));
    assert_eq!(printed(&["--version"]), "dbt-core 2.0.0-beta.2\n");
}

#[test]
fn a_command_without_edges_starts_no_second_dbt() {
    for args in [&["parse"][..], &["deps"], &["ls"], &["source", "freshness"]] {
        let project = Dbt2Project::new(nodes());
        let run = project.invoke(&[], args);
        run.exits_with(0);
        assert!(!run.stderr.contains("`dbt parse` ran"), "{}", run.stderr);
    }
}

#[test]
fn stale_sources_say_so() {
    let text = "source raw.prices is stale";
    let stale = json!({"outcome": "error", "message": text});
    let source = "source.shop.raw.prices";
    let project = Dbt2Project::new(nodes_with(&[(source, stale)]));
    project.invoke(&[], &["source", "freshness"]).exits_with(1);
    let recorded = project.shows(FAILED, &[(source, "Failed")]);
    let failed = message(&recorded, source);
    assert!(failed.contains("stale"), "{failed}");
    let project = Dbt2Project::new(nodes_with(&[(source, json!({"outcome": "warn"}))]));
    project.invoke(&[], &["source", "freshness"]).exits_with(0);
    project.shows(COMPLETED, &[(source, "Warned")]);
}

#[test]
fn a_retry_runs_the_whole_command_because_dbt_retry_forgets_its_arguments() {
    let failing = |outcome: &str| -> Value {
        let nodes = nodes_with(&[("model.shop.mart", json!({"outcome": outcome}))]);
        json!({ "nodes": nodes })
    };
    let project = Dbt2Project::described(failing("error"));
    project.write("good.json", &failing("success").to_string());
    let options = ["--retries", "1", "--on-run-end", "cp good.json dbt2.json"];
    let args = ["run", "--vars", "{day: 1}"];
    let run = project.invoke(&options, &args);
    run.exits_with(0)
        .says("Attempt 2: the whole command, because dbt retry is not supported for dbt 2");
    let recorded = project.recorded(8);
    assert_eq!(recorded.flow_state().kind, StateType::Completed);
    let second = recorded
        .task_runs
        .iter()
        .filter(|run| run.task_key == "model.shop.stg");
    assert_eq!(second.count(), 2);
}

#[test]
fn hooks_get_the_nodes_that_dbt_2_is_about_to_run() {
    let project = Dbt2Project::new(nodes());
    let options = ["--no-prefect", "--on-run-start", "cat > started.json"];
    project.invoke(&options, &["run"]).exits_with(0);
    let started = fs_err::read(project.path().join("started.json")).unwrap();
    let started: Value = serde_json::from_slice(&started).unwrap();
    let ids = ["model.shop.leaf", "model.shop.mart", "model.shop.stg"];
    assert_eq!(started["node_ids"], json!(ids));
}

#[test]
fn variables_that_dbt_2_refuses_do_not_reach_it() {
    let project = Dbt2Project::new(nodes());
    let mut command = project.invocation(&["--no-prefect"], &["seed"]);
    for (name, value) in [
        ("DBT_FAIL_FAST", ""),
        ("DBT_TARGET", ""),
        ("DBT_ENGINE_MINE", "1"),
        ("DBT_ENGINE_LOG_FORMAT", "text"),
        ("DBT_QUIET", "true"),
        ("DBT_DEBUG", "1"),
        ("DBT_WARN_ERROR", "true"),
    ] {
        command.env(name, value);
    }
    // What is only removed could come back from here.
    project.write(
        ".env",
        "DBT_ENGINE_LOG_LEVEL=off\nDBT_QUIET=true\nDBT_LOG_FORMAT=otel\n",
    );
    let run = super::project::Finished::of(&mut command);
    run.exits_with(0)
        .says("dbt does not get the variable DBT_ENGINE_MINE")
        .says("Nodes: 4 in ");
}

#[test]
fn a_read_only_log_folder_is_no_obstacle() {
    let project = Dbt2Project::new(nodes());
    // Not even root can make a folder below a file.
    project.write("logs", "");
    project.invoke(&["--no-prefect"], &["seed"]).exits_with(0);
}
