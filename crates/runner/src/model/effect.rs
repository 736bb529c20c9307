//! Effects: what a run of dbt means, in values that need no manifest and no clock to be understood.
//!
//! The tracker produces them, the journal stores them one JSON line each, and every sink (Prefect, console, hooks)
//! reads them back from there. A line must therefore say everything that a sink needs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::level::Level;
use super::node_status::NodeStatus;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Entry {
    /// The first line: whose run this is.
    Header(Box<Header>),
    /// Something that happened in the run.
    Effect(Box<Effect>),
}

/// The first line of a journal: everything that is known before dbt starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// Version of the journal's format; this crate writes [`JOURNAL_FORMAT`].
    pub format: u32,
    /// Identity of the invocation (UUIDv7): name of the journal and idempotency key of a flow run made for it.
    pub run_id: Uuid,
    /// Which attempt of its flow run this invocation is, from 1.
    pub attempt: u32,
    /// When the invocation began, by our clock.
    pub created: Timestamp,
    /// dbt's arguments as the user gave them.
    pub args: Vec<String>,
    /// The flow run that the invocation reports to.
    pub flow: FlowTarget,
    /// The run id of the flow run's first attempt, of a later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Uuid>,
    /// The URL of the API that it reports to, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
}

/// The format that [`Header::format`] names.
pub const JOURNAL_FORMAT: u32 = 1;

/// Where an invocation reports to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowTarget {
    /// A flow run that exists; `own_states` when its states are ours to set.
    Existing {
        /// The flow run.
        flow_run_id: Uuid,
        /// Whether we are its engine.
        own_states: bool,
    },
    /// A flow run that is created.
    Create {
        /// Its idempotency key; the run id when there is none. A repetition has that of the attempt before it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Uuid>,
        /// Name of the flow.
        flow_name: String,
        /// Name of the flow run.
        flow_run_name: String,
        /// Tags of the flow run.
        tags: Vec<String>,
    },
    /// Nothing: no Prefect API is configured, or it was declined.
    Nowhere {
        /// The run id of the first attempt; its own when there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Uuid>,
        /// Name of the flow, should it be reported later.
        #[serde(default)]
        flow_name: Option<String>,
        /// Name of the flow run, which the console shows.
        flow_run_name: String,
        /// Tags of the flow run.
        #[serde(default)]
        tags: Vec<String>,
    },
}

impl FlowTarget {
    /// The same flow run, once it has been created: by its id, or else by the key that it was to be created with.
    pub(crate) fn known_as(self, flow_run_id: Option<Uuid>, first: Uuid) -> Self {
        match (self, flow_run_id) {
            (Self::Create { .. }, Some(flow_run_id)) => Self::Existing {
                flow_run_id,
                own_states: true,
            },
            (
                Self::Create {
                    key,
                    flow_name,
                    flow_run_name,
                    tags,
                },
                None,
            ) => Self::Create {
                key: key.or(Some(first)),
                flow_name,
                flow_run_name,
                tags,
            },
            (known, _) => known,
        }
    }
}

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effect {
    /// A node began to run.
    NodeRunning(TaskRun),
    /// A node reached its one terminal state.
    NodeFinished(TaskRun, NodeEnd),
    /// A log line of the run or of one of its nodes.
    Log(LogLine),
    /// A progress fact for people: how many nodes dbt is going to run (tests and hooks included).
    Total(u32),
    /// Something happened to an asset.
    Asset(AssetEvent),
    /// What there is to say of the run in the end, for an artifact.
    Summary(RunSummary),
    /// The run ended; always the last effect.
    RunFinished(RunEnd),
}

