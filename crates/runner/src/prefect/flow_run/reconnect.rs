//! Reconnects to the flow run of a run that is over.

use std::time::Duration;

use jiff::Timestamp;
use prefect_client::{Client, Error, FlowRun, StateType};
use uuid::Uuid;

use super::connect::{Connection, find_or_create, retry_rules, transition};
use super::context::RunContext;
use super::new_run::NewRun;
use super::orchestrate::start;
use crate::model::{FlowRunRef, Ownership};

/// A run that is over, and is delivered later or once more.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PastRun {
    /// Id of the invocation.
    pub(crate) run_id: Uuid,
    /// Its flow run. One that was to be created, or that was not reported, is created if the server does not have it.
    pub(crate) flow: FlowRunRef,
    /// The run id of the first attempt of the flow run.
    pub(crate) first_attempt: Uuid,
    /// dbt's arguments.
    pub(crate) args: Vec<String>,
    /// Number of the attempt, from 1.
    pub(crate) attempt: u32,
    /// The time of the newest entry of its journal.
    pub(crate) last: Timestamp,
    /// Whether it was stopped before dbt started: only its end is delivered.
    pub(crate) is_unstarted: bool,
    /// Whether a later attempt, or the flow that it is a part of, sets the final state of the flow run.
    pub(crate) is_superseded: bool,
}

/// Which states of the flow run the delivery sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatesToSet {
    /// Running and the final state: it waits to start.
    All,
    /// The final state: it is Running, because the end of this run was not delivered.
    Final,
    /// None: it has ended, another process runs it, or its states were never ours.
    None,
}

/// Finds or creates the flow run. One that has ended keeps its state, and so does one that another process runs.
pub(crate) async fn reconnect(client: &Client, past: &PastRun) -> Result<Connection, Error> {
    let (run, context) = match &past.flow {
        FlowRunRef::Existing(existing) => {
            let run = client.read_flow_run(existing.id).await?;
            let context = RunContext::read(client, &run).await?;
            (run, context)
        }
        FlowRunRef::ToCreate(names) | FlowRunRef::NotReported(names) => {
            let policy = retry_rules(None, Duration::ZERO);
            let new = NewRun::new(names.clone(), &past.args, past.first_attempt, policy);
            let (run, flow_name) = find_or_create(client, &new).await?;
            let context = RunContext::new(&run, flow_name);
            (run, context)
        }
    };
    let skew = client.read_clock_skew().await.ok().flatten();
    let last = past.last.saturating_add(skew.unwrap_or_default());
    let states = states_to_set(past, &run, last.unwrap_or(past.last));
    if states == StatesToSet::All
        && let Err(reason) = start(client, run.id, transition(past.run_id)).await?
    {
        tracing::warn!(reason, "the server does not set the flow run to Running");
    }
    Ok(Connection {
        context,
        ownership: Ownership::owned_if(states != StatesToSet::None),
        lease: None,
    })
}

