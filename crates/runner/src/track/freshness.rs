//! Freshness checks: why a source is stale. dbt's events do not say it; sources.json, which dbt writes at the end, does.

use dbt_events::parse_timestamp;
use dbt_manifest::{FreshnessLimit, SourceResult, Sources};
use jiff::Timestamp;

use super::lineage::NodeIndex;
use super::node_outcome::{NodeOutcome, plain_text};
use super::tracker::Tracker;
use crate::model::{Effect, NodeStatus};

impl Tracker {
    /// Whether [`add_sources`](Self::add_sources) can add anything to the events.
    #[must_use]
    pub fn needs_sources(&self) -> bool {
        let is_open_source = |(ix, node): (&NodeIndex, &super::node_progress::NodeProgress)| {
            !node.is_finished && self.lineage.details(*ix).is_source()
        };
        self.has_lost_events || self.nodes.iter().any(is_open_source)
    }

    /// Ends the sources that sources.json lists. Results of another invocation than the stream's are ignored. Call it
    /// before [`close`](Self::close).
    pub fn add_sources(&mut self, sources: &Sources, out: &mut Vec<Effect>) {
        let theirs = sources.metadata.invocation_id.as_deref();
        if theirs.is_none() || theirs != self.run_info.invocation_id.as_deref() {
            return;
        }
        let last = self.run_info.last_event.unwrap_or_default();
        for result in &sources.results {
            let ix = self.lineage.index_of(result.unique_id.as_str());
            self.add_node(ix, last);
            let held = self
                .nodes
                .get_mut(&ix)
                .and_then(|node| node.provisional.take());
            let mut outcome = held.unwrap_or_else(|| NodeOutcome {
                execution_time: result.execution_time,
                ..NodeOutcome::of_status(NodeStatus::from(result.status.as_str()), last)
            });
            outcome.message = outcome.message.or_else(|| message_of(result));
            self.finish_node(ix, outcome, out);
        }
    }

    /// Whether the result of a source waits for sources.json, since it does not say why the source is stale.
    pub(super) fn is_held(&self, ix: NodeIndex, outcome: &NodeOutcome) -> bool {
        let is_stale = matches!(outcome.status, NodeStatus::Warn | NodeStatus::Error);
        is_stale && outcome.message.is_none() && self.lineage.details(ix).is_source()
    }
}

/// Why a source is stale, or why its check could not run; `None` for a fresh one.
fn message_of(result: &SourceResult) -> Option<String> {
    let (verb, limit) = match result.status.as_str() {
        "pass" => return None,
        "warn" => ("warn", &result.warn_after),
        "error" => ("error", &result.error_after),
        _ => return result.error.as_deref().and_then(plain_text),
    };
    let limit = limit
        .as_ref()
        .map(|limit| format!(", {verb} after {}", period(limit)));
    let age = match result.max_loaded_at.as_deref().and_then(parse_timestamp) {
        // dbt's time for a table without rows is that of the year 1.
        Some(newest) if newest.to_string().starts_with("0001-") => {
            "the table has no rows".to_owned()
        }
        Some(newest) => age(newest, result.max_loaded_at_time_ago_in_s),
        None => "the time of the newest row is not known".to_owned(),
    };
    Some(format!("stale: {age}{}", limit.unwrap_or_default()))
}

/// `newest row 2017-10-22, 3321 days old`; with the time of day where the age is less than two days.
fn age(newest: Timestamp, seconds: Option<f64>) -> String {
    let seconds = seconds.unwrap_or_default().max(0.0) as u64;
    let text = newest.to_string();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    let (number, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => return format!("newest row {day}, {} days old", seconds / 86_400),
    };
    let time = time.get(..8).unwrap_or(time);
    format!("newest row {day} {time} UTC, {} old", counted(number, unit))
}

fn period(limit: &FreshnessLimit) -> String {
    counted(limit.count, &limit.period)
}

fn counted(count: u64, unit: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}
