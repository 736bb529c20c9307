//! What a hook gets when it is called.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dbt_manifest::{Manifest, Node};
use serde::{Deserialize, Serialize};

use super::hook_stop::HookStop;
use super::node_report::NodeReport;
use super::owner::HookOwner;
use crate::model::NodeStatus;
use crate::request::FlowContext;

/// What a hook gets when it is called: the event, and what is known of the run at that moment.
///
/// Its JSON form, for hooks that are programs, is described at [`HOOK_CONTEXT_VERSION`](super::context_json::HOOK_CONTEXT_VERSION).
/// A context that was read from it has no manifest but that of its node, and no owner. [`for_test`](Self::for_test) makes a context
/// for a test.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DbtHookContext {
    /// The event.
    pub event: HookEvent,
    /// The dbt command (`build`, `source freshness`).
    pub command: String,
    /// The runner, if the run was started by one.
    pub(crate) owner: Option<HookOwner>,
    /// dbt's arguments as the user gave them.
    pub args: Vec<String>,
    /// The node's unique_id; `None` for events of the run.
    pub node_id: Option<String>,
    /// How the node or the run ended; `None` at the start of the run.
    pub status: Option<HookStatus>,
    /// The result of the node or the run; `None` at the start of the run.
    pub result: Option<HookResult>,
    /// At the end of the run: each node that took part, by unique_id. `None` when dbt has no results, as after a parse
    /// error.
    pub run_results: Option<BTreeMap<String, NodeReport>>,
    /// After a node: dbt's message if the node failed. At the end of the run: dbt's own error if dbt could not run; `None`
    /// if only nodes failed.
    pub error: Option<String>,
    /// At the start: the nodes that dbt is going to run. After a node: that node. At the end: all nodes that took part.
    /// SQL hooks of the project are listed only at the end.
    pub node_ids: Vec<String>,
    /// The flow run that the run belongs to; `None` for a run that is not reported, unless a `Flow` started it. Its id and name
    /// are `None` until it exists, and its parameters are empty if they were not read.
    pub flow: Option<FlowContext>,
    pub(super) manifest: Option<Arc<Manifest>>,
    /// The variable that names the database locks of the run.
    pub(super) held_locks: Option<(&'static str, String)>,
    /// Ends a hook that is a process.
    pub(super) stop: HookStop,
}

impl DbtHookContext {
    /// The node as the manifest describes it; `None` for events of the run, and when the run has no manifest
    /// (`--no-write-json`).
    #[must_use]
    pub fn node(&self) -> Option<&Node> {
        self.manifest.as_ref()?.get(self.node_id.as_ref()?)
    }

    /// The manifest of the run, if there is one.
    #[must_use]
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_deref()
    }
}

/// The event that a hook is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HookEvent {
    /// dbt is about to start.
    RunStart,
    /// A model ended.
    PostModel,
    /// A node of any type ended.
    PostNode,
    /// The run ended.
    RunEnd,
}

impl HookEvent {
    /// The name in the JSON form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RunStart => "run_start",
            Self::PostModel => "post_model",
            Self::PostNode => "post_node",
            Self::RunEnd => "run_end",
        }
    }
}

impl fmt::Display for HookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a node or a run ended, in the terms of Prefect's Python package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HookStatus {
    /// Success: dbt's statuses success, pass, warn, no-op and reused.
    Success,
    /// Failure: every other status, and nodes for which dbt reported none.
    Error,
    /// The node was skipped because an upstream node failed. Never the status of a run.
    Skipped,
}

impl HookStatus {
    /// What a status of dbt means to hooks.
    #[must_use]
    pub fn of_node(status: &NodeStatus) -> Self {
        match status {
            NodeStatus::Skipped => Self::Skipped,
            status if status.is_success() => Self::Success,
            _ => Self::Error,
        }
    }

    /// The name in the JSON form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for HookStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The result of a node or a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum HookResult {
    /// The result of a node.
    Node(Box<NodeReport>),
    /// The result of the run.
    Run {
        /// Whether dbt reported success.
        success: bool,
    },
}
