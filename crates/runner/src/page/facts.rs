//! What is known of a run, from whatever source.

use jiff::Timestamp;
use uuid::Uuid;

use crate::model::NodeStatus;

/// What is known of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RunFacts {
    /// Our id of the run; `None` if only dbt's artifacts are known.
    pub(crate) run_id: Option<Uuid>,
    /// dbt's id of the invocation.
    pub(crate) invocation_id: Option<String>,
    /// dbt's arguments, without `--vars` and `--args`.
    pub(crate) command: String,
    /// The name of the final state; `None` if it follows from the nodes.
    pub(crate) state: Option<String>,
    /// Why the run ended so.
    pub(crate) message: Option<String>,
    /// The flow run, if the run reports to one that existed.
    pub(crate) flow_run_id: Option<Uuid>,
    /// The page of that flow run, if the history has it.
    pub(crate) url: Option<String>,
    /// The URL of the API that it reports to.
    pub(crate) api: Option<String>,
    /// The nodes, in the order in which they ended.
    pub(crate) nodes: Vec<NodeFacts>,
}

/// What is known of a node that ran or was skipped.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NodeFacts {
    pub(crate) unique_id: String,
    pub(crate) status: NodeStatus,
    /// When it started and ended, by dbt's clock. `None` if dbt did not write it.
    pub(crate) times: Option<(Timestamp, Timestamp)>,
    pub(crate) message: Option<String>,
    /// Rows that failed a test.
    pub(crate) failed_rows: Option<i64>,
    /// The nodes of the run that it depends on; `None` if only the manifest knows.
    pub(crate) upstream: Option<Vec<String>>,
}
