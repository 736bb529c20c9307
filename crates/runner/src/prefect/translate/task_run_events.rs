//! Events of task runs, from which Prefect's recorder creates the task runs.

use jiff::{SignedDuration, Timestamp};
use prefect_client::{Event, Resource, StateType};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::model::{NodeEnd, RetryWait, TaskRun};
use crate::prefect::flow_run::{RunContext, state_type};

/// Longest message of a state, in characters; Prefect's own limit.
const LONGEST_MESSAGE: usize = 100_000;
const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

/// A state of a task run, as an event contains it.
struct EventState<'a> {
    kind: StateType,
    name: &'a str,
    message: Option<String>,
    at: Timestamp,
    /// Determines the id of the event, with the id of the task run.
    identity: String,
}

/// The event of a node that has started.
pub(crate) fn running(context: &RunContext, task: &TaskRun) -> Event {
    let stamp = EventState {
        kind: StateType::Running,
        name: "Running",
        message: None,
        at: to_microseconds(task.start_time),
        identity: match task.earlier {
            None => "Running".to_owned(),
            Some(_) => format!("Running {}", task.run_count()),
        },
    };
    event(context, task, &stamp, payload_of(task))
}

/// The event of a node that has failed and will run again.
pub(crate) fn awaiting_retry(context: &RunContext, task: &TaskRun, wait: &RetryWait) -> Event {
    let stamp = EventState {
        kind: StateType::Scheduled,
        name: "AwaitingRetry",
        message: Some(shortened(&wait.message)),
        at: after_start(task, wait.failed),
        identity: format!("AwaitingRetry {}", task.run_count()),
    };
    event(context, task, &stamp, payload_of(task))
}

/// The event of a node that has ended. It is enough for a complete task run. `repair` is 0 at first. The server ignores an id that
/// it knows and fails on two states of the same time, so each repetition for a lost task run has another id and another time.
pub(crate) fn finished(context: &RunContext, task: &TaskRun, end: &NodeEnd, repair: u32) -> Event {
    let start = to_microseconds(task.start_time);
    let end_time = to_microseconds(end.end_time).max(start);
    let at = after_start(task, end_time);
    let stamp = EventState {
        kind: state_type(end.state.kind),
        name: &end.state.name,
        message: end.state.message.as_deref().map(shortened),
        at: at
            .saturating_add(MICROSECOND * i32::try_from(repair).unwrap_or(i32::MAX))
            .unwrap_or(at),
        identity: match repair {
            0 => "terminal".to_owned(),
            n => format!("terminal, repair {n}"),
        },
    };
    let mut payload = payload_of(task);
    payload.insert("end_time".to_owned(), json!(end_time));
    let earlier = task.earlier.as_ref().map_or(0.0, |earlier| earlier.seconds);
    let seconds = end_time.duration_since(start).as_secs_f64() + earlier;
    payload.insert("total_run_time".to_owned(), json!(seconds));
    event(context, task, &stamp, payload)
}

/// The time of a state that follows Running: later, even if no Running was sent, so that a state has the same time in every
/// delivery.
fn after_start(task: &TaskRun, at: Timestamp) -> Timestamp {
    let start = to_microseconds(task.start_time);
    let earliest = start.saturating_add(MICROSECOND).unwrap_or(start);
    to_microseconds(at).max(earliest)
}

fn event(
    context: &RunContext,
    task: &TaskRun,
    stamp: &EventState<'_>,
    task_run: Map<String, Value>,
) -> Event {
    let id = Uuid::new_v5(&task.id, stamp.identity.as_bytes());
    let name = format!("prefect.task-run.{}", stamp.name);
    let mut event = Event::new(id, stamp.at, &name, resource(task, stamp));
    event.related = context.related_to_task_run();
    event.payload = json!({
        "validated_state": {
            "type": stamp.kind,
            "name": stamp.name,
            "message": stamp.message,
            "state_details": {},
            "data": null,
        },
        "task_run": task_run,
    });
    event
}

fn resource(task: &TaskRun, stamp: &EventState<'_>) -> Resource {
    let text = |value: &str| value.to_owned();
    let mut resource = task.labels.clone();
    resource.extend([
        (
            text("prefect.resource.id"),
            format!("prefect.task-run.{}", task.id),
        ),
        (text("prefect.resource.name"), task.name.clone()),
        (text("prefect.orchestration"), text("client")),
        (text("prefect.run-count"), task.run_count().to_string()),
        (text("prefect.state-name"), text(stamp.name)),
        (text("prefect.state-type"), state_type_name(stamp.kind)),
        (text("prefect.state-timestamp"), stamp.at.to_string()),
        (
            text("prefect.state-message"),
            stamp.message.clone().unwrap_or_default(),
        ),
    ]);
    resource
}

fn state_type_name(kind: StateType) -> String {
    match json!(kind) {
        Value::String(name) => name,
        other => other.to_string(),
    }
}

fn payload_of(task: &TaskRun) -> Map<String, Value> {
    let wait_for: Vec<_> = task
        .wait_for
        .iter()
        .map(|id| json!({ "input_type": "task_run", "id": id }))
        .collect();
    let start = to_microseconds(task.first_start());
    let fields = [
        ("name", json!(task.name)),
        ("task_key", json!(task.unique_id)),
        ("dynamic_key", json!(task.dynamic_key)),
        ("task_inputs", json!({ "wait_for": wait_for })),
        ("labels", json!(task.labels)),
        ("tags", json!([])),
        (
            "empirical_policy",
            json!({ "retries": 0, "retry_delay": 0 }),
        ),
        ("run_count", json!(task.run_count())),
        ("flow_run_run_count", json!(1)),
        ("expected_start_time", json!(start)),
        ("start_time", json!(start)),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The time with the precision of the database of the server.
pub(crate) fn to_microseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

fn shortened(message: &str) -> String {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => message[..end].to_owned(),
        None => message.to_owned(),
    }
}
