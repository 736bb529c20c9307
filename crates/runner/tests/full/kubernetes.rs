//! The job that Prefect's Kubernetes worker submits for a deployment.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::variable;
use super::work_pool::{self, WorkPool};

/// The script fails unless the job is valid by the schema of Kubernetes.
#[test]
fn the_job_of_a_deployment_is_valid() {
    let pool = WorkPool::create("kubernetes");
    let options = [
        "--image=registry.example.org/shop:1",
        "--job-variable=namespace=dbt",
        "--job-variable=service_account_name=runner",
        "--job-variable=memory_request=1Gi",
        "--env=DBT_TARGET=prod",
        "--retries=1",
    ];
    let deployment = pool.deploy("nightly", &options);
    let run = pool.run(deployment, &json!({ "select": ["base"] }));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/tools/job_manifest.py");
    let python = Path::new(&variable("PREFECT_DBT_TEST_WORKER")).with_file_name("python");
    let mut command = Command::new(python);
    command
        .env("PREFECT_API_URL", &pool.api)
        .arg(script)
        .arg(run.to_string());
    let job: Value = serde_json::from_str(&work_pool::run(&mut command)).expect("JSON");

    assert_eq!(job["metadata"]["namespace"], "dbt");
    let pod = &job["spec"]["template"]["spec"];
    assert_eq!(pod["serviceAccountName"], "runner");
    let container = &pod["containers"][0];
    assert_eq!(container["image"], "registry.example.org/shop:1");
    assert_eq!(container["resources"]["requests"]["memory"], "1Gi");
    assert_eq!(
        container.get("command"),
        None,
        "the image has no entrypoint"
    );
    let words = [
        "prefect-dbt",
        "invoke",
        "--engine",
        "--retries",
        "1",
        "--",
        "build",
    ];
    assert_eq!(container["args"], json!(words));
    let variables = container["env"].as_array().expect("variables");
    let value = |name: &str| {
        let found = variables.iter().find(|variable| variable["name"] == name);
        found.map(|variable| variable["value"].clone())
    };
    for (name, expected) in [
        ("DBT_TARGET", "prod".to_owned()),
        ("PREFECT__FLOW_RUN_ID", run.to_string()),
        // The job's limit of restarts is 0: the pod that is evicted is not replaced.
        (
            "PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR",
            "reschedule".to_owned(),
        ),
    ] {
        assert_eq!(value(name), Some(json!(expected)), "{name}");
    }
}
