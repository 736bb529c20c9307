//! A project whose dbt is the stand-in for dbt 2 (testdata/dbt2).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use prefect_client::StateType;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::edges;
use super::environment::TestEnvironment;
use super::project::{Finished, bare_program, invoke};
use super::recorded::Recorded;

/// A project that one test has for itself, whose dbt is the stand-in for dbt 2.
pub(super) struct Dbt2Project {
    dir: TempDir,
    api: String,
    /// The name under which the server knows what this test ran.
    pub(super) flow_run: String,
}

/// The nodes of the test project: two seeds, two chains of models with an ephemeral one, tests, a unit test, a snapshot, a
/// source and a hook at each end.
pub(super) fn nodes() -> Vec<Value> {
    [
        json!({"id": "operation.shop.shop-on-run-start-0"}),
        json!({"id": "source.shop.raw.prices"}),
        json!({"id": "seed.shop.people"}),
        json!({"id": "seed.shop.orders"}),
        json!({"id": "model.shop.stg", "depends_on": ["seed.shop.people"], "materialized": "table", "tags": ["nightly"]}),
        json!({"id": "model.shop.eph", "depends_on": ["model.shop.stg"], "materialized": "ephemeral"}),
        json!({"id": "model.shop.mart", "depends_on": ["model.shop.eph", "seed.shop.orders"]}),
        json!({"id": "model.shop.leaf", "depends_on": ["model.shop.mart", "source.shop.raw.prices"]}),
        json!({"id": "snapshot.shop.history", "depends_on": ["model.shop.stg"]}),
        json!({"id": "unit_test.shop.mart.adds_up", "depends_on": ["model.shop.mart"]}),
        json!({"id": "test.shop.unique_stg.1", "depends_on": ["model.shop.stg"]}),
        json!({"id": "operation.shop.shop-on-run-end-0"}),
    ]
    .to_vec()
}

/// The nodes with other keys for some of them.
pub(super) fn nodes_with(changes: &[(&str, Value)]) -> Vec<Value> {
    let mut nodes = nodes();
    for (id, change) in changes {
        let node = nodes.iter_mut().find(|node| node["id"] == *id);
        let node = node.unwrap_or_else(|| panic!("{id} is in the project"));
        for (key, value) in change.as_object().unwrap() {
            node[key] = value.clone();
        }
    }
    nodes
}

impl Dbt2Project {
    /// A project with these nodes.
    pub(super) fn new(nodes: Vec<Value>) -> Self {
        Self::described(json!({ "nodes": nodes }))
    }

    /// A project with this dbt2.json.
    pub(super) fn described(description: Value) -> Self {
        let made = Self {
            dir: tempfile::tempdir().unwrap(),
            api: TestEnvironment::from_env().api,
            flow_run: format!("test-{}", Uuid::now_v7()),
        };
        made.write("dbt_project.yml", "name: shop\nprofile: shop\n");
        made.write("profiles.yml", "shop: {}\n");
        made.describe(&description);
        made
    }

    /// Replaces dbt2.json.
    pub(super) fn describe(&self, description: &Value) {
        self.write("dbt2.json", &description.to_string());
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs_err::write(self.path().join(name), text).unwrap();
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// `prefect-dbt` in the project.
    pub(super) fn program(&self) -> Command {
        let mut command = bare_program();
        command
            .current_dir(self.path())
            .env("HOME", self.path())
            .env("PREFECT_API_URL", &self.api)
            .env("PREFECT_DBT_EXECUTABLE", stand_in());
        command
    }

    /// `prefect-dbt invoke OPTIONS -- ARGS`.
    pub(super) fn invocation(&self, options: &[&str], args: &[&str]) -> Command {
        invoke(self.program(), &self.flow_run, options, args)
    }

    /// Runs it to its end.
    pub(super) fn invoke(&self, options: &[&str], args: &[&str]) -> Finished {
        Finished::of(&mut self.invocation(options, args))
    }

    /// What the server says of the run, once it holds this many task runs that ended.
    pub(super) fn recorded(&self, task_runs: usize) -> Recorded {
        Recorded::wait_for(&self.flow_run, task_runs)
    }

    /// The manifest in the target folder.
    pub(super) fn manifest(&self) -> Value {
        let bytes = fs_err::read(self.path().join("target/manifest.json")).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Fails unless the server has one task run for each of these nodes, in this state, with the edges of the manifest.
    /// Gives what the server has.
    #[track_caller]
    pub(super) fn shows(&self, flow: (StateType, &str), expected: &[(&str, &str)]) -> Recorded {
        let recorded = self.recorded(expected.len());
        let found: BTreeSet<(&str, &str)> = recorded
            .task_runs
            .iter()
            .map(|run| {
                (
                    run.task_key.as_str(),
                    run.state.as_ref().unwrap().name.as_str(),
                )
            })
            .collect();
        assert_eq!(found, expected.iter().copied().collect());
        assert_eq!(recorded.task_runs.len(), expected.len());
        let ids: BTreeSet<String> = expected.iter().map(|(id, _)| (*id).to_owned()).collect();
        let manifest = self.manifest();
        for run in &recorded.task_runs {
            let upstream = edges::expected(&manifest, &ids, &run.task_key);
            assert_eq!(
                recorded.upstream(run),
                upstream,
                "upstream of {}",
                run.task_key
            );
        }
        let state = recorded.flow_state();
        assert_eq!(
            (state.kind, state.name.as_str()),
            flow,
            "{:?}",
            state.message
        );
        recorded
    }
}

/// The executable.
pub(super) fn stand_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/dbt2/dbt")
}

/// The message of a task run's state.
#[track_caller]
pub(super) fn message(recorded: &Recorded, id: &str) -> String {
    let state = recorded.of(id).state.clone().unwrap();
    state.message.unwrap_or_default()
}

/// Fails unless the flow run failed for this reason, before any node began.
#[track_caller]
pub(super) fn shows_refusal(project: &Dbt2Project, reason: &str) {
    let recorded = project.recorded(0);
    assert!(recorded.task_runs.is_empty());
    let state = recorded.flow_state();
    assert_eq!(
        (state.kind, state.name.as_str()),
        (StateType::Failed, "Failed")
    );
    let message = state.message.as_deref().unwrap_or_default();
    assert!(message.contains(reason), "{message}");
}
