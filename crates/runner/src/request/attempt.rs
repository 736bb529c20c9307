//! Which attempt an invocation is.

use uuid::Uuid;

use crate::dbt::CommandLine;
use crate::store::JournalHold;

/// Which attempt of its flow run an invocation is, and what it takes over from the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// From 1.
    pub(crate) number: u32,
    /// The idempotency key of the flow run that the first attempt created, or meant to create.
    pub(crate) key: Option<Uuid>,
    /// What the first attempt was called with, where this one is called with something else.
    pub(crate) original: Option<CommandLine>,
    /// What the log says of it at its start.
    pub(crate) note: Option<String>,
    /// The nodes that it runs, where that is known without looking.
    pub(crate) scheduled: Option<Vec<String>>,
    /// Variables for dbt in place of the flags that `dbt retry` does not restore.
    pub(crate) environment: Vec<(String, String)>,
    /// The journal of the attempt before it, in use until the journal of this one exists.
    pub(crate) previous_journal: JournalHold,
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
            previous_journal: JournalHold::default(),
        }
    }
}
