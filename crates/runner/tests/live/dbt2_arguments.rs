//! Arguments and settings that dbt 2 takes in another way than dbt 1, by its stand-in.

use prefect_client::StateType;
use serde_json::json;

use super::dbt2_project::{Dbt2Project, message, nodes, nodes_with, shows_refusal};

const COMPLETED: (StateType, &str) = (StateType::Completed, "Completed");
const FAILED: (StateType, &str) = (StateType::Failed, "Failed");
const START: &str = "operation.shop.shop-on-run-start-0";
const END: &str = "operation.shop.shop-on-run-end-0";

#[test]
fn a_usage_error_takes_nothing_from_the_results_of_an_earlier_run() {
    let error = json!({"outcome": "error", "message": "Catalog Error: no"});
    let project = Dbt2Project::new(nodes_with(&[("model.shop.stg", error)]));
    project.invoke(&["--no-prefect"], &["run"]).exits_with(1);
    let results = fs_err::read_to_string(project.path().join("target/run_results.json")).unwrap();
    assert!(results.contains("skipped"), "{results}");
    project.invoke(&[], &["run", "--nope"]).exits_with(2);
    let recorded = project.recorded(0);
    assert!(recorded.task_runs.is_empty(), "of the earlier run");
    assert_eq!(recorded.flow_state().kind, StateType::Failed);
}

#[test]
fn joined_letters_lose_only_the_letter_that_is_ours() {
    let project = Dbt2Project::new(nodes());
    let run = project.invoke(&[], &["run", "-qs", "stg", "leaf"]);
    run.exits_with(0);
    assert!(!run.stderr.contains("Finished model"), "{}", run.stderr);
    let ids = [START, "model.shop.stg", "model.shop.leaf", END];
    project.shows(COMPLETED, &ids.map(|id| (id, "Completed")));
}

#[test]
fn levels_that_only_dbt_2_has_do_not_hide_events_from_us() {
    let project = Dbt2Project::new(nodes());
    for level in ["off", "trace"] {
        let args = ["seed", "--log-level", level];
        let mut command = project.invocation(&["--no-prefect"], &args);
        command.env("PREFECT_LOGGING_LEVEL", "DEBUG");
        let run = super::project::Finished::of(&mut command);
        run.exits_with(0).says("Nodes: 4 in ");
        let is_shown = run.stderr.contains("select 1 -- people");
        assert_eq!(is_shown, level == "trace", "{}", run.stderr);
    }
    let mut command = project.invocation(&["--no-prefect"], &["seed"]);
    command.env("DBT_LOG_LEVEL", "off");
    super::project::Finished::of(&mut command)
        .exits_with(0)
        .says("Nodes: 4 in ");
}

#[test]
fn files_that_dbt_2_refuses_are_why_it_could_not_run() {
    let settings = "name: shop\nprofile: shop\ntarget-path: out\n";
    let variable = "use this reserved prefix: DBT_ENGINE_MINE";
    for (file, content, text) in [
        (
            "dbt_project.yml",
            settings,
            "`target-path` is not supported",
        ),
        // dbt 2 reads it itself.
        (".env", "DBT_ENGINE_MINE=1\n", variable),
    ] {
        let project = Dbt2Project::new(nodes());
        project.write(file, content);
        project.invoke(&[], &["build"]).exits_with(2).says(text);
        shows_refusal(&project, text);
    }
}

#[test]
fn the_log_file_of_dbt_2_has_the_format_that_we_read() {
    let project = Dbt2Project::new(nodes());
    let args = [
        "seed",
        "--log-level-file",
        "info",
        "--log-format-file",
        "text",
    ];
    let run = project.invoke(&["--no-prefect"], &args);
    run.exits_with(0).says("Nodes: 4 in ");
    let log = fs_err::read_to_string(project.path().join("logs/dbt.log")).unwrap();
    let lines = log.lines().map(serde_json::from_str::<serde_json::Value>);
    let lines: Vec<_> = lines
        .map(|line| line.unwrap()["info"]["name"].clone())
        .collect();
    assert!(lines.contains(&json!("CommandCompleted")), "{log}");
}

#[test]
fn telemetry_of_dbt_2_shows_what_a_run_of_ours_shows() {
    // dbt 2 itself, without us: its telemetry alone is what is delivered later.
    let text = "Catalog Error: no such table raw";
    let error = json!({"outcome": "error", "message": text});
    let project = Dbt2Project::new(nodes_with(&[
        ("model.shop.mart", error),
        ("seed.shop.people", json!({"outcome": "reused"})),
    ]));
    let telemetry = [
        "--otel-file-name",
        "telemetry.jsonl",
        "--log-level-file",
        "info",
    ];
    let mut dbt = std::process::Command::new(super::dbt2_project::stand_in());
    let run =
        super::project::Finished::of(dbt.current_dir(project.path()).arg("build").args(telemetry));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let file = project.path().join("logs/telemetry.jsonl");
    let manifest = project.path().join("target/manifest.json");
    let mut replay = project.program();
    replay
        .args(["replay", "--flow-run-name", &project.flow_run])
        .arg("--manifest")
        .args([manifest, file]);
    super::project::Finished::of(&mut replay).exits_with(0);
    let recorded = project.shows(
        FAILED,
        &[
            (START, "Completed"),
            ("seed.shop.people", "Cached"),
            ("seed.shop.orders", "Completed"),
            ("model.shop.stg", "Completed"),
            ("model.shop.mart", "Failed"),
            ("model.shop.leaf", "Skipped"),
            ("snapshot.shop.history", "Completed"),
            ("unit_test.shop.mart.adds_up", "Completed"),
            ("test.shop.unique_stg.1", "Completed"),
            (END, "Completed"),
        ],
    );
    let reason = message(&recorded, "seed.shop.people");
    assert_eq!(reason, "No new changes on any upstreams");
    assert!(message(&recorded, "model.shop.mart").contains(text));
    assert!(message(&recorded, "model.shop.leaf").contains("model.shop.mart"));
}
