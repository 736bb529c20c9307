//! What the history says of a run whose journal is delivered and gone.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::facts::{NodeFacts, RunFacts};
use crate::history::{NodeRecord, RunRecord};

/// What the history, and dbt's results of the same invocation if they are still there, say of a run.
pub(crate) fn facts_of_record(record: &RunRecord, results: Option<RunFacts>) -> RunFacts {
    let mut facts = results.unwrap_or_default();
    let known = std::mem::take(&mut facts.nodes);
    let known: HashMap<&str, &NodeFacts> = known
        .iter()
        .map(|node| (node.unique_id.as_str(), node))
        .collect();
    let nodes = record.nodes.iter().map(|(id, node)| {
        let reported = known.get(id.as_str());
        NodeFacts {
            unique_id: id.clone(),
            status: node.0.clone(),
            times: times(record.started, node),
            message: reported.and_then(|known| known.message.clone()),
            failed_rows: reported.and_then(|known| known.failed_rows),
            upstream: None,
        }
    });
    facts.nodes = nodes.collect();
    facts.run_id = Some(record.run_id);
    facts.url.clone_from(&record.url);
    facts.invocation_id.clone_from(&record.invocation_id);
    if facts.command.is_empty() {
        facts.command.clone_from(&record.command);
    }
    facts
}

fn times(run: Timestamp, node: &NodeRecord) -> Option<(Timestamp, Timestamp)> {
    let after = |milliseconds: u64| {
        let duration = SignedDuration::from_millis(i64::try_from(milliseconds).ok()?);
        run.checked_add(duration).ok()
    };
    Some((after(node.1)?, after(node.1.checked_add(node.2)?)?))
}
