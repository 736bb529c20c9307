//! A real worker, and the flow runs that it starts.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fs_err::File;
use prefect_client::{
    Client, FlowRun, NewDeployment, NewDeploymentRun, NewFlow, NewState, NewWorkPool, Settings,
    StateType, TaskRun, TaskRunFilter,
};
use prefect_dbt::parameters::join_words;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use crate::environment::TestEnvironment;
use crate::history::history;
use crate::python_package::package;

/// Marks all processes of a run.
const MARK: &str = "PREFECT_DBT_TEST_MARK";
const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(100);

/// A worker on a pool of its own. It is stopped with the test.
pub(super) struct ProcessWorker {
    environment: TestEnvironment,
    client: Client,
    runtime: Runtime,
    pool: String,
    home: TempDir,
    process: Child,
}

/// A flow run that the worker starts.
pub(super) struct Started<'a> {
    worker: &'a ProcessWorker,
    id: Uuid,
    mark: String,
}

impl ProcessWorker {
    pub(super) fn new() -> Self {
        let environment = TestEnvironment::from_env();
        let client = Client::new(&Settings::with_api_url(&environment.api)).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let pool = format!("pool-{}", Uuid::now_v7());
        let made = NewWorkPool::new(&pool, "process");
        runtime.block_on(client.create_work_pool(&made)).unwrap();
        let home = tempfile::tempdir().unwrap();
        let process = start_worker(&environment, &pool, home.path());
        Self {
            environment,
            client,
            runtime,
            pool,
            home,
            process,
        }
    }

    /// Deploys `prefect-dbt invoke --engine OPTIONS -- ARGS` in a folder, and makes a run of it.
    pub(super) fn start(&self, folder: &Path, options: &[&str], args: &[&str]) -> Started<'_> {
        self.start_as(folder, options, args, NewDeploymentRun::default())
    }

    pub(super) fn start_as(
        &self,
        folder: &Path,
        options: &[&str],
        args: &[&str],
        run: NewDeploymentRun,
    ) -> Started<'_> {
        let words = [env!("CARGO_BIN_EXE_prefect-dbt"), "invoke", "--engine"];
        let words = words.iter().chain(options).chain(&["--"]).chain(args);
        let command = join_words(words);
        self.start_deployment(folder, run, |deployment, job| {
            job.insert("command".to_owned(), command.into());
            deployment
        })
    }

    /// Deploys a flow in a file of Python, which uses the package, and makes a run of it.
    pub(super) fn start_flow(&self, folder: &Path, file: &Path, flow: &str) -> Started<'_> {
        let entrypoint = format!("{}:{flow}", file.display());
        self.start_deployment(folder, NewDeploymentRun::default(), |deployment, job| {
            job["env"]["PYTHONPATH"] = json!(package());
            job["env"]["PREFECT_DBT_BIN"] = env!("CARGO_BIN_EXE_prefect-dbt").into();
            let directory = json!({"directory": folder});
            let step = json!({"prefect.deployments.steps.set_working_directory": directory});
            deployment
                .with_entrypoint(entrypoint)
                .with_pull_steps([step])
        })
    }

    fn start_deployment(
        &self,
        folder: &Path,
        run: NewDeploymentRun,
        complete: impl FnOnce(NewDeployment, &mut Map<String, Value>) -> NewDeployment,
    ) -> Started<'_> {
        let mark = Uuid::now_v7().to_string();
        let job = json!({
            "working_dir": folder,
            "env": {
                "HOME": folder,
                "PREFECT_DBT_EXECUTABLE": self.environment.dbt,
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                MARK: mark,
            },
        });
        let mut job = serde_json::from_value(job).unwrap();
        let run = self.runtime.block_on(async {
            let flow = self
                .client
                .create_flow(&NewFlow::new(&self.pool))
                .await
                .unwrap();
            let deployment = NewDeployment::new(&mark, flow.id).on_work_pool(&self.pool);
            let mut deployment = complete(deployment, &mut job);
            deployment.job_variables = job;
            let deployment = self.client.create_deployment(&deployment).await.unwrap();
            self.client
                .create_deployment_run(deployment.id, &run)
                .await
                .unwrap()
        });
        Started {
            worker: self,
            id: run.id,
            mark,
        }
    }

    /// The log of the worker.
    pub(super) fn log(&self) -> String {
        fs_err::read_to_string(self.home.path().join("worker.log")).unwrap()
    }

    /// Kills the worker with SIGKILL.
    pub(super) fn kill_worker(&self) {
        kill_process(Pid::from_child(&self.process), Signal::KILL).unwrap();
    }
}

impl Drop for ProcessWorker {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start_worker(environment: &TestEnvironment, pool: &str, home: &Path) -> Child {
    let prefect = std::env::var_os("PREFECT_DBT_TEST_PREFECT")
        .expect("PREFECT_DBT_TEST_PREFECT is not set: run the tests by `cargo xtask test`");
    let log = File::create(home.join("worker.log")).unwrap().into_file();
    let mut command = Command::new(prefect);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("PREFECT_") || text.starts_with("DBT_") {
            command.env_remove(&name);
        }
    }
    command
        .args(["worker", "start", "--type", "process", "--pool", pool])
        .current_dir(home)
        .env("PREFECT_HOME", home)
        .env("PREFECT_API_URL", &environment.api)
        .env("PREFECT_WORKER_QUERY_SECONDS", "1")
        .env("PREFECT_WORKER_PREFETCH_SECONDS", "1")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    command.spawn().unwrap()
}

