//! A project of three models, of which one fails until it is mended.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use super::environment::TestEnvironment;
use super::parsed;
use super::project::{Finished, invoke, program_in};
use super::recorded::Recorded;

/// The model that fails until [`Workshop::mend`], and the one below it.
pub(super) const FLAKY: &str = "model.workshop.flaky";
pub(super) const BELOW: &str = "model.workshop.below";
pub(super) const BASE: &str = "model.workshop.base";

/// A hook that mends the project when the first attempt is over.
pub(super) const MEND: &str = "printf 'id\\n1\\n' > mended.csv";

const FILES: [(&str, &str); 5] = [
    (
        "dbt_project.yml",
        "name: workshop\nversion: '1.0'\nconfig-version: 2\nprofile: workshop\nmodels:\n  +materialized: table\n",
    ),
    (
        "profiles.yml",
        "workshop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: w.duckdb, schema: main, threads: 2, settings: {threads: 1, python_scan_all_frames: true}}\n    prod: {type: duckdb, path: w.duckdb, schema: prod, threads: 2, settings: {threads: 1}}\n",
    ),
    ("models/base.sql", "select 1 as id\n"),
    (
        "models/flaky.sql",
        "select f.id from read_csv('mended.csv') f join {{ ref('base') }} using (id)\n",
    ),
    ("models/below.sql", "select * from {{ ref('flaky') }}\n"),
];

/// A project in a folder of its own.
pub(super) struct Workshop {
    dir: TempDir,
    environment: TestEnvironment,
    flow_run: String,
}

impl Workshop {
    pub(super) fn new() -> Self {
        Self::parsed(None)
    }

    /// For runs with these `--vars` of dbt.
    pub(super) fn with_vars(vars: &str) -> Self {
        Self::parsed(Some(vars))
    }

    fn parsed(vars: Option<&str>) -> Self {
        let workshop = Self {
            dir: tempfile::tempdir().unwrap(),
            environment: TestEnvironment::from_env(),
            flow_run: format!("test-{}", Uuid::now_v7()),
        };
        fs::create_dir(workshop.path().join("models")).unwrap();
        for (name, text) in FILES {
            workshop.write(name, text);
        }
        parsed::provide(workshop.path(), vars, workshop.executable());
        workshop
    }

    /// Shares what dbt has parsed of the project as it is now.
    pub(super) fn share_parsed(&self) {
        parsed::provide(self.path(), None, self.executable());
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).unwrap();
    }

    /// Gives the flaky model what it reads.
    pub(super) fn mend(&self) {
        self.write("mended.csv", "id\n1\n");
    }

    pub(super) fn executable(&self) -> &Path {
        &self.environment.dbt
    }

    /// The server's API.
    pub(super) fn api(&self) -> &str {
        &self.environment.api
    }

    /// Takes over the database of another one, as if both used a warehouse.
    pub(super) fn adopt_database(&self, other: &Self) {
        for name in ["w.duckdb", "w.duckdb.wal"] {
            if other.path().join(name).exists() {
                fs::copy(other.path().join(name), self.path().join(name)).unwrap();
            }
        }
    }

    /// The name under which the server knows what this test ran.
    pub(super) fn flow_run_name(&self) -> &str {
        &self.flow_run
    }

    /// Puts the database into the project, wherever dbt is called from.
    pub(super) fn place_database(&self) {
        let profiles = FILES[1]
            .1
            .replace("w.duckdb", &self.path().join("w.duckdb").to_string_lossy());
        self.write(FILES[1].0, &profiles);
    }

    /// Runs from now on are in another flow run.
    pub(super) fn rename(&mut self) {
        self.flow_run = format!("test-{}", Uuid::now_v7());
    }

    /// Plain dbt.
    pub(super) fn dbt(&self, args: &[&str]) -> Finished {
        Finished::of(&mut self.dbt_command(args))
    }

    /// Plain dbt as a terminal starts it: with a SIGINT that does something.
    pub(super) fn dbt_command(&self, args: &[&str]) -> Command {
        const AS_FROM_A_TERMINAL: &str = "import os, signal, sys; \
            signal.signal(signal.SIGINT, signal.default_int_handler); os.execv(sys.argv[1], sys.argv[1:])";
        let python = std::env::var_os("PREFECT_DBT_TEST_PYTHON").unwrap();
        let mut command = Command::new(python);
        command
            .current_dir(self.path())
            .args(["-c", AS_FROM_A_TERMINAL])
            .arg(&self.environment.dbt)
            .args(args)
            .env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
            .env("NO_COLOR", "1");
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

    /// `prefect-dbt invoke --no-prefect -- ARGS`.
    pub(super) fn invoke_alone(&self, args: &[&str]) -> Finished {
        let mut command = self.program();
        Finished::of(command.args(["invoke", "--no-prefect", "--"]).args(args))
    }

    pub(super) fn program(&self) -> Command {
        program_in(self.path(), &self.environment)
    }

    /// What the server says of the flow run, once it holds this many task runs that ended.
    pub(super) fn recorded(&self, task_runs: usize) -> Recorded {
        Recorded::wait_for(&self.flow_run, task_runs)
    }

    /// The nodes that dbt ran last, and their statuses, by dbt's own account.
    pub(super) fn results(&self) -> Vec<(String, String)> {
        let text = fs::read(self.path().join("target/run_results.json")).unwrap();
        let results: Value = serde_json::from_slice(&text).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut results: Vec<_> = results["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| (text(&result["unique_id"]), text(&result["status"])))
            .collect();
        results.sort();
        results
    }

    /// Fails unless the last run of dbt built exactly these models.
    #[track_caller]
    pub(super) fn built(&self, models: &[&str]) {
        let mut expected: Vec<(String, String)> = models
            .iter()
            .map(|model| ((*model).to_owned(), "success".to_owned()))
            .collect();
        expected.sort();
        assert_eq!(self.results(), expected);
    }

    /// Every file that we left in the project.
    pub(super) fn records(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().join(".prefect-dbt")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found
    }
}
