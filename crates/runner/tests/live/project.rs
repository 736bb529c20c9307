//! A copy of the shop, and our program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use uuid::Uuid;

use super::dbt_truth::DbtTruth;
use super::environment::TestEnvironment;
use super::parsed;
use super::recorded::Recorded;

/// dbt's `--vars` with which the model `orders` fails.
pub(super) const FAIL_MODEL: &str = "fail_model: true";

/// A copy of the demo project that one test has for itself.
pub(super) struct Project {
    dir: TempDir,
    pub(super) environment: TestEnvironment,
    /// The name under which the server knows what this test ran.
    pub(super) flow_run: String,
}

impl Project {
    /// A fresh copy.
    pub(super) fn new() -> Self {
        Self::parsed(None)
    }

    /// A fresh copy, for runs with these `--vars` of dbt.
    pub(super) fn with_vars(vars: &str) -> Self {
        Self::parsed(Some(vars))
    }

    fn parsed(vars: Option<&str>) -> Self {
        let environment = TestEnvironment::from_env();
        let dir = tempfile::tempdir().unwrap();
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/projects/shop");
        let shop = dir.path().join("shop");
        copy(&original, &shop);
        // A query that does not end keeps one core busy, not all.
        let profiles = fs::read_to_string(shop.join("profiles.yml")).unwrap();
        let threads = "threads: 4\n";
        let profiles = profiles.replace(
            threads,
            &format!("{threads}      settings: {{threads: 1}}\n"),
        );
        fs::write(shop.join("profiles.yml"), profiles).unwrap();
        parsed::provide(&shop, vars, &environment.dbt);
        Self {
            dir,
            environment,
            flow_run: format!("test-{}", Uuid::now_v7()),
        }
    }

    /// The copy.
    pub(super) fn path(&self) -> PathBuf {
        self.dir.path().join("shop")
    }

    /// dbt's own log file.
    pub(super) fn log_file(&self) -> PathBuf {
        self.dir.path().join("logs/dbt.log")
    }

    /// `prefect-dbt`, in the copy, with nothing of the developer's settings.
    pub(super) fn program(&self) -> Command {
        let mut command = program_in(&self.path(), &self.environment);
        command
            .env("HOME", self.dir.path())
            // dbt's own account of the run, which ours is compared with.
            .env("DBT_LOG_PATH", self.dir.path().join("logs"))
            .env("DBT_LOG_LEVEL_FILE", "debug")
            .env("DBT_LOG_FORMAT_FILE", "json");
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

    /// What dbt says of its last run.
    pub(super) fn truth(&self) -> DbtTruth {
        DbtTruth::read(&self.path(), &self.log_file())
    }

    /// What the server says of it, once it holds this many task runs that ended.
    pub(super) fn recorded(&self, task_runs: usize) -> Recorded {
        Recorded::wait_for(&self.flow_run, task_runs)
    }
}

/// `prefect-dbt`, with nothing of the developer's settings.
pub(super) fn bare_program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        // The suite can run with and without the launcher.
        if text == "PREFECT_DBT_LAUNCHER" {
            continue;
        }
        if text.starts_with("PREFECT_") || text.starts_with("DBT_") {
            command.env_remove(&name);
        }
    }
    command.stdin(Stdio::null()).env("NO_COLOR", "1");
    command
}

/// `prefect-dbt` in a project's folder, with the real dbt and the real server.
pub(super) fn program_in(dir: &Path, environment: &TestEnvironment) -> Command {
    let mut command = bare_program();
    command
        .current_dir(dir)
        .env("HOME", dir)
        .env("PREFECT_API_URL", &environment.api)
        .env("PREFECT_DBT_EXECUTABLE", &environment.dbt)
        .env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false");
    command
}

/// Options of a run whose API does not answer: there is nothing to confirm.
pub(super) const AWAY: [&str; 2] = ["--verify-timeout", "1"];

/// Has the program invoke dbt in a flow run of this name. A busy server gets the time to record it.
pub(super) fn invoke(
    mut program: Command,
    flow_run: &str,
    options: &[&str],
    args: &[&str],
) -> Command {
    program.args(["invoke", "--flow-run-name", flow_run]);
    if !options.contains(&"--verify-timeout") {
        program.args(["--verify-timeout", "240"]);
    }
    program.args(options).arg("--").args(args);
    program
}

/// A run of our program that ended.
pub(super) struct Finished {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Finished {
    /// Runs the command to its end.
    pub(super) fn of(command: &mut Command) -> Self {
        Self::from(command.output().unwrap())
    }

    /// Fails with what the program said unless it exited so.
    #[track_caller]
    pub(super) fn exits_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "stderr:\n{}", self.stderr);
        self
    }

    /// Fails unless the program said so on stderr.
    #[track_caller]
    pub(super) fn says(&self, text: &str) -> &Self {
        assert!(
            self.stderr.contains(text),
            "`{text}` is not in\n{}",
            self.stderr
        );
        self
    }
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if ["target", "logs", "shop.duckdb", ".prefect-dbt"]
            .iter()
            .any(|made| name == *made)
        {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}
