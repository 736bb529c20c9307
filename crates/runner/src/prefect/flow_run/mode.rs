//! Decides which flow run an invocation reports to.

use prefect_client::StateType;
use uuid::Uuid;

use super::error::ReportError;

/// Where a run reports to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// To this flow run, whose states are ours to set.
    Engine(Uuid),
    /// To this flow run, whose states are somebody else's.
    Attached(Uuid),
    /// To a flow run that we create.
    Create,
    /// To no flow run: task runs alone.
    TasksAlone,
    /// Nowhere.
    Alone,
}

/// What the decision depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ModeFacts {
    /// The user wants no Prefect (`--no-prefect`).
    pub declined: bool,
    /// An API is configured.
    pub api_configured: bool,
    /// The user says that we are the engine (`--engine`).
    pub engine: bool,
    /// The user wants task runs even without a flow run (`force_nodes_as_tasks`), and no flow run for them.
    pub tasks_alone: bool,
    /// The flow run that the user names (`--flow-run-id`).
    pub named: Option<Uuid>,
    /// The flow run that we were started for (`PREFECT__FLOW_RUN_ID`).
    pub inherited: Option<Uuid>,
}

/// A decision, as far as the facts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// This is it.
    Settled(Mode),
    /// It depends on the state of this flow run: read it and ask [`settle`].
    DependsOn(Uuid),
}

/// Decides where a run reports to.
///
/// # Errors
/// [`ReportError::Usage`] when the facts contradict each other.
pub(crate) fn decide(facts: ModeFacts) -> Result<Decision, ReportError> {
    let usage = |problem, help| Err(ReportError::Usage { problem, help });
    let flow_run = facts.named.or(facts.inherited);
    if facts.declined {
        return if facts.engine || facts.named.is_some() {
            usage(
                "--no-prefect cannot be used with --engine or --flow-run-id",
                None,
            )
        } else {
            Ok(Decision::Settled(Mode::Alone))
        };
    }
    if facts.engine && flow_run.is_none() {
        return usage(
            "--engine needs a flow run",
            Some("give --flow-run-id, or set PREFECT__FLOW_RUN_ID as Prefect's workers do"),
        );
    }
    if flow_run.is_some() && !facts.api_configured {
        return Err(ReportError::NoApi);
    }
    Ok(match (facts.named, facts.inherited) {
        (Some(id), _) | (None, Some(id)) if facts.engine => Decision::Settled(Mode::Engine(id)),
        (Some(id), _) => Decision::Settled(Mode::Attached(id)),
        (None, Some(id)) => Decision::DependsOn(id),
        (None, None) if facts.api_configured && facts.tasks_alone => {
            Decision::Settled(Mode::TasksAlone)
        }
        (None, None) if facts.api_configured => Decision::Settled(Mode::Create),
        (None, None) => Decision::Settled(Mode::Alone),
    })
}

/// Decides for a flow run in a state of this type: one that still waits is ours to run, any other is somebody's.
#[must_use]
pub(crate) fn settle(flow_run_id: Uuid, state: Option<StateType>) -> Mode {
    match state {
        None | Some(StateType::Pending | StateType::Scheduled) => Mode::Engine(flow_run_id),
        Some(_) => Mode::Attached(flow_run_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: Uuid = Uuid::from_u128(1);
    const INHERITED: Uuid = Uuid::from_u128(2);

    fn facts() -> ModeFacts {
        ModeFacts {
            api_configured: true,
            ..ModeFacts::default()
        }
    }

    #[test]
    fn each_combination_of_facts() {
        let named = ModeFacts {
            named: Some(NAMED),
            ..facts()
        };
        let inherited = ModeFacts {
            inherited: Some(INHERITED),
            ..facts()
        };
        let both = ModeFacts {
            named: Some(NAMED),
            ..inherited
        };
        let cases = [
            (ModeFacts::default(), Decision::Settled(Mode::Alone)),
            (facts(), Decision::Settled(Mode::Create)),
            (
                ModeFacts {
                    declined: true,
                    ..facts()
                },
                Decision::Settled(Mode::Alone),
            ),
            (
                ModeFacts {
                    declined: true,
                    ..inherited
                },
                Decision::Settled(Mode::Alone),
            ),
            (named, Decision::Settled(Mode::Attached(NAMED))),
            (both, Decision::Settled(Mode::Attached(NAMED))),
            (inherited, Decision::DependsOn(INHERITED)),
            (
                ModeFacts {
                    engine: true,
                    ..named
                },
                Decision::Settled(Mode::Engine(NAMED)),
            ),
            (
                ModeFacts {
                    engine: true,
                    ..both
                },
                Decision::Settled(Mode::Engine(NAMED)),
            ),
            (
                ModeFacts {
                    engine: true,
                    ..inherited
                },
                Decision::Settled(Mode::Engine(INHERITED)),
            ),
        ];
        for (facts, expected) in cases {
            assert_eq!(decide(facts).expect("decided"), expected, "{facts:?}");
        }
    }

    #[test]
    fn contradictions_are_errors() {
        let cases = [
            ModeFacts {
                declined: true,
                engine: true,
                ..facts()
            },
            ModeFacts {
                declined: true,
                named: Some(NAMED),
                ..facts()
            },
            ModeFacts {
                engine: true,
                ..facts()
            },
            ModeFacts {
                named: Some(NAMED),
                ..ModeFacts::default()
            },
            ModeFacts {
                inherited: Some(NAMED),
                ..ModeFacts::default()
            },
        ];
        for facts in cases {
            assert!(decide(facts).is_err(), "{facts:?}");
        }
    }

    #[test]
    fn a_run_that_waits_is_ours() {
        for state in [None, Some(StateType::Pending), Some(StateType::Scheduled)] {
            assert_eq!(settle(NAMED, state), Mode::Engine(NAMED));
        }
        for state in [
            StateType::Running,
            StateType::Completed,
            StateType::Cancelling,
        ] {
            assert_eq!(settle(NAMED, Some(state)), Mode::Attached(NAMED));
        }
    }
}
