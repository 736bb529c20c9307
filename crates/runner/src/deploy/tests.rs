use std::num::NonZeroU32;
use std::time::Duration;

use prefect_client::{StateType, WorkPool};
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::DeployError;
use super::follow::exit_code;
use super::plan;
use super::schedule::{Schedule, When};
use super::spec::DeploySpec;

fn pool(kind: &str, template: &Value) -> WorkPool {
    let pool = json!({
        "id": Uuid::nil(), "name": "my-pool", "type": kind, "status": "READY", "base_job_template": template,
    });
    serde_json::from_value(pool).expect("a work pool")
}

fn empty_pool(kind: &str) -> WorkPool {
    pool(kind, &json!({}))
}

fn spec() -> DeploySpec {
    let args = ["build", "--select", "tag:nightly", "--vars", "{day: it's}"];
    let mut spec = DeploySpec::new("nightly", "my-pool", args);
    spec.env.insert("DBT_TARGET".into(), "prod".into());
    spec
}

/// The request's body, without the schema, which has a snapshot of its own; and the notes.
fn planned(spec: &DeploySpec, pool: &WorkPool) -> Value {
    let plan = plan(spec, pool).expect("it can be deployed");
    let mut body = serde_json::to_value(plan.deployment(Uuid::nil())).expect("JSON");
    assert!(body["parameter_openapi_schema"]["properties"]["select"].is_object());
    body["parameter_openapi_schema"] = json!("[schema]");
    json!({ "body": body, "notes": plan.notes })
}

fn problems(spec: &DeploySpec, pool: &WorkPool) -> String {
    plan(spec, pool)
        .expect_err("it cannot be deployed")
        .to_string()
}

#[test]
fn on_a_process_pool() {
    let mut spec = spec();
    spec.working_dir = Some("/srv/my shop".to_owned());
    spec.schedule = Some(Schedule::new(
        When::Cron("0 6 * * *".to_owned()),
        Some("Europe/Berlin".to_owned()),
    ));
    spec.parameters.insert("target".into(), json!("prod"));
    spec.tags = vec!["a".into(), "b".into(), "a".into()];
    spec.concurrency = NonZeroU32::new(1);
    spec.retries = Some(2);
    spec.retry_delay = Some(Duration::from_millis(1500));
    spec.options = vec!["--timeout".into(), "600".into()];
    spec.description = Some("All of it".to_owned());
    spec.program = "/opt/my tools/prefect-dbt".to_owned();
    insta::assert_json_snapshot!(planned(&spec, &empty_pool("process")));
}

#[test]
fn on_a_docker_pool() {
    let mut spec = spec();
    spec.image = Some("registry.example.org/shop:1".to_owned());
    spec.schedule = Some(Schedule::new(
        When::Interval(Duration::from_secs(3600)),
        None,
    ));
    spec.job_variables.insert("mem_limit".into(), json!("2g"));
    insta::assert_json_snapshot!(planned(&spec, &empty_pool("docker")));
}

#[test]
fn on_a_kubernetes_pool() {
    let mut spec = spec();
    spec.job_variables.insert("namespace".into(), json!("dbt"));
    spec.schedule = Some(Schedule::new(
        When::Rrule("FREQ=WEEKLY;BYDAY=MO".to_owned()),
        Some("UTC".to_owned()),
    ));
    insta::assert_json_snapshot!(planned(&spec, &empty_pool("kubernetes")));
}

#[test]
fn on_a_pool_of_an_unknown_type() {
    insta::assert_json_snapshot!(planned(&spec(), &empty_pool("mainframe")));
}

#[test]
fn the_template_of_a_pool_is_used_before_its_type() {
    let variables =
        json!({ "command": {}, "env": {}, "image": { "default": "ours" }, "working_dir": {} });
    let pool = pool(
        "docker",
        &json!({ "variables": { "properties": variables } }),
    );
    let mut spec = spec();
    spec.working_dir = Some("/srv".to_owned());
    let planned = planned(&spec, &pool);
    assert_eq!(planned["body"]["job_variables"]["working_dir"], "/srv");
    assert_eq!(planned["notes"], json!([]));
    spec.job_variables.insert("privileged".into(), json!(true));
    assert!(problems(&spec, &pool).contains("no job variable `privileged`"));
}

#[test]
fn a_process_without_a_project_is_noted() {
    let process = empty_pool("process");
    let notes = |spec: &DeploySpec| plan(spec, &process).expect("right").notes;
    assert!(notes(&spec())[0].contains("empty folder"));
    let mut named = spec();
    named.args.push("--project-dir=/srv/shop".to_owned());
    assert!(notes(&named).is_empty());
    let mut pooled = spec();
    pooled.env.insert("DBT_PROJECT_DIR".into(), "/srv".into());
    assert!(notes(&pooled).is_empty());
}

#[test]
fn a_pool_without_worker_or_paused_is_noted() {
    let mut pool = empty_pool("docker");
    pool.status = Some("NOT_READY".to_owned());
    let mut spec = spec();
    spec.image = Some("shop".to_owned());
    assert!(plan(&spec, &pool).expect("right").notes[0].contains("worker start --pool my-pool"));
    pool.is_paused = true;
    assert!(plan(&spec, &pool).expect("right").notes[0].contains("paused"));
}

#[test]
fn all_problems_are_reported_at_once() {
    let mut spec = DeploySpec::new("a/b", "my-pool", ["--select", "x"]);
    spec.flow_name = Some("f%".to_owned());
    spec.image = Some("shop".to_owned());
    spec.retry_delay = Some(Duration::from_secs(1));
    spec.schedule = Some(Schedule::new(
        When::Cron("0 24 * * *".to_owned()),
        Some("Mars/Base".to_owned()),
    ));
    spec.env.insert("A=B".into(), String::new());
    spec.job_variables.insert("command".into(), json!("sh"));
    let found = problems(&spec, &empty_pool("process"));
    insta::assert_snapshot!(found.replace("; ", ";\n"));
    for (when, expected) in [
        (When::Rrule("FREQ=NEVER".into()), "`NEVER`"),
        (When::Rrule("often".into()), "FREQ=DAILY"),
        (When::Interval(Duration::ZERO), "zero"),
    ] {
        spec.schedule = Some(Schedule::new(when, None));
        assert!(problems(&spec, &empty_pool("process")).contains(expected));
    }
}

#[test]
fn parameters_are_checked_and_errors_have_exit_codes() {
    let mut spec = spec();
    spec.parameters.insert("selct".into(), json!("x"));
    let error = plan(&spec, &empty_pool("process")).expect_err("wrong");
    assert!(
        error.to_string().contains("did you mean `select`"),
        "{error}"
    );
    assert_eq!(error.exit_code(), 2);
    let missing = DeployError::NoWorkPool {
        name: "x".to_owned(),
        known: vec!["a".to_owned(), "b".to_owned()],
    };
    assert_eq!(missing.to_string(), "work pool `x` does not exist");
    assert!(missing.help().is_some_and(|help| help.ends_with("a, b")));
    assert_eq!(missing.exit_code(), 2);
}

#[test]
fn environment_variables_are_not_in_debug_output() {
    let spec = spec();
    let plan = plan(&spec, &empty_pool("process")).expect("right");
    assert!(!format!("{spec:?} {plan:?}").contains("prod"));
}

#[test]
fn each_final_state_has_an_exit_code() {
    let ends = [
        StateType::Completed,
        StateType::Failed,
        StateType::Cancelled,
        StateType::Crashed,
    ];
    assert_eq!(ends.map(exit_code), [0, 1, 130, 3]);
}
