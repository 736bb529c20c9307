//! Assets and the summary, as the server holds them; and asset by asset what the Python runner sends for the same build.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use prefect_client::StoredEvent;
use serde_json::{Map, Value, json};

use super::project::{FAIL_MODEL, Project};
use super::record;
use super::server::ask;

const SUCCEEDED: &str = "prefect.asset.materialization.succeeded";
const FAILED: &str = "prefect.asset.materialization.failed";
const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(200);

#[test]
fn a_build_sends_the_assets_that_the_python_runner_sends() {
    let project = Project::new();
    project.invoke(&[], &["build"]).exits_with(0);
    compare("build", &project);
}

#[test]
fn descriptions_hold_the_code_that_the_python_runner_puts_there() {
    let project = Project::new();
    let options = ["--include-compiled-code"];
    project.invoke(&options, &["build"]).exits_with(0);
    compare("compiled_code", &project);
}

#[test]
fn a_failed_build_sends_the_assets_that_the_python_runner_sends() {
    let project = Project::with_vars(FAIL_MODEL);
    let build = ["build", "--vars", FAIL_MODEL];
    project.invoke(&[], &build).exits_with(1);
    let events = compare("failed", &project);
    payloads_have_the_time_and_the_error(&events);
    the_flow_run_has_a_summary(&project);
}

/// Compares what a build of the shop sent with what the Python runner sent for the same build. Gives the events.
///
/// Ours differs on purpose in this alone:
/// - an upstream is referenced once in a run, not once by each that is built from it;
/// - payloads also hold `execution_time`, `rows_affected`, `tests` (results that came before) and `error`;
/// - compiled code stands in every description of a model that has some. Theirs are written when a node starts, and
///   have it if dbt happened to be quicker.
#[track_caller]
fn compare(case: &str, project: &Project) -> Vec<StoredEvent> {
    let theirs = distinct(&reference(case));
    let events = asset_events(project, theirs.len());

    let mut seen = BTreeSet::new();
    let twice: Vec<_> = events
        .iter()
        .filter(|event| !seen.insert((event.event.clone(), event.resource.clone())))
        .collect();
    assert!(twice.is_empty(), "sent twice: {twice:#?}");
    let ours: Vec<Value> = events.iter().map(normalised).collect();
    let missing: Vec<_> = theirs
        .iter()
        .filter(|event| !ours.contains(event) && !ours.contains(&with_code(event, &ours)))
        .collect();
    assert!(
        missing.is_empty(),
        "missing: {missing:#?}\nof ours: {ours:#?}"
    );
    assert_eq!(ours.len(), theirs.len(), "of ours: {ours:#?}");
    events
}

