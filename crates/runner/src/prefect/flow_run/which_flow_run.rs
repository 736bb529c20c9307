//! Decides which flow run an invocation reports to.

use prefect_client::StateType;
use uuid::Uuid;

use super::error::ReportError;
use crate::model::{ExistingFlowRun, Ownership};

/// How a run is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// To this flow run.
    Existing(ExistingFlowRun),
    /// To this flow run. Its state decides who owns it: read it and call [`ownership_by_state`].
    Inherited(Uuid),
    /// To a flow run that we create.
    Create,
    /// As task runs without a flow run.
    TaskRunsOnly,
    /// Not at all.
    NotReported,
}

/// What the decision depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ModeFacts {
    /// Nothing is to be reported (`--no-prefect`).
    pub declined: bool,
    /// An API is configured.
    pub api_configured: bool,
    /// We are the engine of the flow run (`--engine`).
    pub engine: bool,
    /// Task runs are reported without a flow run, and none is created for them (`force_nodes_as_tasks`).
    pub tasks_alone: bool,
    /// The flow run that the caller names (`--flow-run-id`).
    pub named: Option<Uuid>,
    /// The flow run that we were started for (`PREFECT__FLOW_RUN_ID`).
    pub inherited: Option<Uuid>,
}

/// Decides how a run is reported.
///
/// # Errors
/// [`ReportError::Usage`] when the facts contradict each other.
pub(crate) fn decide(facts: ModeFacts) -> Result<Mode, ReportError> {
    let usage = |problem, help| Err(ReportError::Usage { problem, help });
    let flow_run = facts.named.or(facts.inherited);
    if facts.declined {
        return if facts.engine || facts.named.is_some() {
            usage(
                "--no-prefect cannot be used with --engine or --flow-run-id",
                None,
            )
        } else {
            Ok(Mode::NotReported)
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
        (Some(id), _) | (None, Some(id)) if facts.engine => {
            Mode::Existing(ExistingFlowRun::owned(id))
        }
        (Some(id), _) => Mode::Existing(ExistingFlowRun::attached(id)),
        (None, Some(id)) => Mode::Inherited(id),
        (None, None) if facts.api_configured && facts.tasks_alone => Mode::TaskRunsOnly,
        (None, None) if facts.api_configured => Mode::Create,
        (None, None) => Mode::NotReported,
    })
}

/// Who owns the flow run that we were started for, by its state: we do while it waits to start.
#[must_use]
pub(crate) fn ownership_by_state(state: Option<StateType>) -> Ownership {
    match state {
        None | Some(StateType::Pending | StateType::Scheduled) => Ownership::Owned,
        Some(_) => Ownership::Attached,
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
            (ModeFacts::default(), Mode::NotReported),
            (facts(), Mode::Create),
            (
                ModeFacts {
                    declined: true,
                    ..facts()
                },
                Mode::NotReported,
            ),
            (
                ModeFacts {
                    declined: true,
                    ..inherited
                },
                Mode::NotReported,
            ),
            (named, Mode::Existing(ExistingFlowRun::attached(NAMED))),
            (both, Mode::Existing(ExistingFlowRun::attached(NAMED))),
            (inherited, Mode::Inherited(INHERITED)),
            (
                ModeFacts {
                    engine: true,
                    ..named
                },
                Mode::Existing(ExistingFlowRun::owned(NAMED)),
            ),
            (
                ModeFacts {
                    engine: true,
                    ..both
                },
                Mode::Existing(ExistingFlowRun::owned(NAMED)),
            ),
            (
                ModeFacts {
                    engine: true,
                    ..inherited
                },
                Mode::Existing(ExistingFlowRun::owned(INHERITED)),
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
    fn a_flow_run_that_waits_is_owned() {
        for state in [None, Some(StateType::Pending), Some(StateType::Scheduled)] {
            assert_eq!(ownership_by_state(state), Ownership::Owned);
        }
        for state in [
            StateType::Running,
            StateType::Completed,
            StateType::Cancelling,
        ] {
            assert_eq!(ownership_by_state(Some(state)), Ownership::Attached);
        }
    }
}
