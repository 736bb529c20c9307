//! Guards a `dbt retry` that the user runs: dbt alone may miss nodes that never started.

use std::path::Path;

use dbt_manifest::{RunResult, RunResults};
use jiff::Timestamp;

use super::dropped_flags::dropped_flags;
use super::plan::{did_not_succeed, retry_args};
use crate::dbt::{CommandLine, DbtArgs, read_artifact};
use crate::model::{NodeStatus, Obstacle};
use crate::selection::names_state;
use crate::store::{AttemptRecords, SavedAttempt};
use crate::track::TrackedRun;

/// Commands, as run_results.json names them, that build no node: the run before them is still the one to retry.
const UNRELATED_COMMANDS: [&str; 3] = ["compile", "generate", "run-operation"];

/// The error of a `dbt retry` that finds no run_results.json.
const NO_PREVIOUS_RUN: &str = "Could not find previous run";

/// The failed run that a `dbt retry` of the user retries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RetryGuard {
    /// The record of the failed run.
    last: SavedAttempt,
}

impl RetryGuard {
    /// Finds the record of the run that `dbt retry` retries. `None` when there is nothing to guard: another command, a state
    /// that the user names, no record, a last run that succeeded, or a newer run that was not started by this program.
    pub(crate) fn of(args: &DbtArgs, target: &Path, records: &AttemptRecords) -> Option<Self> {
        if args.command != "retry" || names_state(&args.passed) {
            return None;
        }
        let last = records.newest(|record| {
            record.target == target && !matches!(&*record.command, "compile" | "docs generate")
        })?;
        let is_outdated = || {
            let results = read_artifact(&target.join("run_results.json")).ok();
            let results = results.and_then(|bytes| RunResults::from_slice(&bytes).ok());
            results.is_some_and(|results| is_newer_build(&results, &last))
        };
        (!last.record.success && !is_outdated()).then_some(Self { last })
    }

    /// The user's arguments with the saved state added. `None` when no state is saved.
    pub(crate) fn arguments(&self, line: &CommandLine) -> Option<CommandLine> {
        let retry = retry_args(self.last.state()?);
        let mut line = line.clone();
        line.append(&retry[1..]);
        Some(line)
    }

    /// Variables, by name, that replace the flags that `dbt retry` drops.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        dropped_flags(&self.original_line())
    }

    /// The command line of the failed run.
    pub(crate) fn original_line(&self) -> CommandLine {
        CommandLine::parse(&self.last.record.args)
    }

    /// The nodes that did not succeed in the failed run, if all of them are known.
    pub(crate) fn nodes(&self) -> Option<&[String]> {
        let record = &self.last.record;
        record.obstacle.is_none().then_some(&record.nodes)
    }

    /// The log line at the start of the run: what dbt runs and why. `None` when dbt gets no saved state.
    pub(crate) fn note(&self) -> Option<String> {
        self.last.state()?;
        let last = self.last_run();
        Some(match self.nodes() {
            Some(nodes) => {
                let nodes = did_not_succeed(nodes.len());
                format!("dbt retry runs the {nodes} in {last}")
            }
            None => format!(
                "dbt retry runs the nodes that failed in {last}; nodes that had not started may be missing"
            ),
        })
    }

    /// Why a `dbt retry` is a failure that dbt does not explain: it succeeded but ran nothing, or may not have run every node
    /// that remained; or the run before it was killed, and dbt finds no results.
    pub(crate) fn unfinished_work(&self, run: &TrackedRun) -> Option<String> {
        let record = &self.last.record;
        let was_killed = record.obstacle == Some(Obstacle::Open);
        let finds_nothing = |error: &String| was_killed && error.contains(NO_PREVIOUS_RUN);
        if run.end.exit_code != Some(0) && !run.dbt_error.as_ref().is_some_and(finds_nothing) {
            return None;
        }
        let is_idle = run
            .results()
            .all(|result| result.resource_type == "operation");
        let cause = match &record.obstacle {
            Some(obstacle) => obstacle.to_string(),
            None if is_idle => {
                let nodes = record.nodes.len();
                format!("it has {}", did_not_succeed(nodes))
            }
            None => return None,
        };
        let what = match is_idle {
            true => "ran no node",
            false => "may have missed nodes",
        };
        Some(format!(
            "dbt retry {what} of {}, which failed: {cause}; run it again: prefect-dbt invoke -- {}",
            self.last_run(),
            record.args.join(" ")
        ))
    }

    fn last_run(&self) -> String {
        let record = &self.last.record;
        format!("the last run here (`{}`)", record.args.join(" "))
    }
}

