//! Getting hold of the flow run of a run that is over.

use jiff::Timestamp;
use prefect_client::{Client, Error, FlowRun, StateType};
use uuid::Uuid;

use super::connect::{Connection, find_or_create, transition};
use super::context::RunContext;
use super::new_run::NewRun;
use super::orchestrate::start;

/// A run that is over, to be delivered later, or once more.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PastRun {
    /// Identity of the invocation.
    pub(crate) run_id: Uuid,
    /// Where it belongs.
    pub(crate) home: Home,
    /// Which attempt of its flow run it was, from 1.
    pub(crate) attempt: u32,
    /// The time of the last that is known of it.
    pub(crate) last: Timestamp,
    /// Whether it was stopped before it began: there is nothing to tell but the end.
    pub(crate) is_unbegun: bool,
    /// Whether the end of the flow run is for a later attempt to tell.
    pub(crate) is_superseded: bool,
}

/// The flow run of a past run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Home {
    /// One that exists, or existed.
    Existing { flow_run_id: Uuid, own_states: bool },
    /// One that the server may have by its idempotency key, and else gets.
    Created(NewRun),
}

/// What the flow run's states are to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nobody's yet, and so ours: it waits.
    Waiting,
    /// Ours: it still runs, since its end was never told.
    Open,
    /// Not ours: it has ended, another process is at work on it, or it never was.
    Closed,
}

/// Finds or creates the flow run. One that has ended keeps its state, and so does one that runs on.
pub(crate) async fn reconnect(client: &Client, past: &PastRun) -> Result<Connection, Error> {
    let (run, context) = match &past.home {
        Home::Existing { flow_run_id, .. } => {
            let run = client.read_flow_run(*flow_run_id).await?;
            let context = RunContext::read(client, &run).await?;
            (run, context)
        }
        Home::Created(new) => {
            let (run, flow_name) = find_or_create(client, past.run_id, new).await?;
            let context = RunContext::new(&run, flow_name);
            (run, context)
        }
    };
    let skew = client.read_clock_skew().await.ok().flatten();
    let last = past.last.saturating_add(skew.unwrap_or_default());
    let standing = standing(past, &run, last.unwrap_or(past.last));
    if standing == Standing::Waiting
        && let Err(reason) = start(client, run.id, transition(past.run_id)).await?
    {
        tracing::warn!(reason, "the flow run did not become Running");
    }
    Ok(Connection {
        context,
        own_states: standing != Standing::Closed,
        lease: None,
    })
}

/// `last` is by the server's clock.
fn standing(past: &PastRun, run: &FlowRun, last: Timestamp) -> Standing {
    let is_created = match past.home {
        Home::Existing { own_states, .. } if !own_states => return Standing::Closed,
        Home::Existing { .. } => false,
        Home::Created(_) => true,
    };
    let kind = run.state.as_ref().map(|state| state.kind);
    let is_superseded = past.is_superseded || run.run_count > past.attempt;
    if is_superseded || kind.is_some_and(StateType::is_terminal) {
        return Standing::Closed;
    }
    let since = run.state.as_ref().and_then(|state| state.timestamp);
    match kind {
        Some(StateType::Cancelling) => Standing::Open,
        // Nobody else begins a run of our own making.
        Some(StateType::Running) if is_created => Standing::Open,
        _ if is_created => Standing::Waiting,
        // Another one was in its state before we wrote our last word, or somebody else is at work on it.
        _ if since.is_some_and(|since| since > last) => Standing::Closed,
        Some(StateType::Running) => Standing::Open,
        // It waits for this very attempt.
        Some(StateType::Scheduled | StateType::Pending) if past.attempt > run.run_count => {
            match past.is_unbegun {
                true => Standing::Open,
                false => Standing::Waiting,
            }
        }
        // It is to run again.
        _ => Standing::Closed,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::prefect::flow_run::connect::retry_rules;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn past(home: Home) -> PastRun {
        PastRun {
            run_id: Uuid::from_u128(1),
            home,
            attempt: 1,
            last: at(10),
            is_unbegun: false,
            is_superseded: false,
        }
    }

    fn engine() -> Home {
        Home::Existing {
            flow_run_id: Uuid::from_u128(2),
            own_states: true,
        }
    }

    fn created() -> Home {
        Home::Created(NewRun {
            flow_name: "dbt build".to_owned(),
            flow_run_name: "calm-otter".to_owned(),
            tags: Vec::new(),
            parameters: Map::new(),
            key: None,
            policy: retry_rules(None, std::time::Duration::ZERO),
        })
    }

    fn of(past: &PastRun, kind: &str, since: i64) -> Standing {
        begun(past, kind, since, 1)
    }

    fn begun(past: &PastRun, kind: &str, since: i64, run_count: u32) -> Standing {
        let state = json!({ "type": kind, "name": kind, "timestamp": at(since) });
        let run = json!({
            "id": Uuid::nil(),
            "name": "calm-otter",
            "flow_id": Uuid::nil(),
            "run_count": run_count,
            "state": state,
        });
        let run: FlowRun = serde_json::from_value(run).expect("a flow run");
        standing(past, &run, past.last)
    }

    #[test]
    fn what_has_ended_keeps_its_state() {
        for home in [engine(), created()] {
            for kind in ["COMPLETED", "FAILED", "CANCELLED", "CRASHED"] {
                assert_eq!(of(&past(home.clone()), kind, 0), Standing::Closed);
            }
        }
    }

    #[test]
    fn what_runs_on_is_left_alone() {
        assert_eq!(of(&past(engine()), "RUNNING", 5), Standing::Open);
        assert_eq!(of(&past(engine()), "RUNNING", 15), Standing::Closed);
        assert_eq!(of(&past(engine()), "SCHEDULED", 15), Standing::Closed);
        assert_eq!(of(&past(created()), "RUNNING", 15), Standing::Open);
        let mut earlier = past(created());
        earlier.is_superseded = true;
        assert_eq!(of(&earlier, "RUNNING", 5), Standing::Closed);
        assert_eq!(begun(&past(created()), "RUNNING", 5, 2), Standing::Closed);
        let attached = past(Home::Existing {
            flow_run_id: Uuid::from_u128(2),
            own_states: false,
        });
        assert_eq!(of(&attached, "RUNNING", 5), Standing::Closed);
    }

    #[test]
    fn what_waits_for_an_attempt_is_that_attempts() {
        let mut second = past(engine());
        second.attempt = 2;
        for kind in ["SCHEDULED", "PENDING"] {
            second.is_unbegun = false;
            assert_eq!(of(&second, kind, 5), Standing::Waiting);
            assert_eq!(begun(&second, kind, 5, 2), Standing::Closed);
            second.is_unbegun = true;
            assert_eq!(of(&second, kind, 5), Standing::Open);
            // It was scheduled anew.
            assert_eq!(of(&second, kind, 15), Standing::Closed);
        }
    }

    #[test]
    fn what_was_never_begun_is_begun() {
        assert_eq!(of(&past(created()), "PENDING", 5), Standing::Waiting);
        assert_eq!(of(&past(engine()), "CANCELLING", 15), Standing::Open);
    }
}
