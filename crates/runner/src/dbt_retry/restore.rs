//! The record of an attempt, restored from the ledger that Prefect has of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::ledger_head::{fingerprint, run_results_command};
use super::plan::NO_RECORD;
use super::results::{NodeResult, Results};
use crate::dbt::command_line::{Given, Kind};
use crate::dbt::{CommandLine, DbtVersion, Project};
use crate::ledger::{Ledger, LedgerHead};
use crate::model::{Obstacle, RemainingNode};
use crate::request::Request;
use crate::store::{AttemptRecord, AttemptRecords, SavedAttempt};

/// The schema of results that dbt 1.8 and later read.
const SCHEMA: &str = "https://schemas.getdbt.com/dbt/run-results/v6.json";

/// Restores the record of the previous attempt of a flow run from its ledger, on a disk that may lack it.
///
/// # Errors
/// Why the ledger cannot be used, as the end of a sentence.
pub(crate) fn restore(
    ledger: Ledger,
    (flow_run_id, attempts): (Uuid, u32),
    request: &Request,
    project: &Project,
    version: &DbtVersion,
    records: &AttemptRecords,
) -> Result<SavedAttempt, String> {
    let head = &ledger.head;
    if head.attempt < attempts {
        let latest = head.attempt;
        return Err(format!(
            "the ledger in Prefect is that of attempt {latest}, and attempt {attempts} has none"
        ));
    }
    let line = &request.line;
    if let Some(what) = head
        .fingerprint
        .difference(&fingerprint(line, project, version))
    {
        return Err(format!("the ledger in Prefect is of another {what}"));
    }
    let work = ledger.work.ok_or(NO_RECORD)?;
    let nodes: Vec<String> = work.nodes.keys().cloned().collect();
    let is_empty = nodes.is_empty().then_some(Obstacle::OnlyHooks);
    let obstacle = work.obstacle.or(is_empty);
    let results = Results::restored(&ledger.head, line, work.nodes);
    let record = AttemptRecord {
        run_id: ledger.head.run_id,
        flow_run_id: Some(flow_run_id),
        ended: Timestamp::now(),
        args: request.args.clone(),
        command: line.command(),
        target: project.target.clone(),
        invocation_id: None,
        success: false,
        nodes,
        obstacle,
    };
    let saved = records.save(record, Some(&results));
    saved.map_err(|error| {
        format!(
            "the ledger cannot be written to {}: {error}",
            project.root.display()
        )
    })
}

impl Results {
    /// The results that dbt would have written of an attempt with this ledger and command line.
    pub(super) fn restored(
        head: &LedgerHead,
        line: &CommandLine,
        nodes: BTreeMap<String, RemainingNode>,
    ) -> Self {
        let mut args: Map<String, Value> = line.flags().filter_map(argument).collect();
        args.insert(
            "which".to_owned(),
            run_results_command(&line.command()).into(),
        );
        let result = |(unique_id, node): (String, RemainingNode)| NodeResult {
            unique_id,
            status: node.status,
            batch_results: node.batch_results,
        };
        Self {
            metadata: json!({
                "dbt_schema_version": SCHEMA,
                "dbt_version": head.dbt_version,
                "generated_at": head.started,
                "invocation_started_at": head.started,
                "invocation_id": head.run_id,
                "env": {},
            }),
            args: args.into(),
            elapsed_time: 0.0,
            results: nodes.into_iter().map(result).collect(),
        }
    }
}

/// A flag as run_results.json has it in `args`. dbt reads it back as a flag of the command line.
fn argument(given: &Given) -> Option<(String, Value)> {
    let name = given.flag.name.trim_start_matches('-').replace('-', "_");
    let value = match given.flag.kind {
        Kind::Switch => given.is_on().into(),
        Kind::Value => given.value()?.into(),
        Kind::List => given.values().into(),
    };
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbt_retry::ledger_head;
    use crate::model::{Effect, RemainingWork};
    use crate::request::Invocation;

    const ARGS: [&str; 5] = ["build", "--select", "a b", "--vars", "{key: hunter2}"];

    /// What is restored of attempt 1 with these nodes after this number of attempts, with the state for `dbt retry`.
    fn restored(nodes: &[&str], attempts: u32, args: &[&str]) -> (String, String) {
        let dir = tempfile::tempdir().unwrap();
        let first = Request::resolved(Invocation::new(ARGS));
        let project = first.project(&first.dbt_args(), dir.path());
        let version = DbtVersion::new("1.11.16");
        let head = ledger_head(&first, &project, &version, Uuid::from_u128(1)).unwrap();
        let mut ledger = Ledger::new(head);
        let nodes = nodes.iter().map(|id| (*id).to_owned());
        ledger.take(&Effect::Remaining(RemainingWork::not_begun(nodes)));
        let next = Request::resolved(Invocation::new(args.iter().copied()));
        let records = AttemptRecords::beside(dir.path());
        let last = (Uuid::from_u128(2), attempts);
        match restore(ledger, last, &next, &project, &version, &records) {
            Ok(saved) => {
                let state = saved.state().unwrap().join("run_results.json");
                let plan = crate::dbt_retry::plan(Default::default(), Ok(&saved));
                (plan.to_string(), std::fs::read_to_string(state).unwrap())
            }
            Err(reason) => (reason, String::new()),
        }
    }

    #[test]
    fn only_the_ledger_of_the_last_attempt_of_the_same_command_is_restored() {
        let (plan, state) = restored(&["model.shop.a", "test.shop.b"], 1, &ARGS);
        assert_eq!(plan, "dbt retry of 2 nodes that did not succeed");
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        let args =
            serde_json::json!({ "which": "build", "select": ["a b"], "vars": "{key: hunter2}" });
        assert_eq!(state["args"], args);

        let (older, _) = restored(&["model.shop.a"], 2, &ARGS);
        assert_eq!(
            older,
            "the ledger in Prefect is that of attempt 1, and attempt 2 has none"
        );
        let (other, _) = restored(&["model.shop.a"], 1, &["build", "--target", "prod"]);
        assert_eq!(other, "the ledger in Prefect is of another target");
        let (hooks, _) = restored(&[], 1, &ARGS);
        assert!(hooks.contains("only SQL hooks failed"), "{hooks}");
    }

    #[test]
    fn a_command_that_dbt_retry_does_not_repeat_has_no_ledger() {
        let dir = tempfile::tempdir().unwrap();
        let head = |args: &[&str], version: &str| {
            let request = Request::resolved(Invocation::new(args.iter().copied()));
            let project = request.project(&request.dbt_args(), dir.path());
            ledger_head(&request, &project, &DbtVersion::new(version), Uuid::nil())
        };
        assert!(head(&["docs", "generate"], "1.11.16").is_some());
        assert!(head(&["ls"], "1.11.16").is_none() && head(&["retry"], "1.11.16").is_none());
        assert!(head(&["build"], "1.7.20").is_none() && head(&["build"], "2.0.0").is_none());
    }
}
