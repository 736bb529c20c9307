//! What a hook is told.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use dbt_manifest::{Manifest, Node};
use serde::Serialize;

use super::node_report::NodeReport;
use super::owner::HookOwner;
use crate::model::NodeStatus;
use crate::request::FlowContext;

/// What a hook is told: which event it is, and what is known at that moment.
///
/// Its JSON form, for hooks that are programs, is described at [`HOOK_CONTEXT_VERSION`](super::json::HOOK_CONTEXT_VERSION).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DbtHookContext {
    /// The event.
    pub event: HookEvent,
    /// The dbt command (`build`, `source freshness`).
    pub command: String,
    /// The runner, if the run was started by one.
    pub(crate) owner: Option<HookOwner>,
    /// dbt's arguments as they were given.
    pub args: Vec<String>,
    /// The node's unique_id; `None` for events of the run.
    pub node_id: Option<String>,
    /// How the node, or the run, ended; `None` at its start.
    pub status: Option<HookStatus>,
    /// What there is to say of that.
    pub result: Option<HookResult>,
    /// At the end of the run: every node that took part, by unique_id. `None` when dbt came to no results, as after a
    /// mistake in the project.
    pub run_results: Option<BTreeMap<String, NodeReport>>,
    /// After a node: dbt's message if it failed. At the end of the run: dbt's own error if it could not do its work, and
    /// `None` when nodes merely failed.
    pub error: Option<String>,
    /// At the start: the nodes that dbt is going to run. After a node: that node. At the end: all that took part.
    /// The SQL hooks of a project are there at the end alone.
    pub node_ids: Vec<String>,
    /// The flow that the run belongs to, if `Flow` started it.
    pub flow: Option<FlowContext>,
    pub(super) manifest: Option<Arc<Manifest>>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HookEvent {
    /// dbt is about to start.
    RunStart,
    /// A model ended.
    PostModel,
    /// A node of whatever kind ended.
    PostNode,
    /// The run is over.
    RunEnd,
}

impl HookEvent {
    /// Its name in the JSON form.
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

/// How a node or a run ended, in the words of Prefect's Python package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HookStatus {
    /// Well: success, pass, warn, no-op, reused.
    Success,
    /// Badly: every other status, and nodes that never got one.
    Error,
    /// Not at all, because something above failed. Never the status of a run.
    Skipped,
}

impl HookStatus {
    /// What one of dbt's statuses means.
    #[must_use]
    pub fn of_node(status: &NodeStatus) -> Self {
        match status {
            NodeStatus::Skipped => Self::Skipped,
            status if status.is_success() => Self::Success,
            _ => Self::Error,
        }
    }

    /// Its name in the JSON form.
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

/// The result that a hook is told of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum HookResult {
    /// Of a node.
    Node(Box<NodeReport>),
    /// Of the run.
    Run {
        /// Whether dbt did all that it was asked to.
        success: bool,
    },
}
