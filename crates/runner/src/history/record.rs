//! The record of a run: status and times of its nodes, without arguments, messages and code.

use jiff::Timestamp;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::dbt::CommandLine;
use crate::model::NodeStatus;
use crate::track::{TrackedNode, TrackedRun};

/// The commands whose durations say how long a node takes. A clone or a compilation says nothing about a build.
const COMMANDS: [&str; 7] = [
    "build",
    "run",
    "seed",
    "snapshot",
    "test",
    "retry",
    "source freshness",
];

/// What is kept of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    /// The id of the run, a UUIDv7: it orders the records.
    pub(crate) run_id: Uuid,
    /// dbt's id of the invocation, which its artifacts have too.
    pub(crate) invocation_id: Option<String>,
    /// dbt's command.
    pub(crate) command: String,
    /// A hash of the command line: runs with the same one select in the same way.
    pub(crate) selection: Uuid,
    /// Time of dbt's first event.
    pub(crate) started: Timestamp,
    /// Time of dbt's last event.
    pub(crate) ended: Timestamp,
    /// Whether the run was neither stopped nor killed, and is not a retry of some of the nodes.
    pub(crate) is_complete: bool,
    /// The page of the flow run; `None` if the run was not reported, or the server did not have it when the run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// The nodes that ran or were skipped, by unique_id: a sorted list, which is read in half the time of a tree.
    pub(crate) nodes: LiteMap<String, NodeRecord>,
}

/// What is kept of a node: its status, its start in milliseconds after that of the run, its duration in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeRecord(pub(crate) NodeStatus, pub(crate) u64, pub(crate) u64);

impl NodeRecord {
    /// The duration in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        seconds(self.2)
    }

    /// Whether the node ran to a good end; `None` if it did not run to its end.
    pub(crate) fn succeeded(&self) -> Option<bool> {
        match self.0 {
            NodeStatus::Skipped | NodeStatus::Cancelled | NodeStatus::NotReported => None,
            _ => Some(self.0.is_success()),
        }
    }

    /// The duration in seconds of a node that did its work: a failure, or a relation that is reused, says nothing about it.
    pub(crate) fn work_seconds(&self) -> Option<f64> {
        let worked = matches!(
            self.0,
            NodeStatus::Success | NodeStatus::Pass | NodeStatus::Warn | NodeStatus::Fail
        );
        worked.then(|| self.seconds())
    }
}

impl RunRecord {
    /// The record of a run with this command line, which the user wrote; `None` if the run has no nodes, or if its durations
    /// are not those of usual work.
    pub(crate) fn of(run_id: Uuid, line: &CommandLine, run: &TrackedRun) -> Option<Self> {
        let command = line.command();
        let is_usual = COMMANDS.contains(&&*command) && !line.has("--empty");
        let started = run.first_event.filter(|_| is_usual)?;
        let nodes = run.nodes.iter().filter(|node| node.has_task_run);
        let nodes: LiteMap<_, _> = nodes
            .map(|node| (node.result.unique_id.clone(), node_record(node, started)))
            .collect();
        let is_killed = run.end.exit_code.is_none_or(|code| code > 1);
        (!nodes.is_empty()).then(|| Self {
            run_id,
            invocation_id: run.invocation_id.clone(),
            selection: selection(line),
            started,
            ended: run.last_event.unwrap_or(started),
            is_complete: run.interrupted.is_none() && !is_killed && command != "retry",
            command,
            url: None,
            nodes,
        })
    }

    /// Whether the run had a command line with this hash and came to its end.
    pub(super) fn is_alike(&self, selection: Uuid) -> bool {
        self.is_complete && self.selection == selection
    }
}

/// The hash of a command line, which may have secrets in `--vars`.
pub(crate) fn selection(line: &CommandLine) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, line.to_words().join("\0").as_bytes())
}

fn node_record(node: &TrackedNode, run: Timestamp) -> NodeRecord {
    let milliseconds = |from: Timestamp, to: Timestamp| {
        u64::try_from(to.duration_since(from).as_millis()).unwrap_or_default()
    };
    let status = match (&node.result.status, &*node.state.name) {
        (_, "Cancelled") => NodeStatus::Cancelled,
        (status, _) => status.clone(),
    };
    let start = milliseconds(run, node.start_time);
    NodeRecord(status, start, milliseconds(node.start_time, node.end_time))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no node takes 10^15 milliseconds"
)]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}