/// `last` is by the clock of the server.
fn states_to_set(past: &PastRun, run: &FlowRun, last: Timestamp) -> StatesToSet {
    let existing = past.flow.existing();
    if existing.is_some_and(|run| !run.is_owned()) {
        return StatesToSet::None;
    }
    let is_created = existing.is_none();
    let kind = run.state.as_ref().map(|state| state.kind);
    let is_superseded = past.is_superseded || run.run_count > past.attempt;
    if is_superseded || kind.is_some_and(StateType::is_terminal) {
        return StatesToSet::None;
    }
    let since = run.state.as_ref().and_then(|state| state.timestamp);
    match kind {
        Some(StateType::Cancelling) => StatesToSet::Final,
        // No other process starts a flow run that we created.
        Some(StateType::Running) if is_created => StatesToSet::Final,
        _ if is_created && past.is_unstarted => StatesToSet::Final,
        _ if is_created => StatesToSet::All,
        // It got its state after the last entry of this run: another process runs it.
        _ if since.is_some_and(|since| since > last) => StatesToSet::None,
        Some(StateType::Running) => StatesToSet::Final,
        // It waits for this attempt.
        Some(StateType::Scheduled | StateType::Pending) if past.attempt > run.run_count => {
            match past.is_unstarted {
                true => StatesToSet::Final,
                false => StatesToSet::All,
            }
        }
        // It will run again.
        _ => StatesToSet::None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{ExistingFlowRun, NewFlowRun};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn past(flow: FlowRunRef) -> PastRun {
        PastRun {
            run_id: Uuid::from_u128(1),
            flow,
            first_attempt: Uuid::from_u128(1),
            args: Vec::new(),
            attempt: 1,
            last: at(10),
            is_unstarted: false,
            is_superseded: false,
        }
    }

    fn owned() -> FlowRunRef {
        FlowRunRef::owned(Uuid::from_u128(2))
    }

    fn created() -> FlowRunRef {
        FlowRunRef::ToCreate(NewFlowRun {
            flow_name: Some("dbt build".to_owned()),
            flow_run_name: "calm-otter".to_owned(),
            tags: Vec::new(),
        })
    }

    fn of(past: &PastRun, kind: &str, since: i64) -> StatesToSet {
        with_run_count(past, kind, since, 1)
    }

    fn with_run_count(past: &PastRun, kind: &str, since: i64, run_count: u32) -> StatesToSet {
        let state = json!({ "type": kind, "name": kind, "timestamp": at(since) });
        let run = json!({
            "id": Uuid::nil(),
            "name": "calm-otter",
            "flow_id": Uuid::nil(),
            "run_count": run_count,
            "state": state,
        });
        let run: FlowRun = serde_json::from_value(run).expect("a flow run");
        states_to_set(past, &run, past.last)
    }

    #[test]
    fn a_flow_run_that_has_ended_keeps_its_state() {
        for flow in [owned(), created()] {
            for kind in ["COMPLETED", "FAILED", "CANCELLED", "CRASHED"] {
                assert_eq!(of(&past(flow.clone()), kind, 0), StatesToSet::None);
            }
        }
    }

    #[test]
    fn a_flow_run_of_another_process_keeps_its_state() {
        assert_eq!(of(&past(owned()), "RUNNING", 5), StatesToSet::Final);
        assert_eq!(of(&past(owned()), "RUNNING", 15), StatesToSet::None);
        assert_eq!(of(&past(owned()), "SCHEDULED", 15), StatesToSet::None);
        assert_eq!(of(&past(created()), "RUNNING", 15), StatesToSet::Final);
        let mut earlier = past(created());
        earlier.is_superseded = true;
        assert_eq!(of(&earlier, "RUNNING", 5), StatesToSet::None);
        assert_eq!(
            with_run_count(&past(created()), "RUNNING", 5, 2),
            StatesToSet::None
        );
        let attached = past(FlowRunRef::Existing(ExistingFlowRun::attached(
            Uuid::from_u128(2),
        )));
        assert_eq!(of(&attached, "RUNNING", 5), StatesToSet::None);
    }

    #[test]
    fn a_flow_run_that_waits_for_the_attempt_gets_its_states() {
        let mut second = past(owned());
        second.attempt = 2;
        for kind in ["SCHEDULED", "PENDING"] {
            second.is_unstarted = false;
            assert_eq!(of(&second, kind, 5), StatesToSet::All);
            assert_eq!(with_run_count(&second, kind, 5, 2), StatesToSet::None);
            second.is_unstarted = true;
            assert_eq!(of(&second, kind, 5), StatesToSet::Final);
            // It was rescheduled.
            assert_eq!(of(&second, kind, 15), StatesToSet::None);
        }
    }

    #[test]
    fn a_flow_run_that_never_started_is_started() {
        assert_eq!(of(&past(created()), "PENDING", 5), StatesToSet::All);
        assert_eq!(of(&past(owned()), "CANCELLING", 15), StatesToSet::Final);
    }
}
