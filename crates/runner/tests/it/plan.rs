//! `prefect-dbt plan` on a recorded project.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::errors::project::Workplace;

/// A project with a manifest that a recorded run wrote.
fn place() -> Workplace {
    let place = Workplace::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fixtures/runs/1.11");
    let manifest = std::fs::read_to_string(fixtures.join("manifest.json")).expect("a fixture");
    // The recording is without code, and dbt runs no node without code.
    let mut manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    for node in manifest["nodes"]
        .as_object_mut()
        .expect("nodes")
        .values_mut()
    {
        node["raw_code"] = "select 1".into();
    }
    place.write("target/manifest.json", &manifest.to_string());
    place.write("dbt_project.yml", "name: tiny\nprofile: tiny\n");
    place.write(
        "profiles.yml",
        "tiny: {target: dev, outputs: {dev: {threads: 3}}}\n",
    );
    place
}

/// A history in which each node took this number of seconds.
fn with_history(place: &Workplace, nodes: &[(&str, u64)]) {
    let records = nodes.iter().map(|(id, seconds)| {
        let record = serde_json::json!(["success", 2000, seconds * 1000]);
        ((*id).to_owned(), record)
    });
    let nodes: serde_json::Map<String, Value> = records.collect();
    let longest = nodes.values().filter_map(|node| node[2].as_u64()).max();
    let ended = jiff::Timestamp::UNIX_EPOCH
        + jiff::SignedDuration::from_millis(3000 + longest.unwrap_or_default().cast_signed());
    let record = serde_json::json!({
        "run_id": "00000000-0000-7000-8000-000000000001", "invocation_id": null, "command": "build",
        "selection": "00000000-0000-0000-0000-000000000000", "started": "1970-01-01T00:00:00Z",
        "ended": ended.to_string(), "is_complete": true, "nodes": nodes,
    });
    let file = ".prefect-dbt/history/dev/00000000-0000-7000-8000-000000000001.json";
    place.write(file, &record.to_string());
}

fn plan(place: &Workplace, args: &[&str]) -> Output {
    let mut command = place.program();
    command
        .arg("plan")
        .args(args)
        .output()
        .expect("the program was built")
}

fn text(place: &Workplace, args: &[&str]) -> String {
    let output = plan(place, args);
    let (out, err) = (
        output.stdout,
        String::from_utf8(output.stderr).expect("UTF-8"),
    );
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert_eq!(err, "");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn a_plan_as_text_with_and_without_a_history() {
    let place = place();
    let args = ["--", "build", "--select", "events+", "stg", "mart"];
    insta::assert_snapshot!("plan_without_a_history", text(&place, &args));
    with_history(
        &place,
        &[
            ("model.tiny.events", 2),
            ("model.tiny.daily", 40),
            ("model.tiny.stg", 3),
            ("model.tiny.mart", 90),
            ("test.tiny.not_null_stg_id.b8516e7472", 1),
        ],
    );
    insta::assert_snapshot!("plan_with_a_history", text(&place, &args));
    let one = text(&place, &["--", "run", "--threads", "1"]);
    assert!(one.contains("1 thread, about"), "{one}");
    assert!(
        one.contains("Limited by threads: with --threads 2, about"),
        "{one}"
    );
}

#[test]
fn the_json_has_the_fields_of_the_contract() {
    let place = place();
    with_history(&place, &[("model.tiny.events", 2), ("model.tiny.daily", 4)]);
    let args = ["--output", "json", "--", "run", "-s", "events", "daily"];
    let plan: Value = serde_json::from_str(&text(&place, &args)).unwrap();
    let fields: Vec<&String> = plan.as_object().unwrap().keys().collect();
    let expected = [
        "command",
        "critical_path",
        "nodes",
        "stale",
        "total_expected_s",
    ];
    assert_eq!(fields, expected);
    let daily = serde_json::json!({"unique_id": "model.tiny.daily", "position": 5, "expected_s": 4.0, "reason": "selected"});
    assert_eq!(plan["nodes"][4], daily);
    assert_eq!(
        plan["critical_path"],
        serde_json::json!(["model.tiny.events", "model.tiny.daily"])
    );
    assert_eq!(plan["command"], "run");
}

#[test]
fn changed_files_of_the_project_are_named() {
    let place = place();
    place.write("models/new.sql", "select 1");
    let shown = text(&place, &["--", "build"]);
    assert!(
        shown.contains("models/new.sql is newer than the manifest"),
        "{shown}"
    );
    assert!(
        shown.contains("models/stg.sql does not exist any more"),
        "{shown}"
    );
}
