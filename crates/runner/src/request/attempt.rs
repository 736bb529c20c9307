//! Which attempt of its flow run an invocation is.

use uuid::Uuid;

use crate::dbt::CommandLine;

/// Which attempt of its flow run an invocation is, and what it takes over from the previous attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// The number of the attempt, from 1.
    pub(crate) number: u32,
    /// The idempotency key with which the first attempt created the flow run, or tried to.
    pub(crate) key: Option<Uuid>,
    /// The command line of the first attempt, if this attempt runs `dbt retry` in its place.
    pub(crate) original: Option<CommandLine>,
    /// The log line at the start: what the attempt runs and why.
    pub(crate) note: Option<String>,
    /// The nodes that it runs, if the plan of the retry names them.
    pub(crate) scheduled: Option<Vec<String>>,
    /// Variables for dbt, by name, that replace the flags that `dbt retry` does not restore.
    pub(crate) environment: Vec<(String, String)>,
}

impl Default for Attempt {
    fn default() -> Self {
        Self {
            number: 1,
            key: None,
            original: None,
            note: None,
            scheduled: None,
            environment: Vec::new(),
        }
    }
}
