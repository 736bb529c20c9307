//! The result of each case as dbt reads it: parsed by PyYAML and rendered by dbt's profile renderer.

use std::io::Write as _;
use std::process::{Command, Stdio};

use dbt_templating::Profiles;
use serde_json::json;

#[path = "../it/case.rs"]
mod case;

const PYTHON: &str = "PREFECT_DBT_TEST_PYTHON";

#[test]
fn dbt_reads_the_expected_values() {
    let python = python();
    let mut checks = Vec::new();
    for case in case::all() {
        let Ok(rendered) = case.render() else {
            continue;
        };
        let Profiles::Rewritten(result) = rendered.profiles else {
            continue;
        };
        let environment: serde_json::Map<_, _> = rendered
            .variables
            .iter()
            .map(|variable| (variable.name.clone(), json!(variable.value.expose())))
            .collect();
        checks.push(json!({
            "name": case.name,
            "source": case.source,
            "result": result,
            "environment": environment,
            "expect": case.header["expect"],
        }));
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/dbt_reads.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python starts");
    let input = serde_json::to_vec(&checks).expect("JSON");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(&input)
        .expect("written");
    let output = child.wait_with_output().expect("python ends");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    assert_eq!(said.trim(), format!("{} cases agree", checks.len()));
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test runner names the Python that has dbt"
)]
fn python() -> String {
    std::env::var(PYTHON).unwrap_or_else(|_| {
        panic!("{PYTHON} is not set: run `cargo xtask test`, which installs dbt and sets it")
    })
}
