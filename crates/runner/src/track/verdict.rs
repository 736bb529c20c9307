//! The verdict on a run: the flow run's state, the exit code and the text of the failure.

use super::summary::{failure_text, failure_without_nodes, headline, reports_failures};
use super::tracked_run::{TrackedNode, TrackedRun};
use crate::model::{State, StateKind, StopCause, exit_codes};

/// Why dbt crashed, if memory ran out.
pub(super) const OUT_OF_MEMORY: &str = "dbt was killed because memory ran out";

/// Why dbt crashed, if the operating system does not say how it ended.
const UNKNOWN_END: &str = "it is not known how dbt ended";

/// How a run is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) success: bool,
    pub(crate) state: State,
    pub(crate) exit_code: u8,
    /// The failures, as the log and the command line show them.
    pub(crate) failure: Option<String>,
}

impl Verdict {
    fn failed(state: State, exit_code: u8, failure: String) -> Self {
        Self {
            success: false,
            state,
            exit_code,
            failure: Some(failure),
        }
    }
}

/// Judges a run by how dbt ended, by whether a stop was requested, and by an objection to a success of dbt.
pub(crate) fn judge(
    args: &[String],
    run: &TrackedRun,
    stopped: Option<StopCause>,
    objection: Option<String>,
    raise_on_failure: bool,
) -> Verdict {
    if let Some(objection) = objection {
        return judge_objection(objection, raise_on_failure);
    }
    if run.end.exit_code == Some(0) {
        // The stop came too late to stop anything.
        return Verdict {
            success: true,
            state: state(StateKind::Completed, "Completed", empty_selection(run)),
            exit_code: exit_codes::SUCCESS,
            failure: None,
        };
    }
    if let Some(cause) = stopped {
        let state = cause.state();
        let text = stopped_text(args, run, &state);
        return Verdict::failed(state, cause.exit_code(), text);
    }
    judge_failure(args, run, raise_on_failure)
}

/// What there is to say of a run in which dbt had nothing to do.
pub(crate) fn empty_selection(run: &TrackedRun) -> Option<String> {
    let why = run
        .nothing_selected
        .as_ref()
        .filter(|_| run.nodes.is_empty())?;
    Some(format!("nothing was selected: {why}"))
}

/// The verdict on a run of dbt that was not stopped and did not succeed.
fn judge_failure(args: &[String], run: &TrackedRun, raise_on_failure: bool) -> Verdict {
    let failures = failure_text(args, run);
    let crash = match (run.end.signal, run.end.exit_code) {
        _ if run.is_out_of_memory => Some((OUT_OF_MEMORY.to_owned(), exit_codes::OUT_OF_MEMORY)),
        (Some(signal), _) => {
            let cause = format!("dbt was terminated by signal {signal}");
            let cause = match run.dbt_error.as_deref().filter(|_| run.nodes.is_empty()) {
                Some(error) => format!("{cause}\n{error}"),
                None => cause,
            };
            Some((cause, exit_codes::CANNOT_RUN))
        }
        (None, None) => Some((UNKNOWN_END.to_owned(), exit_codes::CANNOT_RUN)),
        (None, Some(_)) => None,
    };
    if let Some((cause, exit_code)) = crash {
        let text = failures.unwrap_or_else(|| failure_without_nodes(args, run, &cause));
        let state = state(StateKind::Crashed, "Crashed", Some(cause));
        return Verdict::failed(state, exit_code, text);
    }
    let text = failures.unwrap_or_else(|| {
        let code = run.end.exit_code.unwrap_or_default();
        let why = match run.success {
            Some(true) => ": warnings count as failures here (warn-error-options)",
            _ => "",
        };
        failure_without_nodes(args, run, &format!("dbt exited with code {code}{why}"))
    });
    let (kind, name, exit_code) = match (reports_failures(args, run), raise_on_failure) {
        (true, false) => (StateKind::Completed, "Completed", exit_codes::SUCCESS),
        (true, true) => (StateKind::Failed, "Failed", exit_codes::FAILURES),
        (false, _) => (StateKind::Failed, "Failed", exit_codes::CANNOT_RUN),
    };
    Verdict::failed(state(kind, name, Some(text.clone())), exit_code, text)
}

/// What failed before the stop, and why the run was stopped. dbt's own exception would only name our signal.
fn stopped_text(args: &[String], run: &TrackedRun, state: &State) -> String {
    let failed = |node: &TrackedNode| node.state.kind == StateKind::Failed;
    let failures = failure_text(args, run).filter(|_| run.nodes.iter().any(failed));
    let why = state.message.as_deref().unwrap_or(&state.name);
    format!("{}\n{why}", failures.unwrap_or_else(|| headline(args)))
}

/// The verdict on a run that dbt reported as a success but that has an objection.
fn judge_objection(objection: String, raise_on_failure: bool) -> Verdict {
    let (kind, name, exit_code) = match raise_on_failure {
        true => (StateKind::Failed, "Failed", exit_codes::FAILURES),
        false => (StateKind::Completed, "Completed", exit_codes::SUCCESS),
    };
    let state = state(kind, name, Some(objection.clone()));
    Verdict::failed(state, exit_code, objection)
}

fn state(kind: StateKind, name: &str, message: Option<String>) -> State {
    State {
        kind,
        name: name.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests;
