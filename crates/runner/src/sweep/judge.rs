//! Whether a flow run is dead. Pure.

use std::time::Duration;

use jiff::Timestamp;
use prefect_client::StateType;
use uuid::Uuid;

use crate::prefect::flow_run::ProcessFate;

/// What the server says of a flow run of ours, and what is known of its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) kind: StateType,
    /// How many times it was set Running.
    pub(super) run_count: u32,
    /// The attempt that the labelled process works at.
    pub(super) attempt: u32,
    /// What has become of that process.
    pub(super) fate: ProcessFate,
}

/// The judgement of the first look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It is not to be closed.
    Leave,
    /// It is dead: its process was here, and is gone.
    Dead,
    /// The signs of life on the server decide.
    Unclear,
}

/// Judges a flow run by its state and its process.
pub(super) fn judge(candidate: Candidate) -> Judgement {
    let Candidate {
        kind,
        run_count,
        attempt,
        fate,
    } = candidate;
    match kind {
        StateType::Running | StateType::Cancelling => {}
        // It waits for the labelled process, not for a later one.
        StateType::Pending if run_count < attempt => {}
        // It has ended, or something else starts it: a schedule, a person, a worker.
        _ => return Judgement::Leave,
    }
    // A process that does not label its flow runs works at a later attempt.
    let is_of_another = run_count > attempt;
    match fate {
        ProcessFate::Runs => Judgement::Leave,
        ProcessFate::Gone if !is_of_another => Judgement::Dead,
        ProcessFate::Gone | ProcessFate::Unknown => Judgement::Unclear,
    }
}

/// The newest things that the server has of a flow run. Equal signs mean that nothing has come in between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SignsOfLife {
    /// Its state, and since when.
    pub(super) state: Option<(Uuid, Timestamp)>,
    /// The event that happened last, and when the server received it.
    pub(super) event: Option<(Uuid, Timestamp)>,
    /// The last heartbeat, and when the server received it. By a clock that is behind, it happened before other events.
    pub(super) heartbeat: Option<(Uuid, Timestamp)>,
    /// The time of the newest line of its log.
    pub(super) log: Option<Timestamp>,
}

impl SignsOfLife {
    /// The newest of them; `None` if there are none.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        let received = [self.state, self.event, self.heartbeat].map(|sign| sign.map(|(_, at)| at));
        received.into_iter().max().flatten().max(self.log)
    }

    /// Whether the newest sign is that old; `now` is by the clock of the server.
    pub(super) fn are_older_than(&self, age: Duration, now: Timestamp) -> bool {
        let at_latest = |newest: Timestamp| newest.saturating_add(age);
        self.newest()
            .is_some_and(|newest| at_latest(newest).is_ok_and(|at| at <= now))
    }
}

/// Whether a flow run that looked dead at the first look is dead, given that nothing new came until the second.
pub(super) fn is_dead(first: &SignsOfLife, second: &SignsOfLife, again: Judgement) -> bool {
    again != Judgement::Leave && first == second
}

#[cfg(test)]
mod tests {
    use super::Judgement::{Dead, Leave, Unclear};
    use super::*;
    use prefect_client::StateType::{
        Cancelled, Cancelling, Completed, Crashed, Failed, Paused, Pending, Running, Scheduled,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    #[test]
    fn state_attempt_and_process_decide() {
        use ProcessFate::{Gone, Runs, Unknown};
        // The state, how often it was Running, the labelled attempt; the judgement for each fate.
        let table = [
            (Running, 1, 1, [Leave, Dead, Unclear]),
            (Running, 2, 2, [Leave, Dead, Unclear]),
            // The process of an attempt labels the flow run before it sets it Running.
            (Running, 1, 2, [Leave, Dead, Unclear]),
            (Running, 2, 1, [Leave, Unclear, Unclear]),
            (Cancelling, 1, 1, [Leave, Dead, Unclear]),
            (Pending, 0, 1, [Leave, Dead, Unclear]),
            (Pending, 1, 2, [Leave, Dead, Unclear]),
            // A worker starts it again.
            (Pending, 1, 1, [Leave; 3]),
            (Scheduled, 0, 1, [Leave; 3]),
            (Scheduled, 1, 1, [Leave; 3]),
            (Paused, 1, 1, [Leave; 3]),
            (Completed, 1, 1, [Leave; 3]),
            (Failed, 1, 1, [Leave; 3]),
            (Cancelled, 1, 1, [Leave; 3]),
            (Crashed, 1, 1, [Leave; 3]),
            (StateType::Unknown, 1, 1, [Leave; 3]),
        ];
        for (kind, run_count, attempt, expected) in table {
            let judgements = [Runs, Gone, Unknown].map(|fate| {
                judge(Candidate {
                    kind,
                    run_count,
                    attempt,
                    fate,
                })
            });
            assert_eq!(judgements, expected, "{kind:?} {run_count} {attempt}");
        }
    }

    #[test]
    fn the_newest_sign_counts() {
        let ten = Duration::from_secs(600);
        let id = Uuid::nil();
        let table = [
            (None, None, None, None, false),
            (Some(0), None, None, None, true),
            (Some(0), Some(1), None, None, false),
            (Some(0), Some(0), Some(1), None, false),
            (Some(0), None, None, Some(1), false),
            (Some(1), Some(0), Some(0), Some(0), false),
            (Some(-9), Some(0), Some(-8), Some(-7), true),
            // A clock that is ahead.
            (Some(0), None, None, Some(700), false),
        ];
        for (state, event, heartbeat, log, expected) in table {
            let signs = SignsOfLife {
                state: state.map(|second| (id, at(second))),
                event: event.map(|second| (id, at(second))),
                heartbeat: heartbeat.map(|second| (id, at(second))),
                log: log.map(at),
            };
            assert_eq!(signs.are_older_than(ten, at(600)), expected, "{signs:?}");
        }
    }

    #[test]
    fn a_second_look_finds_nothing_new() {
        let first = SignsOfLife {
            state: Some((Uuid::nil(), at(0))),
            event: Some((Uuid::nil(), at(1))),
            heartbeat: Some((Uuid::nil(), at(1))),
            log: Some(at(2)),
        };
        for again in [Unclear, Dead] {
            assert!(is_dead(&first, &first.clone(), again));
        }
        assert!(!is_dead(&first, &first.clone(), Leave));
        let newer = [
            SignsOfLife {
                state: Some((Uuid::max(), at(0))),
                ..first.clone()
            },
            SignsOfLife {
                event: Some((Uuid::max(), at(1))),
                ..first.clone()
            },
            SignsOfLife {
                heartbeat: Some((Uuid::max(), at(1))),
                ..first.clone()
            },
            SignsOfLife {
                log: Some(at(3)),
                ..first.clone()
            },
        ];
        for second in newer {
            assert!(!is_dead(&first, &second, Unclear), "{second:?}");
        }
    }
}
