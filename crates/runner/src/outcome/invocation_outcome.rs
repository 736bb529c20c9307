//! What became of an invocation.

use std::path::PathBuf;
use std::sync::Arc;

use dbt_manifest::{Manifest, RunResults};
use uuid::Uuid;

use crate::dbt::CommandLine;
use crate::model::{Delivery, FlowRunRef, State, StopCause};
use crate::store::{JournalHold, SavedAttempt};
use crate::track::{TrackedRun, judge};

/// What became of an invocation.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// Identity of the invocation.
    pub run_id: Uuid,
    /// The dbt command (`build`, `source freshness`); empty when there was none.
    pub command: String,
    /// dbt's arguments as they were given.
    pub args: Vec<String>,
    /// Whether dbt did all that it was asked to.
    pub success: bool,
    /// The state of the flow run; `Completed` in spite of failures when failures are not to fail the run.
    pub state: State,
    /// The exit code of the program, see [`exit_codes`](crate::model::exit_codes).
    pub exit_code: u8,
    /// The failures, for people: a headline and a line for each failed node, or dbt's own error.
    pub failure: Option<String>,
    /// Every node, and how dbt's process ended.
    pub run: TrackedRun,
    /// The manifest that dbt wrote in the run, also in `parse`; `None` when it wrote none, or it was not to be kept.
    pub manifest: Option<Arc<Manifest>>,
    /// run_results.json of the run as dbt wrote it; `None` when dbt wrote none, or it was not to be kept.
    pub run_results: Option<RunResults>,
    /// What dbt printed as data, as it printed it: the results of `ls`, `show` and `compile`, what a macro prints in
    /// `run-operation`, the text of `--version`. An item can have several lines.
    pub lines: Vec<String>,
    /// What became of the report to Prefect; `None` when there was none to make.
    pub delivery: Option<Delivery>,
    /// The journal, if it was kept.
    pub journal: Option<PathBuf>,
    /// Where it was reported to; `None` for a run that was never begun.
    pub(crate) flow: Option<FlowRunRef>,
    /// What a repetition needs to know.
    pub(crate) record: Option<SavedAttempt>,
    /// Keeps the journal in use until the run is over or the next attempt has begun.
    pub(crate) journal_hold: JournalHold,
}

impl Outcome {
    /// What a run that was followed by hand comes to, stopped or not: with an identity, by dbt's arguments, and reported
    /// to nobody. For those who want to see what their own code makes of an outcome.
    #[must_use]
    pub fn of_run(
        run_id: Uuid,
        args: Vec<String>,
        run: TrackedRun,
        stopped: Option<StopCause>,
    ) -> Self {
        let verdict = judge(&args, &run, stopped, None, true);
        Self {
            run_id,
            command: CommandLine::parse(&args).command(),
            args,
            success: verdict.success,
            state: verdict.state,
            exit_code: verdict.exit_code,
            failure: verdict.failure,
            run,
            manifest: None,
            run_results: None,
            lines: Vec::new(),
            delivery: None,
            journal: None,
            flow: None,
            record: None,
            journal_hold: JournalHold::default(),
        }
    }
}
