//! `prefect-dbt report` about a run that is delivered.

use serde_json::Value;

use super::project::{Finished, Project};

#[test]
fn the_page_of_a_run_that_created_its_flow_run_links_to_it() {
    let project = Project::new();
    let run = project.invoke(&[], &["seed"]);
    run.exits_with(0);
    let mut command = project.program();
    let report = Finished::of(command.args(["report", "--output", "json"]));
    report.exits_with(0);
    let page: Value = serde_json::from_str(&report.stdout).unwrap();
    let link = page["link"].as_str().unwrap();
    assert!(link.contains("/runs/flow-run/"), "{link}");
    run.says(link);
}
