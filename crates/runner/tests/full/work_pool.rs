//! A work pool of a type that Prefect's integrations have, and deployments on it.

use std::process::{Command, Stdio};

use prefect_client::{Client, NewDeploymentRun, Settings};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::variable;

/// A work pool. The flow of its deployments has its name.
pub(super) struct WorkPool {
    pub(super) api: String,
    pub(super) name: String,
    pub(super) client: Client,
    pub(super) runtime: Runtime,
    home: TempDir,
}

impl WorkPool {
    /// Makes one, with the template of the integration.
    pub(super) fn create(kind: &str) -> Self {
        let api = variable("PREFECT_DBT_TEST_API");
        let client = Client::new(&Settings::with_api_url(&api)).expect("a client");
        let runtime = Builder::new_current_thread().enable_all().build();
        let pool = Self {
            api,
            name: format!("{kind}-{}", Uuid::now_v7()),
            client,
            runtime: runtime.expect("a runtime"),
            home: tempfile::tempdir().expect("a folder"),
        };
        let create = ["work-pool", "create", &pool.name, "--type", kind];
        let created = pool.prefect().args(create).status().expect("prefect");
        assert!(created.success(), "{}", pool.log());
        pool
    }

    /// Deploys `build` with these options. Returns the id of the deployment.
    #[track_caller]
    pub(super) fn deploy(&self, name: &str, options: &[&str]) -> Uuid {
        let url = run(self
            .program()
            .args(["deploy", name, "--work-pool", &self.name])
            .args(["--flow-name", &self.name])
            .args(options)
            .args(["--", "build"]));
        let id = url.trim().rsplit('/').next().expect("a page");
        id.parse().expect("the id of the deployment")
    }

    /// Makes a run of a deployment. Returns its id.
    pub(super) fn run(&self, deployment: Uuid, parameters: &Value) -> Uuid {
        let mut run = NewDeploymentRun::default();
        run.parameters = parameters.as_object().cloned().expect("an object");
        let made = self.client.create_deployment_run(deployment, &run);
        self.runtime.block_on(made).expect("a flow run").id
    }

    /// Our program, with this server.
    pub(super) fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"));
        command
            .current_dir(self.home.path())
            .env("PREFECT_API_URL", &self.api);
        command
    }

    /// Prefect's command line with the integrations. What it prints goes to a log.
    pub(super) fn prefect(&self) -> Command {
        let mut log = std::fs::OpenOptions::new();
        let log = log
            .create(true)
            .append(true)
            .open(self.home.path().join("log"));
        let log = log.expect("a file");
        let mut command = Command::new(variable("PREFECT_DBT_TEST_WORKER"));
        command
            .current_dir(self.home.path())
            .env("PREFECT_HOME", self.home.path())
            .env("PREFECT_API_URL", &self.api)
            .env("PREFECT_WORKER_QUERY_SECONDS", "1")
            .env("PREFECT_WORKER_PREFETCH_SECONDS", "1")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log);
        command
    }

    /// That log.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }
}

/// Runs a program. Returns what it prints to stdout.
#[track_caller]
pub(super) fn run(program: &mut Command) -> String {
    let output = program.output().expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
