//! Prefect's worker for Docker, on a work pool of its own.

use std::process::Child;

use serde_json::Value;
use uuid::Uuid;

use super::flow_run::FlowRun;
use super::shop;
use crate::work_pool::{self, WorkPool};

/// A worker. It is stopped with the test.
pub(super) struct DockerWorker {
    pub(super) pool: WorkPool,
    process: Child,
}

impl DockerWorker {
    pub(super) fn start() -> Self {
        let pool = WorkPool::create("docker");
        let work = ["worker", "start", "--type", "docker", "--pool", &pool.name];
        let process = pool.prefect().args(work).spawn().expect("prefect");
        Self { pool, process }
    }

    /// Deploys the shop with these options. Returns the id of the deployment.
    pub(super) fn deploy(&self, name: &str, options: &[&str]) -> Uuid {
        let image = ["--image", shop::image()];
        self.pool.deploy(name, &[&image, options].concat())
    }

    /// Makes a run of a deployment.
    pub(super) fn run(&self, deployment: Uuid, parameters: &Value) -> FlowRun<'_> {
        self.flow_run(self.pool.run(deployment, parameters))
    }

    /// One of its flow runs.
    pub(super) const fn flow_run(&self, id: Uuid) -> FlowRun<'_> {
        FlowRun::new(&self.pool, id)
    }

    /// Runs `prefect-dbt sweep` for its flow. Returns what that prints.
    #[track_caller]
    pub(super) fn sweep(&self, options: &[&str]) -> String {
        let mut program = self.pool.program();
        program
            .env("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", "30")
            .args(["sweep", "--flow-name", &self.pool.name])
            .args(options);
        work_pool::run(&mut program)
    }

    /// Kills the worker with SIGKILL.
    pub(super) fn kill(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }
}

impl Drop for DockerWorker {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
