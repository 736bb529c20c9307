//! Sets the states of what is dead.

use std::collections::HashSet;

use jiff::Timestamp;
use prefect_client::{
    Client, Error, EventFilter, NewState, StateType, StoredEvent, TaskRun, TaskRunFilter,
};
use uuid::Uuid;

use super::look::OpenRun;
use super::options::Flows;
use crate::model::{FinalState, State, StateKind};
use crate::prefect::flow_run::finish;

const PAGE: u32 = 200;
/// Labels of the task runs of dbt's nodes.
const NODE: &str = "dbt.unique_id";
/// What the state of an open task run becomes.
const TASK_RUN: &str = "the run ended, and Prefect did not get the end of this node";

/// Sets a dead flow run Crashed, or Cancelled if it is being cancelled. `Err(Ok)` is why the server refuses.
pub(super) async fn close_flow_run(
    client: &Client,
    open: &OpenRun,
    message: String,
) -> Result<Result<(), String>, Error> {
    let state = open.run.state.as_ref();
    // Repeated by another sweep, it is the same transition.
    let of = state.and_then(|state| state.id).unwrap_or(open.run.id);
    let end = State {
        kind: StateKind::Crashed,
        name: "Crashed".to_owned(),
        message: Some(message),
    };
    let transition = Uuid::new_v5(&of, b"sweep");
    Ok(match finish(client, open.run.id, &end, transition).await? {
        FinalState::Refused { reason } => Err(reason),
        _ => Ok(()),
    })
}

/// The running task runs of dbt's nodes under flow runs that ended before `cutoff`, by the server's clock.
pub(super) async fn left_open(
    client: &Client,
    flows: &Flows,
    cutoff: Timestamp,
) -> Result<Vec<TaskRun>, Error> {
    let mut filter = TaskRunFilter::default();
    filter.flow_ids.clone_from(&flows.ids);
    filter.flow_names.clone_from(&flows.names);
    filter.flow_run_state_types = StateType::TERMINAL.to_vec();
    filter.flow_run_ended_before = Some(cutoff);
    running(client, filter).await
}

/// The running task runs of dbt's nodes in a flow run. Not those of which the server has an end that its recorder has not
/// stored yet.
pub(super) async fn open_task_runs(
    client: &Client,
    flow_run_id: Uuid,
) -> Result<Vec<TaskRun>, Error> {
    let mut filter = TaskRunFilter::default();
    filter.flow_run_ids.push(flow_run_id);
    let mut found = running(client, filter).await?;
    let mut ended = HashSet::new();
    for some in found.chunks(PAGE as usize) {
        let mut events = EventFilter::default();
        events.prefixes.push("prefect.task-run.".to_owned());
        let resources = some.iter().map(|run| resource_of(run.id));
        events.resource_ids = resources.collect();
        let events = client.filter_events(&events).await?;
        let ends = events.into_iter().filter(is_end);
        ended.extend(ends.filter_map(|event| event.resource.get("prefect.resource.id").cloned()));
    }
    found.retain(|run| !ended.contains(&resource_of(run.id)));
    Ok(found)
}

/// Sets task runs Crashed; gives how many.
pub(super) async fn close_task_runs(client: &Client, runs: &[TaskRun]) -> Result<usize, Error> {
    let mut closed = 0;
    for run in runs {
        let state = NewState::new(StateType::Crashed)
            .named("Crashed")
            .with_message(Some(TASK_RUN.to_owned()))
            .with_transition_id(Uuid::new_v5(&run.id, b"sweep"));
        let answer = client.set_task_run_state(run.id, &state).await?;
        let now = answer.state.map(|state| state.kind);
        closed += usize::from(now.is_some_and(StateType::is_terminal));
    }
    Ok(closed)
}

async fn running(client: &Client, mut filter: TaskRunFilter) -> Result<Vec<TaskRun>, Error> {
    // A node that failed and was to run again in the same attempt is Scheduled.
    let open = [StateType::Running, StateType::Scheduled];
    filter.state_types.extend(open);
    filter.limit = Some(PAGE);
    let mut found = Vec::new();
    loop {
        let page = client.filter_task_runs(&filter).await?;
        let is_last = page.len() < PAGE as usize;
        found.extend(page.into_iter().filter(is_node));
        if is_last {
            return Ok(found);
        }
        filter.offset += PAGE;
    }
}

fn is_node(run: &TaskRun) -> bool {
    let labels = run.labels.as_ref();
    labels.is_some_and(|labels| labels.contains_key(NODE))
}

fn resource_of(task_run: Uuid) -> String {
    format!("prefect.task-run.{task_run}")
}

fn is_end(event: &StoredEvent) -> bool {
    let kind = event.resource.get("prefect.state-type");
    let kind = kind.and_then(|kind| serde_json::from_value(kind.as_str().into()).ok());
    kind.is_some_and(|kind: StateType| kind.is_terminal())
}
