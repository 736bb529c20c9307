//! What the tracker needs to know before the run.

use uuid::Uuid;

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
}

impl TrackerOptions {
    /// Options for the first attempt of a run, with log lines from info on.
    pub fn new(run_id: Uuid) -> Self {
        Self {
            run_id,
            attempt: 1,
            level: LogLevel::Info,
        }
    }

    /// The same options for another attempt.
    pub fn attempt(self, attempt: u32) -> Self {
        Self { attempt, ..self }
    }

    /// The same options with another lowest level of log lines.
    pub fn level(self, level: LogLevel) -> Self {
        Self { level, ..self }
    }
}