/// The event with our description, if that says the same and goes on with the code.
fn with_code(event: &Value, ours: &[Value]) -> Value {
    const DESCRIPTION: &str = "prefect.asset.description";
    /// dbt had opened the file and had not yet written to it.
    const UNWRITTEN: &str = "\n ### Compiled code\n```sql\n\n```";
    let mut completed = event.clone();
    let same = |ours: &&Value| {
        ours["event"] == event["event"]
            && ours["resource"]["prefect.resource.id"] == event["resource"]["prefect.resource.id"]
    };
    let description = |event: &Value| {
        event["resource"][DESCRIPTION]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    if let Some(ours) = ours.iter().find(same)
        && let Some((before, _)) = description(ours).split_once("\n ### Compiled code\n")
        && before == description(event).trim_end_matches(UNWRITTEN)
    {
        completed["resource"][DESCRIPTION] = description(ours).into();
    }
    completed
}

fn payloads_have_the_time_and_the_error(events: &[StoredEvent]) {
    let of = |name: &str, key: &str| {
        let found = events
            .iter()
            .find(|event| event.event == name && event.resource["prefect.resource.id"] == key);
        &found.unwrap().payload
    };
    let orders = of(FAILED, "duckdb://shop/main/orders");
    assert!(
        orders["error"]
            .as_str()
            .unwrap()
            .contains("the till is jammed"),
        "{orders:?}"
    );
    for payload in [orders, of(SUCCEEDED, "duckdb://shop/main_raw/raw_orders")] {
        assert!(payload["execution_time"].is_f64());
        for time in ["node_started_at", "node_finished_at"] {
            assert!(payload[time].as_str().unwrap().contains('T'));
        }
    }
}

#[test]
fn assets_can_be_disabled() {
    let project = Project::new();
    let file = project.path().join("dbt_project.yml");
    let text = fs_err::read_to_string(&file).unwrap();
    let off = "    marts:\n      +prefect: {enable_assets: false}\n";
    let text = text.replacen("    marts:\n", off, 1)
        + "\nsources:\n  shop:\n    +meta: {prefect: {enable_assets: false}}\n";
    fs_err::write(&file, text).unwrap();
    project.invoke(&[], &["build"]).exits_with(0);
    let wanted = |event: &&Value| {
        let key = event["resource"]["prefect.resource.id"].as_str().unwrap();
        let schema = key.trim_start_matches("duckdb://shop/");
        // Seeds and their readers, the staging models; of these only the history's is referred to otherwise.
        schema.starts_with("main_raw/")
            || event["event"] == SUCCEEDED
                && (schema.starts_with("main/stg_") || schema.starts_with("main_history/"))
            || schema == "main/stg_customers"
    };
    let expected: Vec<Value> = distinct(&reference("build"))
        .into_iter()
        .filter(|event| wanted(&event))
        .collect();
    let events = asset_events(&project, expected.len());
    assert_eq!(events.len(), expected.len());
    let keys: BTreeSet<&str> = events
        .iter()
        .map(|event| event.resource["prefect.resource.id"].as_str())
        .collect();
    assert!(keys.contains("duckdb://shop/main/stg_orders"), "{keys:?}");
    for off in ["main/orders", "main/customers", "landing/store_visits"] {
        assert!(
            !keys.contains(format!("duckdb://shop/{off}").as_str()),
            "{off}"
        );
    }

    let project = Project::new();
    project
        .invoke(&["--disable-assets", "--no-summary-artifact"], &["seed"])
        .exits_with(0);
    // When its task runs are there, the events behind them would be, too.
    project.recorded(project.truth().nodes().len());
    assert!(asset_events(&project, 0).is_empty());
}

fn the_flow_run_has_a_summary(project: &Project) {
    let flow_run = project.recorded(0).flow_run.id;
    let graph = ask(async |client| client.read_flow_run_graph(flow_run).await).unwrap();
    let artifacts = graph["artifacts"].as_array().unwrap();
    // The ledger of the failed run has no key: it is for a retry.
    let keys: Vec<_> = artifacts
        .iter()
        .filter(|artifact| artifact["type"] != "prefect-dbt-ledger")
        .map(|artifact| &artifact["key"])
        .collect();
    assert_eq!(keys, ["dbt-build-summary"]);
}

/// The asset events of the project's flow run, once there are this many, or after some minutes.
fn asset_events(project: &Project, wanted: usize) -> Vec<StoredEvent> {
    let flow_run = project.recorded(0).flow_run.id;
    let deadline = Instant::now() + LIMIT;
    loop {
        let found = record::asset_events(flow_run);
        if found.len() >= wanted || Instant::now() > deadline {
            return found;
        }
        std::thread::sleep(POLL);
    }
}

/// What the Python runner sent.
fn reference(case: &str) -> Vec<Value> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/fixtures/python-runner/asset_events.json"
    );
    let cases: Value = serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap();
    cases[case].as_array().unwrap().clone()
}

/// The events without repetitions, as by one run that refers to each upstream once.
fn distinct(events: &[Value]) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for event in events {
        if !found.contains(event) {
            found.push(event.clone());
        }
    }
    found
}

/// An event in the fixture's form, without what ours has in addition.
fn normalised(event: &StoredEvent) -> Value {
    let mut related: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for resource in &event.related {
        let role = resource["prefect.resource.role"].as_str();
        if role.starts_with("asset") {
            related
                .entry(role)
                .or_default()
                .insert(&resource["prefect.resource.id"]);
        }
    }
    let ours = ["execution_time", "rows_affected", "tests", "error"];
    let times = ["node_started_at", "node_finished_at"];
    let payload: Map<String, Value> = event
        .payload
        .iter()
        .filter(|(name, _)| !ours.contains(&name.as_str()) && !times.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    json!({
        "event": event.event,
        "resource": event.resource,
        "related": related,
        "payload": payload,
    })
}
