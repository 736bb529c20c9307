//! `prefect-dbt plan` says what dbt then does.

use std::fs;

use serde_json::Value;

use super::project::{Finished, Project};

/// The nodes of the last run in the order of their first start, by dbt's own log file.
fn started(project: &Project) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in fs::read_to_string(project.log_file()).unwrap().lines() {
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let node = &event["data"]["node_info"];
        let starts = ["NodeStart", "LogHookStartLine"].map(Value::from);
        let id = node["unique_id"].as_str();
        if starts.contains(&event["info"]["name"])
            && node["materialized"] != "ephemeral"
            && let Some(id) = id.filter(|id| !found.iter().any(|found| found == id))
        {
            found.push(id.to_owned());
        }
    }
    found
}

fn plan(project: &Project, args: &[&str]) -> Value {
    let mut command = project.program();
    command.args(["plan", "--output", "json", "--"]).args(args);
    let finished = Finished::of(&mut command);
    finished.exits_with(0);
    serde_json::from_str(&finished.stdout).unwrap()
}

#[test]
fn the_order_of_a_plan_is_that_of_dbt_with_one_thread() {
    let project = Project::new();
    let lines = [
        &["build"][..],
        &[
            "build",
            "--select",
            "orders+",
            "--exclude",
            "resource_type:seed",
        ],
        &["test", "--select", "customers", "orders"],
        &["run", "--select", "+orders"],
    ];
    for line in lines {
        let line = [line, &["--threads", "1"]].concat();
        // The log file goes on with each run.
        let _ = fs::remove_file(project.log_file());
        project.invoke(&["--no-prefect"], &line).exits_with(0);
        let plan = plan(&project, &line);
        let nodes = plan["nodes"].as_array().unwrap();
        let planned: Vec<&str> = nodes
            .iter()
            .map(|node| node["unique_id"].as_str().unwrap())
            .collect();
        assert_eq!(planned, started(&project), "{line:?}");
        assert!(nodes.iter().all(|node| node["expected_s"].is_number()));
        assert!(plan["total_expected_s"].as_f64().unwrap() > 0.0);
        assert_eq!(plan["stale"], Value::Array(Vec::new()));
    }
}
