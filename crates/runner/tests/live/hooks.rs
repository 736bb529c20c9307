//! Hooks of the command line, with the real dbt.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::project::{FAIL_MODEL, Project};

/// The contexts that a hook wrote to a file, one a line.
fn contexts(project: &Project, file: &str) -> Vec<Value> {
    let text = fs::read_to_string(project.path().join(file)).unwrap_or_default();
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn ids(context: &Value) -> BTreeSet<&str> {
    let ids = context["node_ids"].as_array().unwrap();
    ids.iter().filter_map(Value::as_str).collect()
}

/// A hook that adds its context to a file.
fn keep(file: &str) -> String {
    format!("cat >> {file}; echo >> {file}")
}

#[test]
fn start_hooks_get_the_nodes_that_run() {
    let project = Project::new();
    let run = |args: &[&str]| {
        let (start, end) = (keep("start.jsonl"), keep("end.jsonl"));
        let hooks = [
            "--no-prefect",
            "--on-run-start",
            &start,
            "--on-run-end",
            &end,
        ];
        project.invoke(&hooks, args).exits_with(0);
    };
    // The first has no manifest, the second a fresh one, the third one with other variables.
    run(&["build", "--exclude", "daily_revenue+"]);
    run(&[
        "test",
        "-s",
        "tag:staging",
        "--indirect-selection",
        "cautious",
    ]);
    run(&[
        "run",
        "--select",
        "tag:marts",
        "--vars",
        "microbatch: true",
        "--exclude",
        "orders",
    ]);

    let (starts, ends) = (
        contexts(&project, "start.jsonl"),
        contexts(&project, "end.jsonl"),
    );
    assert_eq!((starts.len(), ends.len()), (3, 3));
    for (start, end) in starts.iter().zip(&ends) {
        let mut ran = ids(end);
        ran.retain(|id| !id.starts_with("operation."));
        assert_eq!(ids(start), ran, "{}", start["args"]);
        assert!(!ran.is_empty());
        assert_eq!(
            (&start["event"], &end["event"]),
            (&"run_start".into(), &"run_end".into())
        );
    }
}

#[test]
fn hooks_get_failures_and_do_not_fail_the_run() {
    let project = Project::with_vars(FAIL_MODEL);
    let (each, end) = (keep("each.jsonl"), keep("end.jsonl"));
    let marts = format!("tag:marts={each}");
    let finished = project.invoke(
        &[
            "--no-prefect",
            "--post-model",
            &marts,
            "--post-model",
            "stg_orders=exit 3",
            "--on-run-end",
            &end,
            "--on-run-end",
            "flavour:sweet=touch wrong",
            "--on-run-end",
            "stg_orders=touch right",
            "--on-run-end",
            "customer_history=touch absent",
        ],
        &[
            "build",
            "--vars",
            FAIL_MODEL,
            "--exclude",
            "customer_history",
        ],
    );
    finished
        .exits_with(1)
        .says("--post-model `exit 3` failed: the command failed with exit status: 3")
        .says("flavour");

    let each = contexts(&project, "each.jsonl");
    let of = |name: &str| {
        let found = each.iter().find(|context| context["node"]["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is not among {each:#?}"))
    };
    assert_eq!(of("orders")["status"], "error");
    assert!(
        of("orders")["error"]
            .as_str()
            .unwrap()
            .contains("the till is jammed")
    );
    assert_eq!(of("daily_revenue")["status"], "skipped");
    assert_eq!(of("daily_revenue")["error"], Value::Null);
    let named: BTreeSet<_> = each.iter().map(|one| one["node_id"].as_str()).collect();
    assert_eq!(named.len(), each.len(), "each model once");

    let ends = contexts(&project, "end.jsonl");
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["status"], "error");
    assert_eq!(ends[0]["error"], Value::Null, "nodes merely failed");
    assert_eq!(
        ends[0]["run_results"]["model.shop.orders"]["status"],
        "error"
    );
    let made = |name: &str| project.path().join(name).exists();
    assert_eq!(
        [made("wrong"), made("right"), made("absent")],
        [false, true, false]
    );
}

#[test]
fn end_hooks_run_after_a_parse_error() {
    let project = Project::new();
    let end = keep("end.jsonl");
    project
        .invoke(
            &["--no-prefect", "--on-run-end", &end],
            &["build", "--vars", "fail_parse: true"],
        )
        .exits_with(2);
    let ends = contexts(&project, "end.jsonl");
    assert_eq!(ends[0]["run_results"], Value::Null);
    assert!(
        ends[0]["error"]
            .as_str()
            .unwrap()
            .contains("there_is_no_such_model")
    );
}
