//! The summary that is shown at the end of a run.

use std::fmt::Write;

use super::invocation_outcome::Outcome;
use crate::track::{Summary, stopped_line};

/// Number of the slowest nodes that are listed.
const SLOWEST: usize = 5;

/// The summary of a run: its nodes, the flow run's page, and what Prefect does not have. `None` if that is nothing.
pub(crate) fn run_summary(outcome: &Outcome) -> Option<String> {
    let summary = Summary::new(&outcome.run, SLOWEST);
    let delivery = outcome.delivery.as_ref();
    let mut text = counts(&summary);
    for (cause, count) in &summary.skipped_because_of {
        let _ = writeln!(text, "Skipped because of {cause}: {count}");
    }
    if let Some(line) = stopped_line(&outcome.run) {
        let _ = writeln!(text, "{line}");
    }
    if !summary.slowest.is_empty() {
        let slowest = summary.slowest.iter();
        let slowest: Vec<_> = slowest
            .map(|(name, took)| format!("{name} {took:.2}s"))
            .collect();
        let _ = writeln!(text, "Slowest: {}", slowest.join(", "));
    }
    if let Some(url) = delivery.and_then(|delivery| delivery.url.as_ref()) {
        let _ = writeln!(text, "Flow run: {url}");
    }
    if let Some(problem) = undelivered(outcome) {
        let _ = writeln!(text, "{problem}");
    }
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What Prefect does not have, and how to deliver it; `None` if it has everything.
pub(crate) fn undelivered(outcome: &Outcome) -> Option<String> {
    let delivery = outcome.delivery.as_ref();
    let delivery = delivery.filter(|delivery| !delivery.verified)?;
    let problem = delivery.problem.as_deref();
    let problem = problem.unwrap_or("it did not confirm everything");
    let mut text = format!("Prefect may not have the whole run: {problem}");
    if let Some(journal) = &outcome.journal {
        let path = journal.display();
        let _ = write!(
            text,
            "\nTo deliver the run later: prefect-dbt replay {path}"
        );
    }
    Some(text)
}

fn counts(summary: &Summary) -> String {
    let total: usize = summary.counts.values().sum();
    if total == 0 {
        return String::new();
    }
    let counts = summary.counts.iter();
    let counts: Vec<_> = counts
        .map(|(status, count)| format!("{count} {status}"))
        .collect();
    let took = summary
        .seconds
        .map(|took| format!(" in {took:.2}s, including parsing"));
    let took = took.unwrap_or_default();
    format!("Nodes: {total}{took} ({})\n", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::recorded::{delivery, outcome};

    #[test]
    fn a_summary_has_the_nodes_and_what_is_not_delivered() {
        let mut failed = outcome("fail_fast", 1, None);
        failed.delivery = Some(delivery(None));
        let mut undelivered = outcome("batch_fails", 1, None);
        undelivered.delivery = Some(delivery(Some("the server does not answer")));
        undelivered.journal = Some(".prefect-dbt/0.jsonl".into());
        insta::assert_snapshot!("failed", run_summary(&failed).unwrap());
        insta::assert_snapshot!("undelivered", run_summary(&undelivered).unwrap());
        insta::assert_snapshot!("good", run_summary(&outcome("good", 0, None)).unwrap());
    }

    #[test]
    fn a_run_without_nodes_has_no_summary() {
        assert_eq!(run_summary(&outcome("parse_fails", 2, None)), None);
    }
}
