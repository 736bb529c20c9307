//! The JSON object of `invoke --output json`. Other programs read it: fields keep their names and meanings.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error_report::ErrorReport;
use crate::model::{NodeStatus, State};
use crate::outcome::Outcome;
use crate::track::Summary;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// Version of the object. It is raised when a field is removed or changes its meaning, not when one is added.
const SCHEMA_VERSION: u32 = 1;

/// The result of an invocation.
#[derive(Debug, Serialize)]
pub(super) struct ResultObject {
    schema_version: u32,
    run_id: Option<Uuid>,
    command: Option<String>,
    args: Vec<String>,
    success: bool,
    exit_code: u8,
    /// The state of the flow run.
    state: Option<State>,
    dbt: Option<Dbt>,
    nodes: Vec<Node>,
    /// Number of nodes by dbt's status.
    counts: BTreeMap<String, usize>,
    /// What failed, or why dbt could not run, for people.
    error: Option<String>,
    flow_run: Option<FlowRun>,
    /// The journal of the run, if it is not deleted because Prefect has everything.
    journal: Option<PathBuf>,
    /// The lines that dbt prints as data (`ls`, `show`, `compile`).
    data: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Dbt {
    version: Option<String>,
    /// `null` if a signal ended dbt.
    exit_code: Option<i32>,
}

#[derive(Debug, Serialize)]
struct Node {
    unique_id: String,
    resource_type: String,
    name: String,
    status: NodeStatus,
    message: Option<String>,
    /// Seconds, as dbt measured them.
    execution_time: Option<f64>,
    failures: Option<i64>,
    started_at: Timestamp,
    ended_at: Timestamp,
    state: State,
}

#[derive(Debug, Serialize)]
struct FlowRun {
    id: Option<Uuid>,
    name: Option<String>,
    url: Option<String>,
    /// Whether the server confirmed that it has everything.
    verified: bool,
    problem: Option<String>,
}

impl ResultObject {
    /// The object for a run of dbt.
    pub(super) fn of(outcome: Outcome) -> Self {
        let counts = Summary::new(&outcome.run, 0).counts;
        Self {
            schema_version: SCHEMA_VERSION,
            run_id: Some(outcome.run_id),
            command: Some(outcome.command),
            args: outcome.args,
            success: outcome.success,
            exit_code: outcome.exit_code,
            state: Some(outcome.state),
            dbt: Some(Dbt {
                version: outcome.run.dbt_version,
                exit_code: outcome.run.end.exit_code,
            }),
            nodes: outcome.run.nodes.into_iter().map(Node::of).collect(),
            counts,
            error: outcome.failure,
            flow_run: outcome.delivery.map(|delivery| FlowRun {
                id: delivery.flow_run_id,
                name: delivery.flow_run_name,
                url: delivery.url,
                verified: delivery.verified,
                problem: delivery.problem,
            }),
            journal: outcome.journal,
            data: outcome.lines,
        }
    }

    /// The object for an invocation that did not start dbt.
    pub(super) fn of_error(args: Vec<String>, error: &ErrorReport) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            run_id: None,
            command: None,
            args,
            success: false,
            exit_code: error.exit_code,
            state: None,
            dbt: None,
            nodes: Vec::new(),
            counts: BTreeMap::new(),
            error: Some(error.chain()),
            flow_run: None,
            journal: None,
            data: Vec::new(),
        }
    }
}

impl Node {
    fn of(node: crate::track::TrackedNode) -> Self {
        Self {
            unique_id: node.result.unique_id,
            resource_type: node.result.resource_type,
            name: node.result.name,
            status: node.result.status,
            message: node.result.message,
            execution_time: node.result.execution_time,
            failures: node.result.failures,
            started_at: node.start_time,
            ended_at: node.end_time,
            state: node.state,
        }
    }
}

#[cfg(test)]
mod tests;
