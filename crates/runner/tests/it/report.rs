//! `prefect-dbt report` on recorded artifacts.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::errors::project::Workplace;

/// A project whose last run of dbt had a failure.
fn place() -> Workplace {
    let place = Workplace::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fixtures/runs/1.11");
    for (from, to) in [
        ("manifest.json", "target/manifest.json"),
        ("model_fails.results.json", "target/run_results.json"),
    ] {
        let text = std::fs::read_to_string(fixtures.join(from)).expect("a fixture");
        place.write(to, &text);
    }
    place.write("dbt_project.yml", "name: tiny\nprofile: tiny\n");
    place
}

fn report(place: &Workplace, args: &[&str]) -> Output {
    let mut command = place.program();
    let command = command.arg("report").args(args);
    command.output().expect("the program was built")
}

fn text(place: &Workplace, args: &[&str]) -> String {
    let output = report(place, args);
    assert_eq!(output.status.code(), Some(0), "{args:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn json(place: &Workplace, args: &[&str]) -> Value {
    let all = [args, &["--output", "json"]].concat();
    serde_json::from_str(&text(place, &all)).expect("JSON")
}

#[test]
fn the_last_run_of_dbt_in_each_format() {
    let place = place();
    let page = json(&place, &[]);
    assert_eq!(page["state"], "Failed");
    assert_eq!(page["failures"], serde_json::json!(["model.tiny.stg"]));
    assert_eq!(json(&place, &["--artifacts", "target"]), page);
    let markdown = text(&place, &["latest", "--output", "markdown"]);
    assert!(markdown.contains("## Failures"), "{markdown}");
    let trace: Value =
        serde_json::from_str(&text(&place, &["--output", "chrome-trace"])).expect("JSON");
    assert!(trace["traceEvents"].is_array());
    assert_eq!(text(&place, &["-o", "page.html"]), "");
    let page = std::fs::read_to_string(place.path().join("page.html")).expect("the page");
    assert!(page.starts_with("<!doctype html>") && page.contains("model.tiny.stg"));
}

#[test]
fn a_run_of_the_history_has_the_messages_of_its_results() {
    let place = place();
    let of_dbt = json(&place, &[]);
    let run = "01900000-0000-7000-8000-000000000001";
    let record = |invocation: &Value| {
        serde_json::json!({
            "run_id": run, "invocation_id": invocation, "command": "build", "selection": run,
            "started": "2026-01-01T00:00:00Z", "ended": "2026-01-01T00:01:00Z", "is_complete": true,
            "nodes": {"model.tiny.stg": ["error", 500, 1500]},
        })
    };
    for (invocation, has_message) in [
        (&of_dbt["invocation_id"], true),
        (&Value::from("other"), false),
    ] {
        let file = format!(".prefect-dbt/history/default/{run}.json");
        place.write(&file, &record(invocation).to_string());
        for named in [run, "latest"] {
            let page = json(&place, &[named]);
            assert_eq!(page["run_id"], run);
            let node = &page["nodes"][0];
            assert_eq!(
                (page["nodes"].as_array().map(Vec::len), &node["seconds"]),
                (Some(1), &Value::from(1.5))
            );
            assert_eq!(node["message"].is_string(), has_message, "{named}");
        }
    }
}

#[test]
fn the_newest_artifacts_are_those_of_freshness_checks() {
    let place = place();
    let sources = |at: &str| {
        let limit = serde_json::json!({"count": 1, "period": "hour"});
        serde_json::json!({
            "metadata": {
                "dbt_schema_version": "https://schemas.getdbt.com/dbt/sources/v3.json", "generated_at": at,
                "invocation_id": "1",
            },
            "results": [
                {
                    "unique_id": "source.tiny.raw.items", "status": "error", "max_loaded_at": "2026-01-01T00:00:00Z",
                    "snapshotted_at": "2026-01-01T02:00:00Z", "max_loaded_at_time_ago_in_s": 7200.0,
                    "criteria": {"warn_after": null, "error_after": limit}, "execution_time": 1.5,
                },
                {"unique_id": "source.tiny.raw.gone", "status": "runtime error", "error": "no such table"},
            ],
        })
        .to_string()
    };
    place.write("target/sources.json", &sources("2099-01-01T00:00:00Z"));
    let page = json(&place, &["--artifacts", "target"]);
    assert_eq!(
        (&page["command"], &page["state"]),
        (&"source freshness".into(), &"Failed".into())
    );
    let messages: Vec<&Value> = page["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|node| &node["message"])
        .collect();
    assert_eq!(
        messages,
        [
            "the newest row is 2 h 0 min old; error after 1 hour",
            "no such table"
        ]
    );
    assert_eq!(page["seconds"], 1.5);
    assert_eq!(json(&place, &[])["command"], "source freshness");
    place.write("target/sources.json", &sources("2000-01-01T00:00:00Z"));
    assert_eq!(
        json(&place, &["--artifacts", "target"])["failures"],
        serde_json::json!(["model.tiny.stg"])
    );
}