/// A node of dbt as a Prefect task run. Repeated in each effect, since any of them may be the only one that arrives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskRun {
    /// Id of the task run: uuid5 of run id, unique_id and attempt, so that edges are known in advance.
    pub id: Uuid,
    /// dbt's unique_id; the task key.
    pub unique_id: String,
    /// `<run id>#<attempt>`; the dynamic key.
    pub dynamic_key: String,
    /// `<resource_type> <name>`.
    pub name: String,
    /// When the node began, by dbt's clock (UTC, microseconds).
    pub start_time: Timestamp,
    /// The task runs of the upstream nodes that take part in the run.
    pub wait_for: Vec<Uuid>,
    /// `dbt.*` labels.
    pub labels: BTreeMap<String, String>,
}

/// How a node ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeEnd {
    /// The terminal state.
    pub state: State,
    /// When the node ended, by dbt's clock (UTC, microseconds); never before its start.
    pub end_time: Timestamp,
    /// What dbt reported of the node.
    pub result: NodeResult,
}

/// What dbt reported of one node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeResult {
    /// dbt's unique_id.
    pub unique_id: String,
    /// dbt's resource type (`model`, `test`, ...).
    pub resource_type: String,
    /// Name of the node.
    pub name: String,
    /// dbt's status (`success`, `error`, `skipped`, ...).
    pub status: NodeStatus,
    /// dbt's message.
    pub message: Option<String>,
    /// Execution time in seconds, as dbt measured it.
    pub execution_time: Option<f64>,
    /// Rows that failed a test.
    pub failures: Option<i64>,
    /// What the adapter reported (rows affected, query ids, ...).
    pub adapter_response: Option<serde_json::Value>,
    /// The node whose failure made dbt skip this one.
    pub skipped_because_of: Option<String>,
}

/// A state of a task run or flow run, in Prefect's terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct State {
    /// The type.
    #[serde(rename = "type")]
    pub kind: StateKind,
    /// The name (`Completed`, `Warned`, `Skipped`, ...).
    pub name: String,
    /// The message, if any.
    pub message: Option<String>,
}

/// The types of state that a run here can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum StateKind {
    /// At work.
    Running,
    /// Ended well.
    Completed,
    /// Ended badly.
    Failed,
    /// Stopped on request, or never run.
    Cancelled,
    /// Died.
    Crashed,
}

/// A log line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogLine {
    /// When it was written: dbt's own timestamp, or ours for lines that carry none.
    pub at: Timestamp,
    /// The level.
    pub level: Level,
    /// The text, free of ANSI sequences.
    pub message: String,
    /// The task run that it belongs to; `None` for the flow run.
    pub task: Option<TaskRef>,
}

/// A task run by id and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskRef {
    /// Id of the task run.
    pub id: Uuid,
    /// Its name, for the console.
    pub name: String,
}

/// Something that happened to an asset: a relation that dbt builds or reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssetEvent {
    /// Id of the event: the same whenever the journal is delivered.
    pub id: Uuid,
    /// What happened.
    pub happening: AssetHappening,
    /// When the node ended that built it, or read it.
    pub at: Timestamp,
    /// The asset.
    pub asset: AssetFacts,
    /// The task run of that node.
    pub task: TaskRef,
    /// Keys of the assets that it was built from.
    pub upstream: Vec<String>,
    /// dbt's account of the node, and what else is known of its run.
    pub payload: serde_json::Map<String, serde_json::Value>,
}

/// What can happen to an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AssetHappening {
    /// It was read; told once in a run.
    Referenced,
    /// It was built.
    Succeeded,
    /// It was to be built.
    Failed,
}

/// An asset, as its project describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssetFacts {
    /// Its key.
    pub key: String,
    /// The relation's name, without quotes.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Who answers for it.
    pub owners: Vec<String>,
    /// Where it can be seen.
    pub url: Option<String>,
}

/// What there is to say of a run in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunSummary {
    /// Key of the artifact: `dbt-<command>-summary`.
    pub key: String,
    /// The text, in Markdown.
    pub markdown: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunEnd {
    /// The terminal state of the flow run.
    pub state: State,
    /// Exit code of dbt's process; `None` when a signal ended it.
    pub dbt_exit: Option<i32>,
    /// When the run ended, by our clock.
    pub at: Timestamp,
}