impl Started<'_> {
    fn read(&self) -> FlowRun {
        let run = self.worker.client.read_flow_run(self.id);
        self.worker.runtime.block_on(run).unwrap()
    }

    /// Waits until something is so of the flow run.
    #[track_caller]
    fn wait_until(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !is_so(self) {
            let log = || self.worker.log();
            assert!(
                Instant::now() < deadline,
                "{what} never happened\n{}",
                log()
            );
            std::thread::sleep(POLL);
        }
    }

    /// Waits until the server holds exactly these task runs: dbt's unique ids, and the names of their states.
    #[track_caller]
    pub(super) fn has_task_runs(&self, expected: &[(&str, &str)]) {
        let owned = |(node, state): &(&str, &str)| ((*node).to_owned(), (*state).to_owned());
        let expected: Vec<_> = expected.iter().map(owned).collect();
        self.wait_until("the record", |run| run.task_runs().len() >= expected.len());
        self.wait_until("the end of every node", |run| {
            run.task_runs().iter().all(|(_, state)| state != "Running")
        });
        assert_eq!(self.task_runs(), expected);
    }

    fn task_runs(&self) -> Vec<(String, String)> {
        let mut filter = TaskRunFilter::default();
        filter.flow_run_ids.push(self.id);
        let runs = self.worker.client.filter_task_runs(&filter);
        // The server has a task run for a moment without its state.
        let state = |run: TaskRun| Some((run.task_key, run.state?.name));
        let mut runs: Vec<_> = self
            .worker
            .runtime
            .block_on(runs)
            .unwrap()
            .into_iter()
            .filter_map(state)
            .collect();
        runs.sort();
        runs
    }

    /// Waits until a node is running.
    #[track_caller]
    pub(super) fn wait_for_node(&self, unique_id: &str) {
        let wanted = (unique_id.to_owned(), "Running".to_owned());
        self.wait_until("the node", |run| run.task_runs().contains(&wanted));
    }

    /// Waits until it is in a state of this name.
    #[track_caller]
    pub(super) fn wait_for_state(&self, name: &str) {
        let is_so = |run: FlowRun| run.state.is_some_and(|state| state.name == name);
        self.wait_until(name, |run| is_so(run.read()));
    }

    /// Asks for its cancellation, as the button in Prefect's pages does.
    pub(super) fn cancel(&self) {
        let state = NewState::new(StateType::Cancelling);
        let set = self
            .worker
            .client
            .set_flow_run_state(self.id, &state, false);
        self.worker.runtime.block_on(set).unwrap();
    }

    /// Kills our process with SIGKILL.
    pub(super) fn kill(&self) {
        let ours = self
            .processes()
            .into_iter()
            .find(|(_, name)| name == "prefect-dbt");
        let (pid, _) = ours.expect("our process");
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    }

    /// Waits for the end, and for the end of every process that belonged to it; fails unless the flow run ended so, once.
    #[track_caller]
    pub(super) fn ends(&self, name: &str) -> FlowRun {
        let ended = |run: &FlowRun| {
            run.state
                .as_ref()
                .is_some_and(|state| state.kind.is_terminal())
        };
        self.wait_until("the end", |run| ended(&run.read()));
        self.wait_until("the end of every process", |run| run.processes().is_empty());
        let history = self.history();
        let ends: Vec<_> = history
            .iter()
            .filter(|(kind, _)| kind.is_terminal())
            .collect();
        let log = || self.worker.log();
        assert_eq!(ends.len(), 1, "{history:?}\n{}", log());
        assert_eq!(ends[0].1, name, "{history:?}\n{}", log());
        self.read()
    }

    /// Every state that the flow run was in.
    pub(super) fn history(&self) -> Vec<(StateType, String)> {
        history(&self.worker.environment.api, self.id)
    }

    /// Ids and names of the processes that have inherited the run's mark, on systems with /proc.
    fn processes(&self) -> Vec<(i32, String)> {
        let mark = format!("{MARK}={}", self.mark);
        let Ok(all) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        all.filter_map(|entry| {
            let folder = entry.ok()?.path();
            let pid = folder.file_name()?.to_str()?.parse().ok()?;
            let environment = std::fs::read(folder.join("environ")).ok()?;
            let mut variables = environment.split(|byte| *byte == 0);
            let name = std::fs::read_to_string(folder.join("comm")).ok()?;
            variables
                .any(|variable| variable == mark.as_bytes())
                .then(|| (pid, name.trim().to_owned()))
        })
        .collect()
    }
}

/// Parameters of an ad-hoc run.
pub(super) fn with_parameters(parameters: &Value) -> NewDeploymentRun {
    let mut run = NewDeploymentRun::default();
    run.parameters = parameters.as_object().cloned().unwrap_or_else(Map::new);
    run
}
