//! A `dbt retry` of the user's own, kept from passing over what was never built.

use std::path::Path;

use dbt_manifest::RunResults;
use jiff::Timestamp;

use super::dropped_flags::dropped_flags;
use super::plan::retry_args;
use crate::dbt::{CommandLine, DbtArgs};
use crate::selection::names_state;
use crate::store::{AttemptRecords, Obstacle, SavedAttempt};
use crate::track::TrackedRun;

/// Commands, as run_results.json names them, after which `dbt retry` has nothing to do with models of an earlier run.
const BYSTANDERS: [&str; 3] = ["compile", "generate", "run-operation"];

/// What is known of the last run here when the user asks for `dbt retry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guard {
    last: SavedAttempt,
}

impl Guard {
    /// Looks for a run of ours that `dbt retry` is to repeat. `None` when it is dbt's affair: another command, a state
    /// that the user names, no record, a last run that succeeded, or a later run that was not ours.
    pub(crate) fn of(args: &DbtArgs, target: &Path, records: &AttemptRecords) -> Option<Self> {
        if args.command != "retry" || names_state(&args.passed) {
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
    pub(crate) fn arguments(&self, line: &CommandLine) -> Option<CommandLine> {
        let retry = retry_args(self.last.state()?);
        let mut line = line.clone();
        line.append(&retry[1..]);
        Some(line)
    }

    /// Variables in place of the flags that `dbt retry` drops.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        dropped_flags(&self.original())
    }

    /// The command line of the run that it repeats.
    pub(crate) fn original(&self) -> CommandLine {
        CommandLine::parse(&self.last.record.args)
    }

    /// The nodes that it is to run, where they are known.
    pub(crate) fn nodes(&self) -> Option<&[String]> {
        let record = &self.last.record;
        record.obstacle.is_none().then_some(&record.nodes)
    }

    /// What there is to say in the log.
    pub(crate) fn note(&self) -> Option<String> {
        self.last.state()?;
        let left = match self.nodes() {
            Some(nodes) => format!("{} nodes", nodes.len()),
            None => "at least what failed".to_owned(),
        };
        let told = self.told();
        Some(format!(
            "dbt retry is given the state of {told}, which has left {left}"
        ))
    }

    /// What is wrong with a `dbt retry` that ended well: that it had nothing to do, or that nobody knows whether it did
    /// all that was left.
    pub(crate) fn objection(&self, run: &TrackedRun) -> Option<String> {
        let record = &self.last.record;
        let is_idle = run
            .results()
            .all(|result| result.resource_type == "operation");
        let ended_well = run.end.exit_code == Some(0);
        let (did, why) = match &record.obstacle {
            _ if !ended_well => return None,
            Some(obstacle) if is_idle => ("had nothing to do", obstacle.to_string()),
            Some(obstacle) => ("may not have done all", obstacle.to_string()),
            None if is_idle => (
                "had nothing to do",
                format!("{} nodes were not built", record.nodes.len()),
            ),
            None => return None,
        };
        Some(format!(
            "dbt retry {did}, and yet {} did not succeed: {why}; run it again: prefect-dbt invoke -- {}",
            self.told(),
            record.args.join(" ")
        ))
    }

    fn told(&self) -> String {
        let record = &self.last.record;
        format!("the last run here (`{}`)", record.args.join(" "))
    }
}

/// Whether these results are of a later run that builds, and not of ours.
fn overtakes(theirs: &RunResults, last: &SavedAttempt) -> bool {
    let which = theirs.args.get("which").and_then(|which| which.as_str());
    let at = theirs.metadata.generated_at.as_deref();
    let at = at.and_then(|at| at.parse::<Timestamp>().ok());
    // Of a run that was killed, dbt's own results are the youngest.
    last.record.obstacle != Some(Obstacle::Open)
        && theirs.metadata.invocation_id != last.record.invocation_id
        && at.is_some_and(|at| at > last.record.ended)
        && !theirs.results.is_empty()
        && which.is_none_or(|which| !BYSTANDERS.contains(&which))
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

    fn guard(args: &[&str], target: &str, records: &AttemptRecords) -> Option<Guard> {
        let args = DbtArgs::of(&CommandLine::parse(args));
        Guard::of(&args, Path::new(target), records)
    }

    #[test]
    fn a_retry_after_a_failed_run_of_ours_is_given_its_state() {
        let (_dir, records) = records(false, &["model.a.b"]);
        let guard = guard(&["retry", "--threads", "2"], TARGET, &records).unwrap();
        let line = CommandLine::parse(&["retry", "--threads", "2"]);
        let better = guard.arguments(&line).unwrap().to_words();
        assert_eq!(better[..4], ["retry", "--threads", "2", "--state"]);
        assert!(Path::new(&better[4]).join("run_results.json").is_file());
        let lost = ("DBT_DEFER_STATE".to_owned(), "prod".to_owned());
        assert_eq!(guard.environment(), [lost]);
    }

    #[test]
    fn all_else_is_dbts_affair() {
        let (_dir, failed) = records(false, &["model.a.b"]);
        assert_eq!(guard(&["build"], TARGET, &failed), None);
        assert_eq!(guard(&["retry", "--state", "x"], TARGET, &failed), None);
        assert_eq!(guard(&["retry"], "/elsewhere", &failed), None);
        let (_dir, good) = records(true, &[]);
        assert_eq!(guard(&["retry"], TARGET, &good), None);
    }

    #[test]
    fn a_retry_that_may_have_left_something_is_not_green() {
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
        assert!(guard.objection(&idle(0)).unwrap().contains("1 nodes"));
        assert_eq!(guard.objection(&idle(1)), None);
        guard.last.record.obstacle = Some(Obstacle::UnknownSchedule);
        assert_eq!(guard.nodes(), None);
        let mut busy = idle(0);
        busy.nodes = crate::dbt_retry::remaining::tests::tracked(&["model.a.b"]);
        let objection = guard.objection(&busy).unwrap();
        assert!(objection.contains("may not have done all"), "{objection}");
        guard.last.record.obstacle = Some(Obstacle::Open);
        assert!(guard.objection(&busy).unwrap().contains("was killed"));
        guard.last.record.obstacle = None;
        assert_eq!(guard.objection(&busy), None);
    }

    #[test]
    fn a_later_run_that_builds_overtakes_ours() {
        let (_dir, records) = records(false, &["model.a.b"]);
        let mut last = records.newest(|_| true).unwrap();
        let overtakes = |last: &SavedAttempt, id: &str, which: &str, at: &str, nodes: usize| {
            let nodes = vec![json!({ "unique_id": "model.a.b", "status": "success" }); nodes];
            let theirs = json!({
                "metadata": {
                    "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
                    "invocation_id": id, "generated_at": at,
                },
                "args": { "which": which },
                "results": nodes,
            });
            let theirs = RunResults::from_slice(theirs.to_string().as_bytes()).unwrap();
            super::overtakes(&theirs, last)
        };
        let (later, earlier) = ("2026-01-02T00:00:00Z", "2025-12-31T00:00:00Z");
        assert!(overtakes(&last, "theirs", "run", later, 1));
        assert!(!overtakes(&last, "ours", "run", later, 1));
        assert!(!overtakes(&last, "theirs", "compile", later, 1));
        assert!(!overtakes(&last, "theirs", "run", earlier, 1));
        assert!(!overtakes(&last, "theirs", "run", later, 0));
        // Whose results these are, nobody has noted.
        last.record.obstacle = Some(Obstacle::Open);
        assert!(!overtakes(&last, "theirs", "run", later, 1));
    }
}
