//! The specification of a deployment.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::{Map, Value};

use super::schedule::Schedule;
use crate::dbt::CommandLine;

/// The specification of a deployment: dbt's command line, where and when it runs.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct DeploySpec {
    /// Name of the deployment. It is unique within the flow.
    pub name: String,
    /// Name of the work pool.
    pub work_pool: String,
    /// dbt's command and arguments.
    pub args: Vec<String>,
    /// Name of the flow; `dbt <command>` if not given.
    pub flow_name: Option<String>,
    /// When runs start.
    pub schedule: Option<Schedule>,
    /// Parameters of the runs, see [`parameters`](crate::parameters).
    pub parameters: Map<String, Value>,
    /// Environment variables of the runs. They are visible in the deployment, so they are not for secrets.
    pub env: BTreeMap<String, String>,
    /// The folder that runs start in, on the worker's machine.
    pub working_dir: Option<String>,
    /// The container image of the runs.
    pub image: Option<String>,
    /// Other job variables of the work pool.
    pub job_variables: Map<String, Value>,
    /// Tags of the deployment and its runs.
    pub tags: Vec<String>,
    /// Maximum number of runs at the same time.
    pub concurrency: Option<NonZeroU32>,
    /// Maximum number of retries of a failed run.
    pub retries: Option<u32>,
    /// Time to wait before a retry.
    pub retry_delay: Option<Duration>,
    /// More options for `prefect-dbt invoke`, such as `--timeout`.
    pub options: Vec<String>,
    /// Description of the deployment, in Markdown.
    pub description: Option<String>,
    /// The prefect-dbt executable on the worker's machine or in the image.
    pub program: String,
}

impl DeploySpec {
    /// A deployment of dbt with these arguments on this work pool.
    pub fn new<S: Into<String>>(
        name: &str,
        work_pool: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            work_pool: work_pool.to_owned(),
            args: args.into_iter().map(Into::into).collect(),
            flow_name: None,
            schedule: None,
            parameters: Map::new(),
            env: BTreeMap::new(),
            working_dir: None,
            image: None,
            job_variables: Map::new(),
            tags: Vec::new(),
            concurrency: None,
            retries: None,
            retry_delay: None,
            options: Vec::new(),
            description: None,
            program: "prefect-dbt".to_owned(),
        }
    }

    /// The name of the flow: the one given, otherwise `dbt <command>`.
    #[must_use]
    pub fn flow_name(&self) -> String {
        let command = || format!("dbt {}", self.command_name());
        self.flow_name.clone().unwrap_or_else(command)
    }

    /// dbt's command.
    fn command_name(&self) -> String {
        CommandLine::parse(&self.args).command()
    }

    /// The command that a worker starts. With `--engine`, a container that is restarted continues its flow run.
    pub(super) fn command(&self) -> Vec<String> {
        let mut words = vec![self.program.clone(), "invoke".into(), "--engine".into()];
        if let Some(retries) = self.retries {
            words.extend(["--retries".into(), retries.to_string()]);
        }
        if let Some(delay) = self.retry_delay {
            words.extend(["--retry-delay".into(), delay.as_secs_f64().to_string()]);
        }
        words.extend_from_slice(&self.options);
        words.push("--".into());
        words.extend_from_slice(&self.args);
        words
    }

    /// What is wrong with it, on any work pool.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (what, name) in [("deployment", &self.name), ("flow", &self.flow_name())] {
            if name.trim().is_empty() || name.contains(['/', '%', '&', '>', '<']) {
                problems.push(format!(
                    "the {what} name `{name}` is empty or contains one of / % & > <"
                ));
            }
        }
        if self.command_name().is_empty() {
            problems.push("dbt's arguments have no command, such as `build`".to_owned());
        }
        if self.retry_delay.is_some() && self.retries.is_none() {
            problems.push("a retry delay without retries has no effect".to_owned());
        }
        for name in self.env.keys() {
            if name.is_empty() || name.contains(['=', '\0']) {
                problems.push(format!(
                    "`{name}` is not a valid name of an environment variable"
                ));
            }
        }
        problems.extend(self.schedule.iter().flat_map(Schedule::problems));
        problems
    }
}

/// Without the environment variables, which may contain secrets all the same.
impl fmt::Debug for DeploySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeploySpec")
            .field("name", &self.name)
            .field("work_pool", &self.work_pool)
            .field("args", &self.args)
            .field("schedule", &self.schedule)
            .finish_non_exhaustive()
    }
}
