//! A project that a run finds on its disk. The database is not on it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use serde_json::Value;

use crate::prefect_server::PrefectServer;
use crate::variable;

/// Models in two chains.
const MODELS: usize = 12;
/// How long each of them sleeps, in milliseconds.
const SLEEP: u32 = 1000;
/// Models whose rows are tested.
const TESTED: [usize; 3] = [2, 5, 8];
/// All nodes.
pub(super) const NODES: usize = MODELS + TESTED.len();

/// A model that waits until it is released.
const WAITING: &str = r#"
import os, select

def model(dbt, session):
    dbt.config(materialized="table")
    while not os.path.exists("released"):
        select.select([], [], [], 0.1)
    return session.sql("select 1 as id")
"#;

/// A fresh copy of a project, in a folder beside the database.
pub(super) struct Disk(PathBuf);

impl Disk {
    /// One with models that sleep.
    pub(super) fn new(beside: &Path, name: &str) -> Self {
        let disk = Self::empty(beside.join(name));
        for model in 0..MODELS {
            let above = model
                .checked_sub(2)
                .map(|above| format!("-- depends_on: {{{{ ref('m{above}') }}}}\n"));
            let above = above.unwrap_or_default();
            let sql = format!("{above}select 1 as id where sleep_ms({SLEEP}) is null\n");
            disk.write(&format!("models/m{model}.sql"), &sql);
        }
        let tested = TESTED.map(|model| {
            format!("  - name: m{model}\n    columns: [{{name: id, data_tests: [not_null]}}]\n")
        });
        disk.write("models/tests.yml", &format!("models:\n{}", tested.concat()));
        disk
    }

    /// One with a model that waits for [`release`](Self::release).
    pub(super) fn waiting(beside: &Path) -> Self {
        let disk = Self::empty(beside.join("waiting"));
        disk.write("models/waiting.py", WAITING);
        disk
    }

    fn empty(path: PathBuf) -> Self {
        let disk = Self(path);
        std::fs::create_dir_all(disk.path().join("models")).expect("a folder");
        let project = "name: shop\nprofile: shop\nmodels:\n  +materialized: table\n";
        disk.write("dbt_project.yml", project);
        let output = "{type: duckdb, path: ../warehouse.duckdb, threads: 2}";
        let profiles = format!("shop: {{target: dev, outputs: {{dev: {output}}}}}\n");
        disk.write("profiles.yml", &profiles);
        disk
    }

    pub(super) fn release(&self) {
        self.write("released", "");
    }

    /// Removes what runs have left.
    pub(super) fn lose(&self) {
        for folder in [".prefect-dbt", "target"] {
            let path = self.path().join(folder);
            // dbt may not have begun.
            if path.exists() {
                std::fs::remove_dir_all(path).expect("it can be removed");
            }
        }
    }

    /// The nodes of the project, by dbt's unique ids. dbt has read it.
    pub(super) fn nodes(&self) -> BTreeSet<String> {
        let manifest = self.read("target/manifest.json");
        let nodes = manifest["nodes"].as_object().expect("nodes");
        assert_eq!(nodes.len(), NODES);
        nodes.keys().cloned().collect()
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("it can be written");
    }

    fn read(&self, name: &str) -> Value {
        let bytes = std::fs::read(self.path().join(name)).expect("dbt wrote it");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// `prefect-dbt invoke OPTIONS -- ARGS`.
    pub(super) fn invoke(
        &self,
        server: &PrefectServer,
        options: &[&str],
        args: &[&str],
    ) -> Command {
        let mut command = self.program(server);
        command.arg("invoke").args(options).arg("--").args(args);
        command
    }

    /// Our program in the project.
    pub(super) fn program(&self, server: &PrefectServer) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"));
        command
            .current_dir(self.path())
            .env("PREFECT_API_URL", &server.api)
            .env("PREFECT_DBT_EXECUTABLE", variable("PREFECT_DBT_TEST_DBT"))
            .env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
            .stdin(Stdio::null());
        command
    }

    /// The nodes that the only run on this disk has completed, and when, by its journal.
    pub(super) fn completed(&self) -> BTreeMap<String, Timestamp> {
        let folder = std::fs::read_dir(self.path().join(".prefect-dbt"));
        let files = folder.into_iter().flatten().flatten();
        let journal = files
            .map(|file| file.path())
            .find(|path| path.extension().is_some_and(|found| found == "jsonl"));
        let text = journal.map(std::fs::read_to_string);
        let text = text.transpose().expect("text").unwrap_or_default();
        // The last line may be torn.
        let lines = text
            .lines()
            .map(serde_json::from_str::<Value>)
            .map_while(Result::ok);
        lines
            .filter_map(|line| {
                let [task, end] = line["effect"]["node_finished"].as_array()?.as_slice() else {
                    return None;
                };
                let is_completed = end["state"]["type"] == "COMPLETED";
                let at = end["end_time"].as_str()?.parse().ok()?;
                is_completed.then(|| (task["unique_id"].as_str().expect("an id").to_owned(), at))
            })
            .collect()
    }

    /// The nodes that the last dbt on this disk ran, by its own account. Fails unless all of them succeeded.
    #[track_caller]
    pub(super) fn ran(&self) -> BTreeSet<String> {
        let results = self.read("target/run_results.json");
        let results = results["results"].as_array().expect("results").iter();
        let ran = results.map(|result| {
            let is_good = result["status"] == "success" || result["status"] == "pass";
            assert!(is_good, "{result}");
            result["unique_id"].as_str().expect("an id").to_owned()
        });
        ran.collect()
    }
}
