//! What to deploy.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::{Map, Value};

use super::schedule::Schedule;
use crate::dbt::CommandLine;

/// What to deploy: dbt's command line, where and when it runs.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct DeploySpec {
    /// Name of the deployment; together with the flow's, what it is known by.
    pub name: String,
    /// Name of the work pool.
    pub work_pool: String,
    /// dbt's arguments, command included.
    pub args: Vec<String>,
    /// Name of the flow; `dbt <command>` when not given.
    pub flow_name: Option<String>,
    /// When it runs by itself.
    pub schedule: Option<Schedule>,
    /// Parameters of its runs, see [`parameters`](crate::parameters).
    pub parameters: Map<String, Value>,
    /// Variables of its environment. Whoever may see the deployment sees them: secrets belong elsewhere.
    pub env: BTreeMap<String, String>,
    /// The folder that it runs in, on the worker.
    pub working_dir: Option<String>,
    /// The image that it runs in.
    pub image: Option<String>,
    /// Further job variables, as the work pool has them.
    pub job_variables: Map<String, Value>,
    /// Tags of the deployment and of its runs.
    pub tags: Vec<String>,
    /// How many of its runs may be at work at once.
    pub concurrency: Option<NonZeroU32>,
    /// How often a run that fails is run again.
    pub retries: Option<u32>,
    /// How long to wait before that.
    pub retry_delay: Option<Duration>,
    /// Further options of `prefect-dbt invoke`, such as `--timeout`.
    pub options: Vec<String>,
    /// Its description, in Markdown.
    pub description: Option<String>,
    /// Our program on the worker.
    pub program: String,
}

impl DeploySpec {
    /// dbt with these arguments, on this work pool, with nothing else asked for.
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

    /// Name of the flow.
    #[must_use]
    pub fn flow_name(&self) -> String {
        let command = || format!("dbt {}", self.command_name());
        self.flow_name.clone().unwrap_or_else(command)
    }

    /// dbt's command.
    fn command_name(&self) -> String {
        CommandLine::parse(&self.args).command()
    }

    /// The words that a worker starts. `--engine` lets a container that is started again take its run over again.
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

    /// What is wrong with it, whatever the work pool.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (what, name) in [("deployment", &self.name), ("flow", &self.flow_name())] {
            if name.trim().is_empty() || name.contains(['/', '%', '&', '>', '<']) {
                problems.push(format!(
                    "the {what} name `{name}` is empty or holds one of / % & > <"
                ));
            }
        }
        if self.command_name().is_empty() {
            problems.push("dbt's arguments name no command, such as `build`".to_owned());
        }
        if self.retry_delay.is_some() && self.retries.is_none() {
            problems.push("a retry delay without retries has no effect".to_owned());
        }
        for name in self.env.keys() {
            if name.is_empty() || name.contains(['=', '\0']) {
                problems.push(format!("`{name}` is no name of an environment variable"));
            }
        }
        problems.extend(self.schedule.iter().flat_map(Schedule::problems));
        problems
    }
}

/// Without the values of the environment, which may be somebody's secrets all the same.
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
