//! What a run is expected to take. Pure.

use uuid::Uuid;

use super::record::RunRecord;
use super::statistics::median;
use crate::model::ExpectedRun;

/// How many earlier runs count.
pub(crate) const LAST: usize = 10;

/// What the last of the earlier runs, the oldest first, say of a run with this hash of its command line; `None` if none of them
/// ran the same to its end.
pub(crate) fn expected_run(
    run_id: Uuid,
    selection: Uuid,
    earlier: &[RunRecord],
) -> Option<ExpectedRun> {
    let alike = earlier.iter().rev().filter(|run| run.is_alike(selection));
    let alike: Vec<&RunRecord> = alike.take(LAST).collect();
    let whole = alike.iter().filter_map(|run| seconds_of_nodes(run));
    let seconds = median(&whole.collect::<Vec<_>>())?;
    let took = |id: &str| {
        let runs = alike.iter().filter_map(|run| run.nodes.get(id));
        let took: Vec<f64> = runs.filter_map(|node| node.work_seconds()).collect();
        median(&took)
    };
    let ids = alike.first()?.nodes.keys();
    Some(ExpectedRun {
        run_id,
        seconds,
        nodes: ids.filter_map(|id| Some((id.clone(), took(id)?))).collect(),
    })
}

/// The seconds from the start of the first node to dbt's last event.
fn seconds_of_nodes(run: &RunRecord) -> Option<f64> {
    let first = run.nodes.values().map(|node| node.1).min()?;
    let before = std::time::Duration::from_millis(first).as_secs_f64();
    Some(run.ended.duration_since(run.started).as_secs_f64() - before)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::history::NodeRecord;
    use crate::model::NodeStatus;

    fn run(seconds: i64, selection: u128, nodes: &[(&str, NodeStatus, u64)]) -> RunRecord {
        let nodes = nodes.iter().map(|(id, status, milliseconds)| {
            (
                (*id).to_owned(),
                NodeRecord(status.clone(), 3000, *milliseconds),
            )
        });
        RunRecord {
            run_id: Uuid::nil(),
            invocation_id: None,
            command: "build".to_owned(),
            selection: Uuid::from_u128(selection),
            started: Timestamp::UNIX_EPOCH,
            ended: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds),
            is_complete: true,
            url: None,
            nodes: nodes.collect(),
        }
    }

    #[test]
    fn runs_with_the_same_command_line_say_what_is_expected() {
        let good = NodeStatus::Success;
        let runs = [
            run(
                10,
                1,
                &[("a", good.clone(), 1000), ("gone", good.clone(), 1000)],
            ),
            run(
                14,
                1,
                &[("a", good.clone(), 2000), ("b", NodeStatus::Skipped, 0)],
            ),
            run(500, 2, &[("a", good.clone(), 9000)]),
            run(12, 1, &[("a", NodeStatus::Error, 1), ("b", good, 5000)]),
        ];
        let expected = expected_run(Uuid::max(), Uuid::from_u128(1), &runs).unwrap();
        assert_eq!((expected.run_id, expected.seconds), (Uuid::max(), 9.0));
        let nodes = [("a".to_owned(), 1.5), ("b".to_owned(), 5.0)];
        assert_eq!(expected.nodes, BTreeMap::from(nodes));
        assert_eq!(expected_run(Uuid::nil(), Uuid::from_u128(3), &runs), None);
    }
}
