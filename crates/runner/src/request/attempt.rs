//! Which attempt of its flow run an invocation is.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::dbt::CommandLine;
use crate::store::JournalHold;

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
    /// The log line about a `dbt parse` that ran before.
    pub(crate) parse_note: Option<String>,
    /// The id that dbt gives the invocation. Set if `dbt parse` has written the manifest under it.
    pub(crate) invocation_id: Option<Uuid>,
    /// The nodes that it runs, if the plan of the retry names them.
    pub(crate) scheduled: Option<Vec<String>>,
    /// Variables for dbt, by name, that replace the flags that `dbt retry` does not restore.
    pub(crate) environment: Vec<(String, String)>,
    /// The task runs of nodes that succeeded earlier in the same flow run, by unique_id.
    pub(crate) earlier: Arc<BTreeMap<String, Uuid>>,
    /// The journal of the attempt before it, in use until the journal of this one exists.
    pub(crate) previous_journal: JournalHold,
    /// The journal of its admission, if it could not start: in use until its flow run has ended.
    pub(crate) unstarted_journal: JournalHold,
}

impl Default for Attempt {
    fn default() -> Self {
        Self {
            number: 1,
            key: None,
            original: None,
            note: None,
            parse_note: None,
            invocation_id: None,
            scheduled: None,
            environment: Vec::new(),
            earlier: Arc::default(),
            previous_journal: JournalHold::default(),
            unstarted_journal: JournalHold::default(),
        }
    }
}