/// Whether these results belong to a run that builds nodes, that is newer than the recorded run, and that has no record.
fn is_newer_build(results: &RunResults, last: &SavedAttempt) -> bool {
    let which = results.args.get("which").and_then(|which| which.as_str());
    let at = results.metadata.generated_at.as_deref();
    let at = at.and_then(|at| at.parse::<Timestamp>().ok());
    let is_good = |result: &RunResult| NodeStatus::from(&*result.status).is_success();
    // A run that was killed before dbt's first event has no invocation id: its own results look like those of a newer run.
    let is_another = match (&last.record.obstacle, &last.record.invocation_id) {
        (Some(Obstacle::Open), None) => results.results.iter().all(is_good),
        (_, id) => results.metadata.invocation_id != *id,
    };
    is_another
        && at.is_some_and(|at| at > last.record.ended)
        && !results.results.is_empty()
        && which.is_none_or(|which| !UNRELATED_COMMANDS.contains(&which))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::AttemptRecord;
    use crate::track::{ProcessEnd, Tracker, TrackerOptions};

    const TARGET: &str = "/shop/target";

    fn records(success: bool, nodes: &[&str]) -> (tempfile::TempDir, AttemptRecords) {
        let dir = tempfile::tempdir().unwrap();
        let records = AttemptRecords::beside(dir.path());
        let record = AttemptRecord {
            ended: "2026-01-01T00:00:00Z".parse().unwrap(),
            args: ["build", "--defer-state", "prod"]
                .map(str::to_owned)
                .to_vec(),
            target: TARGET.into(),
            success,
            ..AttemptRecord::failed(nodes)
        };
        let results = (!nodes.is_empty()).then(|| json!({}));
        records.save(record, results.as_ref()).unwrap();
        (dir, records)
    }

    fn guard(args: &[&str], target: &str, records: &AttemptRecords) -> Option<RetryGuard> {
        let args = DbtArgs::of(&CommandLine::parse(args));
        RetryGuard::of(&args, Path::new(target), records)
    }

    #[test]
    fn a_retry_after_a_recorded_failure_gets_its_state() {
        let (_dir, records) = records(false, &["model.a.b"]);
        let guard = guard(&["retry", "--threads", "2"], TARGET, &records).unwrap();
        let line = CommandLine::parse(&["retry", "--threads", "2"]);
        let words = guard.arguments(&line).unwrap().to_words();
        assert_eq!(words[..4], ["retry", "--threads", "2", "--state"]);
        assert!(Path::new(&words[4]).join("run_results.json").is_file());
        let dropped = ("DBT_DEFER_STATE".to_owned(), "prod".to_owned());
        assert_eq!(guard.environment(), [dropped]);
    }

    #[test]
    fn other_commands_states_and_targets_are_not_guarded() {
        let (_dir, failed) = records(false, &["model.a.b"]);
        assert_eq!(guard(&["build"], TARGET, &failed), None);
        assert_eq!(guard(&["retry", "--state", "x"], TARGET, &failed), None);
        assert_eq!(guard(&["retry"], "/elsewhere", &failed), None);
        let (_dir, good) = records(true, &[]);
        assert_eq!(guard(&["retry"], TARGET, &good), None);
    }

    #[test]
    fn a_retry_that_may_have_missed_nodes_fails() {
        let end = |exit_code| ProcessEnd {
            exit_code: Some(exit_code),
            signal: None,
            at: Timestamp::UNIX_EPOCH,
        };
        let idle = |exit_code| {
            let tracker = Tracker::new(TrackerOptions::new(uuid::Uuid::nil()));
            tracker.close(end(exit_code), None, &mut Vec::new())
        };
        let (_dir, records) = records(false, &["model.a.b"]);
        let mut guard = guard(&["retry"], TARGET, &records).unwrap();
        assert_eq!(guard.nodes().map(<[String]>::len), Some(1));
        assert!(guard.unfinished_work(&idle(0)).unwrap().contains("1 node "));
        assert_eq!(guard.unfinished_work(&idle(1)), None);
        guard.last.record.obstacle = Some(Obstacle::UnknownSchedule);
        assert_eq!(guard.nodes(), None);
        let mut busy = idle(0);
        busy.nodes = crate::dbt_retry::remaining_nodes::tests::tracked(&["model.a.b"]);
        let problem = guard.unfinished_work(&busy).unwrap();
        assert!(problem.contains("may have missed nodes"), "{problem}");
        guard.last.record.obstacle = Some(Obstacle::Open);
        assert!(guard.unfinished_work(&busy).unwrap().contains("was killed"));
        guard.last.record.obstacle = None;
        assert_eq!(guard.unfinished_work(&busy), None);
    }

    #[test]
    fn results_of_a_newer_build_outdate_the_record() {
        let (_dir, records) = records(false, &["model.a.b"]);
        let mut last = records.newest(|_| true).unwrap();
        let is_newer_with =
            |status: &str, last: &SavedAttempt, id: &str, which: &str, at: &str, nodes: usize| {
                let nodes = vec![json!({ "unique_id": "model.a.b", "status": status }); nodes];
                let results = json!({
                    "metadata": {
                        "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
                        "invocation_id": id, "generated_at": at,
                    },
                    "args": { "which": which },
                    "results": nodes,
                });
                let results = RunResults::from_slice(results.to_string().as_bytes()).unwrap();
                super::is_newer_build(&results, last)
            };
        let is_newer = |last: &SavedAttempt, id: &str, which: &str, at: &str, nodes: usize| {
            is_newer_with("success", last, id, which, at, nodes)
        };
        let (later, earlier) = ("2026-01-02T00:00:00Z", "2025-12-31T00:00:00Z");
        assert!(is_newer(&last, "other", "run", later, 1));
        assert!(!is_newer(&last, "ours", "run", later, 1));
        assert!(!is_newer(&last, "other", "compile", later, 1));
        assert!(!is_newer(&last, "other", "run", earlier, 1));
        assert!(!is_newer(&last, "other", "run", later, 0));
        // A dbt that was interrupted because its run was killed writes results that are all good.
        last.record.obstacle = Some(Obstacle::Open);
        assert!(!is_newer(&last, "ours", "run", later, 1));
        assert!(is_newer_with("error", &last, "other", "run", later, 1));
        // Before dbt's first event there is no invocation id to compare.
        last.record.invocation_id = None;
        assert!(is_newer(&last, "other", "run", later, 1));
        assert!(!is_newer(&last, "other", "run", earlier, 1));
        assert!(!is_newer_with("error", &last, "other", "run", later, 1));
    }
}
