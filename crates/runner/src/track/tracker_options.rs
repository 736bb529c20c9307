//! What the tracker needs to know before the run.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::heal::HealPolicy;
use crate::model::LogLevel;

/// What the tracker needs to know before the run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TrackerOptions {
    /// Id of the invocation; the ids of its task runs are derived from it.
    pub run_id: Uuid,
    /// Which attempt of its flow run it is, from 1.
    pub attempt: u32,
    /// Lowest level of the log lines to keep.
    pub level: LogLevel,
    /// dbt's command (`build`, `docs generate`, ...), on which it depends when the edges of a node are known.
    pub command: String,
    /// The task runs of nodes that succeeded earlier in the same flow run, by unique_id: edges lead to them, unless the node
    /// runs again.
    pub earlier: Arc<BTreeMap<String, Uuid>>,
    /// Which failed nodes run again in the same attempt.
    pub(crate) heal: HealPolicy,
}

impl TrackerOptions {
    /// Options for the first attempt of a run, with log lines from info on.
    #[must_use]
    pub fn new(run_id: Uuid) -> Self {
        Self {
            run_id,
            attempt: 1,
            level: LogLevel::Info,
            command: String::new(),
            earlier: Arc::default(),
            heal: HealPolicy::default(),
        }
    }

    /// The same options with the task runs of nodes that succeeded earlier in the same flow run.
    #[must_use]
    pub fn earlier(self, earlier: Arc<BTreeMap<String, Uuid>>) -> Self {
        Self { earlier, ..self }
    }

    /// The same options, with failed nodes that run again.
    pub(crate) fn heal(self, heal: HealPolicy) -> Self {
        Self { heal, ..self }
    }

    /// The same options for another attempt.
    #[must_use]
    pub fn attempt(self, attempt: u32) -> Self {
        Self { attempt, ..self }
    }

    /// The same options with another lowest level of log lines.
    #[must_use]
    pub fn level(self, level: LogLevel) -> Self {
        Self { level, ..self }
    }

    /// The same options for a command of dbt.
    #[must_use]
    pub fn command(self, command: &str) -> Self {
        Self {
            command: command.to_owned(),
            ..self
        }
    }

    /// Whether unit tests run before their model, as in `build`. `dbt retry` runs them after it, as other tests.
    pub(super) fn runs_unit_tests_first(&self) -> bool {
        self.command != "retry"
    }

    /// Whether the command executes a microbatch model, one batch after the other. Other commands work at it once.
    pub(super) fn runs_batches(&self) -> bool {
        !matches!(
            self.command.as_str(),
            "clone" | "compile" | "docs generate" | "show"
        )
    }
}
