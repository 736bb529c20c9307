//! A `dbt retry` of the user's own, kept from passing over what was never built.

use std::path::Path;

use dbt_manifest::RunResults;
use jiff::Timestamp;

use super::lost::lost_flags;
use super::plan::retry_args;
use super::record::{Kept, Records};
use crate::args::DbtArgs;
use crate::track::TrackedRun;

/// Commands, as run_results.json names them, after which `dbt retry` has nothing to do with models of an earlier run.
const BYSTANDERS: [&str; 3] = ["compile", "generate", "run-operation"];

/// What is known of the last run here when the user asks for `dbt retry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guard {
    last: Kept,
}

impl Guard {
    /// Looks for a run of ours that `dbt retry` is to repeat. `None` when it is dbt's affair: another command, a state
    /// that the user names, no record, a last run that succeeded, or a later run that was not ours.
    pub(crate) fn of(args: &DbtArgs, target: &Path, records: &Records) -> Option<Self> {
        let names_state = || {
            let is_state = |arg: &String| arg == "--state" || arg.starts_with("--state=");
            args.passed.iter().any(is_state)
        };
        if args.command != "retry" || names_state() {
            return None;
        }
        let last = records.newest(|record| {
            record.target == target && !matches!(&*record.command, "compile" | "docs generate")
        })?;
        let is_overtaken = || {
            let theirs = fs_err::read(target.join("run_results.json")).ok();
            let theirs = theirs.and_then(|bytes| RunResults::from_slice(&bytes).ok());
            theirs.is_some_and(|theirs| overtakes(&theirs, &last))
        };
        (!last.record.success && !is_overtaken()).then_some(Self { last })
    }

    /// What dbt is to be called with, in place of what the user said; `None` when there is nothing better.
    pub(crate) fn arguments(&self, args: &[String]) -> Option<Vec<String>> {
        self.last.has_results.then(|| {
            let retry = retry_args(&self.last.dir);
            args.iter().chain(&retry[1..]).cloned().collect()
        })
    }

    /// Variables in place of the flags that `dbt retry` drops.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        lost_flags(&self.last.record.args)
    }

    /// The nodes that it is to run.
    pub(crate) fn nodes(&self) -> &[String] {
        &self.last.record.nodes
    }

    /// What there is to say in the log.
    pub(crate) fn note(&self) -> Option<String> {
        let nodes = self.nodes().len();
        self.last.has_results.then(|| {
            format!(
                "dbt retry is given the state of {}, which has left {nodes} nodes",
                self.told()
            )
        })
    }

    /// What is wrong with a `dbt retry` that ended well and had nothing to do.
    pub(crate) fn objection(&self, run: &TrackedRun) -> Option<String> {
        let is_idle = run
            .results()
            .all(|result| result.resource_type == "operation");
        if run.end.exit_code != Some(0) || !is_idle {
            return None;
        }
        let why = match &self.last.record.obstacle {
            Some(obstacle) => obstacle.to_string(),
            None => format!("{} nodes were not built", self.nodes().len()),
        };
        let again = self.last.record.args.join(" ");
        Some(format!(
            "dbt retry had nothing to do, and yet {} did not succeed: {why}; run it again: prefect-dbt invoke -- {again}",
            self.told()
        ))
    }

    fn told(&self) -> String {
        let record = &self.last.record;
        format!("the last run here (`{}`)", record.args.join(" "))
    }
}

/// Whether these results are of a later run that builds, and not of ours.
fn overtakes(theirs: &RunResults, last: &Kept) -> bool {
    let which = theirs.args.get("which").and_then(|which| which.as_str());
    let at = theirs.metadata.generated_at.as_deref();
    let at = at.and_then(|at| at.parse::<Timestamp>().ok());
    theirs.metadata.invocation_id != last.record.invocation_id
        && at.is_some_and(|at| at > last.record.ended)
        && !theirs.results.is_empty()
        && which.is_none_or(|which| !BYSTANDERS.contains(&which))
}
